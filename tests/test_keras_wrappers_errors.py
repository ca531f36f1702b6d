"""KerasClassifier and KerasRegressor: what they refuse."""

import keras
import numpy as np
import pytest
from keras_models import (
    classifier_network,
    regressor_network,
    softmax_network,
)
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdeep import KerasClassifier, KerasRegressor

SPARSE = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam"}
SPARSE |= {"optimizer__learning_rate": 0.05, "random_state": 0}


@pytest.fixture(scope="module")
def fitted(iris):
    return KerasClassifier(classifier_network, epochs=5, random_state=0).fit(*iris)


def test_unknown_parameter_is_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"'depth'.*KerasClassifier\(depth=...\)"):
        KerasClassifier().set_params(epochs=3, depth=1)
    assert KerasClassifier(depth=1).set_params(depth=2).depth == 2


def test_unfitted_is_refused():
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(KerasClassifier(classifier_network), method)([[1.0]])
    with pytest.raises(NotFittedError):
        KerasRegressor(regressor_network).score([[1.0]], [1.0])
    assert not hasattr(KerasRegressor(), "model_")


def test_number_of_features_is_checked(fitted, iris):
    with pytest.raises(ValueError, match=r"3 features.*expecting 4"):
        fitted.predict(iris[0][:, :3])


def test_sparse_missing_and_infinite_data_are_refused(fitted, iris):
    X, y = iris
    with pytest.raises(TypeError, match=r"dense data is required.*toarray"):
        clone(fitted).fit(csr_matrix(X), y)
    with pytest.raises(TypeError, match="dense"):
        fitted.predict(csr_matrix(X))
    for value, word in ((np.nan, "NaN"), (np.inf, "infinity")):
        bad = X.copy()
        bad[3, 1] = value
        with pytest.raises(ValueError, match=word):
            clone(fitted).fit(bad, y)
        with pytest.raises(ValueError, match=word):
            fitted.predict(bad)


def test_inputs_by_name_are_refused(iris):
    with pytest.raises(TypeError, match="feature_encoder"):
        KerasClassifier(classifier_network).fit({"a": iris[0]}, iris[1])


def test_no_target_is_refused(iris):
    for method in ("fit", "partial_fit", "initialize"):
        with pytest.raises(ValueError, match="y is None"):
            getattr(KerasRegressor(regressor_network), method)(iris[0], None)


def test_continuous_labels_are_refused(diabetes):
    with pytest.raises(ValueError, match="Unknown label type"):
        KerasClassifier(classifier_network).fit(diabetes[0], diabetes[1] + 0.5)


@pytest.mark.parametrize(
    ("units", "loss", "message"),
    [
        (4, "sparse_categorical_crossentropy", r"must have 3 units.*shape \(4,\)"),
        (2, "categorical_crossentropy", r"must have 3 units.*shape \(2,\)"),
    ],
)
def test_width_of_the_output_is_checked(iris, units, loss, message):
    with pytest.raises(ValueError, match=message):
        KerasClassifier(softmax_network, loss=loss, model__units=units).fit(*iris)


def test_width_of_a_binary_output_is_checked(iris):
    X, y = iris[0], iris[1] > 0
    with pytest.raises(ValueError, match="1 or 2 units"):
        KerasClassifier(softmax_network, model__units=3, loss="mse").fit(X, y)
    with pytest.raises(ValueError, match=r"unit per class.*Use 'binary_crossentropy'"):
        KerasClassifier(softmax_network, model__units=1, **SPARSE).fit(X, y)


def test_sparse_loss_wants_labels(iris):
    Y = np.eye(3)[iris[1]]
    with pytest.raises(ValueError, match="must get labels"):
        KerasClassifier(softmax_network, **SPARSE).fit(iris[0], Y)


def test_width_of_a_regressors_output_is_checked(diabetes):
    X, y = diabetes
    estimator = KerasRegressor(softmax_network, model__units=3, loss="mse")
    with pytest.raises(ValueError, match=r"\(n_samples, 1\).*Received.*\(3,\)"):
        estimator.fit(X, y)
    with pytest.raises(ValueError, match=r"\(n_samples, 2\)"):
        estimator.fit(X, np.column_stack([y, y]))


def test_model_for_other_data_is_refused(iris):
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(ValueError, match=r"shape \(5,\).*Received \(4,\)"):
        KerasClassifier(model, loss="mse").fit(*iris)


def test_models_that_cannot_be_trained_are_refused(iris):
    with pytest.raises(ValueError, match="loss"):
        KerasClassifier(softmax_network).fit(*iris)
    with pytest.raises(TypeError, match=r"must return a keras.Model"):
        KerasClassifier(lambda: None).fit(*iris)
    with pytest.raises(TypeError, match="callable, a Keras Model"):
        KerasClassifier("dense").fit(*iris)
    with pytest.raises(ValueError, match="_keras_build_fn"):
        KerasClassifier().fit(*iris)
    with pytest.raises(ValueError, match=r"must have 1 output.*with 2"):
        KerasClassifier(_two_outputs, loss="mse").fit(*iris)


def _two_outputs():
    inputs = keras.Input((4,))
    dense = keras.layers.Dense
    return keras.Model(inputs, [dense(3)(inputs), dense(3)(inputs)])


def test_wrong_batch_sizes_are_refused(fitted, iris):
    for name in ("batch_size", "validation_batch_size"):
        with pytest.raises(ValueError, match=f"{name} must be a positive"):
            clone(fitted).set_params(**{name: 0}).fit(*iris)
    with pytest.raises(ValueError, match="batch_size must be a positive"):
        fitted.predict(iris[0], batch_size=-2)


def test_loss_that_differs_from_the_compiled_one_is_refused(iris):
    with pytest.raises(ValueError, match="may not match loss function"):
        KerasClassifier(classifier_network, loss="mse").fit(*iris)


def test_targets_of_another_shape_are_refused(fitted, iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"1 dimensions, as in fit.*\(150, 3\)"):
        fitted.score(X, np.eye(3)[y])
    with pytest.raises(ValueError, match="1 dimensions"):
        clone(fitted).partial_fit(X, y).partial_fit(X, np.eye(3)[y])
    with pytest.raises(ValueError, match="labels that fit knows"):
        clone(fitted).partial_fit(X, y).partial_fit(X, y + 1)

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
    with pytest.raises(ValueError, match=r"must have a model.*model=.*_keras_build_fn"):
        KerasClassifier().fit(*iris)
    with pytest.raises(ValueError, match=r"must have 1 output.*with 2"):
        KerasClassifier(_two_outputs, loss="mse").fit(*iris)


def _two_outputs():
    inputs = keras.Input((4,))
    dense = keras.layers.Dense
    return keras.Model(inputs, [dense(3)(inputs), dense(3)(inputs)])


WRONG = {
    "no epochs": ("epochs", 0),
    "negative epochs": ("epochs", -1),
    "text for epochs": ("epochs", "3"),
    "float for epochs": ("epochs", 2.0),
    "epochs of fit": ("fit__epochs", 0),
    "no rows": ("batch_size", 0),
    "half a row": ("batch_size", 2.5),
    "text for rows": ("batch_size", "a"),
    "rows of fit": ("fit__batch_size", -2),
    "rows of predict": ("predict__batch_size", 2.5),
    "rows of validation": ("validation_batch_size", 0),
    "too large a split": ("validation_split", 1.5),
    "all for validation": ("fit__validation_split", 1.0),
    "verbose": ("verbose", "loud"),
    "class_weight": ("class_weight", "even"),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
def test_wrong_parameters_are_refused_before_anything_is_built(iris, name, value):
    for method in ("fit", "partial_fit", "initialize"):
        estimator = KerasClassifier(_must_not_be_built, **{name: value})
        with pytest.raises(ValueError, match=f"{name!r} .* must be .*{value!r}"):
            getattr(estimator, method)(*iris)


WRONG_ARGUMENTS = {
    "epochs": ("epochs", 0),
    "initial_epoch": ("initial_epoch", -1),
    "batch_size": ("batch_size", "a"),
    "validation_batch_size": ("validation_batch_size", 1.5),
    "validation_split": ("validation_split", 1.5),
    "steps_per_epoch": ("steps_per_epoch", 0),
}


@pytest.mark.parametrize(
    ("name", "value"), WRONG_ARGUMENTS.values(), ids=WRONG_ARGUMENTS
)
def test_wrong_arguments_of_fit_are_refused(iris, name, value):
    with pytest.raises(ValueError, match=f"{name!r} .*Classifier.fit must.*{value!r}"):
        KerasClassifier(_must_not_be_built).fit(*iris, **{name: value})


def _must_not_be_built():
    raise AssertionError("Parameters must be checked first.")


@pytest.mark.parametrize("size", [0, -2, 2.5, "a"])
def test_wrong_batch_sizes_are_refused_in_prediction(fitted, iris, size):
    with pytest.raises(ValueError, match=f"'batch_size' .*predict must.*{size!r}"):
        fitted.predict(iris[0], batch_size=size)


def test_numbers_of_numpy_are_numbers(iris):
    estimator = KerasClassifier(
        classifier_network,
        epochs=np.int64(2),
        batch_size=np.int32(50),
        validation_split=np.float32(0.5),
        fit__validation_batch_size=-1,
        predict__batch_size=np.int64(-1),
    )
    assert estimator.fit(*iris).current_epoch == 2
    assert estimator.predict(iris[0]).shape == (150,)


@pytest.mark.parametrize(
    "X",
    [
        ["a good one", "a bad one"],
        np.array([["red", "round"], ["blue", "long"]]),
        np.array([[1.0, "red"], [2.0, "blue"]], dtype=object),
    ],
    ids=["texts", "strings", "objects"],
)
def test_strings_are_refused_with_a_remedy(X):
    with pytest.raises(
        ValueError, match=r"X must hold numbers.*TextClassifier.*OneHot"
    ):
        KerasClassifier(softmax_network, **SPARSE).fit(X, [0, 1])


def test_numbers_in_an_array_of_objects_are_taken(iris):
    X, y = iris
    fitted = KerasClassifier(classifier_network, random_state=0).fit(
        X.astype(object), y
    )
    same = KerasClassifier(classifier_network, random_state=0).fit(X, y)
    assert (fitted.predict_proba(X) == same.predict_proba(X)).all()
    with pytest.raises(ValueError, match="2D array"):
        clone(fitted).fit(X[:, 0], y)


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

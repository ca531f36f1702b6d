"""KerasClassifier and KerasRegressor: as scikit-learn's own estimators are."""

import keras
import numpy as np
import pytest
from agreement import move_weights
from keras_models import (
    classifier_network,
    dropout_network,
    regressor_network,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator

from skdeep import KerasClassifier, KerasRegressor

SPARSE = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam"}
SPARSE |= {"optimizer__learning_rate": 0.05, "random_state": 0}


# In double precision, for the checks of weights compare at 1e-7.
def double_classifier(meta):
    return classifier_network(meta, dtype="float64")


def double_regressor(meta):
    return regressor_network(meta, dtype="float64")


class GoodClassifier(KerasClassifier):
    """scikit-learn's checks look at the scores, too."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = False
        return tags


class GoodRegressor(KerasRegressor):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = False
        return tags


def every_check():
    estimators = (
        GoodClassifier(double_classifier, epochs=10),
        GoodRegressor(double_regressor, epochs=10),
    )
    # parametrize_with_checks names tests by parameters: functions have addresses.
    for estimator in estimators:
        for instance, check in estimator_checks_generator(estimator):
            name = f"{type(estimator).__name__}-{check.func.__name__}"
            yield pytest.param(instance, check, id=name)


# Parts of the names of checks that look at what was learnt, or at small data in
# training. The weights are moved at random in others, which trace nothing.
OF_TRAINING = "train", "equivalence", "one_label", "idempotent", "1sample", "1feature"
OF_TRAINING += "classes", "class_weight"


@pytest.mark.parametrize(("estimator", "check"), list(every_check()))
def test_sklearn_check(estimator, check, monkeypatch):
    if not any(part in check.func.__name__ for part in OF_TRAINING):
        move_weights(monkeypatch)
    check(estimator)


@pytest.mark.parametrize("estimator", [KerasClassifier(), KerasRegressor()])
def test_one_epoch_promises_no_score(estimator):
    tags = get_tags(estimator)
    assert (tags.classifier_tags or tags.regressor_tags).poor_score


@pytest.fixture(scope="module")
def fitted(iris):
    return KerasClassifier(classifier_network, epochs=5, random_state=0).fit(*iris)


def test_tags():
    tags = get_tags(KerasClassifier())
    assert is_classifier(KerasClassifier())
    assert tags.classifier_tags.multi_label
    assert tags.target_tags.required
    assert not tags.input_tags.sparse
    tags = get_tags(KerasRegressor())
    assert is_regressor(KerasRegressor())
    assert tags.target_tags.multi_output


def test_stratified_folds_of_sorted_labels():
    X, y = load_iris(return_X_y=True)
    estimator = KerasClassifier(classifier_network, hidden=32, epochs=40)
    estimator.set_params(random_state=0)
    scores = cross_val_score(estimator, X, y, cv=3)
    assert scores.min() > 0.8
    folds = StratifiedKFold(3).split(X, y)
    same = cross_val_score(estimator, X, y, cv=folds)
    assert_array_equal(scores, same)


def test_grid_search_over_routed_parameters(iris):
    estimator = KerasClassifier(
        softmax_network, **SPARSE, epochs=15, model__hidden=4, batch_size=16
    )
    grid = {"model__hidden": [8, 9], "optimizer__learning_rate": [1e-6, 0.05]}
    search = GridSearchCV(estimator, grid, cv=2).fit(*iris)
    assert search.best_params_["optimizer__learning_rate"] == 0.05
    best = search.best_estimator_
    assert best.model_.layers[0].units == search.best_params_["model__hidden"]
    rate = float(best.model_.optimizer.learning_rate)
    assert rate == pytest.approx(0.05)
    assert len(search.cv_results_["params"]) == 4


def test_grid_search_over_a_callback(iris):
    stop = keras.callbacks.EarlyStopping
    estimator = KerasClassifier(
        softmax_network,
        **SPARSE,
        epochs=4,
        callbacks=stop,
        callbacks__monitor="loss",
        callbacks__min_delta=100,
        callbacks__patience=1,
    )
    n_epochs = [
        clone(estimator).set_params(callbacks__patience=p).fit(*iris).current_epoch
        for p in (1, 2)
    ]
    assert n_epochs == [2, 3]


def test_pipeline_reaches_routed_parameters(iris):
    pipeline = make_pipeline(
        StandardScaler(), KerasClassifier(softmax_network, **SPARSE, epochs=20)
    )
    pipeline.set_params(
        kerasclassifier__model__hidden=6, kerasclassifier__optimizer="sgd"
    )
    pipeline.fit(*iris)
    model = pipeline[-1].model_
    assert model.layers[0].units == 6
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert pipeline.score(*iris) > 0.7


def test_clone_keeps_every_parameter():
    estimator = KerasClassifier(
        softmax_network,
        hidden=5,
        model__units=3,
        optimizer__momentum=0.9,
        fit__validation_batch_size=7,
        callbacks__patience=2,
        class_weight="balanced",
    )
    assert clone(estimator).get_params() == estimator.get_params()
    estimator.set_params(loss__from_logits=True, epochs=7, hidden=6)
    cloned = clone(estimator)
    assert cloned.get_params() == estimator.get_params()
    assert (cloned.hidden, cloned.loss__from_logits) == (6, True)


def test_repr_shows_what_differs_from_the_defaults():
    estimator = KerasClassifier(epochs=3, optimizer__momentum=0.9)
    assert repr(estimator) == "KerasClassifier(epochs=3, optimizer__momentum=0.9)"
    estimator.set_params(optimizer=keras.optimizers.SGD(0.1))
    shown = "(epochs=3, optimizer=SGD(0.1), optimizer__momentum=0.9)"
    assert repr(estimator) == f"KerasClassifier{shown}"
    assert "momentum" in estimator._repr_html_()


def test_probabilities_have_a_column_per_class_for_one_row_too(fitted, iris):
    X, _ = iris
    many, one = fitted.predict_proba(X), fitted.predict_proba(X[:1])
    assert many.shape == (len(X), 3)
    assert one.shape == (1, 3)
    assert_allclose(one, many[:1], atol=1e-6)
    assert fitted.predict(X[:1]).shape == (1,)


@pytest.mark.parametrize(
    "labels", [["b", "a"], [False, True], [2.0, 1.0]], ids=["str", "bool", "float"]
)
def test_binary_labels_of_any_type(labels):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = np.array(labels, dtype=object if labels[0] == "b" else None)[y]
    estimator = KerasClassifier(classifier_network, epochs=2, random_state=0)
    estimator.fit(X, y)
    assert_array_equal(estimator.classes_, np.unique(y))
    assert set(estimator.predict(X)) == set(labels)
    assert estimator.score(X, y) > 0.9
    probabilities = estimator.predict_proba(X)
    assert probabilities.shape == (len(X), 2)
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    positive = estimator.predict(X) == estimator.classes_[1]
    assert_array_equal(positive, probabilities[:, 1] > 0.5)


def test_one_class_is_certain(iris):
    X, y = iris
    estimator = KerasClassifier(classifier_network).fit(X, y > 5)
    assert_array_equal(estimator.predict_proba(X), np.ones((len(X), 1)))
    assert not estimator.predict(X).any()


def test_multilabel():
    X, y = load_iris(return_X_y=True)
    Y = np.column_stack([y == 0, y >= 1, y == 2]).astype(int)
    estimator = KerasClassifier(classifier_network, epochs=30, random_state=0)
    estimator.fit(X, Y)
    assert estimator.target_type_ == "multilabel-indicator"
    assert estimator.predict(X).shape == Y.shape
    assert estimator.predict_proba(X[:1]).shape == (1, 3)
    assert estimator.score(X, Y) > 0.8


def test_several_targets(diabetes):
    X, y = diabetes
    Y = np.column_stack([y, -y]) / 100
    estimator = KerasRegressor(regressor_network, epochs=20, random_state=0)
    estimator.fit(StandardScaler().fit_transform(X), Y)
    prediction = estimator.predict(StandardScaler().fit_transform(X))
    assert prediction.shape == Y.shape
    assert prediction.dtype == np.float64
    assert estimator.score(StandardScaler().fit_transform(X), Y) > 0.3


def test_outputs_come_in_the_precision_of_samples(fitted, iris, diabetes, moved):
    regressor = KerasRegressor(regressor_network, random_state=0).fit(*diabetes)
    kinds = {np.float64: "float64", np.float32: "float32", int: "float32"}
    for dtype, expected in kinds.items():
        X = iris[0].astype(dtype)
        assert fitted.predict_proba(X).dtype == expected
        assert fitted.decision_function(X).dtype == expected
        assert regressor.predict(diabetes[0].astype(dtype)).dtype == expected
    probabilities = fitted.predict_proba(iris[0].tolist())
    assert probabilities.dtype == "float64"
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-15)


def test_one_target_keeps_its_shape(diabetes, moved):
    X, y = diabetes
    estimator = KerasRegressor(regressor_network, random_state=0)
    assert estimator.fit(X, y).predict(X).shape == y.shape
    assert estimator.fit(X, y[:, None]).predict(X).shape == (len(y), 1)


def test_column_of_labels_is_flattened(iris, moved):
    X, y = iris
    with pytest.warns(DataConversionWarning):
        estimator = KerasClassifier(classifier_network).fit(X, y[:, None])
    assert estimator.predict(X).shape == y.shape


def test_images_and_their_shape(digits):
    X, y = digits[0].reshape(-1, 8, 8), digits[1]

    def build(meta):
        model = keras.Sequential(
            [
                keras.Input(meta["X_shape_"][1:]),
                keras.layers.Flatten(),
                keras.layers.Dense(meta["n_classes_"], "softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        return model

    estimator = KerasClassifier(build, epochs=10, random_state=0).fit(X, y)
    assert estimator.score(X, y) > 0.8
    with pytest.raises(
        ValueError, match=r"must have shape \(8, 8\), as in fit.*\(8, 4\)"
    ):
        estimator.predict(X[:, :, :4])


def test_frames_and_feature_names(moved):
    X, y = load_iris(return_X_y=True, as_frame=True)
    estimator = KerasClassifier(classifier_network, random_state=0).fit(X, y)
    assert_array_equal(estimator.feature_names_in_, X.columns)
    assert estimator.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(X.rename(columns=str.upper))
    weight = np.arange(len(y)) % 2
    estimator.fit(X, y, weight)
    assert_array_equal(estimator.feature_names_in_, X.columns)
    assert estimator.score(X, y, weight) >= 0


def test_dtypes_of_numbers_may_differ_between_fit_and_predict(fitted, iris, moved):
    whole = np.round(iris[0])
    expected = fitted.predict_proba(whole)
    for dtype in (int, np.uint8, np.float32, object, str):
        assert_allclose(fitted.predict_proba(whole.astype(dtype)), expected, atol=1e-6)
    of_integers = clone(fitted).fit(whole.astype(int), iris[1])
    assert_array_equal(of_integers.predict(whole), of_integers.predict(whole + 0.0))
    assert len(set(map(tuple, of_integers.predict_proba(iris[0])))) > 50


def test_builder_arguments_and_silence(iris, capfd):
    seen = {}

    def build(meta, compile_kwargs, params, hidden):
        seen.update(meta=meta, compile_kwargs=compile_kwargs, params=params)
        return dropout_network(meta, compile_kwargs)

    estimator = KerasClassifier(build, **SPARSE, metrics=["accuracy"], hidden=5)
    estimator.fit(*iris).predict(iris[0])
    assert capfd.readouterr().out == ""
    assert seen["meta"]["n_classes_"] == 3
    assert seen["params"]["hidden"] == 5
    assert isinstance(seen["compile_kwargs"]["optimizer"], keras.optimizers.Adam)
    estimator.set_params(verbose=2).fit(*iris).predict(iris[0])
    assert "accuracy" in capfd.readouterr().out

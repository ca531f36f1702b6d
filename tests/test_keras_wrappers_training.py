"""KerasClassifier and KerasRegressor: weights and validation."""

import keras
import numpy as np
import pytest
from keras_models import (
    classifier_network,
    prebuilt,
    regressor_network,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.utils import compute_sample_weight

from skdeep import KerasClassifier, KerasRegressor

# One batch, so that batches do not depend on repetition.
FULL = {"batch_size": -1, "epochs": 20, "random_state": 0}
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}


def classifier(**params):
    return KerasClassifier(classifier_network, **{**FULL, **params})


def regressor(**params):
    return KerasRegressor(regressor_network, **{**FULL, **params})


def test_training_is_that_of_keras(iris):
    X, y = iris
    model = prebuilt(compiled=True, dropout=0.0)
    estimator = KerasClassifier(model, epochs=3, batch_size=20, shuffle=False)
    estimator.fit(X, y, validation_data=(X[:30], y[:30]))
    settings = {"epochs": 3, "batch_size": 20, "shuffle": False, "verbose": 0}
    model.run_eagerly = True  # few steps take less time than tracing
    history = model.fit(X, y, validation_data=(X[:30], y[:30]), **settings).history
    for ours, theirs in zip(
        estimator.model_.get_weights(), model.get_weights(), strict=True
    ):
        assert_allclose(ours, theirs, atol=1e-5)
    assert set(history) == set(estimator.history_)
    for name, values in history.items():
        assert_allclose(estimator.history_[name], values, rtol=1e-4)


# Weights


def test_weight_two_is_the_row_twice_and_zero_its_absence(iris):
    X, y = iris[0][:60], iris[1][:60]
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    repeated = np.repeat(np.arange(len(y)), weight)
    weighted = classifier().fit(X, y, weight).predict_proba(X)
    expanded = classifier().fit(X[repeated], y[repeated]).predict_proba(X)
    assert_allclose(weighted, expanded, atol=1e-4)
    assert np.abs(weighted - classifier().fit(X, y).predict_proba(X)).max() > 1e-3


def test_zero_weight_is_absence_in_small_batches(diabetes):
    X, y = diabetes
    weight = np.ones(len(y))
    weight[::3] = 0
    estimator = regressor(batch_size=32, epochs=2)
    weighted = clone(estimator).fit(X, y, weight).predict(X)
    absent = clone(estimator).fit(X[weight > 0], y[weight > 0]).predict(X)
    assert_allclose(weighted, absent, rtol=1e-5)


def test_scale_of_the_weights_does_not_matter(iris):
    X, y = iris
    weight = np.linspace(0.5, 2, len(y))
    first = classifier().fit(X, y, weight).predict_proba(X)
    second = classifier().fit(X, y, list(weight * 1000)).predict_proba(X)
    assert_allclose(first, second, atol=1e-5)


def test_class_weight_is_sample_weight_and_leaves_the_users_array(iris):
    X, y = iris
    weight = np.ones(len(y), int)
    by_class = classifier(class_weight={0: 1, 1: 5, 2: 1}).fit(X, y, weight)
    assert_array_equal(weight, 1)
    by_sample = classifier().fit(X, y, np.where(y == 1, 5, 1))
    expected = by_sample.predict_proba(X)
    assert_allclose(by_class.predict_proba(X), expected, atol=1e-6)


def test_balanced_class_weight_of_strings(iris):
    X, y = iris
    rare = np.flatnonzero(y == 2)[5:]
    X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    names = np.array(["a", "b", "c"])[y]
    balanced = classifier(class_weight="balanced").fit(X, names)
    by_sample = classifier().fit(X, y, compute_sample_weight("balanced", y))
    expected = by_sample.predict_proba(X)
    assert_allclose(balanced.predict_proba(X), expected, atol=1e-5)


def test_weights_whose_sum_is_infinite_are_equal_weights(iris):
    X, y = iris
    huge = classifier().fit(X, y, sample_weight=np.full(len(y), 1e308))
    expected = classifier().fit(X, y).predict_proba(X)
    assert_allclose(huge.predict_proba(X), expected, atol=1e-5)


def test_partial_fit_takes_class_weight(iris):
    X, y = iris
    by_class = classifier(class_weight={1: 5}).partial_fit(X, y)
    by_sample = classifier().partial_fit(X, y, sample_weight=np.where(y == 1, 5, 1))
    expected = by_sample.predict_proba(X)
    assert_allclose(by_class.predict_proba(X), expected, atol=1e-6)


def _by_argument(estimator, method, X, y, weights):
    return getattr(estimator, method)(X, y, class_weight=weights)


def _by_routing(estimator, method, X, y, weights):
    return getattr(estimator.set_params(fit__class_weight=weights), method)(X, y)


@pytest.mark.parametrize("give", [_by_argument, _by_routing], ids=["argument", "fit__"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_class_weight_of_fit_has_labels(iris, give, method):
    X, y = iris[0], iris[1] + 1
    expected = getattr(classifier(class_weight={3: 9.0}), method)(X, y)
    weights = {1: 1.0, 2: 1.0, 3: 9.0}
    # What is given to fit comes first.
    fitted = give(classifier(class_weight={1: 5.0}), method, X, y, weights)
    assert_allclose(fitted.predict_proba(X), expected.predict_proba(X), atol=1e-6)
    unweighted = getattr(classifier(), method)(X, y).predict_proba(X)
    assert np.abs(unweighted - fitted.predict_proba(X)).max() > 1e-3


def test_class_weight_of_fit_is_for_that_fit_only(iris):
    X, y = iris
    names = np.array(["a", "b", "c"])[y]
    estimator = classifier(epochs=3)
    by_name = estimator.fit(X, names, class_weight={"c": 9}).predict_proba(X)
    expected = classifier(epochs=3, class_weight={2: 9}).fit(X, y).predict_proba(X)
    assert_allclose(by_name, expected, atol=1e-6)
    again = estimator.fit(X, names).predict_proba(X)
    assert_allclose(again, classifier(epochs=3).fit(X, y).predict_proba(X), atol=1e-6)


def test_class_weight_of_labels_that_a_batch_lacks(iris):
    X, y = iris
    estimator = classifier(class_weight={2: 9.0})
    estimator.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    plain = classifier().partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert_allclose(estimator.predict_proba(X), plain.predict_proba(X), atol=1e-6)
    estimator.partial_fit(X, y)
    plain.partial_fit(X, y, sample_weight=np.where(y == 2, 9, 1))
    assert_allclose(estimator.predict_proba(X), plain.predict_proba(X), atol=1e-6)


def test_class_weight_of_no_label_is_refused(iris):
    X, y = iris[0], iris[1] + 1
    weights = {0: 1.0, 1: 1.0, 2: 9.0}  # codes
    message = (
        r"labels as keys. Received the keys \[0, 1, 2\] and the labels \[1, 2, 3\]"
    )
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=message):
            getattr(classifier(class_weight=weights), method)(X, y)
        with pytest.raises(ValueError, match=message):
            getattr(classifier(), method)(X, y, class_weight=weights)


def test_negative_and_all_zero_weights_are_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        classifier().fit(X, y, -np.ones(len(y)))
    with pytest.raises(ValueError, match="at least one non-zero"):
        classifier().fit(X, y, np.zeros(len(y)))
    with pytest.raises(ValueError, match=r"\(3,\), expected \(150,\)"):
        classifier().fit(X, y, np.ones(3))


def test_score_is_weighted(iris):
    X, y = iris
    fitted = classifier(epochs=2).fit(X, y)
    right = fitted.predict(X) == y
    assert 0 < right.mean() < 1
    assert fitted.score(X, y, right) == 1
    assert fitted.score(X, y) == pytest.approx(right.mean())


# Validation


def test_validation_data_has_labels_too(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    val = X[:40], names[:40]
    by_name = classifier(epochs=3).fit(X[40:], names[40:], validation_data=val)
    val = X[:40], y[:40]
    by_code = classifier(epochs=3, fit__validation_data=val).fit(X[40:], y[40:])
    assert len(by_name.history_["val_loss"]) == 3
    assert_allclose(by_name.history_["val_loss"], by_code.history_["val_loss"])
    raw = by_name.model_.evaluate(*val, verbose=0)
    assert by_name.history_["val_loss"][-1] == pytest.approx(raw, rel=1e-5)


def test_validation_weights(iris):
    X, y = iris
    weight = np.where(y == 0, 2.0, 0.0)
    weighted = classifier(epochs=2).fit(X, y, validation_data=(X, y, weight))
    only = classifier(epochs=2).fit(X, y, validation_data=(X[y == 0], y[y == 0]))
    assert_allclose(weighted.history_["val_loss"], only.history_["val_loss"], rtol=1e-5)


def test_class_weights_count_in_validation_as_in_training(iris):
    X, y = iris
    rare = np.r_[np.flatnonzero(y < 2), np.flatnonzero(y == 2)[:10]]
    by_class = classifier(class_weight="balanced", epochs=2)
    by_class.fit(X[rare], y[rare], validation_data=(X, y))
    learnt = compute_sample_weight({0: 1, 1: 1, 2: 5}, y)
    by_sample = classifier(epochs=2).fit(
        X[rare], y[rare], learnt[rare], validation_data=(X, y, learnt)
    )
    for name in ("loss", "val_loss"):
        assert_allclose(by_class.history_[name], by_sample.history_[name], rtol=1e-5)


def test_validation_split_is_the_last_part(iris):
    X, y = iris
    split = classifier(validation_split=0.2, epochs=3).fit(X, y)
    given = classifier(epochs=3).fit(
        X[:120], y[:120], validation_data=(X[120:], y[120:])
    )
    for name in ("loss", "val_loss"):
        assert_allclose(split.history_[name], given.history_[name], rtol=1e-6)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((np.ones((3, 2)), [0, 1, 2]), "2 features"),
        ((np.ones((3, 4)), [0, 1, 5]), "labels that fit knows"),
        ((np.ones((3, 4)),), r"must be \(X_val, y_val\)"),
        ((np.full((3, 4), np.nan), [0, 1, 2]), "NaN"),
    ],
)
def test_wrong_validation_data_are_refused(iris, validation, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(*iris, validation_data=validation)


@pytest.mark.parametrize(
    ("fraction", "message"),
    [
        (0.4, r"all rows of .* \['c'\] and no row of the classes \['a'\]\. Shuffle"),
        (0.2, r"validation_split=0.2 .* are no row of the classes \['a', 'b'\]\."),
    ],
)
def test_a_split_of_sorted_labels_warns(iris, fraction, message):
    X, y = iris
    order = np.argsort(y, kind="stable")
    labels = np.array(["a", "b", "c"])[y]
    estimator = classifier(validation_split=fraction, epochs=1)
    with pytest.warns(UserWarning, match=message):
        estimator.fit(X[order], labels[order])
    one_hot = KerasClassifier(
        softmax_network, loss="categorical_crossentropy", validation_split=fraction
    )
    with pytest.warns(UserWarning, match=r"validation_split=.* classes \["):
        one_hot.set_params(model__units=3).fit(X[order], np.eye(3)[y[order]])
    estimator.fit(X, labels)  # in any other order, no warning
    estimator.partial_fit(X[order], labels[order])  # a batch need not have them all


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 0.999])
def test_wrong_validation_split_is_refused(iris, fraction):
    X, y = iris
    with pytest.raises(ValueError, match="validation_split"):
        classifier(validation_split=fraction).fit(X[:100], y[:100])


def test_early_stopping_sees_validation_data(iris):
    X, y = iris

    class Stop(keras.callbacks.EarlyStopping):
        def set_model(self, model):
            super().set_model(model)
            self.n_layers = len(model.layers)  # of None this would fail

    stop = Stop(monitor="val_loss", min_delta=10, patience=2)
    fitted = classifier(epochs=9).fit(X, y, validation_data=(X, y), callbacks=[stop])
    assert fitted.current_epoch == 3
    assert stop.model is None  # the model can be freed

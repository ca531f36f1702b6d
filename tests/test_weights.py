"""sample_weight and class_weight."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils import compute_sample_weight

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    KerasClassifier,
)
from skdeep.encoding import ClassTargets

# The whole data is one batch, so that batches do not depend on repetition.
FULL = {"hidden_layer_sizes": (8,), "epochs": 30, "random_state": 0}
FULL |= {"batch_size": "auto", "learning_rate_schedule": None}


@pytest.mark.parametrize("params", [{}, {"batch_norm": True, "dtype": "float64"}])
def test_weight_two_is_the_row_twice_and_zero_its_absence(iris, params):
    X, y = iris[0][:60], iris[1][:60]
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    repeated = np.repeat(np.arange(len(y)), weight)
    classifier = DenseClassifier(**FULL, **params)
    weighted = clone(classifier).fit(X, y, weight)
    expanded = clone(classifier).fit(X[repeated], y[repeated])
    atol = 1e-7 if params else 1e-4
    assert_allclose(weighted.predict_proba(X), expanded.predict_proba(X), atol=atol)
    plain = clone(classifier).fit(X, y)
    assert np.abs(weighted.predict_proba(X) - plain.predict_proba(X)).max() > 1e-3


def test_zero_weight_is_absence_in_small_batches(diabetes):
    X, y = diabetes
    weight = np.ones(len(y))
    weight[::3] = 0
    estimator = DenseRegressor(**{**FULL, "batch_size": 32, "epochs": 3})
    weighted = clone(estimator).fit(X, y, weight).predict(X)
    absent = clone(estimator).fit(X[weight > 0], y[weight > 0]).predict(X)
    assert_array_equal(weighted, absent)


def test_batch_norm_of_images_weighs_them():
    X, y = load_digits(return_X_y=True)
    X, y = X[:60].reshape(-1, 8, 8), y[:60] % 2
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    repeated = np.repeat(np.arange(len(y)), weight)
    small = {"filters": (2,), "hidden_layer_sizes": (), "dtype": "float64"}
    classifier = ConvClassifier(
        **{**FULL, **small, "batch_size": len(repeated), "batch_norm": True}
    )
    expanded = clone(classifier).fit(X[repeated], y[repeated])
    classifier.set_params(batch_size=int((weight > 0).sum()))
    weighted = classifier.fit(X, y, weight)
    assert_allclose(weighted.predict_proba(X), expanded.predict_proba(X), atol=1e-7)


def test_scale_of_the_weights_does_not_matter(iris):
    X, y = iris
    weight = np.linspace(0.5, 2, len(y))
    first = DenseClassifier(**FULL).fit(X, y, weight)
    second = DenseClassifier(**FULL).fit(X, y, weight * 1000)
    assert_allclose(first.predict_proba(X), second.predict_proba(X), atol=1e-5)


def test_class_weight_equals_sample_weight(iris):
    X, y = iris
    by_class = DenseClassifier(**FULL, class_weight={0: 1, 1: 5, 2: 1}).fit(X, y)
    by_sample = DenseClassifier(**FULL).fit(X, y, np.where(y == 1, 5, 1))
    assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=1e-6)


def test_balanced_class_weight(iris):
    X, y = iris
    rare = np.flatnonzero(y == 2)[5:]
    X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    balanced = DenseClassifier(**FULL, class_weight="balanced").fit(X, y)
    weight = compute_sample_weight("balanced", y)
    by_sample = DenseClassifier(**FULL).fit(X, y, weight)
    assert_allclose(balanced.predict_proba(X), by_sample.predict_proba(X), atol=1e-5)
    plain = DenseClassifier(**FULL).fit(X, y)
    assert balanced.predict_proba(X)[y == 2, 2].mean() > (
        plain.predict_proba(X)[y == 2, 2].mean()
    )


def test_validation_loss_and_metrics_are_weighted(iris):
    X, y = iris
    weight = np.where(y == 0, 1.0, 0.0)
    settings = {**FULL, "epochs": 2, "metrics": ["accuracy"]}
    on_class = DenseClassifier(**settings)
    on_class.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)
    only = DenseClassifier(**settings)
    only.fit(X, y, X_val=X[y == 0], y_val=y[y == 0])
    columns = ["val_loss", "val_accuracy"]
    assert_allclose(on_class.history_[columns], only.history_[columns], rtol=1e-5)
    every = DenseClassifier(**settings).fit(X, y, X_val=X, y_val=y)
    assert not np.allclose(every.history_[columns], only.history_[columns])


def test_negative_and_all_zero_weights_are_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        DenseClassifier().fit(X, y, -np.ones(len(y)))
    with pytest.raises(ValueError, match="at least one non-zero"):
        DenseClassifier().fit(X, y, np.zeros(len(y)))


def test_batches_and_validation_data_that_lack_a_class(cancer):
    X, y = cancer
    params = {"hidden_layer_sizes": (8,), "random_state": 0}
    network = DenseClassifier(**params, class_weight={1: 5.0})
    network.partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    same = DenseClassifier(**params)
    same.partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    assert_array_equal(network.predict(X), same.predict(X))
    network.set_params(epochs=1).fit(X, y, X_val=X[y == 1], y_val=y[y == 1])
    assert np.isfinite(network.history_["val_loss"]).all()


@pytest.mark.parametrize("params", [{"batch_norm": True}, {"batch_size": 16}])
def test_class_weight_zero_is_absence(iris, params):
    X, y = iris
    settings = {**FULL, **params, "epochs": 2}
    present = y != 2
    zero = DenseClassifier(**settings, class_weight={0: 1.0, 1: 2.0, 2: 0.0})
    zero.fit(X, y, X_val=X, y_val=y)
    # The third class is known, but has no row.
    absent = DenseClassifier(**settings, class_weight={1: 2.0})
    absent._learn_targets = lambda *_: ClassTargets("multiclass", np.arange(3))
    absent.fit(X[present], y[present], X_val=X[present], y_val=y[present])
    assert_array_equal(zero.classes_, [0, 1, 2])
    assert_allclose(zero.predict_proba(X), absent.predict_proba(X), atol=1e-6)
    assert_allclose(zero.history_, absent.history_, rtol=1e-5)


def test_balanced_is_of_the_training_labels_for_columns_too(iris):
    X, y = iris
    Y = np.column_stack([y == 0, y > 0, y == 2]).astype(int)
    train, rest = np.arange(150) < 100, np.arange(150) >= 130
    weight = compute_sample_weight("balanced", Y[train])
    by_row = {row: w for row, w in zip(map(tuple, Y[train]), weight, strict=True)}
    weight_val = np.array([by_row[tuple(row)] for row in Y[rest]])
    fits = []
    for params, weights in (
        ({"class_weight": "balanced"}, (None, None)),
        ({}, (weight, weight_val)),
    ):
        network = DenseClassifier(**{**FULL, "epochs": 2}, **params)
        validation = {"X_val": X[rest], "y_val": Y[rest]}
        validation["sample_weight_val"] = weights[1]
        fits.append(network.fit(X[train], Y[train], weights[0], **validation))
    assert_allclose(fits[0].history_, fits[1].history_, rtol=1e-5)


WRONG = {
    "all zero": ({0: 0, 1: 0.0, 2: 0}, "weight zero"),
    "NaN": ({0: np.nan}, "finite"),
    "infinite": ({0: np.inf}, "finite"),
    "negative": ({0: -1.0}, "negative"),
    "text": ({0: "1"}, "finite"),
    "unknown": ({0: 1.0, 7: 1.0}, "labels"),
    "list for labels": ([{0: 1.0}], "a dict for targets with one label per row"),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_wrong_class_weights_are_named(iris, given, message):
    from keras_models import classifier_network

    for cls, params in ((DenseClassifier, {}), (KerasClassifier, {"model": None})):
        if params:
            params["model"] = classifier_network
        with pytest.raises(ValueError, match=f"class_weight.*{message}"):
            cls(class_weight=given, **params).fit(*iris)


def test_wrong_class_weights_for_columns(iris):
    X, y = iris
    Y = np.column_stack([y == 0, y > 0, y == 2]).astype(int)
    for given in ({0: 1.0}, [{0: 1.0}], [{0: 1.0}, {2: 1.0}, {}], [1, 2, 3]):
        with pytest.raises(ValueError, match="class_weight must"):
            DenseClassifier(class_weight=given).fit(X, Y)


def test_class_weights_that_leave_no_validation_row(cancer):
    X, y = cancer
    network = DenseClassifier(class_weight={0: 0.0, 1: 1.0})
    with pytest.raises(ValueError, match=r"class_weight.*validation data.*zero"):
        network.fit(X, y, X_val=X[y == 0], y_val=y[y == 0])


def test_balanced_is_refused_by_partial_fit(iris):
    for network in (DenseClassifier(), KerasClassifier(lambda: None)):
        network.set_params(class_weight="balanced")
        with pytest.raises(ValueError, match=r"class_weight='balanced'.*partial_fit"):
            network.partial_fit(*iris, classes=[0, 1, 2])


def test_given_models_leave_out_rows_of_class_weight_zero(iris):
    from keras_models import softmax_network

    X, y = iris
    params = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
    weights = {0: 1.0, 1: 2.0, 2: 0.0}
    network = KerasClassifier(softmax_network, **params, class_weight=weights)
    network.fit(X, y, validation_data=(X, y))
    assert_array_equal(network.classes_, [0, 1, 2])
    same = KerasClassifier(softmax_network, **params, class_weight={1: 2.0})
    rows = X[y < 2], y[y < 2]
    same.partial_fit(*rows, classes=[0, 1, 2], validation_data=rows)
    assert_allclose(network.predict_proba(X), same.predict_proba(X), atol=1e-6)
    assert_allclose(network.history_["val_loss"], same.history_["val_loss"], rtol=1e-5)
    message = "class_weight.*validation data.*zero"
    with pytest.raises(ValueError, match=message):
        network.fit(X, y, validation_data=(X[y == 2], y[y == 2]))

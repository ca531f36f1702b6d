"""sample_weight and class_weight."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils import compute_sample_weight

from skdeep import ConvClassifier, DenseClassifier, DenseRegressor

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

"""partial_fit and warm_start go on from weights and optimiser state."""

import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdeep import DenseClassifier, DenseRegressor

NET = {"hidden_layer_sizes": (8,), "random_state": 0, "learning_rate_schedule": None}
NET |= {"optimizer": "adam", "learning_rate": 0.01}


def test_epochs_in_parts_equal_epochs_at_once(iris):
    X, y = iris
    # One batch per epoch: no order of rows, so parts of a fit equal the whole.
    net = {**NET, "batch_size": len(y)}
    whole = DenseClassifier(**net, epochs=6).fit(X, y)
    parts = DenseClassifier(**net)
    for _ in range(6):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    warm = DenseClassifier(**net, epochs=3, warm_start=True).fit(X, y).fit(X, y)
    expected = whole.predict_proba(X)
    assert_allclose(parts.predict_proba(X), expected, atol=1e-6)
    assert_allclose(warm.predict_proba(X), expected, atol=1e-6)
    assert parts.n_epochs_ == warm.n_epochs_ == len(warm.history_) == 6


def test_optimizer_state_is_kept(diabetes):
    """A new Adam would start with steps of the full learning rate."""
    X, y = diabetes
    net = {**NET, "batch_size": len(y)}
    kept = DenseRegressor(**net, epochs=5, warm_start=True).fit(X, y)
    reset = DenseRegressor(**net, epochs=5, warm_start=True).fit(X, y)
    reset.network_.weights.optimizer = None
    assert kept.fit(X, y).network_.weights.n_steps == 10
    assert np.abs(reset.fit(X, y).predict(X) - kept.predict(X)).max() > 1e-2


def test_fit_without_warm_start_starts_anew(iris):
    X, y = iris
    once = DenseClassifier(**NET, epochs=2).fit(X, y)
    first = once.predict_proba(X)
    assert_array_equal(once.fit(X, y).predict_proba(X), first)
    assert once.n_epochs_ == 2


def test_classes_argument(iris):
    X, y = iris
    with pytest.raises(ValueError, match="classes must be passed"):
        DenseClassifier(**NET).partial_fit(X, y)
    partial = DenseClassifier(**NET)
    partial.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert partial.predict_proba(X).shape == (150, 3)
    partial.partial_fit(X, y)
    assert_array_equal(partial.classes_, [0, 1, 2])
    with pytest.raises(ValueError, match="classes"):
        partial.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="not among the known classes"):
        partial.partial_fit(X, y + 1)


def test_wrong_number_of_features(iris):
    X, y = iris
    partial = DenseClassifier(**NET).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="features"):
        partial.partial_fit(X[:, :2], y)


def test_another_network_is_refused(diabetes):
    X, y = diabetes
    warm = DenseRegressor(**NET, epochs=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="same network"):
        warm.set_params(hidden_layer_sizes=(9,)).fit(X, y)


@pytest.mark.parametrize(
    ("first", "second"), [("keras", "keras"), ("keras", "auto"), ("auto", "keras")]
)
def test_goes_on_in_either_engine(iris, first, second):
    """A fit has a schedule, partial_fit none: the optimiser's state is the same."""
    nets = [DenseClassifier((4,), epochs=2, random_state=0) for _ in range(2)]
    for net, engines in zip(nets, [("auto", "auto"), (first, second)], strict=True):
        net.set_params(engine=engines[0]).fit(*iris)
        net.set_params(engine=engines[1], learning_rate=0.001).partial_fit(*iris)
    same_weights(*nets)


def test_accuracy_of_a_sparse_loss(iris):
    net = DenseClassifier((4,), loss="sparse_categorical_crossentropy", epochs=2)
    net.set_params(metrics=["accuracy"], random_state=0)
    expected = clone(net).set_params(loss="auto").fit(*iris).history_
    assert_allclose(net.fit(*iris).history_, expected, rtol=1e-5)

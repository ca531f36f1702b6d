"""What early stopping watches, when it stops, what it keeps; the record of a fit."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdeep import DenseClassifier, DenseRegressor

NET = {"hidden_layer_sizes": (8,), "random_state": 0, "early_stopping": True}
NET |= {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 32}
ENGINES = pytest.mark.parametrize("engine", ["compiled", "keras"])


@pytest.fixture(scope="module")
def labels(iris):
    """Iris with labels that cannot be learnt beyond a few epochs."""
    X, y = iris
    return X, np.where(
        np.arange(len(y)) % 3, y, np.random.RandomState(0).permutation(y)
    )


@ENGINES
@pytest.mark.parametrize(
    ("monitor", "best"), [("val_accuracy", "argmax"), ("accuracy", "argmax")]
)
def test_a_metric_says_whether_more_is_better(labels, engine, monitor, best):
    classifier = DenseClassifier(**NET, metrics=["accuracy"], monitor=monitor)
    classifier.set_params(epochs=30, patience=4, engine=engine).fit(*labels)
    history = classifier.history_
    assert classifier.best_epoch_ == getattr(history[monitor], best)() + 1
    assert classifier.n_epochs_ == classifier.best_epoch_ + 4
    assert ("val_loss" in history) == monitor.startswith("val_")


def test_a_metric_of_which_less_is_better(diabetes):
    regressor = DenseRegressor(**NET, metrics=["mae"], epochs=12, patience=2)
    regressor.set_params(monitor="val_mae").fit(*diabetes)
    watched = regressor.history_["val_mae"]
    assert regressor.best_epoch_ == watched.argmin() + 1


def test_the_training_loss_needs_no_validation_data(iris):
    settings = {**NET, "monitor": "loss", "patience": 3}
    classifier = DenseClassifier(**settings, min_delta=1e9, epochs=9).fit(*iris)
    assert list(classifier.history_) == ["loss"]
    assert classifier.n_epochs_ == 4  # the first one and three that are no better
    assert classifier.best_epoch_ == classifier.history_["loss"].argmin() + 1 == 4
    assert classifier.network_.weights.n_steps == 4 * 5  # of all 150 rows
    warm = clone(classifier).set_params(warm_start=True, epochs=4).fit(*iris)
    best = warm.predict_proba(iris[0])
    warm.set_params(learning_rate=9.0, epochs=1).fit(*iris)
    assert warm.n_epochs_ == 5
    assert warm.best_epoch_ == warm.history_["loss"].argmin() + 1 == 4
    assert_array_equal(warm.predict_proba(iris[0]), best)


def test_small_steps_add_up_to_min_delta(diabetes):
    """As in Keras: what counts is the change since the last improvement."""
    regressor = DenseRegressor(**NET, monitor="loss", patience=3, min_delta=0.05)
    regressor.set_params(learning_rate=0.001, epochs=12).fit(*diabetes)
    stop = keras.callbacks.EarlyStopping("loss", patience=3, min_delta=0.05)
    reference = clone(regressor).set_params(early_stopping=False, callbacks=[stop])
    reference.fit(*diabetes)
    assert regressor.n_epochs_ == reference.n_epochs_
    falls = -np.diff(regressor.history_["loss"])
    assert falls.min() < 0.05 < falls.sum()


def test_without_patience_all_epochs_are_trained(labels):
    classifier = DenseClassifier(**NET, epochs=30, patience=None).fit(*labels)
    losses = classifier.history_["val_loss"]
    assert classifier.n_epochs_ == 30 > classifier.best_epoch_ == losses.argmin() + 1
    steps = classifier.network_.weights.n_steps
    assert steps == 5 * classifier.best_epoch_


def agreement(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"monitor": "val_accuracy"}, r"has \['loss', 'val_loss'\]. Received"),
        ({"monitor": "val_los"}, "Add the metric to metrics"),
        ({"monitor": "agreement", "metrics": [agreement]}, "does not say so"),
        ({"min_delta": -1}, "min_delta"),
        ({"patience": 0}, "patience"),
        ({"monitor": None}, "monitor"),
    ],
)
def test_what_cannot_be_watched_is_refused(iris, params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**NET, **params).fit(*iris)


def test_what_scikit_learn_calls_the_record_of_a_fit(iris):
    X, y = iris
    names = ["n_iter_", "loss_curve_", "loss_", "best_loss_", "validation_scores_"]
    plain = DenseClassifier(**{**NET, "early_stopping": False, "epochs": 3})
    assert not any(hasattr(plain, name) for name in [*names, "best_validation_score_"])
    plain.fit(X, y)
    losses = list(plain.history_["loss"])
    assert plain.n_iter_ == 3
    assert plain.loss_curve_ == losses
    assert (plain.loss_, plain.best_loss_) == (losses[-1], min(losses))
    assert plain.validation_scores_ is plain.best_validation_score_ is None

    stopped = DenseClassifier(**NET, metrics=["accuracy"], epochs=3).fit(X, y)
    assert stopped.best_loss_ is None
    assert stopped.validation_scores_ == list(stopped.history_["val_accuracy"])
    assert stopped.best_validation_score_ == stopped.history_["val_accuracy"].max()
    stopped.partial_fit(X, y)
    assert (stopped.n_iter_, len(stopped.validation_scores_)) == (4, 3)
    unnamed = DenseClassifier(**NET, epochs=2).fit(X, y)
    assert_allclose(unnamed.validation_scores_, -unnamed.history_["val_loss"])
    given = DenseClassifier.from_weights([np.eye(3)], classes=[0, 1, 2])
    assert (given.n_iter_, given.loss_curve_, given.loss_) == (0, [], None)


def test_a_pickle_without_the_new_parameters_gets_their_defaults(iris):
    old = DenseClassifier(**{**NET, "epochs": 1}).fit(*iris)
    del old.monitor, old.min_delta, old._kept_epoch, old._split_seed
    new = pickle.loads(pickle.dumps(old))
    assert (new.monitor, new.min_delta) == ("val_loss", 0.0)
    assert new.set_params(warm_start=True).fit(*iris).n_epochs_ == 2

"""Ctrl-C keeps the whole epochs so far."""

import itertools

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_validate

import skdeep
from skdeep.training import _epochs, _feed, _loop, _scheduler

X, y = load_iris(return_X_y=True)
pytestmark = pytest.mark.usefixtures("keras_eagerly")


def _classifier(**options):
    options = {"epochs": 600, "random_state": 0, **options}
    return skdeep.DenseClassifier(
        (4,), optimizer="adam", learning_rate=0.01, batch_size=50, **options
    )


def _interrupt_after(monkeypatch, n_calls):
    """Ctrl-C once the compiled program was called so often."""
    calls, chunk = itertools.count(), _feed.Feed.chunk

    def interrupted(feed, plan, start):
        if next(calls) == n_calls:
            raise KeyboardInterrupt
        return chunk(feed, plan, start)

    monkeypatch.setattr(_feed.Feed, "chunk", interrupted)


def test_unwatched_epochs_are_kept(monkeypatch):
    with monkeypatch.context() as patch:
        _interrupt_after(patch, 1)
        with pytest.warns(UserWarning, match="interrupted"):
            some = _classifier().fit(X, y)
    # A call takes 1,024 steps, of which the last one belongs to the next epoch.
    assert some.n_epochs_ == 1024 // 3 == len(some.history_)
    whole = _classifier(epochs=some.n_epochs_).fit(X, y)
    for name, weights in whole.get_weights().items():
        np.testing.assert_allclose(some.get_weights()[name], weights, rtol=1e-5)
    assert some.network_.weights.n_steps == whole.network_.weights.n_steps


def test_without_a_whole_epoch_the_interruption_goes_on(monkeypatch):
    _interrupt_after(monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        _classifier().fit(X, y)


@pytest.mark.filterwarnings("ignore:.*interrupted")
def test_unwatched_epochs_of_fused_fits_are_kept(monkeypatch):
    calls = itertools.count()
    interrupted = property(lambda ticket: next(calls) >= 5)
    monkeypatch.setattr(_scheduler.Ticket, "interrupted", interrupted)
    with skdeep.fuse():
        found = cross_validate(
            _classifier(epochs=9000), X, y, cv=2, return_estimator=True
        )
    for est in found["estimator"]:
        assert 300 < est.n_epochs_ < 9000
        assert est.network_.weights.n_steps == est.n_epochs_ * 2


@pytest.mark.filterwarnings("ignore:.*interrupted")
def test_watched_epochs_of_fused_fits_are_kept(monkeypatch):
    calls = itertools.count()
    interrupted = property(lambda ticket: next(calls) >= 7)
    monkeypatch.setattr(_scheduler.Ticket, "interrupted", interrupted)
    net = _classifier(epochs=90, early_stopping=True, validation_fraction=0.3)
    with skdeep.fuse():
        found = cross_validate(
            net, X, y, cv=2, return_estimator=True, error_score="raise"
        )
    for est in found["estimator"]:
        # Up to eight epochs are one call, after which the ticket is asked.
        assert est.n_epochs_ in range(8, 7 * 8, 8)
        assert est.network_.weights.n_steps <= est.n_epochs_ * 2


class Sets(keras.callbacks.Callback):
    """Sets the weights after an epoch, and presses Ctrl-C then or in the next one."""

    def __init__(self, during):
        super().__init__()
        self.during = during
        self.n_ends = 0

    def on_train_end(self, logs=None):
        self.n_ends += 1
        np.testing.assert_array_equal(self.model.get_weights()[0], 2)

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.set_weights([np.full_like(w, 2) for w in self.model.weights])
            if self.during == "the same epoch":
                raise KeyboardInterrupt

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2 and self.during == "the next epoch":
            raise KeyboardInterrupt


class SetsInBatches(Sets):
    """Presses Ctrl-C after the second batch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1 and self.model.optimizer.iterations > 6:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("engine", "callback"),
    [
        ("compiled", Sets("the same epoch")),
        ("compiled", Sets("the next epoch")),
        ("keras", Sets("the same epoch")),
        ("keras", SetsInBatches("a batch")),
    ],
)
def test_weights_that_callbacks_have_set_are_kept(engine, callback):
    est = _classifier(epochs=5, engine=engine, callbacks=[callback], normalize=False)
    with pytest.warns(UserWarning, match="interrupted"):
        est.fit(X, y)
    assert est.n_epochs_ == len(est.history_) <= 2
    for weights in est.get_weights().values():
        np.testing.assert_array_equal(weights, 2)
    assert callback.n_ends == 1
    assert callback.model is None


class InterruptsValidation(keras.callbacks.Callback):
    """Presses Ctrl-C in the validation of the third epoch; Keras's engine calls it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_test_begin(self, logs=None):
        if self.epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_an_epoch_without_its_validation_is_none(engine, monkeypatch):
    data = {"X_val": X[::3], "y_val": y[::3]}
    whole = _classifier(epochs=2, learning_rate_schedule=None, engine=engine)
    whole.fit(X, y, **data)
    if engine == "compiled":
        calls, evaluate = itertools.count(1), _loop.evaluate

        def interrupted(run):
            if next(calls) == 3:
                raise KeyboardInterrupt
            return evaluate(run)

        monkeypatch.setattr(_loop, "evaluate", interrupted)
        monkeypatch.setattr(_epochs, "_MOST_BYTES", 0)  # each epoch is a call
        some = clone(whole)
    else:
        some = clone(whole).set_params(callbacks=[InterruptsValidation()])
    with pytest.warns(UserWarning, match="interrupted"):
        some.set_params(epochs=5).fit(X, y, **data)
    assert some.n_epochs_ == len(some.history_) == 2
    for name, weights in whole.get_weights().items():
        np.testing.assert_array_equal(some.get_weights()[name], weights)
    ours, theirs = some.network_.weights, whole.network_.weights
    assert ours.n_steps == theirs.n_steps
    for own, other in zip(ours.optimizer, theirs.optimizer, strict=True):
        np.testing.assert_array_equal(own, other)

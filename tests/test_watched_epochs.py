"""Epochs with validation and metrics, several in one call: as one call for each."""

import keras
import numpy as np
import pytest
from joblib import Parallel, delayed
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import cross_validate

import skdeep
from skdeep import (
    Autoencoder,
    DenseClassifier,
    DenseRegressor,
    DivergenceWarning,
    SequenceRegressor,
)
from skdeep.training import _epochs, _fused_program, _job, _loop

NET = {"epochs": 12, "random_state": 0, "batch_size": 32, "learning_rate": 0.03}
SMALL = {**NET, "hidden_layer_sizes": (5,)}


@pytest.fixture
def calls(monkeypatch):
    """The number of epochs of each call."""
    seen = []
    run = _epochs.EpochsProgram.run

    def counting(self, state, chunk, validation, *, path):
        seen.append(int(chunk.n_steps.numpy()[0]))
        return run(self, state, chunk, validation, path=path)

    monkeypatch.setattr(_epochs.EpochsProgram, "run", counting)
    return seen


def one_by_one(monkeypatch):
    """From here on each epoch is a call of its own."""
    monkeypatch.setattr(_epochs, "_MOST_BYTES", 0)


def same(first, second):
    """Whether two fits have the same history, best epoch and weights."""
    assert_allclose(first.history_, second.history_, rtol=2e-5, atol=1e-6)
    assert list(first.history_) == list(second.history_)
    assert first.best_epoch_ == second.best_epoch_
    for name, array in first.get_weights().items():
        assert_allclose(array, second.get_weights()[name], rtol=1e-4, atol=1e-5)


def series(iris):
    return np.repeat(iris[0][:60, None], 3, axis=1), iris[0][:60, 0]


CASES = {
    "best epoch within a call": (
        DenseClassifier(
            **SMALL | {"learning_rate": 0.5},
            early_stopping=True,
            patience=4,
            dropout=0.3,
            learning_rate_schedule="exponential_decay",
        ),
        lambda iris: iris,
    ),
    "a metric is watched": (
        DenseRegressor(
            **SMALL,
            early_stopping=True,
            patience=None,
            metrics=["mae"],
            monitor="val_mae",
            l2=0.01,
        ),
        lambda iris: (iris[0], iris[0][:, :2]),
    ),
    "no validation": (
        DenseClassifier(**SMALL, early_stopping=True, monitor="loss", patience=3),
        lambda iris: iris,
    ),
    "series, double precision": (
        SequenceRegressor(
            "rnn", units=(3,), **NET, early_stopping=True, dtype="float64"
        ),
        series,
    ),
    "images": (
        Autoencoder(2, filters=(2,), **NET, early_stopping=True),
        lambda iris: (iris[0][:60].reshape(-1, 2, 2), None),
    ),
}


def compile_all(monkeypatch):
    """From here on XLA compiles also short fits."""
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)


@pytest.mark.parametrize("case", CASES)
def test_as_one_call_for_each_epoch(case, iris, calls, monkeypatch):
    estimator, data = CASES[case]
    X, y = data(iris)
    at_once = clone(estimator).fit(X, y)
    assert max(calls) > 1
    if case == "best epoch within a call":
        assert at_once.best_epoch_ % 4
    n_calls = len(calls)
    one_by_one(monkeypatch)
    same(at_once, clone(estimator).fit(X, y))
    assert len(calls) == n_calls


def test_validation_data_of_the_user_and_weights(iris, calls, monkeypatch):
    X, y = iris
    network = DenseClassifier(**SMALL, early_stopping=True, class_weight="balanced")
    validation = {"X_val": X[100:], "y_val": y[100:]}
    validation["sample_weight_val"] = np.linspace(0, 2, 50)
    arguments = X[:100], y[:100], np.linspace(1, 2, 100)
    at_once = clone(network).fit(*arguments, **validation)
    # XLA compiles the same graph for all networks: this one shows that it does.
    with monkeypatch.context() as patch:
        compile_all(patch)
        compiled = clone(network).fit(*arguments, **validation)
    assert max(calls) > 1
    one_by_one(monkeypatch)
    expected = network.fit(*arguments, **validation)
    same(at_once, expected)
    same(compiled, expected)


def test_best_epoch_is_trained_again_at_most_once(iris, calls):
    network = DenseClassifier(**SMALL | {"epochs": 40}, early_stopping=True, patience=8)
    network.fit(*iris)
    again = network.best_epoch_ % 8
    whole, rest = divmod(network.n_epochs_, 8)
    expected = [8] * (whole + (rest > 0)) + [again] * (again > 0)
    assert calls == expected
    held_out = network.history_["val_loss"]
    assert held_out.idxmin() == network.best_epoch_


def test_warm_start_goes_on(iris, calls, monkeypatch):
    def twice():
        network = DenseClassifier(**SMALL, early_stopping=True, warm_start=True)
        return network.fit(*iris).fit(*iris)

    at_once = twice()
    assert max(calls) > 1
    one_by_one(monkeypatch)
    same(at_once, twice())


def test_divergence_within_a_call(iris, calls, monkeypatch):
    X = iris[0]
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([20], [0.01, 1e12])
    parameters = {**SMALL, "learning_rate": rate, "optimizer": "sgd"}

    def diverged():
        network = DenseRegressor(**parameters, metrics=["mse"])
        with pytest.warns(DivergenceWarning, match="epoch"):
            return network.fit(X, X[:, 0])

    at_once = diverged()
    assert calls == [8]
    assert 0 < at_once.n_epochs_ < 8
    one_by_one(monkeypatch)
    same(at_once, diverged())


def test_weights_that_are_not_finite_behind_a_finite_loss(iris, calls, monkeypatch):
    """The epochs of the call are then looked at one by one."""
    network = DenseClassifier(**SMALL | {"epochs": 4}, early_stopping=True)
    at_once = clone(network).fit(*iris)
    evaluated, evaluate = [], _loop.evaluate
    monkeypatch.setattr(_loop, "weights_are_finite", lambda weights: False)
    monkeypatch.setattr(
        _loop, "evaluate", lambda run: evaluated.append(run) or evaluate(run)
    )
    same(at_once, clone(network).fit(*iris))
    assert len(evaluated) == 4


def test_interruption_keeps_the_calls_before(iris, calls, monkeypatch):
    whole = DenseClassifier(**SMALL, metrics=["accuracy"]).fit(*iris)
    run = _loop.run_epochs

    def interrupted(*arguments):
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run(*arguments)

    calls.clear()
    monkeypatch.setattr(_epochs, "_MOST_EPOCHS", 2)
    with monkeypatch.context() as patch:
        patch.setattr(_loop, "run_epochs", interrupted)
        with pytest.warns(UserWarning, match="interrupted"):
            network = DenseClassifier(**SMALL, metrics=["accuracy"]).fit(*iris)
    assert network.n_epochs_ == 6
    assert_allclose(network.history_, whole.history_[:6], rtol=1e-5)
    shorter = {**SMALL, "epochs": 6}
    expected = DenseClassifier(**shorter, metrics=["accuracy"]).fit(*iris)
    same(network, expected)


def test_fused_as_alone(iris, sizes, monkeypatch):
    """Members whose folds, and so their steps, differ in number.

    XLA compiles those that are fused here; those below are a plain graph.
    """
    monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", 2)
    network = DenseClassifier(**SMALL, early_stopping=True, patience=3)
    rows = np.arange(150)
    folds = [(rows[:n], rows[n:]) for n in (100, 101, 140)]

    def fitted():
        found = cross_validate(network, *iris, cv=folds, return_estimator=True)
        return found["estimator"]

    alone = fitted()
    compile_all(monkeypatch)
    with skdeep.fuse():
        for first, second in zip(alone, fitted(), strict=True):
            same(first, second)
    assert max(sizes) > 1


def test_fused_fits_of_different_lengths(iris, sizes, monkeypatch):
    """A member that has no epoch left in a call keeps its weights."""
    monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", 2)
    nets = [
        DenseClassifier(**SMALL | {"epochs": epochs}, metrics=["accuracy"])
        for epochs in (2, 8, 4)
    ]
    alone = [clone(net).fit(*iris) for net in nets]
    with skdeep.fuse():
        together = Parallel()(delayed(clone(net).fit)(*iris) for net in nets)
    for first, second in zip(alone, together, strict=True):
        same(first, second)
        slots = (net.network_.weights.optimizer for net in (first, second))
        for own, other in zip(*slots, strict=True):
            assert_allclose(own, other, rtol=1e-4, atol=1e-6)
    assert max(sizes) > 1


def test_folds_share_compiled_code(iris, without_xla):
    network = DenseClassifier(**SMALL, metrics=["accuracy"])
    for n_rows in (150, 149, 140):  # five steps, the last of another size
        network.fit(iris[0][:n_rows], iris[1][:n_rows])
    (program,) = {value.epochs for value in _program_values() if value.epochs}
    assert len(program) == 2  # the plain graph, and one that XLA would compile


def _program_values():
    from skdeep.training._program import _programs

    return [made for made, _ in _programs._made.values()]


def test_hooks_and_large_data_are_asked_after_each_epoch(iris, calls, monkeypatch):
    class Seen(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            Seen.epochs += 1

    DenseClassifier(**SMALL, metrics=["accuracy"], callbacks=[Seen()]).fit(*iris)
    assert Seen.epochs == 12
    monkeypatch.setattr(_epochs, "_MOST_VALUES", 10)
    DenseClassifier(**SMALL, early_stopping=True).fit(*iris)
    assert not calls


class Spread(keras.metrics.Mean):
    """A metric of a user's own, whose value is computed in Python."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(keras.ops.std(y_pred, axis=-1), sample_weight)

    def result(self):
        return float(super().result()) + 1


class Unknown(keras.metrics.Mean):
    """A metric that is never better."""

    _direction = "up"

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_pred * np.nan, sample_weight)


OWN_METRICS = ["accuracy", Spread(name="spread"), Unknown(name="unknown")]


@pytest.mark.parametrize(
    "parameters",
    [
        {"metrics": ["precision", "f1_score"], "batch_norm": True},
        {"metrics": OWN_METRICS},
    ],
    ids=["keras", "own"],
)
def test_values_of_metrics(iris, monkeypatch, sizes, parameters):
    """Those of Keras are read in the call, a user's own in Python."""
    y = iris[1] == 1
    network = DenseClassifier(**SMALL, early_stopping=True, **parameters)
    at_once = network.set_params(epochs=3).fit(iris[0], y)
    with monkeypatch.context() as patch:
        one_by_one(patch)
        same(at_once, clone(network).fit(iris[0], y))
    options = {"cv": [(np.arange(150), [0])] * 3, "return_estimator": True}
    with skdeep.fuse():
        found = cross_validate(network, iris[0], y, **options)
    for fitted in found["estimator"]:
        assert_allclose(fitted.history_, at_once.history_, rtol=2e-5)
    assert max(sizes) > 1


def test_a_metric_that_counts_rows(iris, without_xla, monkeypatch):
    """Rows that fill up a call must not count."""
    r2 = keras.metrics.R2Score(num_regressors=2, name="r2")
    network = DenseRegressor(**SMALL, early_stopping=True, metrics=[r2])
    at_once = network.fit(iris[0], iris[0][:, :2])
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
    one_by_one(monkeypatch)
    same(at_once, clone(network).fit(iris[0], iris[0][:, :2]))


def test_no_epoch_is_better(iris, calls, monkeypatch):
    X, y = iris[0], iris[1] == 1
    network = DenseClassifier(
        **SMALL | {"epochs": 30},
        early_stopping=True,
        metrics=OWN_METRICS,
        monitor="val_unknown",
    )
    at_once = network.fit(X, y)
    assert at_once.n_epochs_ == 10
    assert calls == [8, 8, 2]
    one_by_one(monkeypatch)
    same(at_once, clone(network).fit(X, y))

"""warm_start over several fits: what is held out, what is best, what goes on."""

import copy

import keras
import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose
from sklearn.base import clone

from skdeep import DenseClassifier, DenseRegressor, fuse

# For Keras's fits of few steps.
FEW_STEPS = pytest.mark.usefixtures("keras_eagerly")
NET = {"hidden_layer_sizes": (8,), "batch_size": 32, "random_state": 0}
WARM = {**NET, "warm_start": True}
ENGINES = pytest.mark.parametrize("engine", ["compiled", "keras"])
STILL = {"optimizer": "sgd", "learning_rate": 1e-12}


def steps(estimator):
    return estimator.network_.weights.n_steps


def test_the_same_rows_are_held_out_again(diabetes):
    """A network that stands still has another validation loss on other rows."""
    estimator = DenseRegressor(**WARM, **STILL, epochs=1, early_stopping=True)
    for _ in range(2):
        estimator.fit(*diabetes)
    estimator.partial_fit(*diabetes).fit(*diabetes)
    losses = estimator.history_["val_loss"].dropna()
    assert_allclose(losses, losses.iloc[0], rtol=1e-5)
    anew = copy.deepcopy(estimator).set_params(warm_start=False, random_state=1)
    assert abs(anew.fit(*diabetes).history_["val_loss"].iloc[0] - losses.iloc[0]) > 1e-3


@ENGINES
def test_the_best_epoch_of_all_fits_is_kept(diabetes, engine):
    X, y = diabetes
    first = DenseRegressor(**WARM, epochs=4, early_stopping=True, engine=engine)
    first.set_params(optimizer="adam", learning_rate=0.01).fit(X, y)
    spoilt = copy.deepcopy(first).set_params(learning_rate=5.0, epochs=2)
    with fuse():
        spoilt.fit(X, y)
    losses = spoilt.history_["val_loss"]
    assert len(losses) == first.n_epochs_ + 2
    assert losses.iloc[-2:].min() > losses.min()
    assert spoilt.best_epoch_ == first.best_epoch_ == losses.argmin() + 1
    assert_allclose(spoilt.predict(X), first.predict(X), rtol=1e-6)
    better = spoilt.set_params(learning_rate=0.01, epochs=10).fit(X, y)
    losses = better.history_["val_loss"]
    assert better.best_epoch_ == losses.argmin() + 1 > first.n_epochs_ + 2


def test_what_was_kept_is_measured_on_new_validation_data(diabetes):
    """Losses of other data do not compare."""
    X, y = diabetes
    easy, hard = (X[:50], y[:50]), (X[50:90], y[50:90] + 500)
    warm = DenseRegressor(**WARM, epochs=3, early_stopping=True)
    warm.fit(X, y, X_val=easy[0], y_val=easy[1])
    warm.fit(X, y + 500, X_val=hard[0], y_val=hard[1])
    losses = warm.history_["val_loss"]
    assert losses.iloc[3:].min() > losses.iloc[:3].min()
    assert warm.best_epoch_ == losses.iloc[3:].argmin() + 4


def test_steps_after_early_stopping_are_those_of_the_kept_weights(iris):
    found = []
    for engine in ("compiled", "keras"):
        estimator = DenseClassifier(**NET, epochs=40, early_stopping=True, patience=2)
        estimator.set_params(optimizer="adam", learning_rate=0.05, engine=engine)
        estimator.fit(*iris)
        assert estimator.best_epoch_ < estimator.n_epochs_
        found.append(steps(estimator))
        assert found[-1] == estimator.best_epoch_ * 5  # of 135 rows
    assert found[0] == found[1]


SCHEDULE = keras.optimizers.schedules.PiecewiseConstantDecay(
    [7, 12, 18], [1e-2, 2e-2, 1e-3, 5e-2]
)


@FEW_STEPS
@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adam", "learning_rate_schedule": "cosine_decay"},
        {"optimizer": keras.optimizers.SGD(SCHEDULE, momentum=0.9)},
        {"optimizer": "sgd", "learning_rate_schedule": SCHEDULE},
    ],
    ids=["named", "optimizer", "schedule"],
)
def test_schedules_go_on_alike_in_both_engines(iris, settings):
    """A named schedule starts anew, one that is an object goes on.

    As ``learning_rate`` it is that of the optimizer: test_learning_rates.py.
    """
    estimator = DenseClassifier(**WARM, epochs=2, **settings)
    compiled = clone(estimator).set_params(engine="compiled").fit(*iris)
    reference = clone(estimator).set_params(engine="keras").fit(*iris)
    first = compiled.predict_proba(iris[0])
    compiled.fit(*iris)
    reference.fit(*iris)
    same_weights(compiled, reference)
    assert steps(compiled) == steps(reference) == 20
    assert np.abs(compiled.predict_proba(iris[0]) - first).max() > 1e-2


AVERAGES = keras.optimizers.SGD(0.1, use_ema=True)
MOMENTUM = keras.optimizers.SGD(0.1, 0.9)


@FEW_STEPS
@pytest.mark.parametrize(
    ("engine", "first", "second"),
    [
        ("compiled", "adam", "adamax"),
        ("compiled", "rmsprop", "adam"),
        # One array for each weight, in one class.
        ("compiled", AVERAGES, MOMENTUM),
        ("keras", AVERAGES, MOMENTUM),
    ],
)
def test_another_optimizer_starts_anew(iris, engine, first, second):
    warm = DenseClassifier(**WARM, epochs=2, optimizer=first, engine=engine).fit(*iris)
    warm.set_params(optimizer=second)
    forgot = copy.deepcopy(warm)
    forgot.network_.weights.optimizer = None
    same_weights(warm.fit(*iris), forgot.fit(*iris))
    assert steps(warm) == steps(forgot) == 10


@FEW_STEPS
@ENGINES
def test_another_rate_keeps_the_state(iris, engine):
    warm = DenseClassifier(**WARM, epochs=2, optimizer="adam", engine=engine)
    warm.fit(*iris).set_params(learning_rate=0.005).fit(*iris)
    assert steps(warm) == 20


@FEW_STEPS
@ENGINES
def test_averages_are_kept_with_the_best_epoch(iris, engine):
    """Both engines keep the averages of that epoch, and none before the first step."""
    averaging = keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9)
    settings = {**WARM, "early_stopping": True, "optimizer": averaging, "epochs": 3}
    estimator = DenseClassifier(**settings, engine=engine).fit(*iris)
    reference = clone(estimator).set_params(engine="compiled").fit(*iris)
    same_weights(estimator, reference)
    before = DenseClassifier(**{**settings, "optimizer": "adam", "epochs": 20})
    before.set_params(learning_rate=0.02).fit(*iris)
    best = before.predict_proba(iris[0])
    before.set_params(**{**STILL, "optimizer": averaging}, epochs=1, engine=engine)
    assert_allclose(before.fit(*iris).predict_proba(iris[0]), best, atol=1e-6)

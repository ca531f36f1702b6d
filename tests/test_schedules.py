"""Schedules of the user's own: traced once, without files; rates that make sense."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris

import skdeep
from skdeep.training._schedules import LearningRates

X, y = load_iris(return_X_y=True)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    """Counts how often it is called."""

    calls = 0

    def __call__(self, step):
        self.calls += 1
        return 0.1 * keras.ops.power(0.5, keras.ops.cast(step, "float32") / 3)


def test_a_schedule_is_traced_once():
    schedule = Halving()
    watched = {"metrics": ["accuracy"], "learning_rate_schedule": schedule}
    skdeep.DenseClassifier((3,), epochs=6, optimizer="sgd", **watched).fit(X, y)
    assert schedule.calls == 1


@pytest.mark.parametrize(
    "schedule",
    [
        lambda step: 0.1 * 0.5 ** keras.ops.cast(step, "float32"),
        lambda step: 0.1 if step < 2 else 0.01,
        lambda step: 0.1,
    ],
    ids=["operations", "branch", "constant"],
)
def test_a_function_as_schedule_leaves_no_files(schedule):
    before = set(Path(tempfile.gettempdir()).glob("__autograph*"))
    rates = LearningRates(0.1, schedule, total_steps=4)
    expected = [float(schedule(step)) for step in range(4)]
    np.testing.assert_allclose(rates.of(0, 4), expected, rtol=1e-6)
    assert set(Path(tempfile.gettempdir()).glob("__autograph*")) == before


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 1e300},
        {"learning_rate": 1e-60},
        {"optimizer": keras.optimizers.SGD(1e300)},
    ],
    ids=["too large", "too small", "of the optimizer"],
)
def test_rates_beyond_single_precision_are_refused(engine, options):
    options = {"optimizer": "sgd", "engine": engine, "epochs": 1, **options}
    with pytest.raises(ValueError, match=r"learning_rate must be .* single precision"):
        skdeep.DenseClassifier((3,), **options).fit(X, y)


@pytest.mark.parametrize(
    ("schedule", "halfway", "end"),
    [
        ("cosine_decay", 0.5, 0.0),
        ("exponential_decay", 0.1, 0.01),
        ("inverse_time_decay", 1 / 5.5, 0.1),
        ("polynomial_decay", 0.5, 0.0),
    ],
)
def test_named_schedules_have_the_rates_of_the_guide(schedule, halfway, end):
    rates = LearningRates(0.2, schedule, total_steps=10).of(0, 11)
    np.testing.assert_allclose(
        rates[[0, 5, 10]], [0.2, 0.2 * halfway, 0.2 * end], rtol=1e-5, atol=1e-8
    )

"""The Keras internals that the compiled engine stands on."""

from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose

from skdeep.sequence._spec import SequenceSpec
from skdeep.training import _optimizers
from skdeep.training._optimizers import OptimizerSpec
from skdeep.training._schedules import LearningRates

S = keras.optimizers.schedules


@pytest.mark.parametrize("name", [*_optimizers.RESTORED, "_clip_gradients", "apply"])
def test_keras_still_has(name):
    assert callable(getattr(_optimizers.BASE, name, None)), (
        f"BaseOptimizer.{name} is gone: see skdeep/training/_optimizers.py"
    )


def test_tensorflow_backend_still_needs_the_mixin():
    optimizer = keras.optimizers.SGD()
    optimizer.build([keras.Variable(np.ones(2))])
    state = [v.value for v in optimizer.variables]
    with pytest.raises(ValueError, match="stateless_apply"):
        optimizer.stateless_apply(state, [tf.ones(2)], [tf.ones(2)])


@pytest.mark.parametrize(
    "schedule",
    [
        S.CosineDecay(0.1, 20),
        S.CosineDecay(0.0, 20, warmup_target=0.1, warmup_steps=5),
        S.CosineDecayRestarts(0.1, 7),
        S.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        S.InverseTimeDecay(0.1, 10, 0.5),
        S.PiecewiseConstantDecay([5, 10], [0.1, 0.01, 0.001]),
        S.PolynomialDecay(0.1, 15, cycle=True),
    ],
    ids=lambda s: type(s).__name__,
)
def test_rates_are_those_of_the_schedule(schedule):
    rates = LearningRates(0.5, schedule, total_steps=30, start=3)
    expected = [float(schedule(step)) for step in range(5, 27)]
    assert_allclose(rates.of(2, 22), expected, rtol=1e-5)


def test_named_schedules_are_stretched_over_the_fit():
    cosine = LearningRates(0.1, "cosine_decay", total_steps=10, start=99)
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(11) / 10))
    assert_allclose(cosine.of(0, 11), expected, atol=1e-8)
    assert_allclose(LearningRates(0.1, None, 10).of(0, 2), 0.1)


def test_short_fits_of_averages_take_larger_steps():
    def rate(planned_epochs, **spec):
        shape = {"input_shape": (None, 2), "units": 3, "output": "softmax"}
        tokens = {"n_tokens": 50, "embedding_dim": 64, "cell": "average"}
        spec = SequenceSpec(**{**shape, **tokens, "cell_units": (), **spec})
        job = SimpleNamespace(
            spec=spec,
            steps_per_epoch=10,
            planned_epochs=planned_epochs,
            learning_rate=None,
            schedule=None,
        )
        return OptimizerSpec("auto", job).learning_rate

    slow = rate(1000)
    assert rate(None) == slow
    assert_allclose([rate(100), rate(75), rate(1)], [slow * 3**0.5, slow * 2, slow * 3])
    others = {"cell": "gru", "cell_units": (8,)}
    assert rate(1, **others) == rate(1000, **others)


def test_older_keras_has_fewer_optimizers(monkeypatch):
    """3.12 has neither of these: the package imports, and the name is refused."""
    for name in ("MultiOptimizer", "ScheduleFreeAdamW"):
        monkeypatch.delattr(keras.optimizers, name, raising=False)
    spec = spec_from_file_location("older", _optimizers.__file__)
    older = module_from_spec(spec)
    spec.loader.exec_module(older)
    assert older.OptimizerSpec(keras.optimizers.SGD(0.1)).supported
    with pytest.raises(ValueError, match=r"Keras 3.* 'ScheduleFreeAdamW'.* Upgrade"):
        older.OptimizerSpec("ScheduleFreeAdamW")

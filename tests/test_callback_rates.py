"""Learning rates that Keras callbacks see and set."""

import keras
import numpy as np
import pytest
from keras_versions import needs_many_optimizers
from numpy.testing import assert_allclose

import skdeep
from skdeep import DenseClassifier

ENGINES = pytest.mark.parametrize("engine", ["compiled", "keras"])
NET = {"hidden_layer_sizes": (3,), "optimizer": "sgd", "learning_rate": 0.1}
NET |= {"batch_size": 50, "random_state": 0, "epochs": 4}  # three steps an epoch
COSINE = {"learning_rate_schedule": "cosine_decay"}


class Rates(keras.callbacks.Callback):
    """Notes the rates before and after every epoch; may assign one."""

    def __init__(self, assign=None):
        super().__init__()
        self.assign = assign
        self.before, self.after = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.before.append(float(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch, logs=None):
        self.after.append(float(self.model.optimizer.learning_rate))
        if epoch == 1 and self.assign is not None:
            self.assign(self.model.optimizer)


def along_cosine(steps):
    return 0.05 * (1 + np.cos(np.pi * np.array(steps) / 12))


def fitted(iris, *callbacks, **params):
    net = DenseClassifier(**{**NET, **params}, callbacks=list(callbacks))
    return net.fit(*iris)


@ENGINES
def test_the_model_has_the_current_rate(iris, engine):
    rates = Rates()
    fitted(iris, rates, engine=engine, **COSINE)
    assert_allclose(rates.before, along_cosine([0, 3, 6, 9]), rtol=1e-5)
    assert_allclose(rates.after, along_cosine([3, 6, 9, 12]), atol=1e-7)


@ENGINES
@pytest.mark.parametrize("how", ["equal", "lower", "variable", "schedule"])
def test_what_is_assigned_holds(iris, engine, how):
    def assign(optimizer):
        rate = float(optimizer.learning_rate)
        if how == "schedule":
            schedules = keras.optimizers.schedules
            optimizer.learning_rate = schedules.PiecewiseConstantDecay([9], [0.2, 0.3])
        elif how == "variable":
            optimizer.learning_rate.assign(rate / 2)
        else:
            optimizer.learning_rate = rate if how == "equal" else rate / 2

    rates = Rates(assign)
    fitted(iris, rates, engine=engine, **COSINE)
    now = along_cosine(6) / (1 if how == "equal" else 2)
    expected = [0.2, 0.2] if how == "schedule" else [now, now]
    assert_allclose(rates.before[2:], expected, rtol=1e-5)


def test_a_scheduler_that_returns_the_first_rate(iris):
    keep = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1)
    with_decay = fitted(iris, keep, **COSINE)
    constant = fitted(iris, learning_rate_schedule=None)
    by_keras = fitted(iris, keep, engine="keras", **COSINE)
    for net in (with_decay, by_keras):
        assert_allclose(net.coefs_[0], constant.coefs_[0], rtol=1e-4, atol=1e-6)


@ENGINES
def test_reduce_on_plateau_never_raises_the_rate(iris, engine):
    rates = Rates()
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="loss", min_delta=1e9, patience=1, factor=0.9
    )
    fitted(iris, plateau, rates, engine=engine, epochs=6, **COSINE)
    assert rates.before == sorted(rates.before, reverse=True)
    assert rates.before[-1] < 0.1


def test_rates_of_callbacks_within_fuse(iris):
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    alone = fitted(iris, halve)
    with skdeep.fuse():
        fused = fitted(iris, halve)
    assert_allclose(fused.coefs_[0], alone.coefs_[0], rtol=1e-4, atol=1e-6)


def test_rates_of_optimizers_within_others(iris):
    """The scaled loss changes nothing; its optimiser's rate is the inner one's."""
    inner = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 12))
    rates = Rates(lambda optimizer: setattr(optimizer, "learning_rate", 0.01))
    scaled = keras.optimizers.LossScaleOptimizer(inner)
    fitted(iris, rates, optimizer=scaled, learning_rate=None)
    assert_allclose(rates.before[:2], along_cosine([0, 3]), rtol=1e-5)
    assert_allclose(rates.before[2:], 0.01, rtol=1e-5)


@needs_many_optimizers
def test_rates_of_many_optimizers_are_their_own(iris):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for optimizer in self.model.optimizer.optimizers:
                optimizer.learning_rate = 0.0

    sgd = keras.optimizers.SGD
    rates = keras.optimizers.OptimizerMap(sgd(0.1), {"bias": sgd(0.2)})
    many = {"optimizer": keras.optimizers.MultiOptimizer(rates), "learning_rate": None}
    stopped = fitted(iris, Stop(), **many)
    once = fitted(iris, **many, epochs=1)
    assert_allclose(stopped.coefs_[0], once.coefs_[0], rtol=1e-5)
    with pytest.raises(ValueError, match="learning_rate=None"):
        fitted(iris, **many | {"learning_rate": 0.1})


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_what_callbacks_write_into_the_logs_is_in_the_history(iris, engine):
    class Writes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["note"] = "no number"
            if epoch == 1:
                logs["late"] = 7

    halving = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    net = DenseClassifier(**NET, callbacks=[halving, Writes()], engine=engine)
    history = net.set_params(epochs=2).fit(*iris).history_
    assert list(history) == ["loss", "learning_rate", "late"]
    assert history["learning_rate"].tolist() == pytest.approx([0.1, 0.05])
    assert history["late"].dropna().to_dict() == {2: 7.0}

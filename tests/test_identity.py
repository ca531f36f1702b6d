"""Which configurations are the same: the keys of compiled programs."""

import functools
import types

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import skdeep
from skdeep.networks import identity

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
y = X[:, 0].copy()
LONG = [np.zeros(1200), np.where(np.arange(1200) // 300 % 2, 1.0, 0.0)]


class Described(keras.losses.Loss):
    """Tells with an array what it does."""

    def __init__(self, w, name="described"):
        super().__init__(name=name)
        self.w = np.asarray(w)

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), -1) * self.w.mean()

    def get_config(self):
        return {"w": self.w, "name": self.name}


class Silent(keras.losses.Loss):
    """Does not tell what it does."""

    def __init__(self, w):
        super().__init__()
        self.w = w

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), -1) * self.w


class Forgetful(keras.losses.Loss):
    """Tells nothing of an attribute and of its class."""

    of_class = 1.0
    factor = 1.0

    def call(self, y_true, y_pred):
        factor = self.factor * self.of_class
        return keras.ops.mean(keras.ops.square(y_true - y_pred), -1) * factor


class Constant(keras.initializers.Initializer):
    """An initialiser that does not tell what it does."""

    def __init__(self, value):
        self.value = value

    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, self.value, dtype)


def _scaled(factor):
    def scaled(x):
        return factor * x

    return scaled


def _first_loss(loss):
    est = skdeep.DenseRegressor((2,), loss=loss, epochs=1, random_state=0)
    return est.fit(X, y).history_["loss"].iloc[0]


def _wrapped(function):
    return keras.metrics.MeanMetricWrapper(function, name="m")


@pytest.mark.parametrize(
    "make",
    [
        lambda i: LONG[i],
        lambda i: np.array(i, "float32"),
        lambda i: np.zeros(3, ["float32", "float64"][i]),
        lambda i: np.zeros([(2, 3), (3, 2)][i]),
        lambda i: np.array([LONG[i], None], object),
        lambda i: {"a": [LONG[i]]},
        lambda i: [0.0, -0.0][i],
        lambda i: [1, True][i],
        lambda i: [(1,), [1]][i],
        lambda i: {i},
        lambda i: Described(LONG[i]),
        lambda i: keras.initializers.Constant(LONG[i]),
        lambda i: _scaled(i),
        lambda i: functools.partial(_scaled, i),
        lambda i: keras.layers.Activation(_scaled(i)),
        lambda i: keras.layers.TimeDistributed(keras.layers.Activation(_scaled(i))),
        lambda i: _wrapped(_scaled(i)),
        lambda i: keras.optimizers.SGD(weight_decay=i + 1.0),
    ],
)
def test_other_configurations_have_other_identities(make):
    first, second = make(0), make(1)
    assert identity(first) != identity(second)
    assert identity(first) == identity(first)
    assert hash(identity(second)) == hash(identity(second))


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.arange(2000.0),
        lambda: np.array(float("nan")),
        lambda: float("nan"),
        lambda: {"a": [1, "b", None, 2.5, b"c", {3}]},
        lambda: Described(LONG[1]),
        lambda: keras.optimizers.Adam(0.1),
        lambda: keras.layers.LeakyReLU(0.1),
        lambda: keras.losses.Huber(delta=2.0),
        lambda: keras.metrics.AUC(curve="PR"),
        lambda: functools.partial(np.mean, axis=1),
    ],
)
def test_equal_configurations_have_one_identity(make):
    assert identity(make()) == identity(make())
    assert hash(identity(make())) == hash(identity(make()))


def test_numbers_of_numpy_are_numbers():
    assert identity((np.int64(3), np.float64(0.5))) == identity((3, 0.5))


def test_functions_and_objects_count_by_what_they_see_now():
    factor = 1

    def loss(y_true, y_pred):
        return factor * (y_true - y_pred)

    silent = Silent(2.0)
    before = identity(loss), identity(silent)
    factor, silent.w = 2, 3.0
    now = identity(loss), identity(silent)
    assert all(a != b for a, b in zip(before, now, strict=True))


class Slotted:
    __slots__ = ("w",)


def _within_object():
    outer = Silent(Silent(2.0))
    return outer, lambda: setattr(outer.w, "w", 3.0)


def _in_slot():
    held = Slotted()
    held.w = 2.0
    return held, lambda: setattr(held, "w", 3.0)


def _in_series():
    series = pd.Series([2.0, 2.0])
    return series, lambda: series.__setitem__(0, 3.0)


def _in_masked_array():
    array = np.ma.array([2.0, 2.0])
    return array, lambda: array.__setitem__(0, 3.0)


@pytest.mark.parametrize(
    "make", [_within_object, _in_slot, _in_series, _in_masked_array]
)
def test_functions_count_by_values_within_the_objects_that_they_see(make):
    held, change = make()

    def loss(y_true, y_pred):
        return held, y_true - y_pred

    before = identity(loss)
    assert identity(loss) == before
    change()
    assert identity(loss) != before


def test_a_loss_function_may_see_a_variable_of_tensorflow():
    factor = tf.Variable(2.0)

    def loss(y_true, y_pred):
        return factor * keras.ops.square(y_true - y_pred)

    before = _first_loss(loss)
    factor.assign(6.0)
    assert _first_loss(loss) == pytest.approx(3 * before)


def test_an_identity_keeps_what_it_stands_for_alive():
    # Otherwise another object could get the same address, and its program.
    keys = set()
    for _ in range(20):
        keys.add(identity(_scaled(1)))
    assert len(keys) == 20


def test_what_refers_to_itself_has_an_identity():
    loop = {"a": 1}
    loop["loop"] = loop
    assert identity(loop) == identity(loop)


def test_losses_of_one_class_have_programs_of_their_own():
    first, second = Described(LONG[1]), Described(2 * LONG[1])
    assert _first_loss(second) == pytest.approx(2 * _first_loss(first))


def test_a_loss_function_that_sees_another_value_is_traced_anew():
    factor = 1.0

    def loss(y_true, y_pred):
        return factor * keras.ops.square(y_true - y_pred)

    before = _first_loss(loss)
    factor = 3.0
    assert _first_loss(loss) == pytest.approx(3 * before)


def test_initialisers_that_do_not_tell_their_values_keep_them():
    options = {"optimizer": "sgd", "learning_rate": 1e-9, "epochs": 1}
    est = skdeep.DenseRegressor((2,), kernel_initializer=Constant(0.25), **options)
    kernel = est.fit(X, y).get_weights()["dense_1/kernel"]
    np.testing.assert_allclose(kernel, 0.25, 1e-4)


FACTOR = 1.0


class Scaled(keras.losses.Loss):
    """A loss whose formula has a global variable."""

    def call(self, y_true, y_pred):
        return FACTOR * keras.ops.mean(keras.ops.square(y_true - y_pred), -1)


class ScaledLayer(keras.layers.Layer):
    def call(self, inputs):
        return FACTOR * inputs


def _within(y_true, y_pred):
    parts = [FACTOR * keras.ops.square(y_true - y_pred) for _ in range(1)]
    return keras.ops.mean(parts[0], -1)


def _of_module(y_true, y_pred):
    return identity_settings.factor * keras.ops.mean(y_true - y_pred, -1)


identity_settings = types.ModuleType("identity_settings")


@pytest.mark.parametrize("value", [_within, Scaled(), Scaled, ScaledLayer()])
def test_globals_that_functions_and_methods_see_count(value, monkeypatch):
    before = identity(value)
    assert identity(value) == before
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert identity(value) != before


def test_values_in_modules_count(monkeypatch):
    monkeypatch.setattr(identity_settings, "factor", 1.0, raising=False)
    before = identity(_of_module)
    assert identity(_of_module) == before
    monkeypatch.setattr(identity_settings, "factor", 2.0)
    assert identity(_of_module) != before


def test_a_loss_counts_by_attributes_that_its_configuration_forgets():
    before, changed = _first_loss(Forgetful()), Forgetful()
    changed.factor = 2.0
    assert _first_loss(changed) == pytest.approx(2 * before)
    assert identity(Forgetful()) == identity(Forgetful(name="other"))


def test_a_loss_counts_by_values_of_its_class(monkeypatch):
    before = _first_loss(Forgetful())
    monkeypatch.setattr(Forgetful, "of_class", 3.0)
    assert _first_loss(Forgetful()) == pytest.approx(3 * before)


class Share(keras.metrics.Metric):
    """A metric whose configuration forgets what it does."""

    share = 1.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts nothing."""

    def result(self):
        return keras.ops.convert_to_tensor(self.share)


def test_metrics_that_forget_are_refused():
    metric = Share(name="share")
    metric.share = 0.5
    with pytest.raises(ValueError, match=r"share=0\.5, which get_config\(\) does not"):
        skdeep.DenseRegressor((2,), metrics=[metric], epochs=1).fit(X, y)

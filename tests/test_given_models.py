"""Keras models that users bring: described, rebuilt, trained by the compiled engine."""

import random
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

import skdeep
from skdeep.networks._given import building, describe
from skdeep.networks._rebuilt import rebuilt
from skdeep.training import _fused, _fused_program
from skdeep.training._user_model import train_user_model

L = keras.layers
ops = keras.ops


def square(x):
    """An activation that Keras does not have."""
    return ops.square(x) - 0.1 * x


square.mixes_rows = False


class Gate(L.Layer):
    """A layer that Keras does not have."""

    mixes_rows = False

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.inner = L.Dense(units, activation="sigmoid")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return x * self.inner(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Times(L.Layer):
    """A layer whose configuration forgets what it does."""

    factor = 1.0

    def call(self, x):
        return x * self.factor


class Centering(L.Layer):
    """A layer with a moving average of batches."""

    def build(self, shape):
        zeros = {"initializer": "zeros", "trainable": False}
        self.mean = self.add_weight((shape[-1],), name="mean", **zeros)

    def call(self, x, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return x - self.mean


def sequential(*layers, shape=(64,)):
    return keras.Sequential(
        [keras.Input(shape), *layers, L.Dense(10, activation="softmax")]
    )


def dense():
    return sequential(L.Dense(12, activation=square), L.LayerNormalization())


def branches():
    """Adapted, frozen, shared, added, joined and averaged layers."""
    normalization = L.Normalization()
    normalization.adapt(np.linspace(0, 1, 640).reshape(10, 64))
    inputs = keras.Input((64,))
    x = L.Dense(12, activation="relu", trainable=False)(normalization(inputs))
    inner = keras.Sequential([L.Dense(12, activation="tanh"), Gate(12)])
    x = inner(inner(x))
    y = L.BatchNormalization()(L.Dense(12, use_bias=False)(x))
    x = L.Concatenate()([ops.relu(x + y), y])
    return keras.Model(inputs, L.Dense(10, activation="softmax")(x))


def conv():
    return sequential(
        L.Reshape((8, 8, 1)),
        L.Conv2D(4, 3, dilation_rate=2, activation="relu"),
        L.BatchNormalization(),
        L.Conv2D(4, 3, groups=2, strides=2, padding="same"),
        L.MaxPooling2D(3, strides=1, padding="same"),
        L.AveragePooling2D(2),
        L.Flatten(),
    )


def average(*makes):
    """One model of several: a single program to compile."""
    inputs = keras.Input((64,))
    return keras.Model(inputs, L.Average()([make()(inputs) for make in makes]))


def along_time():
    return sequential(
        L.Reshape((8, 8)),
        L.Conv1D(4, 3, padding="same"),
        L.Conv1D(4, 3, padding="causal"),
        L.GlobalAveragePooling1D(),
        L.RepeatVector(2),
        L.Flatten(),
    )


def convolutions():
    return average(conv, along_time)


def recurrent():
    forward = L.LSTM(4, use_bias=False)
    backward = L.GRU(4, reset_after=False, go_backwards=True)
    return sequential(
        L.Reshape((4, 16)),
        L.LSTM(4, return_sequences=True),
        L.Bidirectional(forward, "sum", backward_layer=backward),
    )


def attention():
    inputs = keras.Input((64,))
    tokens = L.Rescaling(16)(inputs)
    x = L.Embedding(17, 4, mask_zero=True)(tokens)
    x = x + L.MultiHeadAttention(2, 2)(x, x)
    x = L.GlobalAveragePooling1D()(L.LayerNormalization()(x))
    return keras.Model(inputs, L.Dense(10, activation="softmax")(x))


def recurrent_and_attention():
    return average(recurrent, attention)


# In a long fit, and in a short one. XLA compiles the layers of Keras's recurrences in
# test_sequences.py.
FITS = [(branches, 0), (convolutions, 0), (recurrent_and_attention, 400)]


@pytest.fixture(scope="module")
def rows(digits):
    """Digits, their classes as a column, and weights."""
    X, y = digits
    weight = np.random.RandomState(0).uniform(0.5, 1.5, 100)
    return X[:100] / 16, y[:100, None], weight / weight.mean()


def compiled(make, rate=0.01, **options):
    with building(1):
        model = make()
    options = {"loss": "sparse_categorical_crossentropy", **options}
    model.compile(keras.optimizers.Adam(rate), **options)
    return model


def for_keras(make, **options):
    """The same, which Keras does not take the time to trace."""
    return compiled(make, run_eagerly=True, **options)


@pytest.fixture(autouse=True)
def double_precision():
    """What the user has set for all layers."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_dtype_policy(before)


def same(first, second, tolerance):
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    for a, b in pairs:
        assert_allclose(a, b, rtol=0, atol=tolerance)


def job(shuffle=False, **options):
    return {"batch_size": 64, "epochs": 2, "shuffle": shuffle, **options}


@pytest.mark.parametrize(("make", "short"), FITS)
def test_engine_trains_what_keras_trains(rows, make, short, monkeypatch):
    X, y, weight = rows
    theirs = for_keras(make)
    log = theirs.fit(X, y, sample_weight=weight, verbose=0, **job())
    monkeypatch.setattr("skdeep.training._job.SHORT_FIT_STEPS", short)
    ours = compiled(make)
    outcome = train_user_model(ours, (X, y, weight), seed=0, **job())
    same(ours, theirs, 1e-6)
    losses = [record["loss"] for record in outcome.records]
    assert_allclose(losses, log.history["loss"], rtol=1e-5)


def test_fused_as_alone(rows, without_xla, monkeypatch):
    fused = []
    run = _fused.FusedProgram.run

    def counting(self, *args, **options):
        fused.append(options)
        return run(self, *args, **options)

    monkeypatch.setattr(_fused.FusedProgram, "run", counting)
    monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", 2)
    monkeypatch.setattr("skdeep.training._scheduler._QUIET", 1)

    def trained(seed):
        # Names and settings are those of a thread.
        keras.config.set_dtype_policy("float64")
        model = compiled(attention)
        return model, train_user_model(model, rows, seed=seed, **job(shuffle=True))

    alone = [trained(seed)[0] for seed in range(4)]
    with skdeep.fuse(), ThreadPoolExecutor(4) as pool:
        together = [model for model, _ in pool.map(trained, range(4))]
    assert fused
    for first, second in zip(alone, together, strict=True):
        same(first, second, 1e-6)


def test_training_goes_on(rows):
    """Also with a schedule, and a loss that is the sum over the rows of a batch."""
    X, y, _ = rows
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    options = {"rate": rate, "loss": loss}
    ours, theirs = compiled(dense, **options), for_keras(dense, **options)
    for _ in range(2):
        train_user_model(ours, (X, y, None), seed=0, **job())
        theirs.fit(X, y, verbose=0, **job())
    same(ours, theirs, 1e-6)
    pairs = zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True)
    for a, b in pairs:
        assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {
            "metrics": ["accuracy"],
            "loss": keras.losses.SparseCategoricalCrossentropy(),
        },
        {
            "weighted_metrics": ["acc", keras.metrics.SparseCategoricalCrossentropy()],
            "loss": [keras.losses.sparse_categorical_crossentropy],
        },
    ],
    ids=["metrics and loss", "weighted metrics and function"],
)
def test_history_is_that_of_keras(rows, options):
    X, y, weight = rows
    ours, theirs = compiled(dense, **options), for_keras(dense, **options)
    held_out = X[:40], y[:40], weight[:40] / weight[:40].mean()
    outcome = train_user_model(ours, rows, validation=held_out, seed=0, **job())
    log = theirs.fit(
        X, y, sample_weight=weight, validation_data=held_out, verbose=0, **job()
    )
    assert set(outcome.records[0]) == set(log.history)
    for epoch, record in enumerate(outcome.records):
        for name, value in record.items():
            assert value == pytest.approx(log.history[name][epoch], rel=1e-5), name


def two_outputs():
    inputs = keras.Input((64,))
    return keras.Model(inputs, [L.Dense(10)(inputs), L.Dense(10)(inputs)])


def centered():
    return sequential(Centering())


def anonymous():
    return sequential(L.Lambda(lambda x: 2 * x))


def forgetful():
    layer = Times()
    layer.factor = 0.0
    return sequential(layer)


def stateful():
    inputs = keras.Input(batch_shape=(64, 8, 8))
    return keras.Sequential([inputs, L.LSTM(4, stateful=True), L.Dense(10)])


class Own(keras.Model):
    """A model whose training could be of any kind."""


def subclassed():
    inputs = keras.Input((64,))
    return Own(inputs, L.Dense(10, activation="softmax")(inputs))


ONLY_KERAS = {
    "two outputs": (two_outputs, {}),
    "averages of batches": (centered, {}),
    "lambda": (anonymous, {}),
    "forgotten": (forgetful, {}),
    "state": (stateful, {}),
    "subclass": (subclassed, {}),
    "eager": (dense, {"run_eagerly": True}),
    "loss weights": (dense, {"loss_weights": [2.0]}),
    "loss by name": (dense, {"loss": {"dense_1": "sparse_categorical_crossentropy"}}),
    "both metrics": (dense, {"metrics": ["acc"], "weighted_metrics": ["acc"]}),
    "vector": (dense, {"loss": "mse", "metrics": [keras.metrics.F1Score()]}),
}


@pytest.mark.parametrize(("build", "options"), ONLY_KERAS.values(), ids=ONLY_KERAS)
def test_left_to_keras(rows, build, options):
    model = build()
    model.compile(**{"loss": "sparse_categorical_crossentropy", **options})
    before = model.get_weights()
    X, y, weight = rows
    y = np.eye(10)[y[:, 0]] if options.get("loss") == "mse" else y
    assert train_user_model(model, (X, y, weight), seed=0, **job()) is None
    for old, new in zip(before, model.get_weights(), strict=True):
        assert_allclose(new, old, rtol=0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            two_outputs,
            r"one output\. Received a Functional with 1 inputs and 2 outputs",
        ),
        (lambda: keras.Sequential([L.Dense(2)]), r"Begin it with a keras\.Input"),
        (anonymous, r"in place of Lambda"),
        (forgetful, r"factor=0\.0, which get_config\(\) does not tell"),
        (stateful, r"keeps a state between batches\. Set stateful=False"),
        (lambda: sequential(L.Discretization(num_bins=3)), r"is adapted to data\. Do"),
    ],
    ids=["outputs", "no input", "lambda", "forgotten", "stateful", "adapted"],
)
def test_what_cannot_be_described(build, message):
    with pytest.raises(ValueError, match=message):
        describe(build())


@pytest.mark.parametrize("make", [dense, *(make for make, _ in FITS)])
def test_rebuilt_model_is_the_same(make):
    model = compiled(make)
    copy = rebuilt(describe(model))
    pairs = zip(copy.weights, model.weights, strict=True)
    assert all(a.name == b.name and a.shape == b.shape for a, b in pairs)
    assert describe(copy) == describe(model)


def test_building_leaves_no_trace():
    before = random.getstate(), np.random.get_state()[1].tolist()
    name = keras.Sequential().name
    policy = keras.config.dtype_policy()
    models = []
    for seed in (3, 3, 4):
        with building(seed, "float32"):
            models.append(conv())
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert keras.config.dtype_policy() is policy
    number = int(name.split("_")[-1]) if "_" in name else 0
    assert keras.Sequential().name == f"sequential_{number + 1}"
    first, same_seed, other_seed = models
    assert [layer.name for layer in first.layers[:2]] == [
        "reshape",
        "conv2d",
    ]
    assert first.layers[1].compute_dtype == "float32"
    same(first, same_seed, 0)
    assert not np.array_equal(first.get_weights()[0], other_seed.get_weights()[0])


def scaled(factor):
    def activation(x):
        return factor * x

    return activation


def gelu(x):
    return 0 * x


def test_functions_of_one_name():
    layers = [L.Dense(4, activation=scaled(factor)) for factor in (0.0, 1.0)]
    with pytest.raises(ValueError, match=r"another 'activation' than the first"):
        describe(sequential(*layers))
    with pytest.raises(ValueError, match=r"another 'gelu' than that of Keras"):
        describe(sequential(L.Dense(4, activation=gelu)))


@pytest.mark.parametrize(
    "layers",
    [
        [L.LSTM(4, activation=square)],
        [L.TimeDistributed(L.Dense(4, activation=square)), L.Flatten()],
        [L.Dense(4, activation=ops.sin), L.Flatten()],
        [L.Dense(4, activation=ops.relu), L.Flatten()],
    ],
    ids=["cell", "wrapped", "operation", "activation"],
)
def test_functions_within_layers(layers):
    model = sequential(L.Reshape((8, 8)), *layers)
    copy = rebuilt(describe(model))
    copy.set_weights(model.get_weights())
    X = np.linspace(0, 1, 128).reshape(2, 64)
    assert_allclose(copy(X), model(X), rtol=1e-12)

"""What skdeep knows of Keras's layers without trying them."""

import keras
import numpy as np
import pytest

from skdeep import ConvClassifier
from skdeep.conv._spec import ConvSpec
from skdeep.networks import _padding, _row_mixing
from skdeep.networks._custom_body import made_body
from skdeep.networks._given import describe
from skdeep.sequence._spec import SequenceSpec

L, ops = keras.layers, keras.ops
TABLE, STEPS, IMAGES, SOUND = (4,), (6, 4), (8, 8, 3), (600,)


def described(shape, function):
    inputs = keras.Input(shape)
    return describe(keras.Model(inputs, function(inputs)))


def test_each_layer_of_keras_is_known_or_left_out():
    public = {
        value.__name__
        for value in vars(L).values()
        if isinstance(value, type) and issubclass(value, L.Layer)
    }
    left_out = {
        "ActivityRegularization",
        "AugMix",
        "BatchNormalization",  # has a rule of its own
        "CutMix",
        "Equalization",
        "Discretization",  # this one and the next four are refused
        "HashedCrossing",
        "IntegerLookup",
        "StringLookup",
        "TextVectorization",
        "FlaxLayer",
        "JaxLayer",
        "Lambda",
        "Layer",
        "MaxNumBoundingBoxes",
        "MelSpectrogram",
        "MixUp",
        "RandAugment",
        "SpectralNormalization",
        "TFSMLayer",
        "TorchModuleWrapper",
        "Wrapper",
    }
    listed = _row_mixing._LAYERS - {"ConvLSTMCell"}  # is not public
    assert not listed & left_out
    assert public - listed - left_out == set(), "new: list them in _row_mixing"
    assert public >= (_padding._BY_STEP | _padding._BY_MASK)


def softmax_of_rows(x):
    return keras.activations.softmax(x, axis=0)


def said(x):
    return keras.ops.tanh(x)


said.mixes_rows = False


@pytest.mark.parametrize(
    ("mixing", "shape", "functions"),
    [
        (
            False,
            TABLE,
            {
                "activation": L.Dense(3, "softmax"),
                "own activation that says so": L.Dense(3, said),
                "activation of a layer": L.Dense(3, L.LeakyReLU()),
                "batch normalisation": L.BatchNormalization(),
                "operators": lambda x: 2 * x + L.Dense(4)(x),
                "along columns": lambda x: x - ops.mean(x, axis=1, keepdims=True),
                "constant": lambda x: ops.matmul(x, np.ones((4, 2), "float32")),
                "softmax": lambda x: L.Softmax()(ops.softmax(x)),
            },
        ),
        (
            False,
            STEPS,
            {
                "recurrent": L.Bidirectional(L.LSTM(2)),
                "cell": L.RNN(L.StackedRNNCells([L.GRUCell(2), L.LSTMCell(2)])),
                "attention": lambda x: L.MultiHeadAttention(2, 2)(x, x),
                "wrapped": L.TimeDistributed(L.Dense(2)),
                "indices": lambda x: x[:, -1],
                "ellipsis": lambda x: x[..., 0],
                "reshape": lambda x: ops.reshape(x, (-1, 24)),
                "products": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
                "joined": lambda x: ops.concatenate([x, x], axis=-2),
            },
        ),
        (
            True,
            TABLE,
            {
                "own activation": L.Dense(3, softmax_of_rows),
                "activity": L.Dense(3, activity_regularizer="l2"),
                "spectral": L.SpectralNormalization(L.Dense(3)),
                "softmax of rows": L.Softmax(axis=0),
                "the same, from behind": L.UnitNormalization(axis=-2),
                "along rows": lambda x: x - ops.mean(x, axis=0),
                "along rows, from behind": lambda x: ops.softmax(x, axis=-2),
                "along all": lambda x: x - ops.mean(x),
                "sums so far": lambda x: ops.cumsum(x, axis=0),
                "more rows": lambda x: ops.concatenate([x, x], axis=0),
                "other rows": lambda x: ops.reshape(x, (-1, 2)),
                "products of rows": lambda x: (
                    ops.matmul(ops.matmul(x, x.T), x)
                    if hasattr(x, "T")
                    else ops.matmul(ops.matmul(x, ops.transpose(x)), x)
                ),
                "against columns": lambda x: x + ops.mean(x, axis=1),
                "reversed": lambda x: x[::-1, :],
                "nothing known": lambda x: ops.roll(x, 1, axis=0),
            },
        ),
        (
            True,
            STEPS,
            {
                "statistics of a batch": L.TimeDistributed(L.BatchNormalization()),
                "other axis": L.BatchNormalization(axis=1),
                "within a cell": L.SimpleRNN(2, softmax_of_rows),
                "within a model": L.TimeDistributed(
                    keras.Sequential([keras.Input((4,)), L.Softmax(axis=0)])
                ),
            },
        ),
        (
            True,
            IMAGES,
            {
                "within a pipeline": L.Pipeline([L.Equalization()]),
                "one of several": L.RandAugment(),
            },
        ),
        (True, SOUND, {"below the loudest": L.MelSpectrogram(fft_length=128)}),
    ],
    ids=[
        *["table", "steps", "table_mixing", "steps_mixing", "images_mixing"],
        "sound_mixing",
    ],
)
def test_layers_that_mix_rows(mixing, shape, functions):
    found = {
        name: bool(described(shape, function).mixes_rows)
        for name, function in functions.items()
    }
    assert found == dict.fromkeys(functions, mixing)


@pytest.mark.parametrize("layer", [L.MixUp(), L.Pipeline([L.Equalization()])])
def test_augmentations_that_mix_rows_take_keras(digits, layer):
    X, y = digits[0][:20].reshape(-1, 8, 8), digits[1][:20]
    options = {"filters": (2,), "epochs": 1, "augment": ["flip", layer]}
    with pytest.raises(ValueError, match=rf"compiled.*whole batches.*{layer.name}"):
        ConvClassifier(**options, engine="compiled").fit(X, y)
    spec = ConvSpec((8, 8, 1), 1, "linear", augment=(L.RandomFlip(), "zoom"))
    assert not spec.mixes_rows


def test_backbones_that_mix_rows_take_keras(digits):
    X, y = digits[0][:20].reshape(-1, 8, 8), digits[1][:20]
    layers = L.Conv2D(2, 3), L.Softmax(axis=0, name="across")
    body = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    with pytest.raises(ValueError, match=r"compiled.*whole batches.*across"):
        ConvClassifier(backbone=body, epochs=1, engine="compiled").fit(X, y)


def spec():
    return SequenceSpec((None, 4), 1, "linear", masked=True)


@keras.saving.register_keras_serializable("tests_of_layers")
class KeepsMask(L.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable("tests_of_layers")
class LosesMask(L.Layer):
    def call(self, x):
        return 2 * x


MEAN = L.GlobalAveragePooling1D


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(
    ("layers", "names"),
    [
        (lambda: [L.Dense(3, "relu"), L.LayerNormalization(), MEAN()], ()),
        (lambda: [L.Bidirectional(L.GRU(2, return_sequences=True)), MEAN()], ()),
        (lambda: [KeepsMask(), MEAN(), L.Softmax()], ()),
        (lambda: [LosesMask(name="own"), MEAN()], ("own",)),
        (lambda: [L.Conv1D(2, 3, name="convolution"), L.LSTM(2)], ("convolution",)),
        (lambda: [L.Dense(2), L.GlobalMaxPooling1D(name="max")], ("max",)),
        (lambda: [L.UnitNormalization(axis=1, name="unit"), MEAN()], ("unit",)),
    ],
)
def test_layers_that_count_padding(layers, names):
    network, _ = made_body(lambda shape: layers(), spec(), 0)
    assert network.counts_padding == names


@pytest.mark.filterwarnings("ignore:.*does not support masking")
def test_only_layers_that_see_steps_count_padding():
    def added(shape):
        inputs = keras.Input(shape)
        x = MEAN()(L.Add()([inputs, L.Dense(shape[-1])(inputs)]))
        return keras.Model(inputs, x + 1)

    def sum_of(shape):
        inputs = keras.Input(shape)
        return keras.Model(inputs, MEAN()(inputs + 1))

    assert made_body(added, spec(), 0)[0].counts_padding == ()
    assert made_body(sum_of, spec(), 0)[0].counts_padding == ("add",)

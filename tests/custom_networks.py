"""Networks, as functions for network=, and data that tests of several files share."""

import keras
from series_data import ucr
from text_data import paragraphs

L = keras.layers
DOUBLE = {"dtype": "float64", "optimizer": "sgd", "learning_rate": 0.01}
TINY = {"epochs": 2, "random_state": 0}


def some_vowels():
    """Sequences of 7 to 26 steps and twelve channels."""
    X, y = ucr("JapaneseVowels", "TRAIN")
    return X[::3], y[::3]


def some_texts():
    texts, names = paragraphs()
    return texts[:80], names[:80]


def as_images(digits):
    return digits[0].reshape(-1, 8, 8), digits[1]


def residual(shape, blocks=1, width=8):
    inputs = keras.Input(shape)
    x = L.Dense(width)(inputs)
    for _ in range(blocks):
        x = L.Add()([x, L.Dense(width, activation="relu")(x)])
    return keras.Model(inputs, x)


def residual_conv(shape):
    inputs = keras.Input(shape)
    x = L.Conv2D(6, 3, padding="same")(inputs)
    h = L.BatchNormalization()(L.Conv2D(6, 3, padding="same", activation="relu")(x))
    x = L.MaxPooling2D()(L.Add()([x, h]))
    return keras.Model(inputs, L.Flatten()(x))


def attention(shape):
    inputs = keras.Input(shape)
    x = L.Dense(8)(inputs)
    h = L.MultiHeadAttention(2, 4)(x, x)
    x = L.LayerNormalization()(L.Add()([x, h]))
    return keras.Model(inputs, L.GlobalAveragePooling1D()(x))


def recurrent(shape):
    return [L.LSTM(5, return_sequences=True), L.GRU(4)]


def convolution_1d(shape):
    return [L.Conv1D(4, 3, padding="same"), L.GlobalAveragePooling1D()]


class Block(L.Layer):
    """Not registered, and with a layer inside that has no dtype of its own."""

    mixes_rows = False

    def __init__(self, width, **options):
        super().__init__(**options)
        self.width, self.inner = width, L.Dense(width, activation="tanh")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return x + self.inner(x)

    def get_config(self):
        return {**super().get_config(), "width": self.width}


class RunningMean(L.Layer):
    """Has an average of batches."""

    def build(self, shape):
        self.mean = self.add_weight((shape[-1],), trainable=False, name="mean")

    def call(self, x, training=False):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * keras.ops.mean(x, axis=0))
        return x - self.mean


def own_blocks(shape):
    return [L.Dense(8), Block(8), Block(8)]


def running(shape):
    return [L.Dense(4, activation="relu"), RunningMean()]

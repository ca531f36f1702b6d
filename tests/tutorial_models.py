"""Builders that the counterparts of SciKeras's tutorials share."""

import keras
from keras import layers

ADAM = {"optimizer": "adam", "optimizer__learning_rate": 0.01}
SOFTMAX = {"loss": "sparse_categorical_crossentropy", "random_state": 0, "verbose": 0}
SQUARED = {"loss": "mse", "random_state": 0, "verbose": 0}


def tower(meta, widths=(16,), dropout=0.0):
    """Hidden layers, each with dropout, and a softmax over the classes."""
    model = keras.Sequential([keras.Input(meta["X_shape_"][1:])])
    for width in widths:
        model.add(layers.Dense(width, activation="relu"))
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(meta["n_classes_"], activation="softmax"))
    return model


def one_probability(meta):
    inputs = keras.Input((meta["n_features_in_"],))
    hidden = layers.Dense(8, activation="tanh")(inputs)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))


def values(meta, width):
    """A regression network with an output for each target."""
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            layers.Dense(width, activation="relu"),
            layers.Dense(meta["n_outputs_"]),
        ]
    )

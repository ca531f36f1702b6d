"""Builders of small Keras models for the tests of KerasClassifier and -Regressor."""

import copy
import pickle

import keras

L = keras.layers


def classifier_network(meta, hidden=8, dtype="float32", logits=False):
    """Compiled: softmax for several classes, sigmoids for two and for labels."""
    several = meta["target_type_"] == "multiclass"
    units = meta["n_classes_"] if meta["n_classes_"] > 2 else 1
    activation = "softmax" if several else "sigmoid"
    model = keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:], dtype=dtype),
            L.Dense(hidden, "relu", dtype=dtype),
            L.Dense(units, None if logits else activation, dtype=dtype),
        ]
    )
    loss = keras.losses.BinaryCrossentropy
    if several:
        loss = keras.losses.SparseCategoricalCrossentropy
    model.compile(keras.optimizers.Adam(0.05), loss(from_logits=logits, dtype=dtype))
    return model


def regressor_network(meta, dtype="float32", units=None):
    """Compiled, with a unit per target, or so many."""
    model = keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:], dtype=dtype),
            L.Dense(8, "relu", dtype=dtype),
            L.Dense(units or meta["n_outputs_"], dtype=dtype),
        ]
    )
    loss = keras.losses.MeanSquaredError(dtype=dtype)
    model.compile(keras.optimizers.Adam(0.05), loss)
    return model


def softmax_network(meta, units=None, hidden=8):
    """Not compiled: a unit per class, or so many."""
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            L.Dense(hidden, "relu"),
            L.Dense(units or meta["n_classes_"], "softmax"),
        ]
    )


def dropout_network(meta, compile_kwargs, rate=0.5):
    """Compiled with the estimator's parameters."""
    model = keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            L.Dense(8, "relu"),
            L.Dropout(rate),
            L.Dense(meta["n_classes_"], "softmax"),
        ]
    )
    model.compile(**compile_kwargs)
    return model


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """Gets its variables when it is called."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = L.Dense(8, "tanh")
        self.out = L.Dense(units, "softmax")

    def call(self, x):
        return self.out(self.hidden(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Unknown(keras.Model):
    """Has no configuration."""

    def __init__(self, function):
        super().__init__()
        self.out = L.Dense(3, "softmax")
        self.function = function

    def call(self, x):
        return self.out(self.function(x))


class Doubled(L.Layer):
    """A layer that Keras does not know."""

    def call(self, x):
        return 2 * x


def scaled_tanh(x):
    """An activation that Keras does not know."""
    return 1.7 * keras.ops.tanh(x)


def own_parts_network(meta):
    """With a layer, an activation and a loss that Keras does not know."""
    x = inputs = keras.Input(meta["X_shape_"][1:])
    x = Doubled()(L.Dense(4, scaled_tanh)(x))
    model = keras.Model(inputs, L.Dense(meta["n_classes_"], "softmax")(x))
    model.compile(keras.optimizers.Adam(0.03), own_loss, metrics=[own_metric])
    return model


def own_loss(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)


def own_metric(y_true, y_pred):
    return keras.ops.mean(y_pred)


def prebuilt(compiled=False, dropout=0.2):
    """A model for iris, with dropout."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            L.Dense(6, "tanh"),
            L.Dropout(dropout),
            L.Dense(3, "softmax"),
        ]
    )
    if compiled:
        loss = "sparse_categorical_crossentropy"
        model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    return model


def copies(estimator):
    """The estimator after a pickle, and a deep copy."""
    yield pickle.loads(pickle.dumps(estimator))
    yield copy.deepcopy(estimator)


def local_network():
    """A model of a class, with a function and a loss, that nothing finds by name."""

    class Local(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.hidden = keras.layers.Dense(5, activation=doubled)
            self.out = keras.layers.Dense(3, "softmax")

        def call(self, x):
            return self.out(self.hidden(x))

    class LocalLoss(keras.losses.Loss):
        def call(self, y, p):
            y = keras.ops.reshape(y, (-1,))
            return keras.losses.sparse_categorical_crossentropy(y, p)

    def doubled(x):
        return 2 * keras.ops.tanh(x)

    model = Local()
    model.compile("adam", LocalLoss(), run_eagerly=True)
    return model

"""KerasClassifier and KerasRegressor."""

import keras
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import KerasClassifier, KerasRegressor


def classifier_network(meta, dtype="float64"):
    units = 1 if meta["n_classes_"] <= 2 else meta["n_classes_"]
    layers = [
        keras.Input(meta["X_shape_"][1:], dtype=dtype),
        keras.layers.Dense(16, "relu", dtype=dtype),
        keras.layers.Dense(units, "sigmoid" if units == 1 else "softmax", dtype=dtype),
    ]
    model = keras.Sequential(layers)
    losses = keras.losses
    if meta["target_type_"] == "multiclass":
        loss = losses.SparseCategoricalCrossentropy(dtype=dtype)
    else:
        loss = losses.BinaryCrossentropy(dtype=dtype)
    model.compile(keras.optimizers.Adam(0.05), loss)
    return model


def regressor_network(meta, dtype="float64"):
    layers = [
        keras.Input(meta["X_shape_"][1:], dtype=dtype),
        keras.layers.Dense(16, "relu", dtype=dtype),
        keras.layers.Dense(meta["n_outputs_"], dtype=dtype),
    ]
    model = keras.Sequential(layers)
    model.compile(
        keras.optimizers.Adam(0.05), keras.losses.MeanSquaredError(dtype=dtype)
    )
    return model


SETTINGS = {"epochs": 10}


@parametrize_with_checks(
    [
        KerasClassifier(classifier_network, **SETTINGS),
        KerasRegressor(regressor_network, **SETTINGS),
    ]
)
def test_sklearn_check(estimator, check):
    check(estimator)

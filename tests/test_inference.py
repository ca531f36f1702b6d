"""The NumPy forward pass equals the Keras model."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep import DenseClassifier, DenseRegressor, KerasClassifier
from skdeep.inference._forward import ACTIVATIONS

# Moving averages of batch normalisation are compared in test_layer_outputs.py.
pytestmark = pytest.mark.usefixtures("moved")


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_equals_keras(name):
    x = np.linspace(-8, 8, 161)
    expected = keras.ops.convert_to_numpy(keras.activations.get(name)(x.copy()))
    assert_allclose(ACTIVATIONS[name](x.copy()), expected, rtol=1e-5, atol=1e-6)


def test_model_equals_predict(iris, classifier, diabetes, regressor):
    output = classifier.model_.predict(iris[0], verbose=0)
    assert_allclose(output, classifier.predict_proba(iris[0]), atol=1e-6)
    output = regressor.model_.predict(diabetes[0], verbose=0)
    assert_allclose(output[:, 0], regressor.predict(diabetes[0]), rtol=1e-5)
    assert isinstance(regressor.model_, keras.Model)
    assert regressor.model_ is regressor.model_


def test_model_loads_without_skdeep_layers(regressor, diabetes, tmp_path):
    regressor.model_.save(tmp_path / "model.keras")
    stock = {
        layer.__class__.__module__.split(".")[0] for layer in regressor.model_.layers
    }
    assert stock == {"keras"}
    again = keras.models.load_model(tmp_path / "model.keras")
    output = np.asarray(again(diabetes[0]))
    assert_allclose(output[:, 0], regressor.predict(diabetes[0]), rtol=1e-5)


def test_batch_norm_and_dropout(iris):
    X, y = iris
    classifier = DenseClassifier((8, 6), batch_norm=True, dropout=0.2, epochs=3)
    classifier.set_params(random_state=0).fit(X, y)
    # Also the averages of the batches.
    shifted = {name: array + 0.1 for name, array in classifier.get_weights().items()}
    classifier.set_weights(shifted)
    assert_allclose(classifier.model_(X), classifier.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize(
    "activation", [keras.layers.LeakyReLU(0.1), keras.layers.PReLU(), "sparsemax"]
)
def test_activations_that_numpy_has_not(iris, activation):
    X, y = iris
    classifier = DenseClassifier((8,), activation=activation, epochs=2, random_state=0)
    classifier.fit(X, y)
    assert_allclose(classifier.model_(X), classifier.predict_proba(X), atol=1e-6)


def _layers(shape):
    return [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(8)]


def _model(meta):
    layers = _layers(meta["X_shape_"][1:])
    output = keras.layers.Dense(3, activation="softmax")
    return keras.Sequential([keras.Input(meta["X_shape_"][1:]), *layers, output])


@pytest.mark.parametrize(
    "estimator",
    [
        DenseClassifier(activation=keras.layers.LeakyReLU(0.1)),
        DenseClassifier(network=_layers),
        KerasClassifier(_model, loss="sparse_categorical_crossentropy"),
    ],
    ids=["activation", "network", "model"],
)
def test_tensorflow_gives_a_row_the_same_among_any_others(digits, estimator):
    X, y = digits[0] / 16, digits[1] % 3
    estimator.set_params(epochs=1, random_state=0).fit(X, y)
    everything = estimator.predict_proba(X)
    for start, n_rows in [(0, 1), (7, 1), (100, 3), (5, 6), (20, 20), (9, 33)]:
        piece = slice(start, start + n_rows)
        assert_array_equal(estimator.predict_proba(X[piece]), everything[piece])


def test_many_rows_in_pieces(regressor, diabetes):
    X = np.tile(diabetes[0], (50, 1))
    assert_allclose(
        regressor.predict(X), np.tile(regressor.predict(diabetes[0]), 50), rtol=1e-6
    )


def test_tiny_scales_survive_in_the_model(diabetes):
    X, y = (diabetes[0] * 1e-9).astype("float32"), diabetes[1]
    regressor = DenseRegressor((8,), epochs=3, random_state=0).fit(X, y)
    output = np.asarray(regressor.model_(X))[:, 0]
    assert_allclose(output, regressor.predict(X), rtol=0, atol=2e-6 * y.std())


def test_samples_of_single_precision(regressor, diabetes):
    X = diabetes[0].astype("float32")
    output = regressor._inputs.forward(regressor.network_, X)
    assert output.dtype == np.float32
    assert_allclose(
        output,
        regressor._inputs.forward(regressor.network_, X.astype("float64")),
        atol=1e-5,
    )

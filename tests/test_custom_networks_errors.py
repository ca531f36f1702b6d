"""network=: what is refused."""

import keras
import pytest
from custom_networks import (
    L,
    as_images,
    residual,
    some_vowels,
)

from skdeep import (
    ConvClassifier,
    ConvRegressor,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    TextRegressor,
)


@pytest.fixture(scope="module")
def images(digits):
    return as_images(digits)


@pytest.fixture(scope="module")
def vowels():
    return some_vowels()


class Subclassed(keras.Model):
    def call(self, x):
        return x


def two_inputs(shape):
    inputs = [keras.Input(shape), keras.Input(shape)]
    return keras.Model(inputs, L.Add()(inputs))


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        ("residual", ValueError, "'network' parameter .* must be a callable or None"),
        (residual((4,)), TypeError, "must be a function .* Write a function"),
        (L.Dense(3), TypeError, "must be a function .* Write a function"),
        (lambda shape: [], TypeError, "one at least.* It returned none"),
        (lambda shape: None, TypeError, "It returned NoneType"),
        (lambda shape: [L.Dense(2), 3], TypeError, "It returned Dense, int"),
        (lambda shape: L.Dense, TypeError, "It returned type"),
        (lambda shape: [keras.Input(shape)], TypeError, "makes the inputs"),
        (lambda shape: L.Reshape((2, 2)), ValueError, r"\(2, 2\)\. End with .*Flatten"),
        (lambda shape: residual((5,)), ValueError, r"shape \(4,\).* one for \(5,\)"),
        (
            lambda shape: keras.Sequential([keras.Input((5,)), L.Dense(2)]),
            ValueError,
            r"shape \(4,\).* one for \(5,\)",
        ),
        (lambda shape: Subclassed(), ValueError, "sequential or functional"),
        (two_inputs, ValueError, "with 2 inputs and 1 outputs"),
        (lambda shape: L.Lambda(lambda x: x), ValueError, "in place of Lambda"),
    ],
)
def test_what_makes_no_network_is_refused(network, error, message, iris):
    with pytest.raises(error, match=message):
        DenseClassifier(network=network).fit(*iris)


def test_sequences_of_any_length_cannot_be_flat(vowels):
    with pytest.raises(ValueError, match=r"End with .*GlobalAveragePooling1D\."):
        SequenceClassifier(network=lambda shape: L.Flatten()).fit(*vowels)


def test_images_must_become_vectors(images):
    with pytest.raises(ValueError, match=r"GlobalAveragePooling2D or Flatten"):
        ConvClassifier(network=lambda shape: L.Conv2D(2, 3)).fit(*images)


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        (DenseClassifier, {"hidden_layer_sizes": (3,), "batch_norm": True}),
        (DenseRegressor, {"activation": "relu", "dropout": 0.1}),
        (ConvClassifier, {"filters": 3, "pooling": None, "hidden_layer_sizes": ()}),
        (ConvRegressor, {"backbone": "MobileNetV2", "fine_tune": 3}),
        (SequenceClassifier, {"cell": "gru", "units": 3}),
        (SequenceRegressor, {"bidirectional": True, "kernel_size": 3}),
        (TextClassifier, {"cell": "lstm", "dropout": 0.1}),
        (TextRegressor, {"recurrent_dropout": 0.5, "activation": "tanh"}),
    ],
)
def test_parameters_of_other_layers_are_refused(cls, parameters, images):
    assert set(cls._layer_parameters) <= set(cls().get_params())
    with pytest.raises(ValueError, match="must have their defaults") as raised:
        cls(network=residual, **parameters).fit(*images)
    for name in parameters:
        assert f"{name}=" in str(raised.value)


def test_defaults_in_another_form_are_defaults(iris):
    DenseClassifier([128, 128], network=residual, epochs=1).fit(*iris)

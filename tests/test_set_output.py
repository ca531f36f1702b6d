"""set_output of every transformer, also where transform stands in a class below."""

import keras
import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_digits, load_iris

from skdeep import (
    Autoencoder,
    DenseClassifier,
    HiddenLayers,
    ImageEmbedder,
    TokenSequences,
)

X, Y = load_iris(return_X_y=True, as_frame=True)
IMAGES = load_digits().images[:20]
FIT = {"epochs": 1, "random_state": 0}
TEXTS = ["to be or not to be", "that is the question"]


def _embedder():
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)]
    return ImageEmbedder(keras.Sequential(layers))


@pytest.mark.parametrize(
    ("transformer", "data", "last"),
    [
        (Autoencoder(2, hidden_layer_sizes=(4,), **FIT), X, "autoencoder1"),
        (HiddenLayers(DenseClassifier((4,), **FIT)), X, "hiddenlayers3"),
        (_embedder(), IMAGES, "imageembedder3"),
        (TokenSequences(max_length=5, padding="post"), TEXTS, "tokensequences4"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_frames(transformer, data, last):
    target = Y[: len(data)]
    arrays = transformer.fit(data, target).transform(data)
    assert isinstance(arrays, np.ndarray)
    transformer.set_output(transform="pandas")
    for frame in (transformer.transform(data), transformer.fit_transform(data, target)):
        assert frame.columns[-1] == last
        assert list(frame.columns) == list(transformer.get_feature_names_out())
    np.testing.assert_array_equal(transformer.transform(data), arrays)
    if data is X:
        assert frame.index.equals(X.index)
    transformer.set_output(transform="default")
    with config_context(transform_output="pandas"):
        assert isinstance(transformer.transform(data), np.ndarray)  # said by itself


def test_texts_of_different_lengths_are_no_table():
    assert not hasattr(TokenSequences(), "set_output")


@pytest.mark.parametrize("noise", [-0.1, 2.0])
def test_noise_out_of_range(noise):
    with pytest.raises(ValueError, match="'noise' parameter of Autoencoder must be"):
        Autoencoder(2, noise=noise).fit(X)

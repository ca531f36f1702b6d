"""The estimators of all families, but for those around any Keras model."""

from skdeep.autoencoder import Autoencoder
from skdeep.conv import ConvClassifier, ConvRegressor, ImageEmbedder, ImageLoader
from skdeep.dense import DenseClassifier, DenseRegressor
from skdeep.sequence import SequenceClassifier, SequenceRegressor
from skdeep.text import TextClassifier, TextGenerator, TextRegressor, TokenSequences

__all__ = [
    "Autoencoder",
    "ConvClassifier",
    "ConvRegressor",
    "DenseClassifier",
    "DenseRegressor",
    "ImageEmbedder",
    "ImageLoader",
    "SequenceClassifier",
    "SequenceRegressor",
    "TextClassifier",
    "TextGenerator",
    "TextRegressor",
    "TokenSequences",
]

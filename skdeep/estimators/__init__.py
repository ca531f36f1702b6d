"""The estimators: one file per family."""

from skdeep.estimators._autoencoder import Autoencoder
from skdeep.estimators._conv import ConvClassifier, ConvRegressor
from skdeep.estimators._dense import DenseClassifier, DenseRegressor
from skdeep.estimators._image_embedder import ImageEmbedder
from skdeep.estimators._image_loader import ImageLoader
from skdeep.estimators._sequence import SequenceClassifier, SequenceRegressor
from skdeep.estimators._text import TextClassifier, TextRegressor
from skdeep.estimators._text_generator import TextGenerator
from skdeep.estimators._token_sequences import TokenSequences

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

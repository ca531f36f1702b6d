"""Convolutional networks, for images."""

from skdeep.conv._estimators import ConvClassifier, ConvRegressor
from skdeep.conv._image_embedder import ImageEmbedder
from skdeep.conv._image_loader import ImageLoader

__all__ = ["ConvClassifier", "ConvRegressor", "ImageEmbedder", "ImageLoader"]

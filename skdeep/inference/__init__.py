"""Predictions from a fitted network's arrays."""

from skdeep.inference._forward import (
    ACTIVATIONS,
    NUMPY_ROWS,
    FoldedLayers,
    activated,
    dense_layers,
    forward,
    pieces,
    wider_dtype,
)
from skdeep.inference._layers import forward_layers, layer_names

__all__ = [
    "ACTIVATIONS",
    "NUMPY_ROWS",
    "FoldedLayers",
    "activated",
    "dense_layers",
    "forward",
    "forward_layers",
    "layer_names",
    "pieces",
    "wider_dtype",
]

"""Predictions from a fitted network's arrays."""

from skdeep.inference._autoencoder import decode, encode
from skdeep.inference._forward import dense_products, forward, pieces, wider_dtype
from skdeep.inference._layers import forward_layers, layer_names

__all__ = [
    "decode",
    "dense_products",
    "encode",
    "forward",
    "forward_layers",
    "layer_names",
    "pieces",
    "wider_dtype",
]

"""Predictions from a fitted network's arrays."""

from skdeep.inference._forward import dense_products, forward
from skdeep.inference._layers import forward_layers, layer_names, wider_dtype

__all__ = ["dense_products", "forward", "forward_layers", "layer_names", "wider_dtype"]

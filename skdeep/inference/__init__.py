"""Predictions from a fitted network's arrays."""

from skdeep.inference._forward import forward
from skdeep.inference._layers import forward_layers, layer_names

__all__ = ["forward", "forward_layers", "layer_names"]

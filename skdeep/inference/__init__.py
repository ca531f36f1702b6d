"""Predictions from a fitted network's arrays."""

from skdeep.inference._autoencoder import decode, encode
from skdeep.inference._forward import forward, pieces

__all__ = ["decode", "encode", "forward", "pieces"]

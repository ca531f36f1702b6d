"""Predictions from a fitted network's arrays."""

from skdeep.inference._forward import forward

__all__ = ["forward"]

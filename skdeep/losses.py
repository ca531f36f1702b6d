"""Losses that Keras does not have."""

from skdeep._start import start_tensorflow

start_tensorflow()  # what follows imports Keras

from skdeep.networks._quantile_loss import QuantileLoss  # noqa: E402

__all__ = ["QuantileLoss"]

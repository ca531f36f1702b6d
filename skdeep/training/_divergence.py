"""Checks whether the weights and the outputs of a network are finite."""

import numpy as np

from skdeep.inference import forward

# The check takes one of 32 of the rows that an evaluation takes at once.
_PROBE_SHARE = 32


def weights_are_finite(weights):
    """Whether all trained arrays hold finite numbers only."""
    return all(np.isfinite(array).all() for array in weights.trainable)


def network_is_finite(job, weights):
    """Whether ``weights`` and the outputs for some training rows are finite.

    A finite loss is not enough: the last step may have made the weights so large that
    predictions are infinite.
    """
    if not weights_are_finite(weights):
        return False
    n_rows = max(1, job.spec.execution.rows_at_once // _PROBE_SHARE)
    with np.errstate(all="ignore"):
        output = forward(job.spec, weights, job.train.X[:n_rows])
        return bool(np.isfinite(output.astype(job.spec.array_dtype)).all())

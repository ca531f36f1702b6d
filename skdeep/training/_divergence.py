"""Whether a network is still sound: finite weights, finite outputs."""

import numpy as np

from skdeep.inference import forward

_PROBE_SHARE = 32  # of what an evaluation takes at once


def network_is_finite(job, weights):
    """Whether ``weights`` and the outputs for some training rows are finite.

    A loss can be finite although the step after it made the weights so large that
    no prediction is.
    """
    if not all(np.isfinite(w).all() for w in weights.trainable):
        return False
    n_rows = max(1, job.spec.rows_at_once // _PROBE_SHARE)
    with np.errstate(all="ignore"):
        output = forward(job.spec, weights, job.train.X[:n_rows])
        return bool(np.isfinite(output.astype(job.spec.array_dtype)).all())

"""Whether a network is still sound: finite weights, finite outputs."""

import numpy as np

from skdeep.inference import forward

_PROBE_ROWS = 256


def is_sound(job, weights):
    """Whether ``weights`` and the outputs for some training rows are finite.

    A loss can be finite although the step after it made the weights so large that
    no prediction is.
    """
    if not all(np.isfinite(w).all() for w in weights.trainable):
        return False
    with np.errstate(all="ignore"):
        output = forward(job.spec, weights, job.train.X[:_PROBE_ROWS])
        return bool(np.isfinite(output.astype(job.spec.dtype)).all())

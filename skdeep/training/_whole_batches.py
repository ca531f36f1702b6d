"""Losses of a whole batch, which rows that fill up a batch would change.

Keras's losses are known by name. A loss of the user's is called on a few numbers: a
list cannot know it, its result has the same shape whether it looks at other rows or
not, and to train every own loss through ``keras.Model.fit`` would cost most fits with
one the compiled engine, and ``fuse()``.
"""

import keras
import numpy as np

from skdeep.networks import loss_name

_OF_KERAS = "dice", "tversky", "circle"


def is_of_whole_batches(head, output_shape):
    """Whether the loss of a sample depends on the samples beside it.

    Parameters
    ----------
    head : Head
    output_shape : tuple of int or None
        Of one sample.
    """
    loss = head.loss
    of_keras = isinstance(loss, str) or _module(loss).split(".")[0] == "keras"
    if of_keras or head.penalized:
        return loss_name(loss).lower() in _OF_KERAS
    loss = head.keras_loss()
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss
    shape = [size or 1 for size in output_shape]
    first, *others = np.random.RandomState(0).uniform(0.1, 0.9, (3, *shape))
    targets = np.zeros((2, *shape[:-1], head.width), "float32")
    try:
        values = [
            np.asarray(function(targets, np.stack([first, other]).astype("float32")))
            for other in others
        ]
    except Exception:  # whatever the user's loss raises shows in training
        return False
    return not values[0].shape or not np.allclose(values[0][0], values[1][0])


def _module(loss):
    return getattr(loss, "__module__", None) or type(loss).__module__

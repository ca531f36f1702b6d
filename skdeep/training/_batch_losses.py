"""Losses that depend on the whole batch. Rows that fill up a batch would change them.

Keras's losses are known by name. A user's loss is called on a few numbers: no list
knows it, and the shape of its result does not show whether it looks at other rows. If
every user's loss were trained through ``keras.Model.fit``, most of them would lose the
compiled engine and ``fuse()`` without need.
"""

import keras
import numpy as np

from skdeep.networks import loss_name

_OF_KERAS = "dice", "tversky", "circle"


def loss_depends_on_batch(head, output_shape):
    """Whether the loss of a sample depends on the other samples of the batch.

    Parameters
    ----------
    head : Head
    output_shape : tuple of int or None
        The shape of one sample's output.
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
    except Exception:  # training will show the error of the user's loss
        return False
    return not values[0].shape or not np.allclose(values[0][0], values[1][0])


def _module(loss):
    return getattr(loss, "__module__", None) or type(loss).__module__

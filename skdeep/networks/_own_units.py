"""Losses that see targets and outputs in the units of the user's targets."""

import keras
import tensorflow as tf
from keras import ops


def in_own_units(loss, mean, scale):
    """A loss that undoes the standardisation of its arguments and then calls ``loss``.

    Parameters
    ----------
    loss : keras.losses.Loss or callable
    mean, scale : array-like or tensor of shape (n_outputs,) or (1,)
        The standardisation: ``y = encoded * scale + mean``.

    Returns
    -------
    loss : keras.losses.Loss or callable
        Of the same kind.
    """
    if isinstance(loss, keras.losses.Loss):
        return _LossInOwnUnits(loss, mean, scale)

    def of_encoded(y_true, y_pred):
        # The last column of the output may be a penalty, which is not standardised.
        width = y_true.shape[-1]
        given = unscaled(y_pred[..., :width], mean, scale)
        if y_pred.shape[-1] > width:
            given = ops.concatenate([given, y_pred[..., width:]], axis=-1)
        return loss(unscaled(ops.cast(y_true, y_pred.dtype), mean, scale), given)

    return of_encoded


def unscaled(values, mean, scale):
    """Undo the standardisation of a tensor of shape (..., n_outputs)."""
    mean, scale = ops.cast(mean, values.dtype), ops.cast(scale, values.dtype)
    # TensorFlow forgets the number of columns where mean and scale have shape (1,).
    return tf.ensure_shape(values * scale + mean, values.shape)


class _LossInOwnUnits(keras.losses.Loss):
    def __init__(self, loss, mean, scale):
        super().__init__(name=loss.name, reduction=loss.reduction)
        self._function = in_own_units(loss.call, mean, scale)

    def call(self, y_true, y_pred):
        return self._function(y_true, y_pred)

"""Losses of networks whose last column is a penalty."""

import keras

ops = keras.ops


def penalized(loss):
    """A loss for outputs whose last column is a penalty for each sample.

    The penalty is added to the ``loss`` of the other columns.

    Parameters
    ----------
    loss : keras.losses.Loss or callable

    Returns
    -------
    loss : keras.losses.Loss or callable
        Of the same kind.
    """
    if isinstance(loss, keras.losses.Loss):
        return _PenalizedLoss(loss)

    def with_penalty(y_true, y_pred):
        values = loss(y_true, y_pred[:, :-1])
        extra = tuple(range(1, len(values.shape)))
        return ops.mean(values, axis=extra) + y_pred[:, -1]

    return with_penalty


class _PenalizedLoss(keras.losses.Loss):
    def __init__(self, loss):
        super().__init__(name=loss.name, reduction=loss.reduction)
        self._function = penalized(loss.call)

    def call(self, y_true, y_pred):
        return self._function(y_true, y_pred)

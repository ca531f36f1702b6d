"""The ranges of the outputs of activations, and of the targets of losses."""

from math import inf

from skdeep.networks._losses import NOT_NEGATIVE, loss_name, loss_rule

_SHARES, _AROUND_ZERO, _POSITIVE = (0.0, 1.0), (-1.0, 1.0), (0.0, inf)
_RANGES = {
    "celu": (-1.0, inf),
    "elu": (-1.0, inf),
    "exponential": _POSITIVE,
    "hard_sigmoid": _SHARES,
    "hard_tanh": _AROUND_ZERO,
    "log_sigmoid": (-inf, 0.0),
    "log_softmax": (-inf, 0.0),
    "relu": _POSITIVE,
    "relu6": (0.0, 6.0),
    "sigmoid": _SHARES,
    "softmax": _SHARES,
    "softplus": _POSITIVE,
    "softsign": _AROUND_ZERO,
    "sparse_plus": _POSITIVE,
    "sparse_sigmoid": _SHARES,
    "sparsemax": _POSITIVE,  # as Keras computes it
    "squareplus": _POSITIVE,
    "tanh": _AROUND_ZERO,
}


def activation_range(activation):
    """The bounds of the outputs of an activation.

    Parameters
    ----------
    activation : str
        A name of ``keras.activations``.

    Returns
    -------
    low, high : float
        Infinite where there is no bound, or where it hardly matters.
    """
    return _RANGES.get(activation, (-inf, inf))


def target_range(loss):
    """The bounds of the targets for which a loss of continuous targets makes sense.

    Parameters
    ----------
    loss : object
    """
    if loss_rule(loss).unit_interval_activation is not None:
        return _SHARES
    return _POSITIVE if loss_name(loss) in NOT_NEGATIVE else (-inf, inf)

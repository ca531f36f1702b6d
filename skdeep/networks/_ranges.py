"""Between which numbers the outputs of activations are."""

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
    """The lowest and the highest number that an activation can give.

    Parameters
    ----------
    activation : str
        A name of ``keras.activations``.

    Returns
    -------
    low, high : float
        Infinite where nothing, or little, is out of reach.
    """
    return _RANGES.get(activation, (-inf, inf))


def target_range(loss):
    """The lowest and the highest number that a loss of values makes sense for.

    Parameters
    ----------
    loss : object
    """
    if loss_rule(loss).unit_interval_activation is not None:
        return _SHARES
    return _POSITIVE if loss_name(loss) in NOT_NEGATIVE else (-inf, inf)

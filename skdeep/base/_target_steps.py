"""Targets with one value, or one label, per step of a sequence."""

from functools import partial

from scipy import sparse


def steps_as_samples(y):
    """Targets of all steps, one below the other.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_steps) or (n_samples, n_steps, n_outputs)

    Returns
    -------
    y : ndarray of shape (n_samples * n_steps,) or (n_samples * n_steps, n_outputs)
    """
    y = y.reshape(-1, *y.shape[2:])
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def by_step(function, y):
    """``function`` of the targets of all steps, with the axis of steps put back."""
    result = function(steps_as_samples(y))
    return result.reshape(len(y), -1, *result.shape[1:])


def read_labels(indicator, y, *, per_step):
    """``y`` as a dense array, with class numbers in place of one-hot rows.

    Parameters
    ----------
    indicator : Indicator or None
        What the columns of ``y`` mean.
    y : ndarray or CSR of shape (n_samples, ...)
    per_step : bool
        Whether there is a target per step.
    """
    if indicator is None:
        return y.toarray() if sparse.issparse(y) else y
    return by_step(indicator.read, y) if per_step else indicator.read(y)


def encode_targets(estimator, targets, y, *, per_step):
    """Encoded targets, of shape (n_samples, n_units) or (n_samples, n_steps, n_units).

    Parameters
    ----------
    estimator : BaseNetwork
    targets : object
        The encoding.
    y : ndarray of shape (n_samples, ...)
    per_step : bool
    """
    encode = partial(estimator._encode_targets, targets)
    return by_step(encode, y) if per_step else encode(y)

"""Sequences as arrays of shape (n_samples, steps, channels).

If sequences differ in length, or a window reaches back before the first row, the last
channel is a mask: one for steps, zero for padding.
"""

import math
import os

import numpy as np


def is_ragged(X):
    """Whether X is a collection of sequences that may differ in length."""
    if hasattr(X, "to_numpy") and len(X.shape) == 1:
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        nested = X.dtype == object and X.ndim == 1 and len(X) > 0
        return nested and (_is_array(X[0]) or isinstance(X[0], (list, tuple)))
    if not isinstance(X, (list, tuple)) or not X:
        return False
    if _is_array(X[0]):
        return True
    # Lists of lists are a table, if they are of equal length.
    return all(map(_has_length, X)) and len({len(item) for item in X}) > 1


def _is_array(item):
    return hasattr(item, "shape") and len(item.shape) in (1, 2)


def _has_length(item):
    return hasattr(item, "__len__") and not isinstance(item, str)


def as_sequences(X, dtype):
    """A list of arrays of shape (steps, channels).

    Parameters
    ----------
    X : iterable of array-like
    dtype : str
        The dtype of the network. It is used if all of X is in single precision; else
        the arrays are float64.

    Raises
    ------
    ValueError
        If a sequence is empty, not finite, or has other channels than the first.
    """
    sequences = []
    single = all(getattr(item, "dtype", None) == np.float32 for item in X)
    for number, item in enumerate(X):
        sequence = np.asarray(item, dtype=dtype if single else np.float64)
        sequence = sequence[:, None] if sequence.ndim == 1 else sequence
        _check(sequence, number, sequences)
        sequences.append(sequence)
    return sequences


def _check(sequence, number, before):
    n_channels = before[0].shape[1] if before else None
    if sequence.ndim != 2:
        raise ValueError(
            "Every sequence must have shape (steps,) or (steps, channels). Received "
            f"shape {sequence.shape} as number {number}. Reshape it."
        )
    if n_channels is not None and sequence.shape[1] != n_channels:
        raise ValueError(
            f"All sequences must have the same channels. Received {n_channels} as "
            f"number 0 and {sequence.shape[1]} as number {number}. Leave channels out."
        )
    if len(sequence) == 0:
        raise ValueError(
            f"Every sequence needs at least one step. Received number {number} with "
            "none. Leave it out."
        )
    if not np.isfinite(sequence).all():
        raise ValueError(
            "Sequences must not contain NaN or infinity. Received some in number "
            f"{number}. Fill or cut them."
        )


def padded(sequences):
    """One array of all sequences, padded with zeros, with the mask as last channel.

    The number of steps is that of the longest sequence, rounded up by :func:`bucket`.

    Returns
    -------
    array : ndarray of shape (n_samples, steps, channels + 1)

    Raises
    ------
    ValueError
        If it is larger than the machine's memory.
    """
    first, n_steps = sequences[0], max(map(len, sequences))
    shape = len(sequences), bucket(n_steps), first.shape[1] + 1
    n_bytes = math.prod(shape) * first.dtype.itemsize
    if n_bytes > _memory():
        raise ValueError(
            f"{len(sequences)} sequences, padded to the longest of {n_steps} steps, "
            f"take {n_bytes / 2**30:.0f} GiB, more than this machine's memory. Cut the "
            "longest ones (texts: set max_length)."
        )
    array = np.zeros(shape, first.dtype)
    for row, sequence in zip(array, sequences, strict=True):
        row[: len(sequence), :-1] = sequence
        row[: len(sequence), -1] = 1
    return array


def _memory():
    """Bytes of this machine's memory, as far as the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return math.inf


def bucket(size, parts=4):
    """``size`` rounded up, by about one of ``parts`` parts of it at most.

    Each size compiles a program of its own, so few different sizes are wanted.
    """
    step = max(1, 2 ** (size.bit_length() - parts.bit_length()))
    return -(-size // step) * step


def with_mask(X):
    """X with a mask of ones as last channel: no step is padding."""
    return np.concatenate([X, np.ones((*X.shape[:2], 1), X.dtype)], axis=2)


def trailing_windows(X, window):
    """For each row of a series, the last ``window`` rows up to it.

    Parameters
    ----------
    X : ndarray of shape (n_rows, channels)
        In the order of time.
    window : int

    Returns
    -------
    windows : ndarray of shape (n_rows, window, channels + 1)
        A view. Steps before the first row are masked.
    """
    series = np.zeros((window - 1 + len(X), X.shape[1] + 1), X.dtype)
    series[window - 1 :, :-1] = X
    series[window - 1 :, -1] = 1
    windows = np.lib.stride_tricks.sliding_window_view(series, window, axis=0)
    return windows.transpose(0, 2, 1)

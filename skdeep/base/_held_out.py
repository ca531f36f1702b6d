"""The split of training data into rows to train on and rows for validation."""

import numpy as np

from skdeep._warn import warn


def split_rows(n_samples, n_val, strata, rng):
    """Shuffled indices of the rows to train on, and of the rows to hold out.

    Parameters
    ----------
    n_samples : int
    n_val : int
        Number of rows to hold out.
    strata : ndarray of shape (n_samples,) or None
        Labels, whose shares are kept if both parts can have a row of every label. If
        not, the rows to train on have one of every label.
    rng : numpy.random.RandomState

    Returns
    -------
    train, held_out : ndarray of int
    """
    from sklearn.model_selection import train_test_split

    rows = np.arange(n_samples)
    if strata is None or _have_room(strata, n_val):
        return train_test_split(
            rows, test_size=n_val, stratify=strata, random_state=rng
        )
    shuffled = rng.permutation(rows)
    _, firsts = np.unique(strata[shuffled], return_index=True)
    rest = np.delete(shuffled, firsts)
    if not len(rest):
        raise ValueError(
            "early_stopping=True needs a row of each class for training and others to "
            f"hold out. Received {n_samples} rows with a class of its own each. Pass "
            "X_val and y_val, or set early_stopping=False."
        )
    held_out = rest[:n_val]
    warn(
        f"Early stopping holds out {len(held_out)} of {n_samples} rows, too few for a "
        f"row of each of {len(firsts)} classes in both parts. Raise "
        "validation_fraction, pass X_val and y_val, or set early_stopping=False.",
    )
    return np.setdiff1d(shuffled, held_out), held_out


def _have_room(strata, n_val):
    _, counts = np.unique(strata, return_counts=True)
    n_train = len(strata) - n_val
    return counts.min() > 1 and len(counts) <= min(n_val, n_train)

"""The folds of an ensemble, one for each member."""

import numpy as np
from sklearn.model_selection import GroupKFold, check_cv


def make_folds(cv, n_members, y, strata, groups, kept, rng):
    """For each fold the rows to train on and those to hold out, places in ``kept``.

    Parameters
    ----------
    cv : object
        A splitter, pairs of arrays, or None.
    n_members : int
    y : ndarray of shape (n_samples, ...)
    strata : ndarray of shape (n_samples,) or None
        Labels whose shares random folds keep.
    groups : array-like of shape (n_samples,) or None
    kept : ndarray of int
        The rows whose weight is not zero.
    rng : numpy.random.RandomState

    Returns
    -------
    folds : list of (ndarray, ndarray)
    """
    if len(kept) < 2:
        raise ValueError(
            "Folds need at least two rows with a weight above zero. Received "
            f"n_samples={len(kept)}."
        )
    if cv is None and groups is None:
        strata = None if strata is None else strata[kept]
        return _random_folds(len(kept), n_members, strata, rng)
    if cv is None:
        n_members = min(n_members, len(np.unique(groups)))
        seed = int(rng.randint(2**31 - 1))
        cv = GroupKFold(n_members, shuffle=True, random_state=seed)
    splits = check_cv(cv).split(np.zeros((len(y), 1)), y, groups)
    place = np.full(len(y), -1)
    place[kept] = np.arange(len(kept))
    folds = [tuple(_known(place[rows]) for rows in split) for split in splits]
    if not folds or not all(len(train) for train, _ in folds):
        raise ValueError(
            "cv must make at least one fold, and leave rows to train on in each. "
            f"Received cv={cv!r}."
        )
    return folds


def _known(places):
    return places[places >= 0]


def _random_folds(n_rows, n_members, strata, rng):
    """Folds of equal sizes, to a row, with equal shares of each label."""
    order = rng.permutation(n_rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    n_folds = min(n_members, n_rows)
    fold_of_row = np.empty(n_rows, int)
    fold_of_row[order] = np.arange(n_rows) % n_folds
    return [
        (np.flatnonzero(fold_of_row != fold), np.flatnonzero(fold_of_row == fold))
        for fold in range(n_folds)
    ]

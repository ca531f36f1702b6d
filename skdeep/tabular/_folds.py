"""The folds of an ensemble, one for each member."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv

from skdeep._warn import warn


def given_folds(cv, rows, labels):
    """Folds by the user's ``cv``.

    Parameters
    ----------
    cv : object
        A number of folds, a splitter, or pairs of arrays with numbers of rows.
    rows : Rows
    labels : ndarray of shape (n_rows,) or None

    Returns
    -------
    folds : list of (ndarray, ndarray)
        Places in ``rows`` to train on, and to hold out.
    """
    if isinstance(cv, Integral) or hasattr(cv, "split"):
        y = rows.targets if labels is None else labels
        splitter = check_cv(cv, y, classifier=labels is not None)
        folds = [tuple(split) for split in splitter.split(rows.X, y, rows.groups)]
    else:
        folds = [_pair(split, rows, cv) for split in cv]
    if not folds or not all(len(part) for fold in folds for part in fold):
        raise ValueError(
            "cv must make at least one fold, and each fold must leave rows to train on "
            "and rows to hold out, with weights above zero. A generator makes folds "
            f"only once. Received cv={cv!r}."
        )
    for number, (train, held_out) in enumerate(folds):
        if len(np.intersect1d(train, held_out)):
            raise ValueError(
                "A network must not be trained on the rows that are held out for it. "
                f"Received cv={cv!r}, with rows that are both in fold {number}."
            )
    return folds


def _pair(split, rows, cv):
    try:
        train, held_out = split
    except (TypeError, ValueError):
        raise ValueError(
            "cv must hold pairs: the numbers of the rows to train on, and of the rows "
            f"to hold out. Received {split!r:.80} in cv={cv!r:.200}."
        ) from None
    return _places(train, rows, cv), _places(held_out, rows, cv)


def _places(part, rows, cv):
    """Places in ``rows`` of the user's numbers of rows."""
    part = np.asarray(part)
    if part.dtype == bool and len(part) == rows.n_all:
        part = np.flatnonzero(part)
    part = part.astype(int) if part.size == 0 else part
    if (
        part.ndim != 1
        or part.dtype.kind not in "iu"
        or np.any((part < -rows.n_all) | (part >= rows.n_all))
    ):
        raise ValueError(
            f"Pairs of cv must hold numbers of rows from 0 to {rows.n_all - 1}: places "
            f"in X, not labels of its index. Received cv={cv!r:.200}."
        )
    places = np.full(rows.n_all, -1)
    places[rows.kept] = np.arange(len(rows.kept))
    return places[part][places[part] >= 0]


def random_folds(n_members, n_rows, labels, groups, rng):
    """Random folds, with the shares of labels; no group is in two of them.

    Parameters
    ----------
    n_members : int
    n_rows : int
    labels : ndarray of shape (n_rows,) or None
    groups : array-like of shape (n_rows,) or None
    rng : numpy.random.RandomState

    Returns
    -------
    folds : list of (ndarray, ndarray)
        Rows to train on, and rows to hold out.
    """
    if n_rows < 2:
        raise ValueError(
            "Folds need at least two rows with a weight above zero. Received "
            f"n_samples={n_rows}."
        )
    if groups is not None:
        return _of_groups(n_members, n_rows, labels, groups, rng)
    order = rng.permutation(n_rows)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    n_folds = min(n_members, n_rows)
    fold_of_row = np.empty(n_rows, int)
    fold_of_row[order] = np.arange(n_rows) % n_folds
    return [
        (np.flatnonzero(fold_of_row != fold), np.flatnonzero(fold_of_row == fold))
        for fold in range(n_folds)
    ]


def _of_groups(n_members, n_rows, labels, groups, rng):
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            "groups must hold at least two groups: each network is trained without "
            f"some of them. Received {n_groups} in rows with a weight above zero."
        )
    n_folds, rows = min(n_members, n_groups), np.zeros((n_rows, 1))
    seed = int(rng.randint(2**31 - 1))
    if labels is None:
        splitter = GroupKFold(n_folds, shuffle=True, random_state=seed)
        return list(splitter.split(rows, groups=groups))
    _, counts = np.unique(labels, return_counts=True)
    if counts.min() < n_folds:  # StratifiedGroupKFold would warn
        return _of_groups(n_members, n_rows, None, groups, rng)
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    splits = splitter.split(rows, labels, groups)
    return [fold for fold in splits if len(fold[1])]


def warn_of_unseen_labels(folds, labels):
    """Warn if the rows to train on of a fold lack a label.

    Parameters
    ----------
    folds : list of (ndarray, ndarray)
    labels : ndarray of shape (n_rows,)
    """
    for number, (train, _) in enumerate(folds):
        unseen = np.setdiff1d(labels, labels[train])
        if len(unseen):
            label = unseen.tolist()[0]
            warn(
                f"The network without fold {number} never sees label {label!r}. "
                "Use folds with rows of each label, StratifiedKFold for instance."
            )
            return

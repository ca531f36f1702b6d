"""Weights of classes, for every estimator that has labels."""

import math
from numbers import Real

import numpy as np
from sklearn.utils import compute_class_weight

# Sums and squares of weights in this range are finite and not zero.
_SUMMABLE = 1e-100, 1e100


class ClassWeights:
    """Factors by which the labels of a sample change its weight.

    Attributes
    ----------
    given : dict, list of dict or "balanced"
        The parameter ``class_weight``.
    by_column : list of dict
        For each column of the targets, the factor of each label. Labels that are not
        in the dict have the factor one.
    """

    def __init__(self, given, by_column):
        self.given = given
        self.by_column = by_column

    @classmethod
    def of(cls, given, y, weight, known=None):
        """The factors for training targets.

        Parameters
        ----------
        given : dict, list of dict, "balanced" or None
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels, or an indicator with a column for each label.
        weight : ndarray of shape (n_samples,)
        known : array-like, default=None
            All labels, where ``y`` may lack some.

        Returns
        -------
        weights : ClassWeights or None
        """
        if given is None:
            return None
        columns = _columns(y)
        if isinstance(given, str):
            return cls(given, [_balanced(column, weight) for column in columns])
        several = isinstance(given, list)
        if several != (y.ndim == 2) or (several and len(given) != len(columns)):
            raise ValueError(
                "class_weight must be a dict for targets with one label per row (the "
                "labels of one-hot rows are the numbers of the columns), and a list "
                "with a dict for each column for targets with several labels per row; "
                "'balanced' fits both. "
                f"Received class_weight={given!r} and "
                f"{'several labels per row' if y.ndim == 2 else 'one label per row'}."
            )
        dicts = given if several else [given]
        for factors, column in zip(dicts, columns, strict=True):
            _check_numbers(factors, given)
            labels = np.unique(column if known is None else known).tolist()
            _check_labels(factors, [0, 1] if several else labels)
        return cls(given, dicts)

    @property
    def leave_out(self):
        """Whether some label has the factor zero, so that its rows do not count."""
        return any(0 in factors.values() for factors in self.by_column)

    def times(self, y, weight, rows="the training data"):
        """``weight`` times the factors of the labels ``y``.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        weight : ndarray of shape (n_samples,)
        rows : str
            What the error calls the rows where none has a weight above zero.
        """
        for factors, column in zip(self.by_column, _columns(y), strict=True):
            labels, places = np.unique(column, return_inverse=True)
            of_labels = [float(factors.get(label, 1.0)) for label in labels.tolist()]
            weight = with_finite_sums(weight * np.array(of_labels)[places])
        if not weight.any():
            raise ValueError(
                "class_weight must leave a row with a weight above zero. Received "
                f"class_weight={self.given!r}, with which all rows of {rows} have the "
                "weight zero, as if they were not there."
            )
        return weight


def with_finite_sums(weight):
    """``weight``; if its sums could overflow or vanish, divided by its largest."""
    largest = weight.max(initial=0.0)
    inside = _SUMMABLE[0] < largest < _SUMMABLE[1]
    return weight if inside or not largest else weight / largest


def refuse_balanced(class_weight):
    """Refuse "balanced" in ``partial_fit``, as scikit-learn does."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(
            f"class_weight={class_weight!r} is not supported by partial_fit, which "
            "does not know the frequencies of later calls. Pass a dict, as from "
            "sklearn.utils.compute_class_weight('balanced', classes=classes, y=y) of "
            "many labels."
        )


def _columns(y):
    return [y] if y.ndim == 1 else list(y.T)


def _balanced(labels, weight):
    known = np.unique(labels)
    factors = compute_class_weight(
        "balanced", classes=known, y=labels, sample_weight=weight
    )
    return dict(zip(known.tolist(), factors.tolist(), strict=True))


def _check_numbers(factors, given):
    numbers = isinstance(factors, dict) and all(
        isinstance(number, Real) and math.isfinite(number) and number >= 0
        for number in factors.values()
    )
    if not numbers:
        raise ValueError(
            "class_weight must have a finite number for each label, none of them "
            f"negative. Received class_weight={given!r}."
        )


def _check_labels(factors, labels):
    """Refuse keys that are no label, unless every label is a key, as scikit-learn."""
    unknown = [key for key in factors if key not in labels]
    if unknown and any(label not in factors for label in labels):
        raise ValueError(
            "class_weight must have labels as keys. Received the keys "
            f"{list(factors)} and the labels {labels}. Name labels as y has them, not "
            "codes (the labels of one-hot rows are the numbers of the columns). Labels "
            "that are left out have the weight one."
        )

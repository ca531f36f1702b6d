"""Short names of hyper-parameters' values."""

from collections import Counter
from numbers import Number

import numpy as np

from skdeep.networks import described


def value_labels(values):
    """A different label for each value: numbers and strings stay as they are.

    Parameters
    ----------
    values : sequence of object

    Returns
    -------
    labels : list of str, number or bool
    """
    return distinct([_label(value) for value in values])


def distinct(labels):
    """``labels``; repeated ones get a number."""
    counts, seen = Counter(map(str, labels)), Counter()
    different = []
    for label in labels:
        seen[str(label)] += 1
        repeats = counts[str(label)] > 1
        different.append(f"{label} ({seen[str(label)]})" if repeats else label)
    return different


def _label(value):
    if isinstance(value, (str, Number, np.bool_)):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        return str(tuple(np.asarray(value, dtype=object).tolist()))
    return described(value) or getattr(value, "__name__", str(value))


def short(value):
    """A value as text, floats with four digits."""
    is_float = isinstance(value, (float, np.floating))
    return f"{value:.4g}" if is_float else str(value)

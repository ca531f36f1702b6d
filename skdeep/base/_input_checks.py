"""scikit-learn's checks, for X that is a table or has more axes."""

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import column_or_1d, validate_data

from skdeep._warn import warn

NO_TARGET = "no_validation"  # scikit-learn's own mark for X without y


def count_axes(X):
    """Number of axes of an array or of nested lists."""
    n_axes = 0
    while isinstance(X, (list, tuple)) and len(X):
        n_axes, X = n_axes + 1, X[0]
    return n_axes + len(getattr(X, "shape", ()))


def refuse_data_sets(X):
    """Refuse data sets that give one batch after the other, like tf.data.Dataset."""
    has_rows = any(hasattr(X, name) for name in ("__getitem__", "__array__", "shape"))
    gives_batches = hasattr(X, "__iter__") and not has_rows  # also generators, loaders
    is_py_dataset = any(cls.__name__ == "PyDataset" for cls in type(X).__mro__)
    if gives_batches or is_py_dataset:
        raise TypeError(
            "X must hold its rows all at once, as arrays do. Received a data set, "
            f"{type(X).__name__}. Put its batches together: of a tf.data.Dataset, "
            "X, y = map(np.concatenate, zip(*data_set.as_numpy_iterator())). Where "
            "they do not fit into memory, call partial_fit(X, y) for each batch, with "
            "classes= in the first call of a classifier."
        )


def one_column(y):
    """Targets of shape (n_samples, 1) as (n_samples,), with scikit-learn's warning.

    The warning is not left to ``column_or_1d``, where it would name a line of this
    package instead of the user's.
    """
    if np.ndim(y) == 2:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change "
            "the shape of y to (n_samples,), for example using ravel().",
            DataConversionWarning,
        )
    return column_or_1d(y)


def is_alone(y):
    """Whether X comes without a target."""
    return isinstance(y, str) and y == NO_TARGET


def check_axes(estimator, X, y, *, table, reset, **options):
    """X and y after scikit-learn's checks; NO_TARGET is returned as it is.

    Parameters
    ----------
    estimator : object
    X : array-like
    y : array-like or NO_TARGET
    table : bool
        Whether X has features: their number and names are then set or compared.
    reset : bool
        Whether they are set, as in ``fit``, not compared.
    **options : object
        For :func:`sklearn.utils.check_array`, or ``check_X_y`` if there is a y.
    """
    if table and is_alone(y):
        return validate_data(estimator, X, reset=reset, **options), y
    if table:
        return validate_data(estimator, X, y, reset=reset, **options)
    options |= {"allow_nd": True, "estimator": estimator}
    if is_alone(y):
        return check_array(X, **options), y
    return check_X_y(X, y, **options)

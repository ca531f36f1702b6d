"""scikit-learn's checks for X that is a table or has more axes."""

from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

NO_TARGET = "no_validation"  # scikit-learn's word for it


def count_axes(X):
    """Axes of an array, or how deep lists are nested."""
    n_axes = 0
    while isinstance(X, (list, tuple)) and len(X):
        n_axes, X = n_axes + 1, X[0]
    return n_axes + len(getattr(X, "shape", ()))


def is_alone(y):
    """Whether X comes without a target."""
    return isinstance(y, str) and y == NO_TARGET


def check_axes(estimator, X, y, *, table, reset, **options):
    """X and y after scikit-learn's checks; y stays as it is if X is alone.

    Parameters
    ----------
    estimator : object
    X : array-like
    y : array-like or NO_TARGET
    table : bool
        Whether X has columns, whose number and names are remembered or compared.
    reset : bool
        Whether they are remembered.
    **options : object
        Of :func:`sklearn.utils.check_array`, and of ``check_X_y`` if there is a y.
    """
    if table and is_alone(y):
        return validate_data(estimator, X, reset=reset, **options), y
    if table:
        return validate_data(estimator, X, y, reset=reset, **options)
    options |= {"allow_nd": True, "estimator": estimator}
    if is_alone(y):
        return check_array(X, **options), y
    return check_X_y(X, y, **options)

"""Checks of numbers that users pass, be they of Python or of NumPy."""

from numbers import Integral, Real

from skdeep import _compat


class Interval(_compat.Interval):
    """scikit-learn's rule for a number, but refusing True and False."""

    def is_satisfied_by(self, val):
        return not isinstance(val, bool) and super().is_satisfied_by(val)


def is_integer(value):
    """Whether ``value`` is an integer other than True and False."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def plain(value):
    """A number as an int or float of Python; any other value as it is.

    NumPy's numbers may overflow in arithmetic.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value

"""Numbers that users give: those of Python and of NumPy, of any width."""

from numbers import Integral, Real

from skdeep import _compat


class Interval(_compat.Interval):
    """scikit-learn's rule for a number, which takes True for the integer 1."""

    def is_satisfied_by(self, val):
        return not isinstance(val, bool) and super().is_satisfied_by(val)


def is_integer(value):
    """Whether ``value`` is an integer; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def plain(value):
    """A number as Python's own, which does not overflow; anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value

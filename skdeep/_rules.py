"""Rules that check the values of attributes that come from a file."""

from numbers import Integral, Real

import numpy as np


def is_count(value):
    """Whether ``value`` is an integer from 0."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0


def is_size(value):
    """Whether ``value`` is an integer from 1."""
    return is_count(value) and value >= 1


def is_sizes(value):
    """Whether ``value`` is a tuple of integers from 1."""
    return isinstance(value, tuple) and all(map(is_size, value))


def is_shape(value):
    """Whether ``value`` is the shape of a sample.

    The first size may be None, for sequences with any number of steps.
    """
    return (
        isinstance(value, tuple)
        and len(value) > 0
        and (value[0] is None or is_size(value[0]))
        and all(map(is_size, value[1:]))
    )


def is_bool(value):
    """Whether ``value`` is a bool of Python or NumPy."""
    return isinstance(value, (bool, np.bool_))


def is_different_counts(value):
    """Whether ``value`` is a tuple of different integers from 0."""
    return (
        isinstance(value, tuple)
        and all(map(is_count, value))
        and len(set(value)) == len(value)
    )


def is_number(value):
    """Whether ``value`` is a finite number."""
    return isinstance(value, Real) and not is_bool(value) and np.isfinite(value)


def is_share(value):
    """Whether ``value`` is a number from 0 to below 1."""
    return is_number(value) and 0 <= value < 1


def is_penalty(value):
    """Whether ``value`` is a finite number from 0."""
    return is_number(value) and value >= 0


def is_column_names(value):
    """Whether ``value`` is a one-dimensional array of at least one str."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and len(value) > 0
        and all(isinstance(name, str) for name in value)
    )


def is_arrays(value):
    """Whether ``value`` is a list of arrays of numbers."""
    return isinstance(value, list) and all(
        isinstance(array, (np.ndarray, np.generic)) and array.dtype.kind in "biuf"
        for array in value
    )


def is_vector(value):
    """Whether ``value`` is a one-dimensional array of finite floats."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and value.dtype.kind == "f"
        and bool(np.isfinite(value).all())
    )


def is_different_values(value):
    """Whether ``value`` is a one-dimensional array of different values."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim == 1
        and len({*value.tolist()}) == len(value)
    )


def is_dtype_name(value):
    """Whether ``value`` is the name of a dtype of numbers, "int64" for instance."""
    is_known = isinstance(value, str) and value in np.sctypeDict
    return is_known and np.dtype(value).kind in "biuf"


def is_history(value):
    """Whether ``value`` is a history: a list with a dict of numbers per epoch."""
    return isinstance(value, list) and all(
        isinstance(record, dict)
        and all(isinstance(name, str) for name in record)
        and all(isinstance(number, Real) for number in record.values())
        for record in value
    )


def anything(value):
    """True for any value, where other code checks the content."""
    return True


def one_of(*values):
    """A rule that accepts these values."""
    return lambda value: any(value is v or value == v for v in values)


def either(*rules):
    """A rule that accepts what one of ``rules`` accepts."""
    return lambda value: any(rule(value) for rule in rules)


def is_a(*classes):
    """A rule that accepts objects of these classes."""
    return lambda value: isinstance(value, classes)


def tuple_of(rule):
    """A rule that accepts tuples of what ``rule`` accepts."""
    return lambda value: isinstance(value, tuple) and all(map(rule, value))


def or_none(rule):
    """A rule that accepts None and whatever ``rule`` accepts."""
    return lambda value: value is None or rule(value)


def check_fields(owner):
    """Raise a ValueError if a field of an object from a file breaks its rule.

    Parameters
    ----------
    owner : object
        Its class has a rule for each field in ``field_rules``.
    """
    for field, rule in owner.field_rules.items():
        value = getattr(owner, field)
        require(rule(value), type(owner).__name__, field, value)


def require(fits, owner, name, value):
    """Raise a ValueError unless ``fits``.

    Parameters
    ----------
    fits : bool
    owner, name : str
        The class and the attribute that has the value, for the error.
    value : object
    """
    if not fits:
        raise ValueError(f"{owner} cannot have {name}={value!r:.80}.")

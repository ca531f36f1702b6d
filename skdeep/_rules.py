"""What values an attribute may have, where it comes from a file."""

from numbers import Integral, Real

import numpy as np


def is_count(value):
    """An integer from 0."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0


def is_size(value):
    """An integer from 1."""
    return is_count(value) and value >= 1


def is_sizes(value):
    """A tuple of integers from 1."""
    return isinstance(value, tuple) and all(map(is_size, value))


def is_shape(value):
    """A shape of samples. Sequences may have any number of steps, None."""
    return (
        isinstance(value, tuple)
        and len(value) > 0
        and (value[0] is None or is_size(value[0]))
        and all(map(is_size, value[1:]))
    )


def is_bool(value):
    """A truth value of Python or NumPy."""
    return isinstance(value, (bool, np.bool_))


def is_number(value):
    """A finite number."""
    return isinstance(value, Real) and not is_bool(value) and np.isfinite(value)


def is_share(value):
    """A number from 0, below 1."""
    return is_number(value) and 0 <= value < 1


def is_penalty(value):
    """A number from 0."""
    return is_number(value) and value >= 0


def is_texts(value):
    """An array of one dimension, of one value at least."""
    return isinstance(value, np.ndarray) and value.ndim == 1 and len(value) > 0


def is_history(value):
    """The records of the epochs."""
    return isinstance(value, list) and all(
        isinstance(record, dict)
        and all(isinstance(name, str) for name in record)
        and all(isinstance(number, Real) for number in record.values())
        for record in value
    )


def anything(value):
    """Any value: what it holds is looked at elsewhere."""
    return True


def one_of(*values):
    """A rule: one of these values."""
    return lambda value: any(value is v or value == v for v in values)


def is_a(*classes):
    """A rule: an object of one of these classes."""
    return lambda value: isinstance(value, classes)


def or_none(rule):
    """A rule: None, or what ``rule`` takes."""
    return lambda value: value is None or rule(value)


def require(fits, owner, name, value):
    """Raise a ValueError unless ``fits``.

    Parameters
    ----------
    fits : bool
    owner, name : str
        What has the value, and as what.
    value : object
    """
    if not fits:
        raise ValueError(f"{owner} cannot have {name}={value!r:.80}.")

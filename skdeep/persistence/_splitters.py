"""scikit-learn's splitters in files: their class and their parameters."""

import inspect

from sklearn import model_selection
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit


def described(value):
    """The name of the class and the parameters of a splitter; None for others."""
    cls = type(value)
    if _public(cls.__name__) is not cls:
        return None
    names = list(inspect.signature(cls).parameters)
    if not all(name in vars(value) for name in names):
        return None
    return cls.__name__, {name: vars(value)[name] for name in names}


def _public(name):
    """The public splitter of this name; None if there is none."""
    cls = getattr(model_selection, name, None) if isinstance(name, str) else None
    is_splitter = inspect.isclass(cls) and issubclass(
        cls, (BaseCrossValidator, BaseShuffleSplit)
    )
    return cls if is_splitter else None


def rebuilt(name, parameters):
    """The splitter; ValueError or TypeError if there is none like it."""
    cls = _public(name)
    if cls is None:
        raise ValueError(f"The file holds an unknown splitter: {name!r:.80}.")
    return cls(**parameters)

"""scikit-learn's splitters in files: their class and their parameters."""

import inspect

from sklearn import model_selection


def described(value):
    """The name of the class and the parameters of a splitter; None for others."""
    cls = type(value)
    if _public(cls.__name__) is not cls:
        return None
    # Splitters that repeat others keep the parameters of those apart.
    known = vars(value) | vars(value).get("cvargs", {})
    names = list(inspect.signature(cls).parameters)
    if not all(name in known for name in names):
        return None
    return cls.__name__, {name: known[name] for name in names}


def _public(name):
    """The public splitter of this name; None if there is none."""
    cls = getattr(model_selection, name, None) if isinstance(name, str) else None
    splits = hasattr(cls, "split") and hasattr(cls, "get_n_splits")
    return cls if splits and not inspect.isabstract(cls) else None


def rebuilt(name, parameters):
    """The splitter; ValueError or TypeError if there is none like it."""
    cls = _public(name)
    if cls is None:
        raise ValueError(f"The file holds an unknown splitter: {name!r:.80}.")
    return cls(**parameters)

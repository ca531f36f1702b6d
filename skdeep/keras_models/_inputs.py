"""How estimators around Keras models read X: one array, or an array per input."""

import contextlib

import keras
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_array, check_consistent_length

from skdeep._compat import _num_samples
from skdeep.base._input_checks import refuse_data_sets

_map = keras.tree.map_structure


class AsGiven(FunctionTransformer):
    """Leaves one array or several as they are."""

    def fit(self, X, y=None):
        return self


class Inputs(list):
    """Arrays for several inputs in their order; a plain list may hold rows."""


def as_given(X, y, fitted_shape=None):
    """X, an :class:`Inputs` in place of a list with an array for each input.

    Parameters
    ----------
    X : object
        The user's argument.
    y : array-like or None
        Its number of rows distinguishes a list of inputs from a list of rows.
    fitted_shape : tuple, list or dict, optional
        ``X_shape_`` of ``fit``. If it is given, it decides.

    Raises
    ------
    TypeError
        For data sets and generators.
    ValueError
        If a list may be a list of inputs or a list of rows.
    """
    refuse_data_sets(X)
    if not isinstance(X, list | tuple) or isinstance(X, Inputs):
        return X
    if fitted_shape is not None:
        return Inputs(X) if isinstance(fitted_shape, list) else X
    if not X or not all(len(getattr(x, "shape", ())) > 1 for x in X):
        return X
    shapes = [tuple(x.shape) for x in X]
    lengths = {shape[0] for shape in shapes}
    n_rows = None if y is None else _num_samples(y)
    if n_rows is None:
        return Inputs(X) if len(set(shapes)) > 1 else X
    if len(X) == n_rows and lengths == {n_rows}:
        raise ValueError(
            f"X must be clear: a list of {n_rows} arrays of {n_rows} rows each, for "
            f"{n_rows} targets, may be {n_rows} samples or {n_rows} inputs. Pass "
            "np.stack(X) for samples, or a dict with an array for each input's name."
        )
    return X if len(X) == n_rows else Inputs(X)


def is_several(X):
    """Whether X holds an array for each of several inputs."""
    return type(X) is dict or isinstance(X, Inputs)


def n_samples(X):
    """Number of rows of an array or of several."""
    if not is_several(X):
        return _num_samples(X)
    arrays = list(X.values()) if type(X) is dict else X
    if not arrays:
        raise ValueError(
            f"X must have an array for each of the model's inputs. Received {X!r}."
        )
    check_consistent_length(*arrays)
    return _num_samples(arrays[0])


def mapped(function, X):
    """``function`` of each array, with its place as second argument."""
    if type(X) is dict:
        return {name: function(x, f"X[{name!r}]") for name, x in X.items()}
    if isinstance(X, Inputs):
        return Inputs(function(x, f"X[{place}]") for place, x in enumerate(X))
    return function(X, "X")


def checked(X):
    """Arrays of numbers for several inputs, as a dict or a plain list."""

    def check(x, name):
        rules = {"allow_nd": True, "ensure_2d": False, "input_name": name}
        x = check_array(x, dtype=None, **rules)
        if x.dtype.kind in "OUS":
            x = check_array(x, dtype=keras.backend.floatx(), **rules)
        return x

    n_samples(X)
    X = mapped(check, X)
    return list(X) if isinstance(X, Inputs) else X


def shapes_of(X):
    """The shape of one array, or a dict or list of shapes for several."""
    return _map(lambda x: x.shape, X) if isinstance(X, list | dict) else X.shape


def dtypes_of(X):
    """Dtypes in the same form."""
    return _map(lambda x: x.dtype, X) if isinstance(X, list | dict) else X.dtype


def without_rows(shape):
    """Shapes of one sample, from :func:`shapes_of`."""
    if isinstance(shape, dict):
        return {name: part[1:] for name, part in shape.items()}
    return [part[1:] for part in shape] if isinstance(shape, list) else shape[1:]


@contextlib.contextmanager
def builds_for(shapes):
    """A context whose errors explain ``meta`` to functions that build a model.

    With several inputs, ``meta["X_shape_"]`` holds several shapes.

    Parameters
    ----------
    shapes : tuple, list or dict
        ``X_shape_``.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(shapes, tuple):
            kind = type(shapes).__name__
            error.add_note(
                f"X is a {kind} of arrays, so meta['X_shape_'] is a {kind} with a "
                f"shape for each input of the model: {shapes}. For a model with one "
                "input pass that array itself."
            )
        raise


def first_rows(X, n_rows=1):
    """The first rows of each array."""
    return _map(lambda x: x[:n_rows], X)

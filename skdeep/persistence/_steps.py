"""Pipelines and other objects of scikit-learn around estimators of this package.

skops writes and reads the objects of scikit-learn, and runs no code from the file. It
sees a :class:`Placeholder` with a number for each estimator of this package.
"""

import functools
import io
import pickle
import zipfile

import numpy as np
from sklearn import metrics, model_selection

from skdeep.exceptions import FileFormatError
from skdeep.persistence._archive import check_sizes
from skdeep.persistence._checks import check_generator


class Placeholder:
    """Stands for an estimator of this package inside an object of scikit-learn."""

    def __init__(self, number):
        self.number = number


Placeholder.__module__ = "skdeep.persistence"

# skops trusts scikit-learn's, NumPy's and SciPy's own types; these come on top.
_TRUSTED = (
    "skdeep.persistence.Placeholder",
    "skdeep.keras_models._inputs.AsGiven",
    "skdeep.keras_models._labels.KerasLabelEncoder",
    "skdeep.keras_models._scikeras.RegressorTargetEncoder",
    "skdeep.keras_models._scikeras.TargetReshaper",
    "numpy.dtype",
    "sklearn.utils._bunch.Bunch",
)
# An object that has one of these as its own attribute makes copying call it.
_METHODS_OF_COPIES = {"__getnewargs__", "__getnewargs_ex__", "__getstate__"}
_METHODS_OF_COPIES |= {"__reduce__", "__reduce_ex__"}


@functools.cache
def _trusted():
    """Full names of types that skops may load: also metrics, scorers, splitters."""
    scores, scorers, searches = map(vars, (metrics, metrics._scorer, model_selection))
    trusted = [value for value in scores.values() if callable(value)]
    trusted += [value for value in scorers.values() if isinstance(value, type)]
    trusted += [
        v for v in searches.values() if isinstance(v, type) and hasattr(v, "split")
    ]
    names = {f"{value.__module__}.{value.__name__}" for value in trusted}
    # The modules also hold names that they import from other packages.
    return {*_TRUSTED, *(name for name in names if name.startswith("sklearn."))}


def dumped(value, is_own):
    """``value`` as skops writes it, and the estimators that were left out.

    Parameters
    ----------
    value : object
        An object of scikit-learn.
    is_own : callable
        Says whether an object is an estimator of this package.

    Returns
    -------
    data : bytes
    own : list of estimator

    Raises
    ------
    TypeError
        If it holds an object of another package.
    """
    skops = _skops()
    own = []

    def number_of(item):
        if not is_own(item):
            return None
        if all(item is not other for other in own):
            own.append(item)
        return next(n for n, other in enumerate(own) if item is other)

    try:
        data = skops.dumps(_replaced(value, number_of, Placeholder))
    except (pickle.PicklingError, AttributeError) as error:
        raise TypeError(_refusal(value, error)) from error
    unknown = _unknown(skops, data)
    if unknown:
        raise TypeError(_refusal(value, ", ".join(unknown)))
    return data, own


def loaded(data, own):
    """The inverse of :func:`dumped`."""
    skops = _skops()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_sizes(archive)
    unknown = _unknown(skops, data)
    if unknown:
        raise FileFormatError(f"The file holds unknown types: {', '.join(unknown)}.")
    value = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    used = set()

    def number_of(item):
        _check_part(item)
        if isinstance(item, Placeholder):
            used.add(item.number)
            return item.number
        return None

    value = _replaced(value, number_of, own.__getitem__)
    if used != set(range(len(own))):
        raise FileFormatError("The file has estimators that stand in no step.")
    return value


def _check_part(item):
    """Refuse an object that would run code or read beyond memory when it is used."""
    if isinstance(item, np.random.RandomState | np.random.Generator):
        check_generator(item)
    given = _METHODS_OF_COPIES & set(getattr(item, "__dict__", ()))
    if given and not isinstance(item, type):
        raise FileFormatError(
            f"The file gives {type(item).__name__} {sorted(given)} of its own, which "
            "copying would call."
        )


def _replaced(value, number_of, replacement):
    """A copy of ``value`` in which some objects are replaced.

    Parameters
    ----------
    value : object
    number_of : callable
        The number of an object that is replaced, None for others.
    replacement : callable
        The object that takes the place of a number.
    """
    # Pickle visits every part of the object. It is safe here, because only data that
    # this process has pickled is unpickled.
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.persistent_id = number_of
    pickler.dump(value)
    unpickler = pickle.Unpickler(io.BytesIO(buffer.getvalue()))
    unpickler.persistent_load = replacement
    return unpickler.load()


def _unknown(skops, data):
    return sorted(set(skops.get_untrusted_types(data=data)) - _trusted())


def _skops():
    try:
        import skops.io
    except ImportError as error:
        raise ImportError(
            "Files of scikit-learn's estimators need the package skops: pip install "
            "'skdeep[skops]'."
        ) from error
    return skops.io


def _refusal(value, reason):
    return (
        f"skdeep.save takes estimators of skdeep and of scikit-learn. Received "
        f"{type(value).__name__} with {reason}. Use joblib.dump, which can keep code."
    )

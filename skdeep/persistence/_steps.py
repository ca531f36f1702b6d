"""Pipelines and other objects of scikit-learn around estimators of this package.

skops writes what is scikit-learn's, and reads it without running code from the file.
In the place of each estimator of this package it sees its number.
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
    """Where an estimator of this package stands in an object of scikit-learn's."""

    def __init__(self, number):
        self.number = number


Placeholder.__module__ = "skdeep.persistence"

# Beside what skops trusts, which is scikit-learn's, NumPy's and SciPy's own.
_TRUSTED = (
    "skdeep.persistence.Placeholder",
    "skdeep.keras_models._inputs.AsGiven",
    "skdeep.keras_models._labels.KerasLabelEncoder",
    "skdeep.keras_models._scikeras.RegressorTargetEncoder",
    "skdeep.keras_models._scikeras.TargetReshaper",
    "numpy.dtype",
    "sklearn.utils._bunch.Bunch",
)
# Where an object has them itself, copying calls them instead of its class's.
_METHODS_OF_COPIES = {"__getnewargs__", "__getnewargs_ex__", "__getstate__"}
_METHODS_OF_COPIES |= {"__reduce__", "__reduce_ex__"}


@functools.cache
def _trusted():
    """Full names, each of one class or function: a module has others' names, too."""
    scores, scorers, searches = map(vars, (metrics, metrics._scorer, model_selection))
    found = [value for value in scores.values() if callable(value)]
    found += [value for value in scorers.values() if isinstance(value, type)]
    found += [
        v for v in searches.values() if isinstance(v, type) and hasattr(v, "split")
    ]
    names = {f"{value.__module__}.{value.__name__}" for value in found}
    return {*_TRUSTED, *(name for name in names if name.startswith("sklearn."))}


def dumped(value, is_own):
    """What skops writes for ``value``, and the estimators that it does not write.

    Parameters
    ----------
    value : object
        Of scikit-learn.
    is_own : callable
        Whether an object is an estimator of this package.

    Returns
    -------
    data : bytes
    own : list of estimator

    Raises
    ------
    TypeError
        If there is something else than scikit-learn's in it.
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
        raise TypeError(_cannot(value, error)) from error
    unknown = _unknown(skops, data)
    if unknown:
        raise TypeError(_cannot(value, ", ".join(unknown)))
    return data, own


def loaded(data, own):
    """The object that :func:`dumped` was given, with these estimators in it."""
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
    """Refuse what would run code, or read beyond memory, where it is used."""
    if isinstance(item, np.random.RandomState | np.random.Generator):
        check_generator(item)
    given = _METHODS_OF_COPIES & set(getattr(item, "__dict__", ()))
    if given and not isinstance(item, type):
        raise FileFormatError(
            f"The file gives {type(item).__name__} {sorted(given)} of its own, which "
            "copying would call."
        )


def _replaced(value, number_of, by_number):
    """A copy of ``value`` with other objects in place of those that have a number."""
    buffer = io.BytesIO()
    taker = pickle.Pickler(buffer, protocol=5)
    taker.persistent_id = number_of
    taker.dump(value)
    putter = pickle.Unpickler(io.BytesIO(buffer.getvalue()))
    putter.persistent_load = by_number
    return putter.load()


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


def _cannot(value, what):
    return (
        f"skdeep.save takes estimators of skdeep and of scikit-learn. Received "
        f"{type(value).__name__} with {what}. Use joblib.dump, which can keep code."
    )

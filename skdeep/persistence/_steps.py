"""Pipelines and other objects of scikit-learn around estimators of this package.

skops writes what is scikit-learn's, and reads it without running code from the file.
In the place of each estimator of this package it sees its number.
"""

import io
import pickle
import zipfile

from skdeep.exceptions import FileFormatError
from skdeep.persistence._archive import check_sizes


class Placeholder:
    """Where an estimator of this package stands in an object of scikit-learn's."""

    def __init__(self, number):
        self.number = number


Placeholder.__module__ = "skdeep.persistence"

# Beside what skops trusts, which is scikit-learn's, NumPy's and SciPy's own.
_TRUSTED = (
    "skdeep.persistence.Placeholder",
    "skdeep.estimators._keras_inputs.AsGiven",
    "skdeep.estimators._keras_labels.KerasLabelEncoder",
    "skdeep.estimators._scikeras.RegressorTargetEncoder",
    "skdeep.estimators._scikeras.TargetReshaper",
    "numpy.dtype",
    "sklearn.utils._bunch.Bunch",
)
# Scores, and splitters of searches.
_TRUSTED_MODULES = "sklearn.metrics.", "sklearn.model_selection._split."


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
        if isinstance(item, Placeholder):
            used.add(item.number)
            return item.number
        return None

    value = _replaced(value, number_of, own.__getitem__)
    if used != set(range(len(own))):
        raise FileFormatError("The file has estimators that stand in no step.")
    return value


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
    names = set(skops.get_untrusted_types(data=data)) - set(_TRUSTED)
    return sorted(name for name in names if not name.startswith(_TRUSTED_MODULES))


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

"""The types that skops, and so MLflow's default format, must be told to trust."""

import skdeep
from skdeep.persistence._values import stored_class

# skops does not write Keras models; and these names import TensorFlow.
_OF_KERAS = {"BaseWrapper", "KerasClassifier", "KerasRegressor", "QuantileLoss"}


def trusted_types():
    """Full names of the estimators and of what they hold, a tuple of str."""
    found = set()
    for name in sorted(set(skdeep.__all__) - _OF_KERAS):
        cls = stored_class(name)
        if cls is not None:
            found |= {cls, *cls._all_stored_types().values()}
    return tuple(sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in found))

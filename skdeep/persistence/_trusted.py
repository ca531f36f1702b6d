"""TRUSTED_TYPES: the types that skops must be told to trust, as MLflow does."""

import skdeep
from skdeep.persistence._values import stored_class

# skops does not write Keras models, and looking up these names imports TensorFlow.
_OF_KERAS = {"BaseWrapper", "KerasClassifier", "KerasRegressor", "QuantileLoss"}


def trusted_types():
    """Full names of the estimators and of the types they hold, a tuple of str."""
    types = set()
    for name in sorted(set(skdeep.__all__) - _OF_KERAS):
        cls = stored_class(name)
        if cls is not None:
            types |= {cls, *cls._all_stored_types().values()}
    return tuple(sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in types))

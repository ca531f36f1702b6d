"""What a file of ``skdeep.save`` may hold of an estimator."""

from math import prod

import numpy as np

from skdeep._rules import anything, is_a, is_size, is_texts

# Values of a sample up to which one is made to try a loaded estimator with.
_MOST_VALUES = 2**24


class Stored:
    """An estimator that ``skdeep.save`` writes.

    A class declares its own types and attributes only: those of its bases are added.
    """

    # Classes whose objects its attributes hold, beside plain values and arrays.
    _stored_types = ()
    # A rule of :mod:`skdeep._rules` for each fitted attribute. None: any attributes, of
    # which `_check_stored` looks at all that matters.
    _stored_attributes = {
        "_learnt": is_a(dict),
        "_metadata_request": anything,
        "feature_names_in_": is_texts,
        "n_features_in_": is_size,
    }

    @classmethod
    def _all_stored_types(cls):
        """Classes by their names."""
        types = {}
        for base in cls.__mro__:
            types |= {t.__name__: t for t in vars(base).get("_stored_types", ())}
        return types

    @classmethod
    def _all_stored_attributes(cls):
        """Rules by the attributes' names, or None."""
        if cls._stored_attributes is None:
            return None
        rules = {}
        for base in reversed(cls.__mro__):
            rules |= vars(base).get("_stored_attributes", {})
        return rules

    def _check_stored(self):
        """Refuse, with a ValueError, attributes that do not belong together.

        ``persistence`` has looked at each alone.
        """
        if "network_" in vars(self):
            self._inputs.check_stored(self, self.network_.spec.input_shape)

    def _try_stored(self):
        """Take a sample through all that a fitted estimator does with samples."""
        X = self._trial_samples()
        if X is None:
            return
        for method in ("predict", "predict_proba", "transform", "score_samples"):
            if hasattr(self, method):
                found = getattr(self, method)(X)
                if method == "transform" and hasattr(self, "inverse_transform"):
                    self.inverse_transform(found)

    def _trial_samples(self):
        """Samples that a fitted estimator must take; None where they would be huge."""
        return self._inputs.trial(self) if "network_" in vars(self) else None


def zeros(shape, dtype=float):
    """An array of zeros; None where it would be huge."""
    return np.zeros(shape, dtype) if prod(shape) <= _MOST_VALUES else None


def usual(estimator, shape, channels):
    """Means of the data of ``fit``: far from them a network may overflow.

    Parameters
    ----------
    estimator : object
    shape : tuple of int
    channels : int
        The last side of ``shape``, or all features.
    """
    X, network = zeros(shape), vars(estimator).get("network_")
    return X if X is None or network is None else X + network.inputs.mean[:channels]


def named(estimator, X):
    """A DataFrame where ``fit`` has seen names of features."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or X is None:
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=names)

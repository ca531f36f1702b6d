"""Declares which types and attributes of an estimator ``skdeep.save`` may write."""

from math import prod

import numpy as np

from skdeep._rules import anything, is_a, is_column_names, is_size

# Loaded estimators are tried with a sample, unless it would have more values than this.
_MOST_VALUES = 2**24


class Stored:
    """An estimator that ``skdeep.save`` writes.

    A class declares only its own types and attributes. Those of its base classes are
    added.
    """

    # Classes of the objects in its attributes, beside plain values and arrays.
    _stored_types = ()
    # A rule of :mod:`skdeep._rules` for each fitted attribute. None allows all
    # attributes; `_check_stored` must then check all that matter.
    _stored_attributes = {
        "_learnt": is_a(dict),
        "_metadata_request": anything,
        "feature_names_in_": is_column_names,
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
        """Raise a ValueError if attributes do not fit each other.

        ``persistence`` has checked each of them alone before.
        """
        if "network_" in vars(self):
            self._inputs.check_stored(self, self.network_.spec.input_shape)

    def _try_stored(self):
        """Call each method of a fitted estimator that takes samples, with a sample."""
        X = self._trial_samples()
        if X is None:
            return
        for method in ("predict", "predict_proba", "transform", "score_samples"):
            if hasattr(self, method):
                result = getattr(self, method)(X)
                if method == "transform" and hasattr(self, "inverse_transform"):
                    self.inverse_transform(result)

    def _trial_samples(self):
        """Samples that a fitted estimator must take; None if they would be huge."""
        return self._inputs.trial_samples(self) if "network_" in vars(self) else None


def zeros(shape, dtype=float):
    """An array of zeros; None if it would be huge."""
    return np.zeros(shape, dtype) if prod(shape) <= _MOST_VALUES else None


def mean_samples(estimator, shape, channels):
    """Samples with the means of the training data; None if they would be huge.

    Far from the means a network may overflow.

    Parameters
    ----------
    estimator : object
    shape : tuple of int
    channels : int
        The last side of ``shape``, or all features.
    """
    X, network = zeros(shape), vars(estimator).get("network_")
    return X if X is None or network is None else X + network.inputs.mean[:channels]


def with_feature_names(estimator, X):
    """``X`` as a DataFrame, if ``fit`` has seen names of features."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or X is None:
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=names)

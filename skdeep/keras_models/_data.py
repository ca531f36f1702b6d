"""Checks of the data of estimators around Keras models."""

import contextlib

import keras
import numpy as np
from sklearn.utils import check_array
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length, validate_data

from skdeep._compat import _check_sample_weight, _safe_indexing
from skdeep.encoding import with_finite_sums
from skdeep.keras_models._inputs import (
    as_given,
    checked,
    dtypes_of,
    is_several,
    mapped,
    n_samples,
    shapes_of,
    without_rows,
)


class KerasData:
    """X of two or more axes or of several arrays, y and weights, checked."""

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        if X is None:
            y = _checked_targets(y)
        else:
            X = as_given(X, y, None if reset else self.X_shape_)
            if is_several(X):
                X, y = self._check_several(X, y, reset, y_numeric)
            else:
                with _numbers(X):
                    X, y = self._check_arrays(X, y, reset, y_numeric)
            self._check_shape(X, reset)
        y = y if y is None else self._check_target(y, reset)
        return X, y

    def _check_several(self, X, y, reset, y_numeric):
        if reset:  # each array has its own number of features
            for name in ("n_features_in_", "feature_names_in_"):
                vars(self).pop(name, None)
        X = checked(X)
        if y is not None:
            y = _checked_targets(y, y_numeric)
            check_consistent_length(keras.tree.flatten(X)[0], y)
        return X, y

    def _check_arrays(self, X, y, reset, y_numeric):
        rules = {"allow_nd": True, "dtype": None, "reset": reset}
        if y is None:
            X = validate_data(self, X, **rules)
        else:
            X, y = validate_data(
                self, X, y, multi_output=True, y_numeric=y_numeric, **rules
            )
        if X.dtype.kind in "OUS":
            X = check_array(X, dtype=keras.backend.floatx(), allow_nd=True)
        return X, y

    def _check_shape(self, X, reset):
        if reset:
            self.X_dtype_, self.X_shape_ = dtypes_of(X), shapes_of(X)
            return
        expected, received = map(without_rows, (self.X_shape_, shapes_of(X)))
        arrays = isinstance(received, tuple) and isinstance(expected, tuple)
        if arrays and len(received) != len(expected):
            raise ValueError(
                f"X must have {1 + len(expected)} dimensions, as in fit. Received "
                f"{1 + len(received)} dimensions in X of shape {X.shape}."
            )
        if received != expected:
            raise ValueError(
                f"One sample of X must have shape {expected}, as in fit. Received "
                f"{received}."
            )

    def _type_of_target(self, y):
        return type_of_target(y)

    def _check_target(self, y, reset):
        if reset:
            self.target_type_ = self._type_of_target(y)
            self.y_dtype_ = y.dtype
            self.y_ndim_ = y.ndim
        elif y.ndim != self.y_ndim_:
            raise ValueError(
                f"y must have {self.y_ndim_} dimensions, as in fit. Received "
                f"{y.ndim} dimensions in y of shape {y.shape}."
            )
        return y

    def _with_weight(self, X, y, sample_weight):
        """X, y and their weights, or None, without the rows whose weight is zero."""
        if sample_weight is None:
            return X, y, None
        rows = np.zeros(n_samples(X))
        check_consistent_length(rows, y)
        weight = _check_sample_weight(
            sample_weight, rows, dtype=np.float64, ensure_non_negative=True
        )
        return present(X, y, with_finite_sums(weight))

    def _learn_class_weight(self, y, weight, arguments, goes_on):
        """Learn the weights of classes, where there are some, from training labels.

        Parameters
        ----------
        arguments : dict
            The arguments of ``fit`` for ``keras.Model.fit``.
        goes_on : bool
            Whether training goes on from an earlier one.
        """

    def _weighted_by_class(self, X, y, weight, rows="the training data"):
        """The rows, with weights multiplied by the weights of their classes.

        Rows of the weight zero are left out.

        Parameters
        ----------
        rows : str
            The name of these rows in errors.
        """
        return X, y, weight

    def _encoded_validation(self, validation):
        """Encoded X, y and weight; data sets of Keras stay as they are."""
        if not isinstance(validation, (list, tuple)):
            return validation
        if len(validation) not in (2, 3):
            raise ValueError(
                "validation_data must be (X_val, y_val) or (X_val, y_val, "
                f"sample_weight_val). Received {len(validation)} values."
            )
        X, y, weight = (*validation, None)[:3]
        X = as_given(X, y, self.X_shape_)
        X, y, weight = self._with_weight(X, y, weight)
        X, y, weight = self._weighted_by_class(X, y, weight, "the validation data")
        X, y = self._validate_data(X, y)
        y = self.target_encoder_.transform(y)
        return self.feature_encoder_.transform(X), y, weight


def _checked_targets(y, numeric=False):
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    return y.astype(np.float64) if numeric and y.dtype.kind == "O" else y


@contextlib.contextmanager
def _numbers(X):
    """A context in which errors about texts in X name a remedy."""
    try:
        yield
    except ValueError as error:
        text = _text_in(X)
        if text is None:
            raise
        raise ValueError(
            f"X must hold numbers. Received the string {text!r}. For texts use "
            "TextClassifier or TextRegressor, or TokenSequences before this estimator "
            "in a pipeline; for categories, OneHotEncoder or OrdinalEncoder."
        ) from error


def _text_in(X):
    """The first string that is no number, or None."""
    if getattr(getattr(X, "dtype", None), "kind", "O") not in "OUST":
        return None
    for value in np.asarray(X, dtype=object).ravel():
        if isinstance(value, str):
            try:
                float(value)
            except ValueError:
                return str(value)
    return None


def present(X, y, weight):
    """Without the rows whose weight is zero."""
    rows = np.flatnonzero(weight)
    if len(rows) < len(weight):
        X = mapped(lambda x, _: _safe_indexing(x, rows), X)
        y = _safe_indexing(y, rows)
    return X, y, weight[rows]


def mean_one(weight):
    """Weights that are one on average, or None."""
    return None if weight is None else weight * (len(weight) / weight.sum())


def n_rows_at_once(size, X):
    """A batch size as a number of rows; None stays.

    Parameters
    ----------
    size : int or None
        -1 stands for all rows.
    X : nest of ndarray
    """
    if size is None:
        return None
    if size == -1:
        return len(keras.tree.flatten(X)[0])
    return int(size)

"""Encodes labels and values as network targets, and decodes network outputs.

There is a class for labels and one for continuous values. A new kind of target is a
case here and one in ``networks/_head.py``.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdeep._rules import is_a, is_bool, is_different_values, one_of, or_none
from skdeep.encoding._indicators import Indicator
from skdeep.encoding._inputs import Standardization, check_range


def check_labels(y):
    """Refuse labels that cannot be sorted: missing ones, and texts among numbers."""
    array = _as_object_array(y)
    if array is None:
        return
    _refuse_missing(array, "labels")
    texts = [isinstance(label, str) for label in array.flat]
    if any(texts) and not all(texts):
        text, other = (array.flat[texts.index(kind)] for kind in (True, False))
        raise ValueError(
            "Labels must be either all texts or all numbers. Received "
            f"{text!r} and {other!r}. Make texts of them, with "
            "numpy.asarray(y).astype(str) for instance."
        )


def check_numbers(y):
    """Refuse regression targets that are no numbers."""
    array = _as_object_array(y)
    kind = getattr(array if array is not None else _as_array(y), "dtype", None)
    wrong = kind is not None and kind.kind in "USmM"
    if array is not None:
        _refuse_missing(array, "targets")
        try:
            array.astype(np.float64)
        except (TypeError, ValueError):
            wrong = True
    if wrong:
        first = np.asarray(y).flat[0]
        raise ValueError(
            "y of a regressor must hold numbers. Received "
            f"{first!r} (dtype {np.asarray(y).dtype}). Convert it, for example with "
            "y.astype(float), or dates to seconds since the first; or use a classifier "
            "for labels."
        )


def _as_array(y):
    if y is None or sparse.issparse(y):
        return None
    try:
        return np.asarray(y)
    except ValueError:  # scikit-learn refuses rows of different lengths later
        return None


def _as_object_array(y):
    """``y`` as an array if it holds objects, else None."""
    array = _as_array(y)
    holds = array is not None and array.dtype == object and array.ndim and array.size
    return array if holds else None


def _refuse_missing(array, kind):
    missing = np.flatnonzero(pd.isna(array.reshape(len(array), -1)).any(axis=1))
    if len(missing):
        row = missing[0]
        raise ValueError(
            f"y must not contain missing {kind}, NaN among them. Received "
            f"{array[row]!r} in row {row}. Leave such rows out, or fill them."
        )


class ClassTargets:
    """Binary, multiclass or multilabel-indicator targets.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel-indicator"}
    classes : ndarray of shape (n_classes,)
    margins : bool
        Whether the network's outputs are margins, from which no probabilities follow.
    indicator : Indicator or None
        The form of targets with a column per label.
    """

    # Files and pickles of older versions lack these two.
    margins, indicator = False, None
    field_rules = {
        "kind": one_of("binary", "multiclass", "multilabel-indicator"),
        "classes": is_different_values,
        "indicator": or_none(is_a(Indicator)),
        "margins": is_bool,
    }

    # The outputs of a network for classes have no unit.
    scaling = Standardization.none(1)

    def __init__(self, kind, classes, indicator=None, margins=False):
        self.kind = kind
        self.classes = classes
        self.indicator = indicator
        self.margins = margins

    @classmethod
    def of(cls, y, classes=None):
        """Learn the kind and the classes of ``y``.

        Parameters
        ----------
        y : ndarray
            Where there is an indicator, the result of :meth:`Indicator.read`.
        classes : array-like or Indicator, default=None
            All classes or the form of the targets, where they are known already.
        """
        if isinstance(classes, Indicator):
            return cls._of_columns(y, classes)
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "Targets with several multiclass columns are not supported. Received "
                f"y of shape {np.shape(y)}. Wrap the estimator in "
                "sklearn.multioutput.MultiOutputClassifier."
            )
        known = LabelEncoder().fit(column_or_1d(y) if classes is None else classes)
        if len(known.classes_) < 2:
            raise ValueError(
                "A classifier needs at least two classes, but the data contains "
                f"only one class: {known.classes_.tolist()[0]!r}. Rows whose weight is "
                "zero do not count."
            )
        kind = "binary" if len(known.classes_) == 2 else "multiclass"
        return cls(kind, known.classes_)

    @classmethod
    def _of_columns(cls, y, indicator):
        classes = np.arange(indicator.n_columns)
        if not indicator.one_hot:
            return cls("multilabel-indicator", classes, indicator)
        kind = "binary" if len(classes) == 2 else "multiclass"
        return cls(kind, classes, indicator)

    @property
    def n_outputs(self):
        return 1 if self.kind == "binary" else len(self.classes)

    def encode(self, y, *, units, as_index, dtype):
        """Targets of shape (n_samples, 1) or (n_samples, units)."""
        if self.kind == "multilabel-indicator":
            if np.ndim(y) != 2 or np.shape(y)[1] != len(self.classes):
                raise ValueError(
                    f"y must have {len(self.classes)} label columns, as in the first "
                    f"fit. Received y of shape {np.shape(y)}."
                )
            return np.asarray(y, dtype=dtype)
        index = self._index(column_or_1d(y))
        if as_index or units == 1:
            return index[:, None].astype(dtype)
        return np.eye(units, dtype=dtype)[index]

    def _index(self, y):
        encoder = LabelEncoder()
        encoder.classes_ = self.classes
        try:
            return encoder.transform(y)
        except ValueError as error:
            raise ValueError(
                f"y contains labels that are not among the known classes "
                f"{self.classes}: {error}. Name every class in the `classes` "
                "argument of the first partial_fit, or in y of the first fit."
            ) from error

    def probabilities(self, logits):
        """Probabilities of shape (n_samples, n_classes), scikit-learn's way."""
        if self.kind == "multilabel-indicator":
            return expit(logits)
        if logits.shape[1] == 1:
            positive = expit(logits[:, 0])
            return np.column_stack([expit(-logits[:, 0]), positive])
        return softmax(logits, axis=1)

    def log_probabilities(self, logits):
        """Logarithms of the probabilities, of shape (n_samples, n_classes)."""
        if self.kind == "multilabel-indicator":
            return log_expit(logits)
        if logits.shape[1] == 1:
            return np.column_stack([log_expit(-logits), log_expit(logits)])
        return log_softmax(logits, axis=1)

    def decision(self, logits):
        """Scores of shape (n_samples,) if binary, else (n_samples, n_classes)."""
        if self.kind != "binary":
            return logits
        if self.indicator is not None:  # y has two columns, and so has the result
            return logits if logits.shape[1] > 1 else np.hstack([-logits, logits])
        return self._margin(logits)

    @staticmethod
    def _margin(logits):
        """Scores of two classes, above zero for the second."""
        return logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]

    def labels(self, logits):
        """The most probable label, in the form of the targets in ``fit``.

        For multilabel targets, all labels with a probability above one half.
        """
        if self.kind == "multilabel-indicator":
            numbers = (logits > 0).astype(int)
        elif self.kind == "binary":
            numbers = (self._margin(logits) > 0).astype(int)
        else:
            numbers = logits.argmax(axis=1)
        if self.indicator is not None:
            return self.indicator.in_given_form(numbers)
        return numbers if self.kind == "multilabel-indicator" else self.classes[numbers]


class ContinuousTargets:
    """One or many continuous targets.

    Attributes
    ----------
    kind : "continuous"
    n_outputs : int
    scaling : Standardization
        The network learns targets that are standardised with it.
    positive : bool
        Whether predicted values are exponentials of the output before its activation.
    """

    kind = "continuous"
    positive, indicator = False, None
    field_rules = {
        "one_dimensional": is_bool,
        "scaling": is_a(Standardization),
        "positive": is_bool,
    }

    def __init__(self, one_dimensional, scaling, positive=False):
        self.one_dimensional = one_dimensional
        self.scaling = scaling
        if positive:
            self.positive = True

    @classmethod
    def of(cls, y, weight, *, standardize, dtype, positive=False):
        """Learn the shape and, if asked for, the scale of ``y``."""
        columns = y.reshape(len(y), -1)
        check_range(columns, dtype, "y")
        if not standardize:
            scaling = Standardization.none(columns.shape[1])
        elif positive:  # a shift would make targets negative, so they are only scaled
            mean = np.average(columns.astype(np.float64), axis=0, weights=weight)
            scaling = Standardization(np.zeros_like(mean), np.where(mean > 0, mean, 1))
        else:
            scaling = Standardization.of(columns, weight)
        return cls(y.ndim == 1, scaling, positive)

    @property
    def n_outputs(self):
        return len(self.scaling.mean)

    def encode(self, y, *, dtype):
        """Targets of shape (n_samples, n_outputs)."""
        columns = np.asarray(y).reshape(len(y), -1)
        if columns.shape[1] != self.n_outputs:
            raise ValueError(
                f"y must have {self.n_outputs} target columns, as in the first fit. "
                f"Received y of shape {np.shape(y)}."
            )
        check_range(columns, dtype, "y")
        return self.scaling.apply(columns).astype(dtype)

    def decode(self, output):
        """Values of shape (n_samples,) or (n_samples, n_outputs)."""
        output = np.exp(output) if self.positive else output
        values = self.scaling.undo(output)
        return values[:, 0] if self.one_dimensional else values

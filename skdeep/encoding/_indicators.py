"""Targets with a column of 0 and 1 for each label: one-hot rows, or multilabel rows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import type_of_target

from skdeep._rules import is_bool, is_dtype_name, is_size, one_of

_REMEDY = (
    "For labels that may come together set multilabel=True; for classes that exclude "
    "each other set multilabel=False."
)
_SPARSE = {"csr_matrix": sparse.csr_matrix, "csr_array": sparse.csr_array}


def has_columns(y, axis=1):
    """Whether y has a column per label along its last axis, which is ``axis``."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # scikit-learn refuses lists of different lengths later
        return False
    return len(shape) == axis + 1 and shape[axis] > 1


def numeric_columns(y):
    """Targets with several columns as numbers, where they are objects.

    DataFrames with columns of different dtypes give objects. Half precision becomes
    single precision, because scikit-learn cannot score half precision.
    """
    if not has_columns(y) or sparse.issparse(y):
        return y
    array = np.asarray(y)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype != object:
        return y
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):  # the objects are no numbers
        return y


@dataclass(frozen=True)
class Indicator:
    """The form of targets that have a column of 0 and 1 for each label.

    Attributes
    ----------
    one_hot : bool
        Whether the columns are classes, so that each row has exactly one 1.
    n_columns : int
    dtype : str
        The dtype of the targets in ``fit``.
    container : {"ndarray", "csr_matrix", "csr_array"}
        The type of the targets in ``fit``.
    """

    one_hot: bool
    n_columns: int
    dtype: str
    container: str

    field_rules: ClassVar = {
        "one_hot": is_bool,
        "n_columns": is_size,
        "dtype": is_dtype_name,
        "container": one_of("ndarray", *_SPARSE),
    }

    @classmethod
    def of(cls, y, multilabel, *, more_to_come):
        """The form of ``y``, or None for labels without a column for each.

        Parameters
        ----------
        y : ndarray or CSR of shape (n_samples,) or (n_samples, n_columns)
        multilabel : {"auto", True, False}
            The parameter of the estimators: "auto" looks at the rows.
        more_to_come : bool
            Whether later calls may bring other rows, as in ``partial_fit``.
        """
        if not has_columns(y) or type_of_target(y) != "multilabel-indicator":
            if multilabel is True:
                raise ValueError(
                    "multilabel=True takes y with two or more columns of 0 and 1, one "
                    f"for each label. Received y of shape {np.shape(y)}, a target of "
                    f"the kind {type_of_target(y)!r}. Set multilabel='auto' for labels."
                )
            return None
        _refuse_values_besides_0_and_1(y)
        wrong = None if multilabel is True else _first_row_not_one_hot(y)
        one_hot = multilabel is not True and wrong is None
        if multilabel is False and not one_hot:
            raise _not_one_hot_error(*wrong, "With multilabel=False")
        if multilabel == "auto" and one_hot and more_to_come:
            raise ValueError(
                "The first call of partial_fit decides whether the columns of y are "
                "classes or labels that may come together. Received rows that have "
                f"exactly one 1, which both could be. {_REMEDY}"
            )
        return cls(one_hot, np.shape(y)[1], y.dtype.name, type(y).__name__)

    def read(self, y):
        """``y`` as class numbers of shape (n_samples,), or as dense rows of 0 and 1.

        Raises
        ------
        ValueError
            If ``y`` has another form.
        """
        if not has_columns(y) or np.shape(y)[1] != self.n_columns:
            raise ValueError(
                f"y must have {self.n_columns} columns, one for each label, as in the "
                f"first fit. Received y of shape {np.shape(y)}."
            )
        _refuse_values_besides_0_and_1(y)
        if not self.one_hot:
            return y.toarray() if sparse.issparse(y) else y
        wrong = _first_row_not_one_hot(y)
        if wrong is not None:
            raise _not_one_hot_error(*wrong, "By the first fit")
        numbers = y.argmax(axis=1)
        return np.asarray(numbers).ravel()  # argmax of a sparse matrix is a matrix

    def in_given_form(self, predicted):
        """The inverse of :meth:`read`: rows in the form of the targets in ``fit``."""
        if not self.one_hot:
            return predicted if self._sparse is None else self._sparse(predicted)
        shape, dtype = (len(predicted), self.n_columns), np.dtype(self.dtype)
        if self._sparse is not None:
            starts = np.arange(len(predicted) + 1)
            ones = np.ones(len(predicted), dtype)
            return self._sparse((ones, predicted, starts), shape)
        rows = np.zeros(shape, dtype)
        rows[np.arange(len(predicted)), predicted] = 1
        return rows

    @property
    def _sparse(self):
        return _SPARSE.get(self.container)


def _refuse_values_besides_0_and_1(y):
    values = y.data if sparse.issparse(y) else y
    others = (values != 0) & (values != 1)
    if others.any():
        raise ValueError(
            "y with a column per label must hold 0 and 1. Received "
            f"{values[others].ravel()[0]!r}. Pass (y == value).astype(int)."
        )


def _first_row_not_one_hot(y):
    """The first row without exactly one 1 and its number of ones; None if all have."""
    counts = np.asarray(y.sum(axis=1)).ravel()
    wrong = np.flatnonzero(counts != 1)
    return (wrong[0], counts[wrong[0]]) if len(wrong) else None


def _not_one_hot_error(row, count, reason):
    return ValueError(
        f"{reason} the columns of y are classes: every row must have exactly one 1. "
        f"Received {count:g} of them in row {row}. {_REMEDY}"
    )

"""Reads the columns of data frames: numbers as numbers, categories as level codes."""

from numbers import Integral, Real

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from scipy import sparse

from skdeep._compat import _check_categorical_features

UNKNOWN = -1.0  # the code of a level that fit has not seen; NaN stands for missing
_ENCODE = "Encode it in a ColumnTransformer, or drop it"


def columns_of(X):
    """The columns of a data frame or of an array, a list of :class:`Column`."""
    if not nw.dependencies.is_into_dataframe(X):
        X = np.asarray(X, dtype=None if hasattr(X, "dtype") else object)
        return [Column(number, X[:, number]) for number in range(X.shape[1])]
    return [Column(series.name, series) for series in _frame(X).iter_columns()]


def _frame(X):
    """The frame for narwhals, which does not know pandas' sparse columns."""
    if isinstance(X, pd.DataFrame):
        sparse_names = X.columns[_sparse_columns(X)]
        if len(sparse_names):
            X = X.astype({name: X[name].dtype.subtype for name in sparse_names})
    return nw.from_native(X, eager_only=True)


def _sparse_columns(X):
    return np.array([isinstance(dtype, pd.SparseDtype) for dtype in X.dtypes], bool)


def is_frame(X):
    """Whether X is a data frame of pandas, polars, pyarrow or another package."""
    return nw.dependencies.is_into_dataframe(X)


def find_categories(X, categorical_features):
    """Which columns of X are categories.

    Parameters
    ----------
    X : object
        Any X that ``fit`` may be given.
    categorical_features : {"from_dtype"}, array-like or None

    Returns
    -------
    is_categorical : ndarray of shape (n_features,), dtype=bool
        Of length zero if no column is.
    """
    if isinstance(categorical_features, str):
        if not has_other_than_numbers(X):
            return np.zeros(0, bool)
        return np.array([column.holds_categories for column in columns_of(X)])
    if sparse.issparse(X) and categorical_features is not None:
        raise ValueError(
            "categorical_features takes a data frame or a dense array. Received a "
            "sparse X. Leave categorical_features out, or pass X.toarray()."
        )
    if categorical_features is not None and not hasattr(X, "shape"):
        X = np.asarray(X, object)
    found = _check_categorical_features(X, categorical_features)
    return np.zeros(0, bool) if found is None else found


def has_other_than_numbers(X):
    """Whether X is a data frame with a column that is not of numbers, by its dtype."""
    if not is_frame(X):
        return False
    if isinstance(X, pd.DataFrame):
        X = X.loc[:, ~_sparse_columns(X)]  # scikit-learn reads these
    dtypes = nw.from_native(X, eager_only=True).schema.dtypes()
    return not all(dtype.is_numeric() for dtype in dtypes)


class Column:
    """A column as a data frame or an array has it.

    Parameters
    ----------
    name : object
        Its name, or its number where columns have no names.
    values : narwhals.Series or ndarray
    """

    def __init__(self, name, values):
        self.name, self._values = name, values
        self._dtype = values.dtype if isinstance(values, nw.Series) else None

    @property
    def holds_categories(self):
        """Whether it is of categories, texts or truth values, judged by its dtype.

        A column of objects is if its values are texts or truth values.
        """
        if self._dtype in (nw.Categorical, nw.Enum, nw.String, nw.Boolean):
            return True
        if self._dtype != nw.Object:
            return False
        kinds = self._kinds(self.objects())
        return kinds <= {"text", "truth value"}

    def objects(self):
        """Its values as an array of objects."""
        self._refuse_times()
        values = self._values
        if isinstance(values, nw.Series):
            if isinstance(values.to_native(), pd.Series):
                values = values.to_native()
            elif self._dtype == nw.Categorical:
                # pyarrow would take the last category for a missing one.
                values = values.cast(nw.String)
            values = values.to_numpy()
        values = np.asarray(values)
        # Their items keep the precision, which those of an array of objects lose.
        single = values.dtype.kind == "f" and values.dtype.itemsize < 8
        return _array_of(values) if single else values.astype(object)

    def _refuse_times(self):
        """NumPy would make numbers of them, whose unit nobody sees."""
        if self._dtype is not None:
            is_time = self._dtype.is_temporal()
        else:
            is_time = self._values.dtype.kind in "mM"
        if is_time:
            self._refuse(
                "a date or a time",
                "Make numbers of it, such as the year or the days since a date",
            )

    def numbers(self):
        """Its values in double precision, NaN where one is missing."""
        values = self._values
        if self._dtype is not None and self._dtype.is_numeric():
            values = values.cast(nw.Float64).fill_null(float("nan")).to_numpy()
        else:
            values = self._numbers_of_objects()
        values = np.asarray(values, np.float64)
        if np.isinf(values).any():
            self._refuse(
                f"the infinite value {values[np.isinf(values)][0]}",
                "Replace it by a number, or by NaN for a missing one",
            )
        return values

    def _numbers_of_objects(self):
        values = self.objects()
        missing = pd.isna(values)
        kinds = self._kinds(values)
        self._check_kinds(kinds)
        if "text" in kinds:
            self._refuse("a text", "Name it in categorical_features, or drop it")
        return np.where(missing, np.nan, values)

    def codes(self, levels):
        """Its values as numbers of levels.

        Parameters
        ----------
        levels : tuple or None
            None takes the column's own levels.

        Returns
        -------
        codes : ndarray of float
            Places in ``levels``, UNKNOWN for others, NaN for missing values.
        levels : tuple
            Sorted.
        """
        values = self.objects()
        try:
            codes, found = pd.factorize(values, use_na_sentinel=True)
        except TypeError as error:
            self._refuse(
                f"lists, or other values that cannot be compared ({error})", _ENCODE
            )
        kinds = self._kinds(found)
        self._check_kinds(kinds, levels)
        found = [_plain(value) for value in found]
        if levels is None:
            levels = tuple(sorted(found))
        places = {level: place for place, level in enumerate(levels)}
        table = np.array([places.get(value, UNKNOWN) for value in found] + [np.nan])
        return table[codes], levels

    def _check_kinds(self, kinds, levels=()):
        other = kinds - {"text", "number", "truth value"}
        if other:
            self._refuse(f"a {sorted(other)[0]}", _ENCODE)
        if "text" in kinds and len(kinds) > 1:
            self._refuse(
                f"texts together with {'s and '.join(sorted(kinds - {'text'}))}s",
                "Make all of them texts, by astype(str), or all of them numbers",
            )
        known = {"text" if isinstance(v, str) else "number" for v in levels or ()}
        kinds = {"text" if kind == "text" else "number" for kind in kinds}
        if known and kinds and known != kinds:
            self._refuse(
                f"{kinds.pop()}s, which were {known.pop()}s in fit",
                "Convert the column as it was there",
            )

    def _kinds(self, values):
        kinds = set(map(type, values[~pd.isna(values)]))
        return {_kind(kind) for kind in kinds}

    def _refuse(self, received, remedy):
        raise ValueError(
            "A column of X must hold numbers, or texts, categories or truth values. "
            f"Received {received} in the column {self.name!r}. {remedy}."
        )


def _array_of(items):
    array = np.empty(len(items), object)
    array[:] = list(items)
    return array


def _kind(cls):
    if issubclass(cls, str):
        return "text"
    if issubclass(cls, (bool, np.bool_)):
        return "truth value"
    return "number" if issubclass(cls, (Real, np.number)) else cls.__name__


def _plain(value):
    """A level as Python's own value; 1, 1.0 and True are one level."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)  # large numbers that name something keep all digits
    # The shortest decimal number: 0.1 of single precision is 0.1.
    return float(str(value)) if isinstance(value, np.floating) else float(value)

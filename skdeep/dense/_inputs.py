"""How dense networks read X: tables, with categories and missing values."""

import contextlib
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import is_regressor
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from skdeep._numbers import plain
from skdeep._rules import is_a, is_count, or_none, require
from skdeep.base._input_checks import count_axes, refuse_data_sets
from skdeep.base._inputs import Inputs
from skdeep.dense._columns import Columns
from skdeep.dense._frames import (
    columns_of,
    find_categories,
    has_other_than_numbers,
    is_frame,
)
from skdeep.encoding import Standardization, accepted_dtypes

# Rows that are encoded at once.
_ROWS_AT_ONCE = 2**14


@dataclass(eq=False)
class Tables(Inputs):
    """Reads tables; errors for other X name the estimators that take it.

    Attributes
    ----------
    categorical_features : str, tuple or None
        The parameter.
    levels : dict of int to tuple
        All levels of each column of categories, by the column's number.
    n_bins : int or None
        The parameter.
    columns : Columns or None
        What the training rows taught. None if they were sparse: then X holds numbers
        only, and none may be missing.
    """

    categorical_features: object = "from_dtype"
    levels: dict = field(default_factory=dict)
    n_bins: int | None = None
    columns: Columns | None = None

    field_rules: ClassVar = {
        "categorical_features": or_none(is_a(str, tuple)),
        "levels": lambda value: (
            isinstance(value, dict)
            and all(_is_count_and_levels(*item) for item in value.items())
        ),
        "n_bins": or_none(is_count),
        "columns": or_none(is_a(Columns)),
    }

    def read(self, estimator, X, y, *, learn):
        _refuse_axes(estimator, X)
        self._read_parameters(estimator, X, learn)
        if learn:
            found = ()
            if count_axes(X) == 2:  # scikit-learn refuses others
                found = find_categories(X, estimator.categorical_features)
            self.levels = dict.fromkeys(np.flatnonzero(found).tolist())
        checks = {
            "multi_output": True,
            "y_numeric": is_regressor(estimator),
            "ensure_all_finite": "allow-nan",
        }
        if self._reads_columns(X):
            validate_data(estimator, X, skip_check_array=True, reset=learn)
            X = self._coded(X, learn)
            return check_X_y(X, y, estimator=estimator, **checks)
        checks["dtype"] = accepted_dtypes(X, estimator._array_dtype)
        with _column_named(X):
            X, y = validate_data(
                estimator, X, y, accept_sparse="csr", reset=learn, **checks
            )
        _refuse_missing_in_sparse(X)
        return X, y

    def _read_parameters(self, estimator, X, learn):
        """Take over the parameters; training that goes on must have the same ones."""
        given = {
            "categorical_features": _as_plain(estimator.categorical_features),
            "n_bins": plain(estimator.n_bins),
        }
        if given["n_bins"] and sparse.issparse(X):
            raise ValueError(
                "A sparse X has no bins. Received n_bins={n_bins!r}. Pass X.toarray(), "
                "or n_bins=None.".format_map(given)
            )
        if learn:
            vars(self).update(given)
            return
        for name, value in given.items():
            fitted = getattr(self, name)
            if value != fitted:
                raise ValueError(
                    f"{type(estimator).__name__} was fitted with {name}={fitted!r}. "
                    f"Received {name}={value!r}. Call fit with warm_start=False to "
                    "start anew."
                )

    def samples(self, estimator, X):
        _refuse_axes(estimator, X)
        if self._reads_columns(X):
            if count_axes(X) != 2:
                check_array(X, dtype=None, estimator=estimator)  # raises
            validate_data(estimator, X, skip_check_array=True, reset=False)
            X = self._coded(X, learn=False)
            return check_array(X, ensure_all_finite="allow-nan", estimator=estimator)
        with _column_named(X):
            X = validate_data(
                estimator,
                X,
                accept_sparse="csr",
                dtype=("float64", "float32"),
                ensure_all_finite="allow-nan",
                reset=False,
            )
        _refuse_missing_in_sparse(X)
        return X

    def encoded(self, X, *, learn):
        if learn:
            is_sparse = sparse.issparse(X)
            self.columns = None
            if not is_sparse:
                self.columns = Columns.of(X, tuple(self.levels), self.n_bins)
        return self.as_rows(X)

    def as_rows(self, samples):
        if self.columns is None:
            if not sparse.issparse(samples) and np.isnan(samples).any():
                raise ValueError(
                    "X must hold numbers only after a fit on a sparse X, which says "
                    "nothing of missing values. Received NaN. Fill them, with "
                    "SimpleImputer for instance."
                )
            return samples
        if sparse.issparse(samples) and not self.columns.keep_all:
            samples = samples.toarray()
        return samples if sparse.issparse(samples) else self.columns.encode(samples)

    def forward(self, network, samples):
        outputs = [
            super(Tables, self).forward(network, self.as_rows(part))
            for part in self.parts(samples)
        ]
        return np.concatenate(outputs) if len(outputs) > 1 else outputs[0]

    def codes_like(self, other):
        """Whether ``samples`` of both gives the same."""
        is_same = (self.columns is None) == (other.columns is None)
        return is_same and self.levels == other.levels

    def parts(self, samples):
        """The samples, in parts if encoding makes them much larger."""
        if self.columns is None or not self.columns.bins or len(samples) == 0:
            return [samples]
        starts = range(0, samples.shape[0], _ROWS_AT_ONCE)
        return [samples[start : start + _ROWS_AT_ONCE] for start in starts]

    def scaling(self, rows, normalize):
        if self.columns is None or self.columns.keep_all or not normalize:
            return super().scaling(rows, normalize)
        # The ones and zeros of marks and levels stay as they are.
        n_scaled, width = self.columns.n_scaled, self.columns.width
        mean, scale, far = np.zeros(width), np.ones(width), False
        if n_scaled:
            learnt = Standardization.of(rows.X[:, :n_scaled], rows.weight)
            mean[:n_scaled], scale[:n_scaled] = learnt.mean, learnt.scale
            far = learnt.far
        return Standardization(mean, scale, far)

    def _reads_columns(self, X):
        """Whether columns are read one by one, as those of a frame with texts are."""
        return bool(self.levels) or has_other_than_numbers(X)

    def _coded(self, X, learn):
        """Numbers, and the codes of levels, of shape (n_samples, n_features)."""
        if sparse.issparse(X):
            raise ValueError(
                "A fit on a table with categories takes tables of the same kind. "
                "Received a sparse X. Pass X.toarray()."
            )
        coded = []
        for number, column in enumerate(columns_of(X)):
            if number not in self.levels:
                coded.append(column.numbers())
                continue
            codes, levels = column.codes(None if learn else self.levels[number])
            if learn:
                self.levels[number] = levels
            coded.append(codes)
        return np.stack(coded, axis=1)

    def names(self, features):
        """Names of the columns that the network takes."""
        if self.columns is None:
            return list(features)
        return self.columns.names(features, self.levels)

    # From files

    def check_stored(self, estimator, shape):
        super().check_stored(estimator, shape)
        require(
            self.columns is not None or not self.levels,
            type(estimator).__name__,
            "_inputs",
            self.levels,
        )
        if self.columns is not None:
            fits = self.columns.is_consistent and self.columns.width == shape[0]
            fits = fits and self.columns.categories == tuple(self.levels)
            fits = fits and all(map(self._has_codes, self.levels, self.columns.levels))
            require(fits, type(estimator).__name__, "_inputs", self.columns)

    def _has_codes(self, number, part):
        return max(part.kept, default=-1) < len(self.levels[number])

    def feature_shape(self, shape):
        if self.columns is None or self.columns.keep_all:
            return shape
        return (self.columns.n_features,)

    def trial_samples(self, estimator):
        if not self.levels and (self.columns is None or self.columns.keep_all):
            return super().trial_samples(estimator)
        import pandas as pd

        row = dict(zip(self.columns.numbers, self.columns.medians, strict=True))
        row |= {n: levels[0] if levels else None for n, levels in self.levels.items()}
        names = vars(estimator).get("feature_names_in_", range(len(row)))
        values = {name: [row[number]] for number, name in enumerate(names)}
        X = pd.DataFrame(values)
        return X if hasattr(estimator, "feature_names_in_") else X.to_numpy(object)


def _as_plain(categorical_features):
    """The parameter as a value that files can hold and == compares."""
    if categorical_features is None or isinstance(categorical_features, str):
        return categorical_features
    return tuple(np.asarray(categorical_features).tolist())


def _is_count_and_levels(number, levels):
    return (
        is_count(number)
        and isinstance(levels, tuple)
        and all(isinstance(level, (str, bool, int, float)) for level in levels)
    )


@contextlib.contextmanager
def _column_named(X):
    """A context in which an error about infinite values of a frame names the column."""
    try:
        yield
    except ValueError as error:
        if "infinity" in str(error) and is_frame(X):
            for column in columns_of(X):
                column.numbers()  # raises the error that names the column
        raise


def _refuse_missing_in_sparse(X):
    if sparse.issparse(X) and np.isnan(X.data).any():
        raise ValueError(
            "A sparse X must not hold missing values. Received NaN. Pass X.toarray(), "
            "or fill them, with SimpleImputer for instance."
        )


def _refuse_axes(estimator, X):
    refuse_data_sets(X)
    n_axes = count_axes(X)
    if n_axes > 2:
        kind = "Regressor" if is_regressor(estimator) else "Classifier"
        raise ValueError(
            f"Found array with dim {n_axes}, while dim <= 2 is required by "
            f"{type(estimator).__name__}. Use Conv{kind} for images and "
            f"Sequence{kind} for sequences, or make rows of them: "
            "X.reshape(len(X), -1)."
        )

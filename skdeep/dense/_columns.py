"""How the columns of a table enter a network: learnt on the training rows alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

from skdeep._rules import (
    is_a,
    is_bool,
    is_different_counts,
    is_number,
    or_none,
    tuple_of,
)
from skdeep.dense._bins import Bins
from skdeep.dense._frames import UNKNOWN

# A level that fewer training rows have shares one column with levels never seen.
_FEWEST_ROWS = 2
# Medians and bins are those of evenly spaced rows where X has more values.
_MOST_MEDIAN_VALUES = 2**22
# The columns of levels make a sparse matrix if they were larger as an array.
_MOST_DENSE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Levels:
    """How one column of categories becomes columns of numbers.

    Attributes
    ----------
    kept : tuple of int
        Codes of the levels that have a column of their own.
    missing : bool
        Whether missing values are a level with a column of its own.
    shared : bool
        Whether there is a column for rare and unknown levels.
    sign : bool
        Whether there are two levels, and one column with -1 and 1.
    """

    kept: tuple
    missing: bool
    shared: bool
    sign: bool

    field_rules: ClassVar = {
        "kept": is_different_counts,
        "missing": is_bool,
        "shared": is_bool,
        "sign": is_bool,
    }

    @classmethod
    def of(cls, codes):
        """The levels of training rows."""
        present = np.isfinite(codes)
        found, counts = np.unique(codes[present], return_counts=True)
        n_missing = len(codes) - int(present.sum())
        frequent = (counts >= _FEWEST_ROWS) & (found != UNKNOWN)
        missing = n_missing >= _FEWEST_ROWS
        shared = not frequent.all() or 0 < n_missing < _FEWEST_ROWS
        kept = tuple(int(code) for code in found[frequent])
        sign = len(kept) == 2 and not shared and not n_missing
        return cls(kept, missing, bool(shared), sign)

    @property
    def _n_places(self):
        return len(self.kept) + self.missing + self.shared

    @property
    def width(self):
        """How many columns it has."""
        return 1 if self.sign else self._n_places

    @property
    def is_consistent(self):
        """Whether the fields fit each other."""
        is_pair = len(self.kept) == 2 and not self.missing and not self.shared
        return is_pair or not self.sign

    def encode(self, codes, dtype, *, is_sparse=False):
        """The columns of numbers, {ndarray, CSR} of shape (n_samples, width)."""
        places = self._places(codes)
        if self.sign:
            return np.array([[-1.0], [1.0], [0.0]], dtype)[places]
        rows = np.flatnonzero(places < self._n_places)
        shape = len(codes), self.width
        if is_sparse:
            ones = np.ones(len(rows), dtype)
            return sparse.csr_matrix((ones, (rows, places[rows])), shape)
        encoded = np.zeros(shape, dtype)
        encoded[rows, places[rows]] = 1
        return encoded

    def _places(self, codes):
        """The column of each row's one; ``_n_places`` for a row without a one."""
        other = self._n_places - self.shared
        n_known = max(self.kept, default=-1) + 1
        # One place for each code, then one for other levels, then one for missing ones.
        table = np.full(n_known + 2, other)
        table[list(self.kept)] = np.arange(len(self.kept))
        table[-1] = len(self.kept) if self.missing else other
        known = (codes >= 0) & (codes < n_known)
        index = np.where(known, codes, n_known + np.isnan(codes))
        return table[index.astype(int)]

    def names(self, feature, levels):
        """Names of its columns."""
        kept = [f"{feature}={levels[code]}" for code in self.kept]
        if self.sign:
            return kept[1:]
        kept += [f"{feature}=(missing)"] * self.missing
        return kept + [f"{feature}=(other)"] * self.shared


@dataclass(frozen=True)
class Columns:
    """How a table of numbers and level codes becomes what the network takes.

    Numbers come first, then their bins, the marks of missing numbers, and categories.

    Attributes
    ----------
    numbers : tuple of int
        Columns of numbers.
    medians : tuple of float
        One for each column of numbers; they stand in for missing numbers.
    marked : tuple of int
        Columns of numbers with a further column that marks missing ones.
    categories : tuple of int
        Columns of level codes.
    levels : tuple of Levels
        One for each column of categories.
    bins : tuple of {Bins, None}
        One for each column of numbers; empty if no column has bins.
    """

    numbers: tuple
    medians: tuple
    marked: tuple
    categories: tuple
    levels: tuple
    bins: tuple = ()

    field_rules: ClassVar = {
        "numbers": is_different_counts,
        "medians": tuple_of(is_number),
        "marked": is_different_counts,
        "categories": is_different_counts,
        "levels": tuple_of(is_a(Levels)),
        "bins": tuple_of(or_none(is_a(Bins))),
    }

    @classmethod
    def of(cls, X, categories, n_bins=None):
        """Learn from training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Numbers and level codes; NaN where one is missing.
        categories : tuple of int
        n_bins : int or None
            For each column of numbers; None for no bins.
        """
        numbers = tuple(n for n in range(X.shape[1]) if n not in set(categories))
        marked = tuple(n for n in _with_missing(X) if n in set(numbers))
        rows = X[:] if categories else X  # a copy of SelectedRows
        levels = tuple(Levels.of(rows[:, number]) for number in categories)
        bins = _bins(X, numbers, n_bins) if n_bins else ()
        medians = tuple(_medians(X, numbers).tolist())
        return cls(numbers, medians, marked, categories, levels, bins)

    @property
    def keep_all(self):
        """Whether columns stay as they are, but for missing numbers."""
        return not self.marked and not self.categories and not self.bins

    @property
    def n_features(self):
        """How many columns the table has."""
        return len(self.numbers) + len(self.categories)

    @property
    def n_scaled(self):
        """How many columns, the first ones, are standardised: numbers and bins."""
        return len(self.numbers) + sum(part.width for part in self.bins if part)

    @property
    def width(self):
        """How many columns the network takes."""
        ones = sum(part.width for part in self.levels)
        return self.n_scaled + len(self.marked) + ones

    @property
    def is_consistent(self):
        """Whether the fields fit each other; those of a file may not."""
        numbers = sorted(self.numbers + self.categories)
        return (
            set(self.marked) <= set(self.numbers)
            and numbers == list(range(self.n_features))
            and len(self.medians) == len(self.numbers)
            and len(self.levels) == len(self.categories)
            and len(self.bins) in (0, len(self.numbers))
            and all(part.is_consistent for part in self.levels)
        )

    def encode(self, X):
        """The columns that the network takes.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)

        Returns
        -------
        encoded : {ndarray, CSR} of shape (n_samples, width)
            Sparse where an array would be large and full of zeros.
        """
        if self.keep_all and not _with_missing(X):
            return X  # not copied: it may be a memory map
        X = X[:]
        numbers, medians = X[:, list(self.numbers)], np.array(self.medians, X.dtype)
        numbers = np.where(np.isnan(numbers), medians, numbers)
        parts = [numbers]
        for values, part in zip(numbers.T, self.bins, strict=False):
            if part:
                parts.append(part.encode(values, X.dtype))
        if self.marked:
            parts.append(np.isnan(X[:, list(self.marked)]).astype(X.dtype))
        n_ones = sum(part.width for part in self.levels)
        is_sparse = len(X) * n_ones * X.itemsize > _MOST_DENSE_BYTES
        is_sparse = is_sparse and n_ones > 4 * X.shape[1]
        for number, part in zip(self.categories, self.levels, strict=True):
            parts.append(part.encode(X[:, number], X.dtype, is_sparse=is_sparse))
        if is_sparse:
            return sparse.hstack(parts, "csr", dtype=X.dtype)
        return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    def names(self, features, levels):
        """Names of the columns that the network takes.

        Parameters
        ----------
        features : sequence of str
        levels : dict of int to tuple
            The levels of columns of categories, by the column's number.
        """
        names = [features[n] for n in self.numbers]
        for number, part in zip(self.numbers, self.bins, strict=False):
            names += part.names(features[number]) if part else []
        names += [f"{features[n]} (missing)" for n in self.marked]
        for number, part in zip(self.categories, self.levels, strict=True):
            names += part.names(features[number], levels[number])
        return names


def _medians(X, numbers):
    """Medians of columns of numbers, NaN left out; zero where all are missing."""
    rows = _spaced_rows(X)
    size = max(1, _MOST_MEDIAN_VALUES // (32 * max(1, len(rows))))
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    medians = [_medians_of(rows[:, list(part)]) for part in parts]
    return np.concatenate(medians) if medians else np.zeros(0)


def _bins(X, numbers, n_bins):
    """Bins of columns of numbers; an empty tuple if no column has bins."""
    rows = _spaced_rows(X)
    bins = tuple(Bins.of(rows[:, number], n_bins) for number in numbers)
    return bins if any(bins) else ()


def _spaced_rows(X):
    """Evenly spaced rows, as many as medians and bins need."""
    n_rows = max(1, _MOST_MEDIAN_VALUES // max(1, X.shape[1]))
    return X[:: -(-X.shape[0] // n_rows)]


def _medians_of(values):
    # In double precision, in which a mean of two numbers cannot overflow.
    values = values.astype(np.float64)
    if not np.isnan(values).any():
        return np.median(values, axis=0)
    empty = np.isnan(values).all(axis=0)
    return np.nanmedian(np.where(empty, 0.0, values), axis=0)


def _with_missing(X):
    """Numbers of the columns with NaN."""
    size = max(1, _MOST_MEDIAN_VALUES // max(1, X.shape[1]))
    found = np.zeros(X.shape[1], bool)
    for start in range(0, X.shape[0], size):
        found |= np.isnan(X[start : start + size]).any(axis=0)
    return np.flatnonzero(found).tolist()

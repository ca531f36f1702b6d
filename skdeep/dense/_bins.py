"""Bins of a column of numbers: a piecewise linear encoding."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep._rules import is_number

# Columns with fewer different numbers, as those of zeros and ones, have no bins.
_FEWEST_NUMBERS = 5


def _is_edges(value):
    are_numbers = isinstance(value, tuple) and all(map(is_number, value))
    return are_numbers and len(value) > 2 and all(np.diff(value) > 0)


@dataclass(frozen=True)
class Bins:
    """How one column of numbers becomes a column for each bin.

    A number's column of a bin below its own holds 1, of a bin above its own 0, and of
    its own bin the share of the bin that it has passed. In the first bin the share may
    be negative, and in the last it may exceed 1. So a network can bend at the edges.
    From Gorishniy et al. (2022), "On Embeddings for Numerical Features in Tabular Deep
    Learning".

    Attributes
    ----------
    edges : tuple of float
        They rise.
    """

    edges: tuple

    field_rules: ClassVar = {"edges": _is_edges}

    @classmethod
    def of(cls, values, n_bins):
        """Bins that about as many of ``values`` lie in; None for a few numbers.

        Parameters
        ----------
        values : ndarray of shape (n_values,)
            NaN for missing numbers, which count for nothing.
        n_bins : int
        """
        precision = np.finfo(values.dtype).eps
        values = values[~np.isnan(values)].astype(np.float64)
        if len(np.unique(values)) < _FEWEST_NUMBERS:
            return None
        edges = np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)))
        with np.errstate(over="ignore"):
            widths = np.diff(edges)
        # Differences below the rounding of the largest number mean nothing.
        rounding = precision * np.abs(edges).max()
        edges = tuple(edges[np.append(True, widths > rounding)].tolist())
        return cls(edges) if len(edges) > 2 and np.isfinite(widths).all() else None

    @property
    def width(self):
        """How many columns they make."""
        return len(self.edges) - 1

    def encode(self, values, dtype):
        """The columns, of shape (n_samples, width), for numbers that are not NaN."""
        lows = np.array(self.edges[:-1])
        floor, ceiling = np.zeros(self.width), np.ones(self.width)
        floor[0], ceiling[-1] = -np.inf, np.inf
        values = values[:, np.newaxis].astype(np.float64)
        with np.errstate(over="ignore"):  # of numbers far outside of the bins
            passed = (values - lows) / np.diff(self.edges)
            return np.clip(passed, floor, ceiling, out=passed).astype(dtype)

    def names(self, feature):
        """Names of the columns."""
        ends = zip(self.edges[:-1], self.edges[1:], strict=True)
        return [f"{feature} ({low:.10g} to {high:.10g})" for low, high in ends]

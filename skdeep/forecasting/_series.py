"""Series as arrays with a regular index, which can be continued."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skdeep._rules import is_a, is_bool


@dataclass(frozen=True)
class Series:
    """Values in the order of time.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns), float64
    index : pandas.Index
        Without gaps.
    columns : pandas.Index
    one : bool
        Whether the data had one axis, so that forecasts have one, too.
    labelled : bool
        Whether the index came with the data.
    """

    values: np.ndarray
    index: pd.Index
    columns: pd.Index
    one: bool
    labelled: bool

    field_rules: ClassVar = {
        "values": is_a(np.ndarray),
        "index": is_a(pd.Index),
        "columns": is_a(pd.Index),
        "one": is_bool,
        "labelled": is_bool,
    }

    @classmethod
    def of(cls, data, name, *, continues=False, finite=True):
        """Check ``data``, which messages call ``name``.

        Parameters
        ----------
        data : array-like, Series or DataFrame
        name : str
        continues : bool
            Whether the rows continue another series; :meth:`extended` checks the index.
        finite : bool
            Whether missing values are refused. Exogenous columns may have some in rows
            that are not used: :meth:`check_rows` checks the others.

        Raises
        ------
        ValueError
            If values are missing or the index has gaps, repeats or is not in the order
            of time.
        """
        labelled = isinstance(data, (pd.Series, pd.DataFrame))
        if isinstance(data, pd.Series):
            frame, one = data.to_frame(), True
        elif isinstance(data, pd.DataFrame):
            frame, one = data, False
        else:
            array = check_array(
                data, ensure_2d=False, ensure_all_finite=False, input_name=name
            )
            frame, one = pd.DataFrame(array), array.ndim == 1
        _check_columns(frame, name)
        values = frame.to_numpy(dtype="float64", copy=True)
        if finite:
            _check_values(values, frame.index, name)
        index = frame.index if continues else _regular(frame.index, name)
        return cls(values, index, frame.columns, one, labelled)

    def __len__(self):
        return len(self.values)

    def rows(self, index):
        """The rows of the slice ``index``."""
        return replace(self, values=self.values[index], index=self.index[index])

    def check_rows(self, rows, name):
        """Refuse missing values in the slice ``rows``."""
        _check_values(self.values[rows], self.index[rows], name)

    def following(self, n_steps):
        """The index of the next steps."""
        return continued(self.index, n_steps)

    def extended(self, other, name):
        """This series with the rows of ``other`` appended.

        Raises
        ------
        ValueError
            If ``other`` does not start right after the end of this series.
        """
        self.check_columns(other, name)
        expected = self.following(len(other))
        if other.labelled and not other.index.equals(expected):
            raise ValueError(
                f"{name} must go on where the series ends, at {expected[0]!r}. "
                f"Received rows from {other.index[0]!r} to {other.index[-1]!r}."
            )
        values = np.concatenate([self.values, other.values])
        return replace(self, values=values, index=self.index.append(expected))

    def check_columns(self, other, name):
        """Refuse ``other`` if its columns or their order differ from this series."""
        same = list(other.columns) == list(self.columns)
        nameless = not other.labelled or (self.one and other.one)
        if not same and not (nameless and len(other.columns) == len(self.columns)):
            raise ValueError(
                f"{name} must have the columns {list(self.columns)}, as in fit. "
                f"Received {list(other.columns)}."
            )

    def side_by_side(self, frames):
        """The frames of all columns as one frame, or the only one as it is."""
        if self.one:
            return frames[0]
        return pd.concat(frames, axis=1, keys=self.columns)

    def like(self, values, index):
        """``values`` of shape (n_rows, n_columns) as a pandas Series or DataFrame."""
        if self.one:
            nameless = isinstance(self.columns, pd.RangeIndex)
            return pd.Series(
                values[:, 0], index, name=None if nameless else self.columns[0]
            )
        return pd.DataFrame(values, index, self.columns)


def aligned(y, X, *, continues=False):
    """``y`` and ``X`` as :class:`Series` of the same rows.

    An array gets the index of the other one.
    """
    y = Series.of(y, "y", continues=continues)
    if X is None:
        return y, None
    X = Series.of(X, "X", continues=continues, finite=False)
    if len(X) == len(y) and not X.labelled:
        X = replace(X, index=y.index, labelled=y.labelled)
    elif len(X) == len(y) and not y.labelled:
        y = replace(y, index=X.index)
    if len(X) != len(y) or (X.labelled and not X.index.equals(y.index)):
        raise ValueError(
            f"X must have the rows of y. Received {len(y)} rows of y from "
            f"{y.index[0]!r} to {y.index[-1]!r} and {len(X)} rows of X from "
            f"{X.index[0]!r} to {X.index[-1]!r}. Use X.reindex(y.index)."
        )
    return y, X


def _check_columns(frame, name):
    if len(frame) == 0:
        raise ValueError(f"{name} must have at least one row. Received none.")
    kinds = [kind for kind in frame.dtypes if not _is_real(kind)]
    if kinds:
        raise ValueError(
            f"{name} must hold real numbers. Received columns of {kinds[0]}. Convert "
            f"them, as with pandas.to_numeric."
        )
    if frame.columns.nlevels > 1 or not frame.columns.is_unique:
        raise ValueError(
            f"The columns of {name} must have different names of one level. Received "
            f"{list(frame.columns)}. Rename them."
        )


def _is_real(kind):
    is_number = pd.api.types.is_numeric_dtype(kind)
    return is_number and not pd.api.types.is_complex_dtype(kind)


def _check_values(values, index, name):
    wrong = ~np.isfinite(values).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"{name} must not contain missing or infinite values: a window over a gap "
            f"would shift what comes after it. Received {wrong.sum()} such rows, the "
            f"first at {index[wrong][0]!r}. Fill them, as with {name}.interpolate() or "
            f"{name}.ffill()."
        )


def _regular(index, name):
    """``index``, with a frequency; refuses one that is not evenly spaced."""
    if isinstance(index, pd.DatetimeIndex):
        return _with_frequency(index, name)
    if isinstance(index, pd.PeriodIndex):
        _check_spacing(index.astype("int64"), index, name, unit=index.freq.n)
        return index
    if pd.api.types.is_integer_dtype(index.dtype):
        _check_spacing(index, index, name)
        return index
    raise ValueError(
        f"The index of {name} must be a DatetimeIndex, a PeriodIndex or integers that "
        f"are evenly spaced. Received {type(index).__name__} of {index.dtype}. Convert "
        "it, as with index.astype(int) or pandas.to_datetime(index), or use "
        "reset_index(drop=True)."
    )


def _check_spacing(numbers, index, name, unit=None):
    numbers = np.asarray(numbers, dtype="int64")
    differences = np.diff(numbers)
    if len(differences) == 0:
        return
    unit = differences[0] if unit is None else unit
    wrong = np.flatnonzero((differences != unit) | (differences <= 0))
    if len(wrong):
        raise _gap(index, wrong[0], name)


def _with_frequency(index, name):
    if index.freq is not None and index.freq.n > 0:
        return index
    frequency = pd.infer_freq(index) if len(index) > 2 else None
    if frequency is not None and index.is_monotonic_increasing:
        return pd.DatetimeIndex(index, freq=frequency)
    if len(index) < 3:
        raise ValueError(
            f"The frequency of {name} cannot be told from {len(index)} rows. Set "
            f"{name}.index.freq."
        )
    raise _gap(index, _first_gap(index), name)


def _first_gap(index):
    """The number of the row before the first gap in the frequency of the first rows."""
    frequency = pd.infer_freq(index[:3])
    if frequency is None:
        return 0 if pd.infer_freq(index[1:4]) is not None else 1
    expected = pd.date_range(index[0], periods=len(index), freq=frequency)
    return max(0, int((expected != index).argmax()) - 1)


def _gap(index, place, name):
    before, after = index[place : place + 2].astype(object)
    return ValueError(
        f"The index of {name} must be in the order of time and evenly spaced. Received "
        f"{after!r} after {before!r}. Fill gaps, as with "
        f"{name}.asfreq(...).interpolate(), or drop repeats and sort."
    )


def continued(index, n_steps):
    """The next ``n_steps`` labels after a regular index."""
    if isinstance(index, pd.DatetimeIndex):
        following = pd.date_range(
            index[-1], periods=n_steps + 1, freq=index.freq, name=index.name
        )
        return following[1:]
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(index[-1] + 1, periods=n_steps, name=index.name)
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    start = int(index[-1]) + step
    return pd.RangeIndex(start, start + n_steps * step, step, name=index.name)

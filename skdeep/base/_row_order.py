"""Whether rows follow each other in time, as far as a pandas index says."""

import numpy as np
import pandas as pd

from skdeep._warn import warn

# Share of steps between rows that skip a single row. In folds of a shuffled split many
# steps do: 9 % of them with ten folds. Weekends, nights and a single cut do not skip
# single rows, and few holidays do.
_MOST_SINGLE_ROWS_OUT = 0.04


def warn_about_gaps(X, y, window):
    """Warn if windows would hold rows that do not follow each other in time.

    Parameters
    ----------
    X, y : object
        Only an index of numbers, dates or periods is looked at. The index of y counts
        if X has none, as after a scaler.
    window : int
    """
    index, name = getattr(X, "index", None), "X"
    if not isinstance(index, pd.Index):
        index, name = getattr(y, "index", None), "y"
    if not isinstance(index, pd.Index) or len(index) < 3:
        return
    has_times = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)
    if not has_times and not pd.api.types.is_any_real_numeric_dtype(index.dtype):
        return
    if index.hasnans:
        return
    is_integer = pd.api.types.is_integer_dtype(index.dtype)
    dtype = "int64" if is_integer else "float64"
    numbers = index.asi8 if has_times else index.to_numpy(dtype=dtype)
    steps = np.diff(numbers)
    if (steps < 0).any():
        row = int(np.argmax(steps < 0))
        problem = f"has {index[row + 1]!r} after {index[row]!r}"
    elif _lacks_single_rows(steps):
        problem = "lacks single rows all over"
    else:
        return
    warn(
        f"window={window} makes windows of rows that follow each other in the order of "
        f"time. The index of {name} {problem}, as after shuffling: windows would hold "
        "rows that were never neighbours. Use TimeSeriesSplit, KFold without shuffle "
        "or train_test_split(shuffle=False). If the rows are in order, reset the index "
        f"with {name}.reset_index(drop=True).",
    )


def _lacks_single_rows(steps):
    """Whether many steps are about twice the usual one."""
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    if not len(sizes):
        return False
    in_usual = steps / sizes[counts.argmax()]
    return np.mean((in_usual > 1.75) & (in_usual < 2.25)) > _MOST_SINGLE_ROWS_OUT

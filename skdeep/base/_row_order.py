"""Whether rows are neighbours, as far as a pandas index tells."""

import numpy as np
import pandas as pd

from skdeep._warn import warn

# Of all steps from a row to the next one. Folds of a shuffled split leave out single
# rows: 9 % of the steps of ten folds go over one. Weekends, nights and a single cut do
# not look so, and few holidays do.
_MOST_SINGLE_ROWS_OUT = 0.04


def warn_about_gaps(X, y, window):
    """Warn where windows would be made of rows that were never neighbours.

    Parameters
    ----------
    X, y : object
        Only an index of numbers, dates or periods tells anything. That of y counts
        where X has none, as behind a scaler.
    window : int
    """
    index, name = getattr(X, "index", None), "X"
    if not isinstance(index, pd.Index):
        index, name = getattr(y, "index", None), "y"
    if not isinstance(index, pd.Index) or len(index) < 3:
        return
    times = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)
    if not times and not pd.api.types.is_any_real_numeric_dtype(index.dtype):
        return
    if index.hasnans:
        return
    integers = pd.api.types.is_integer_dtype(index.dtype)
    dtype = "int64" if integers else "float64"
    numbers = index.asi8 if times else index.to_numpy(dtype=dtype)
    steps = np.diff(numbers)
    if (steps < 0).any():
        place = int(np.argmax(steps < 0))
        what = f"has {index[place + 1]!r} after {index[place]!r}"
    elif _lacks_single_rows(steps):
        what = "lacks single rows all over"
    else:
        return
    warn(
        f"window={window} makes windows of rows that follow each other in the order of "
        f"time. The index of {name} {what}, as after shuffling: windows would hold "
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

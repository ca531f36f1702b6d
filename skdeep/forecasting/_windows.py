"""Windows of a series, and the values that follow each window."""

from numbers import Integral

import numpy as np
import pandas as pd

from skdeep._compat import validate_params
from skdeep._numbers import Interval, plain

_POSITIVE = [Interval(Integral, 1, None, closed="left")]


@validate_params(
    {"window": _POSITIVE, "horizon": _POSITIVE, "stride": _POSITIVE},
    prefer_skip_nested_validation=True,
)
def rolling_windows(series, window, horizon=1, stride=1, exog=None):
    """Cut a series into windows, with the values that follow each of them.

    Parameters
    ----------
    series : array-like, Series or DataFrame of shape (n_rows,) or (n_rows, n_series)
        In the order of time.
    window : int
        Rows of each window.
    horizon : int, default=1
        How many of the rows after a window are its target.
    stride : int, default=1
        Rows between the starts of two windows.
    exog : array-like of shape (n_rows,) or (n_rows, n_exog), default=None
        More channels for the windows; not among the targets.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_windows, window) or ndarray of shape \
(n_windows, window, n_channels)
        One series without ``exog`` gives two axes, everything else three. A pandas
        Series gives a DataFrame, whose rows have the label of the first row of their
        target. Without ``exog`` the values are a read-only view of the series.
    y : ndarray, Series or DataFrame of shape (n_windows,), (n_windows, horizon) or \
ndarray of shape (n_windows, horizon, n_series)
        The targets, without the axis ``horizon`` where it is 1. They have a pandas
        index if the series has one and they have at most two axes.

    Raises
    ------
    ValueError
        If the series is too short, or ``exog`` is of another length or, for pandas
        objects, has another index.

    See Also
    --------
    Forecaster : Forecasts of series with any regressor.
    SequenceRegressor : Its parameter ``window`` takes a series as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> from skdeep import rolling_windows
    >>> sales = pd.Series([3.0, 4.0, 5.0, 6.0], index=[2021, 2022, 2023, 2024])
    >>> X, y = rolling_windows(sales, window=2)
    >>> X
          lag_2  lag_1
    2023    3.0    4.0
    2024    4.0    5.0
    >>> y
    2023    5.0
    2024    6.0
    dtype: float64
    """
    window, horizon, stride = map(plain, (window, horizon, stride))
    values = np.asarray(series)
    if values.ndim not in (1, 2):
        raise ValueError(
            "series must have shape (n_rows,) or (n_rows, n_series). Received shape "
            f"{values.shape}. Reshape it."
        )
    if len(values) < window + horizon:
        raise ValueError(
            f"A window of {window} rows and a horizon of {horizon} need at least "
            f"{window + horizon} rows. Received {len(values)}. Shorten them."
        )
    channels = values if exog is None else _with_exog(series, values, exog)
    # The last rows of the series are targets only, the first ones inputs only.
    X = _windows(channels[: len(values) - horizon], window)[::stride]
    y = _windows(values[window:], horizon)[::stride]
    y = y[:, 0] if horizon == 1 else y
    index = _labels(series, window, len(y), stride)
    columns = _steps(horizon) if values.ndim == 1 else getattr(series, "columns", None)
    return _labelled(X, index, _lags(window)), _labelled(y, index, columns)


def _windows(values, length):
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(windows, -1, 1)


def _with_exog(series, values, exog):
    both_labelled = all(
        isinstance(p, (pd.Series, pd.DataFrame)) for p in (series, exog)
    )
    if both_labelled and not series.index.equals(exog.index):
        raise ValueError(
            "exog must have the index of the series. Received another one. Use "
            "exog.reindex(series.index)."
        )
    columns = np.asarray(exog)
    if columns.ndim not in (1, 2) or len(columns) != len(values):
        raise ValueError(
            f"exog must have shape (n_rows,) or (n_rows, n_exog) and the {len(values)} "
            f"rows of the series. Received shape {columns.shape}. Reshape it."
        )
    return np.column_stack([values, columns])


def _labels(series, window, n_windows, stride):
    if not isinstance(series, (pd.Series, pd.DataFrame)):
        return None
    return series.index[window : window + (n_windows - 1) * stride + 1 : stride]


def _labelled(array, index, columns):
    if index is None or array.ndim > 2:
        return array
    if array.ndim == 1:
        return pd.Series(array, index, copy=False)
    return pd.DataFrame(array, index, columns, copy=False)


def _lags(window):
    return [f"lag_{lag}" for lag in range(window, 0, -1)]


def _steps(horizon):
    return [f"step_{step}" for step in range(1, horizon + 1)]

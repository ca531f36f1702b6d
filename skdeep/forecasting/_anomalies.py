"""Anomalies: rows with larger forecast errors than held-out rows have."""

import itertools
import math

import numpy as np
import pandas as pd

from skdeep._warn import warn
from skdeep.forecasting._hindsight import nearest_forecasts

# Held-out errors come from this many blocks of training rows. Each block is predicted
# by regressors that are fitted on the rows before it.
_N_BLOCKS = 5
# The first block begins at this share of the rows: the rows before it train.
_FIRST_SHARE = 1 / 3


def anomalies(model, y, X, quantile, backtest):
    """See :meth:`Forecaster.detect_anomalies`; ``y`` and ``X`` are :class:`Series`."""
    predicted, steps = nearest_forecasts(model, y, X)
    if backtest is None:
        limits = _thresholds(_held_out_errors(model, steps.max()), quantile)
    else:
        limits = backtest.half_widths(steps.max(), quantile)
    limits = limits[np.maximum(steps, 1) - 1]
    residual = y.values - predicted
    frames = [
        pd.DataFrame(
            {
                "actual": y.values[:, column],
                "predicted": predicted[:, column],
                "residual": residual[:, column],
                "threshold": limits[:, column],
                "anomaly": np.abs(residual[:, column]) > limits[:, column],
            },
            index=y.index,
        )
        for column in range(limits.shape[1])
    ]
    return frames[0] if y.one else pd.concat(frames, axis=1, keys=y.columns)


def _held_out_errors(model, n_steps):
    """Absolute errors of forecasts of training rows that were held out.

    Parameters
    ----------
    model : Forecaster
        Fitted. Clones of its regressors are fitted on earlier rows.
    n_steps : int

    Returns
    -------
    errors : list of ndarray of shape (n_errors, n_series)
        One array for each step. Rows of weight zero are left out.
    """
    y, X, weight = model._training_rows()
    supervised, n_rows = model._supervised_, len(y)
    least = supervised.first_origin + supervised.horizon + 1
    first = max(least, int(n_rows * _FIRST_SHARE))
    if first >= n_rows:
        raise ValueError(
            "Thresholds for anomalies come from forecasts of rows of fit that are "
            f"made from the {least} or more rows before them. Received {n_rows} rows "
            "in fit. Fit on more rows, or pass a backtest."
        )
    bounds = np.unique(np.linspace(first, n_rows, _N_BLOCKS + 1).astype(int))
    errors = [[] for _ in range(n_steps)]
    for start, stop in itertools.pairwise(bounds):
        rows = slice(start)
        refitted = model._refitted(y.rows(rows), X and X.rows(rows), weight[rows])
        for step in range(1, n_steps + 1):
            block = _errors(refitted, y, X, np.arange(start, stop), step)
            kept = weight[start : start + len(block)] > 0
            errors[step - 1].append(block[kept])
    return [np.concatenate(blocks) for blocks in errors]


def _errors(model, y, X, rows, step):
    """Absolute errors of one step, of the rows whose exogenous rows are known."""
    origins = rows - step
    if X is not None:
        reach = model._supervised_.future_rows(step)
        origins = origins[origins + reach < len(X)]
    if not len(origins):
        return np.empty((0, y.values.shape[1]))
    paths = model._point_paths(y.values, X, origins, step)
    return np.abs(y.values[rows[: len(origins)]] - paths[:, -1])


def _thresholds(errors, quantile):
    """The quantile of the errors, for each step and series.

    Parameters
    ----------
    errors : list of ndarray of shape (n_errors, n_series)
    quantile : float

    Returns
    -------
    thresholds : ndarray of shape (n_steps, n_series)
    """
    fewest = min(map(len, errors))
    if not fewest:
        raise ValueError(
            "Thresholds for anomalies need rows of fit whose errors count. Received "
            "none: give sample_weight above zero to later rows, fit on "
            "more rows, or pass a backtest."
        )
    if math.ceil((fewest + 1) * quantile - 1e-9) > fewest:
        warn(
            f"quantile={quantile} needs {math.ceil(quantile / (1 - quantile) - 1e-9)} "
            f"errors on rows that were held out. There are {fewest}, so the threshold "
            f"is the largest of them, which about one usual row in {fewest + 1} "
            f"exceeds. Fit on more rows, or set quantile={fewest / (fewest + 1):.3g}.",
        )
    thresholds = []
    for step_errors in errors:
        n_errors = len(step_errors)
        rank = min(math.ceil((n_errors + 1) * quantile - 1e-9), n_errors)
        thresholds.append(np.sort(step_errors, axis=0)[rank - 1])
    return np.array(thresholds)

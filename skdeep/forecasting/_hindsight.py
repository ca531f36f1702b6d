"""Forecasts of rows whose values are known, for scores and for anomalies."""

from dataclasses import replace

import numpy as np


def forecasts_of_rows(model, y, X, start):
    """Forecasts of the rows from ``start`` on, ``horizon`` rows from each origin.

    Parameters
    ----------
    model : Forecaster
        Fitted.
    y, X : Series or None
        All rows, also the rows before ``start``.
    start : int

    Returns
    -------
    forecasts : ndarray of shape (n_rows - start, n_series)
    """
    horizon, n_rows = model._settings["horizon"], len(y)
    _check_past(model, start, n_rows)
    # Up to `stop` there are forecasts of `horizon` steps; the last one may be shorter.
    stop = start + (n_rows - start) // horizon * horizon
    origins = np.arange(start - 1, stop - 1, horizon)
    parts = []
    if len(origins):
        paths = model._point_paths(y.values, X, origins, horizon)
        parts.append(paths.reshape(stop - start, -1))
    if stop < n_rows:
        parts.append(_last_forecasts(model, y, X, n_rows - stop))
    return np.concatenate(parts)


def _last_forecasts(model, y, X, steps):
    """Forecasts of the last rows, from the latest origin whose exogenous rows exist."""
    origin = len(y) - 1 - steps
    earlier = 0
    if X is not None:
        needed = origin + model._supervised_.future_rows(steps)
        earlier = max(0, needed - (len(X) - 1))
    path = model._point_paths(
        y.values, X, np.array([origin - earlier]), earlier + steps
    )
    return path[0, earlier:]


def _check_past(model, start, n_rows):
    reach = max(1, model._supervised_.future_rows(1))
    before = model._supervised_.first_origin + 1
    if start < before or n_rows < before + reach:
        raise ValueError(
            f"The forecast of a row needs at least {before} rows before it, and "
            f"{before + reach} rows in all. Received {n_rows} rows, of which "
            f"{n_rows - start} are to be predicted. Pass more rows."
        )


def nearest_forecasts(model, y, X):
    """The forecast of each row from the nearest possible origin, mostly the row before.

    A direct forecast of several steps sees exogenous rows as late as its last step. For
    the newest rows these exogenous rows are still to come. So the newest rows are later
    steps of the last forecast that can be made.

    Parameters
    ----------
    model : Forecaster
        Fitted.
    y, X : Series or None

    Returns
    -------
    predicted : ndarray of shape (n_rows, n_series)
        NaN for the first rows, which have no full window before them.
    steps : ndarray of int of shape (n_rows,)
        The distance of each row from the origin of its forecast; 0 without a forecast.
    """
    supervised = model._supervised_
    reach, first = max(1, supervised.future_rows(1)), supervised.first_origin
    last = len(y) - 1 - reach
    if last < first:
        raise ValueError(
            f"The forecaster needs {first + 1 + reach} rows to judge one of them. "
            f"Received {len(y)}. Pass the rows before them, too."
        )
    predicted = np.full(y.values.shape, np.nan)
    steps = np.zeros(len(y), dtype=int)
    origins = np.arange(first, last)
    if len(origins):
        predicted[origins + 1] = model._point_paths(y.values, X, origins, 1)[:, 0]
        steps[origins + 1] = 1
    path = model._point_paths(y.values, X, np.array([last]), reach)
    predicted[last + 1 :] = path[0]
    steps[last + 1 :] = np.arange(1, reach + 1)
    return predicted, steps


def with_rows_before(model, y, X):
    """Rows to score, after the known rows before them.

    Parameters
    ----------
    model : Forecaster
        Fitted.
    y, X : Series or None

    Returns
    -------
    y, X : Series or None
        All rows.
    n_before : int
        How many known rows come first.
    """
    n_before = _n_rows_before(model, y)
    y = _appended(model._y, n_before, y, "y")
    return y, X and _appended(model._X, n_before, X, "X"), n_before


def _n_rows_before(model, y):
    """How many of the known rows come before ``y``."""
    known = model._y
    if not y.labelled:
        repeats = len(y) == model._n_taught and np.array_equal(
            y.values, known.values[: len(y)]
        )
        return 0 if repeats else len(known)
    first = known.index.get_indexer(y.index[:1])[0]  # -1: not among the known rows
    following = known.following(1)[0]
    if first < 0 and y.index[0] != following:
        raise ValueError(
            "score takes rows that follow those that the forecaster knows, from "
            f"{following!r} on, or are among them. Received rows from "
            f"{y.index[0]!r} to {y.index[-1]!r}. In a search use "
            "cv=TimeSeriesSplit(...), without a gap."
        )
    return len(known) if first < 0 else int(first)


def _appended(known, n_before, rows, name):
    """The first ``n_before`` of the known rows, then ``rows``, as a :class:`Series`."""
    if n_before == 0:
        return replace(rows, index=known.index[:0].append(rows.index))
    return known.rows(slice(n_before)).extended(rows, name)

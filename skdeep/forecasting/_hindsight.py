"""What earlier rows say about rows that are known: for scores and for anomalies."""

import numpy as np


def forecasts_of_rows(model, y, X, start):
    """Forecasts of the rows from ``start`` on, ``horizon`` rows from each origin.

    Parameters
    ----------
    model : Forecaster
        Fitted.
    y, X : Series or None
        All rows, those before ``start`` among them.
    start : int

    Returns
    -------
    forecasts : ndarray of shape (n_rows - start, n_series)
    """
    horizon, n_rows = model._settings["horizon"], len(y)
    _check_past(model, start, n_rows)
    whole = start + (n_rows - start) // horizon * horizon
    origins = np.arange(start - 1, whole - 1, horizon)
    parts = []
    if len(origins):
        paths = model._point_paths(y.values, X, origins, horizon)
        parts.append(paths.reshape(whole - start, -1))
    if whole < n_rows:
        parts.append(_last_forecasts(model, y, X, n_rows - whole))
    return np.concatenate(parts)


def _last_forecasts(model, y, X, steps):
    """Of the last rows, from as near before them as exogenous rows are known."""
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
    """What the rows before it say about each row: one step before, where that is known.

    A direct forecast of several steps sees exogenous rows as late as its last step. Of
    the newest rows these are still to come, so that they are later steps of the newest
    forecast that can be made.

    Parameters
    ----------
    model : Forecaster
        Fitted.
    y, X : Series or None

    Returns
    -------
    predicted : ndarray of shape (n_rows, n_series)
        NaN for the first rows, which have no whole window before them.
    steps : ndarray of int of shape (n_rows,)
        How far each row is from the origin of its forecast; 0 where there is none.
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
    near = np.arange(first, last)
    if len(near):
        predicted[near + 1] = model._point_paths(y.values, X, near, 1)[:, 0]
        steps[near + 1] = 1
    path = model._point_paths(y.values, X, np.array([last]), reach)
    predicted[last + 1 :] = path[0]
    steps[last + 1 :] = np.arange(1, reach + 1)
    return predicted, steps

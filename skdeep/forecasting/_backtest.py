"""Backtests: forecasts from earlier rows, compared with the actual values."""

import html
import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, check_cv

from skdeep._numbers import is_integer, plain

# Columns of `Backtest.forecasts`.
_METHODS = "forecast", "naive", "seasonal naive"
_MEASURES = "MAE", "RMSE", "MASE", "sMAPE"


@dataclass(frozen=True, repr=False)
class Backtest:
    """Forecasts from several origins, the actual values, and the errors.

    Attributes
    ----------
    forecasts : DataFrame
        A row per origin, step and series: ``origin`` (the label of the last known
        row), ``step``, ``series``, ``actual``, ``forecast``, ``naive`` (the last
        known value) and, with a ``seasonal_period``, ``seasonal naive`` (the value of
        the last season). The index is the time of the step.
    errors : DataFrame
        ``MAE``, ``RMSE``, ``MASE`` and ``sMAPE`` (in per cent) of the forecast, the
        naive and the seasonal naive forecast. There is a row per step (and series,
        where there are several) and one over all steps. MASE divides by the mean
        absolute error of the seasonal naive forecast on the rows up to the origin,
        or of the naive one without a ``seasonal_period`` (Hyndman and Koehler, 2006,
        "Another look at measures of forecast accuracy").

    See Also
    --------
    skdeep.Forecaster.backtest : Makes it.
    skdeep.ForecastDisplay.from_backtest : Draws it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from skdeep import Forecaster
    >>> wave = np.sin(np.arange(60.0))
    >>> backtest = Forecaster(LinearRegression(), window=4).backtest(wave, cv=3)
    >>> bool(backtest.errors.loc["all", ("forecast", "MAE")] < 0.001)
    True
    """

    forecasts: pd.DataFrame
    errors: pd.DataFrame

    def __repr__(self):
        lines = [
            f"{self._title()}.",
            "",
            self._overview().to_string(float_format=_short),
        ]
        return "\n".join([*lines, "", "More in .errors (by step) and .forecasts."])

    def _repr_html_(self):
        table = self._overview().to_html(float_format=_short, border=0)
        return f"<p>{html.escape(self._title())}</p>{table}"

    def _title(self):
        n_series = self.forecasts["series"].nunique()
        steps, origins = int(self.forecasts["step"].max()), self.forecasts["origin"]
        several = f" of {n_series} series" if n_series > 1 else ""
        return (
            f"Backtest{several}: {origins.nunique()} forecasts of up to {steps} "
            f"step{'s' * (steps > 1)}, from {origins.iloc[0]} to {origins.iloc[-1]}"
        )

    def _overview(self):
        """The errors over all steps, a row for each forecasting method."""
        if self.errors.index.nlevels == 1:
            return self._table(self.errors.loc["all"])
        over_all_steps = self.errors.xs("all", level="step")
        tables = {name: self._table(row) for name, row in over_all_steps.iterrows()}
        return pd.concat(tables)

    def _table(self, row):
        return row.unstack()[list(_MEASURES)].reindex(self._methods)

    @property
    def _methods(self):
        return [name for name in _METHODS if name in self.forecasts]

    def half_widths(self, steps, coverage):
        """Half the width of intervals that held this share of the actual values.

        Parameters
        ----------
        steps : int
            For how many steps ahead, at most the horizon of the forecasts.
        coverage : float
            The share, between 0 and 1.

        Returns
        -------
        widths : ndarray of shape (steps, n_series)
            In the units of the series.

        Raises
        ------
        ValueError
            If ``coverage`` is not between 0 and 1.
        """
        if not isinstance(coverage, Real) or not 0 < coverage < 1:
            raise ValueError(
                f"coverage must lie between 0 and 1. Received coverage={coverage!r}."
            )
        residuals = (self.forecasts["actual"] - self.forecasts["forecast"]).abs()
        series = self.forecasts["series"]
        names = series.unique()
        widths = np.empty((steps, len(names)))
        for step in range(1, steps + 1):
            for column, name in enumerate(names):
                chosen = (self.forecasts["step"] == step) & (series == name)
                widths[step - 1, column] = _quantile(residuals[chosen], coverage, step)
        return widths


def _short(number):
    return f"{number:.4g}"


def _quantile(residuals, coverage, step):
    """The conformal quantile: a new exchangeable residual is below it this often."""
    coverage = plain(coverage)
    rank = math.ceil((len(residuals) + 1) * coverage - 1e-9)
    if rank > len(residuals):
        needed = math.ceil(coverage / (1 - coverage) - 1e-9)
        raise ValueError(
            f"coverage={coverage} needs at least {needed} forecasts of step {step} in "
            f"the backtest. Received {len(residuals)}. Use more folds, as with "
            f"cv=TimeSeriesSplit({needed}, test_size=...), or a lower coverage."
        )
    return np.sort(residuals)[rank - 1]


def backtest(forecaster, y, X, weight, *, cv, refit):
    """See :meth:`Forecaster.backtest`; ``y`` and ``X`` are :class:`Series`."""
    horizon = plain(forecaster.horizon)
    if cv is None or is_integer(cv):
        cv = TimeSeriesSplit(plain(cv) or 5, test_size=horizon)
    cv = check_cv(cv)
    model, tables = None, []
    for train, test in cv.split(y.values):
        _check_order(train, test)
        if model is None or refit:
            rows = slice(train[0], train[-1] + 1)
            known = None if weight is None else weight[rows]
            model = clone(forecaster)
            model._learn(y.rows(rows), X and X.rows(rows), known)
        for start in range(test[0], test[-1] + 1, horizon):
            steps = min(horizon, test[-1] + 1 - start)
            tables.append(_forecasts(model, y, X, start - 1, steps))
    forecasts = pd.concat(tables)
    return Backtest(forecasts.drop(columns="unit"), _errors(forecasts, y.one))


def _check_order(train, test):
    in_order = (np.diff(train) == 1).all() and (np.diff(test) == 1).all()
    if not in_order or train[-1] >= test[0]:
        raise ValueError(
            "cv must give rows in the order of time, the training rows before the "
            f"others. Received training rows from {train.min()} to {train.max()} and "
            f"test rows from {test.min()} to {test.max()}. Use TimeSeriesSplit."
        )


def _forecasts(model, y, X, origin, steps):
    """The forecast, the naive and the seasonal naive forecast from one origin."""
    period = plain(model.seasonal_period)
    rows = origin + np.arange(1, steps + 1)
    known = y.values[: origin + 1]
    exog = X and _known_exog(model, X, origin, steps)
    path = model._point_paths(known, exog, np.array([origin]), steps)[0]
    n_series = path.shape[1]
    table = {
        "origin": np.repeat(y.index[[origin]], steps * n_series),
        "step": np.repeat(np.arange(1, steps + 1), n_series),
        "series": np.tile(np.asarray(y.columns, dtype=object), steps),
        "actual": y.values[rows].ravel(),
        "forecast": path.ravel(),
        "naive": np.tile(known[-1], steps),
    }
    lag = 1 if period is None else period
    if period is not None:
        _check_season(origin, period)
        season = known[-period:][np.arange(steps) % period]
        table["seasonal naive"] = season.ravel()
    unit = np.abs(known[lag:] - known[:-lag]).mean(axis=0)
    table["unit"] = np.tile(unit, steps)
    return pd.DataFrame(table, index=np.repeat(y.index[rows], n_series))


def _known_exog(model, X, origin, steps):
    needed = origin + 1 + model._supervised_.future_rows(steps)
    if needed > len(X):
        raise ValueError(
            f"The forecast of horizon={model.horizon} steps from row {origin} needs "
            f"{needed} rows of X. Received {len(X)}. Let cv give folds of a multiple "
            "of the horizon, or use exog_lags of at least the horizon."
        )
    return X.rows(slice(needed))


def _check_season(origin, period):
    if origin < period:
        raise ValueError(
            f"seasonal_period={period} needs more than {period} rows before the first "
            f"forecast. Received {origin + 1}. Use a cv with fewer folds."
        )


def _errors(forecasts, one):
    """Errors by step, and over all steps; ``one`` says that there is one series."""
    if not one:
        groups = forecasts.groupby("series", sort=False)
        tables = {name: _errors(rows, True) for name, rows in groups}
        return pd.concat(tables, names=["series"])
    tables = {}
    for name in _METHODS:
        if name in forecasts:
            rows = {step: _measures(g, name) for step, g in forecasts.groupby("step")}
            rows["all"] = _measures(forecasts, name)
            tables[name] = pd.DataFrame(rows).T
    return pd.concat(tables, axis=1).rename_axis(index="step")


def _measures(rows, name):
    error = (rows["actual"] - rows[name]).abs()
    size = rows["actual"].abs() + rows[name].abs()
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = (2 * error / size).where(size > 0, 0.0)
    return pd.Series(
        {
            "MAE": error.mean(),
            "RMSE": np.sqrt((error**2).mean()),
            "MASE": (error / rows["unit"]).mean(),
            "sMAPE": 100 * relative.mean(),
        }
    )


def check_backtest(backtest, y):
    """Refuse a backtest that is not one of the series ``y``."""
    if not isinstance(backtest, Backtest):
        raise TypeError(
            "backtest must be what Forecaster.backtest returns. Received "
            f"{type(backtest).__name__}."
        )
    names = list(backtest.forecasts["series"].unique())
    if len(names) != len(y.columns) or not (y.one or names == list(y.columns)):
        raise ValueError(
            f"The backtest must be of the series that the forecaster was fitted on, "
            f"{list(y.columns)}. Received one of {names}."
        )

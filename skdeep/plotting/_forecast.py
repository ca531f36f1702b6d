"""ForecastDisplay: a series, forecasts of it and their intervals."""

from itertools import zip_longest

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import check_matplotlib_support
from skdeep.forecasting import Backtest, Forecaster
from skdeep.plotting._axes import COLORS, add_legend, grid_of_axes


class ForecastDisplay:
    """A series, forecasts of it and the intervals around them.

    Several series are drawn one below the other. Make it with :meth:`from_forecaster`
    or :meth:`from_backtest`.

    Parameters
    ----------
    series : DataFrame of shape (n_rows, n_series)
        The actual values.
    forecasts : list of DataFrame of shape (n_steps, n_series)
        One for each origin of a forecast.
    intervals : dict, default=None
        By label, pairs of DataFrames: the lower and the upper bounds.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_series,)
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        For each series the line of actual values, then the forecasts.
    bands_ : list of matplotlib FillBetweenPolyCollection
        The intervals. An interval of a single step is a LineCollection.

    See Also
    --------
    Forecaster : Forecasts of series with any regressor.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skdeep import ForecastDisplay, Forecaster
    >>> series = np.sin(np.arange(60) / 3)
    >>> forecaster = Forecaster(Ridge(1e-3), window=12, horizon=6).fit(series)
    >>> display = ForecastDisplay.from_forecaster(forecaster)
    >>> display.forecasts[0].shape
    (6, 1)
    """

    def __init__(self, series, forecasts, *, intervals=None):
        self.series = series
        self.forecasts = forecasts
        self.intervals = intervals

    @classmethod
    def from_forecaster(
        cls,
        forecaster,
        *,
        steps=None,
        X=None,
        backtest=None,
        coverage=0.9,
        ax=None,
        n_last=None,
        line_kw=None,
    ):
        """Draw the series and the forecast after its end.

        With ``quantiles`` the forecast is the median, and the other quantiles are
        bands.

        Parameters
        ----------
        forecaster : Forecaster
            Fitted.
        steps, X : object, default=None
            See :meth:`skdeep.Forecaster.predict`.
        backtest : Backtest, default=None
            For an interval, see :meth:`skdeep.Forecaster.predict_interval`.
        coverage : float, default=0.9
            The coverage of the interval.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        n_last : int, default=None
            See :meth:`plot`.
        line_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : ForecastDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_forecaster")
        _check_type(forecaster, Forecaster, "forecaster")
        check_is_fitted(forecaster)
        known = forecaster._y
        series = pd.DataFrame(known.values, known.index, known.columns)
        forecast = forecaster.predict(steps, X)
        intervals = {}
        if forecaster._settings["quantiles"] is not None:
            tables = [forecast] if known.one else [forecast[n] for n in series.columns]
            forecast, intervals = _bands(tables, series.columns)
        else:
            forecast = pd.DataFrame(np.asarray(forecast), forecast.index)
            forecast.columns = series.columns
        if backtest is not None:
            table = forecaster.predict_interval(backtest, steps, X, coverage=coverage)
            sides = [_side(table, name, series.columns) for name in ("lower", "upper")]
            intervals[f"{100 * coverage:g} % interval"] = tuple(sides)
        return cls(series, [forecast], intervals=intervals).plot(
            ax=ax, n_last=n_last, line_kw=line_kw
        )

    @classmethod
    def from_backtest(cls, backtest, *, y=None, ax=None, n_last=None, line_kw=None):
        """Draw the forecasts of a backtest over the actual values.

        Parameters
        ----------
        backtest : Backtest
            From :meth:`skdeep.Forecaster.backtest`.
        y : Series or DataFrame, default=None
            The whole series, with the index and the columns of the backtest. None draws
            only the rows that were predicted.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        n_last : int, default=None
            See :meth:`plot`.
        line_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : ForecastDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_backtest")
        _check_type(backtest, Backtest, "backtest")
        rows = backtest.forecasts
        names = list(rows["series"].unique())
        if y is None:
            tables = rows.groupby("series", sort=False)["actual"]
            columns = [group[~group.index.duplicated()] for _, group in tables]
            series = pd.concat(columns, axis=1, keys=names)
        else:
            series = _checked_series(y, names, rows.index)
        forecasts = [
            pd.concat(
                [group.loc[group["series"] == name, "forecast"] for name in names],
                axis=1,
                keys=names,
            )
            for _, group in rows.groupby("origin", sort=False)
        ]
        return cls(series, forecasts).plot(ax=ax, n_last=n_last, line_kw=line_kw)

    def plot(self, *, ax=None, n_last=None, line_kw=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided where there are several series; None makes a figure.
        n_last : int, default=None
            How many of the last rows of the series to draw; None draws all.
        line_kw : dict, default=None
            For matplotlib's ``plot`` of the forecasts.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        if n_last is not None and n_last < 1:
            raise ValueError(f"n_last must be at least 1. Received n_last={n_last}.")
        names = list(self.series.columns)
        self.axes_, cell = grid_of_axes(ax, len(names), 1, size=(8.0, 3.5), legend=True)
        self.figure_ = self.axes_[0].figure
        self.lines_, self.bands_ = [], []
        series = self.series if n_last is None else self.series.iloc[-n_last:]
        for column, series_ax in enumerate(self.axes_):
            self._draw(series_ax, column, series, normalize_kwargs(line_kw, Line2D))
            _format_dates(series_ax, series.index)
            series_ax.set_ylabel(_axis_label(names, column))
        self.axes_[-1].set_xlabel(str(series.index.name or "Time"))
        add_legend(self.axes_[0], ax is None, cell)
        return self

    def _draw(self, ax, column, series, options):
        past = {"color": "0.25", "linewidth": 1.2, "label": "series"}
        self.lines_ += ax.plot(_times(series), series.iloc[:, column], **past)
        shown = [f[f.index >= series.index[0]] for f in self.forecasts]
        shown = [forecast for forecast in shown if len(forecast)]
        # All forecasts have one colour: each is known by where it leaves the series.
        width = 1.6 if len(shown) == 1 else 1.3
        look = {"color": COLORS[2], "linewidth": width, "zorder": 3, **options}
        for number, forecast in enumerate(shown):
            label = "forecasts" if len(shown) > 1 else "forecast"
            label = label if number == 0 else None
            curve = _with_origin(series.iloc[:, [column]], forecast.iloc[:, [column]])
            # Markers for the steps of the forecast, not for the origin.
            steps = range(len(curve) - len(forecast), len(curve))
            marker = "." if len(forecast) < 40 else ""
            style = {"marker": marker, "markevery": list(steps), **look}
            line = ax.plot(_times(curve), curve.iloc[:, 0], label=label, **style)
            self.lines_ += line
        for number, (label, sides) in enumerate((self.intervals or {}).items()):
            lower, upper = (side.iloc[:, column] for side in sides)
            alpha = 0.2 + 0.15 * number
            band = {"color": COLORS[2], "alpha": alpha, "label": label}
            sides = [
                _with_origin(series.iloc[:, [column]], side.to_frame())
                for side in (lower, upper)
            ]
            times = _times(sides[0])
            if len(times) == 1:  # fill_between needs two points
                self.bands_.append(ax.vlines(times, lower, upper, linewidth=8, **band))
            else:
                bounds = [side.iloc[:, 0] for side in sides]
                filled = ax.fill_between(times, *bounds, linewidth=0, **band)
                self.bands_.append(filled)


def _with_origin(series, forecast):
    """``forecast`` after the last row of ``series`` before it, if there is one."""
    before = series[series.index < forecast.index[0]].iloc[-1:]
    return pd.concat([before.set_axis(forecast.columns, axis=1), forecast])


def _check_type(value, kind, name):
    if not isinstance(value, kind):
        raise TypeError(
            f"{name} must be a {kind.__name__} of skdeep. Received {value!r}."
        )


def _axis_label(names, column):
    if isinstance(names[column], str):
        return names[column]
    return "Value" if len(names) == 1 else f"Series {names[column]}"


def _times(frame):
    """The index in a form that matplotlib can draw."""
    has_periods = isinstance(frame.index, pd.PeriodIndex)
    return frame.index.to_timestamp() if has_periods else frame.index


def _format_dates(ax, index):
    """Short dates, which do not overlap."""
    from matplotlib.dates import ConciseDateFormatter

    if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex):
        formatter = ConciseDateFormatter(ax.xaxis.get_major_locator())
        ax.xaxis.set_major_formatter(formatter)


def _bands(tables, columns):
    """The median, and bands between pairs of quantiles, the widest first."""
    quantiles = sorted(tables[0].columns)
    lower = [q for q in quantiles if q < 0.5]
    upper = [q for q in reversed(quantiles) if q > 0.5]
    sides = zip_longest(lower, upper, fillvalue=0.5)

    def frame(quantile):
        return pd.concat([t[quantile] for t in tables], axis=1, keys=columns)

    bands = {f"quantiles {a:g} to {b:g}": (frame(a), frame(b)) for a, b in sides}
    return frame(0.5), bands


def _side(table, name, columns):
    if table.columns.nlevels == 1:
        return table[[name]].set_axis(columns, axis=1)
    return table.xs(name, axis=1, level=-1)[list(columns)]


def _checked_series(y, names, times):
    """``y`` as a DataFrame with the columns of the backtest.

    The columns of an array are taken to be in the order of the backtest's.
    """
    frame = y if isinstance(y, pd.DataFrame) else pd.DataFrame(y)
    if isinstance(y, pd.DataFrame):
        fits = set(names) <= set(y.columns)
    else:
        fits = frame.shape[1] == len(names)
    if not fits:
        raise ValueError(
            f"y must be the series of the backtest, {names}. Received {frame.shape[1]} "
            f"columns, {list(frame.columns)}. Pass the y of the backtest."
        )
    if not times.isin(frame.index).any():
        raise ValueError(
            f"y must have the index of the backtest, whose forecasts go from "
            f"{times[0]} to {times[-1]}. Received an index from {frame.index[0]} to "
            f"{frame.index[-1]}. Pass the y of the backtest, a Series or DataFrame."
        )
    if isinstance(y, pd.DataFrame):
        return y[names]
    return frame.set_axis(names, axis=1)

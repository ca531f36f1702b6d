"""Windows of a series as samples of a regressor, and its predictions as a series."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils import get_tags

from skdeep._numbers import is_integer, plain
from skdeep._rules import is_bool, is_size, is_vector, tuple_of
from skdeep.forecasting._quantiles import check_quantiles


@dataclass(frozen=True)
class Supervised:
    """How samples are cut from a series.

    The sample of an origin, the last row that is known, is the window of (differenced)
    rows that ends at the origin, and rows of the exogenous columns at fixed distances
    from the origin. A recursive forecast moves the origin.

    Attributes
    ----------
    window : int
    horizon : int
        Number of steps that the regressor predicts at once.
    offsets : tuple of int
        Distances of the exogenous rows from the origin, in ascending order.
    filter : ndarray of shape (n_lags + 1,)
        Differencing: ``sum(filter[k] * y[t - k])``.
    scaled : bool
        Whether each window is standardised with its own mean and standard deviation.
    panel : bool
        Whether samples have the shape (window, channels), not (n_features,).
    """

    window: int
    horizon: int
    offsets: tuple
    filter: np.ndarray
    scaled: bool
    panel: bool

    field_rules: ClassVar = {
        "window": is_size,
        "horizon": is_size,
        "offsets": tuple_of(is_integer),
        "filter": is_vector,
        "scaled": is_bool,
        "panel": is_bool,
    }

    @property
    def n_lags(self):
        """How many rows back differencing reaches."""
        return len(self.filter) - 1

    @property
    def first_origin(self):
        """The first row with a full window and all exogenous rows before it."""
        return max(self.window - 1 + self.n_lags, *self._past_of_exog(), 0)

    def _past_of_exog(self):
        # Each step of a panel's window has its own exogenous rows.
        reach = self.window - 1 if self.panel else 0
        return [reach - offset for offset in self.offsets]

    def future_rows(self, n_steps):
        """How many exogenous rows after the origin a forecast of ``n_steps`` needs."""
        moves = max(0, n_steps - self.horizon)
        return max(0, moves + self.offsets[-1]) if self.offsets else 0

    def exog_rows(self, origins, n_steps):
        """The slice of exogenous rows that forecasts from these origins see."""
        last = origins[-1] + self.offsets[-1] + max(0, n_steps - self.horizon)
        return slice(origins[0] - max(self._past_of_exog()), last + 1)

    def origins(self, n_rows):
        """The origins of all training samples."""
        return np.arange(self.first_origin, n_rows - self.horizon)

    def samples(self, y, exog):
        """Training samples and targets, for every origin that has both.

        Parameters
        ----------
        y : ndarray of shape (n_rows, n_series)
        exog : ndarray of shape (n_rows, n_exog) or None

        Returns
        -------
        X : ndarray of shape (n_samples, n_features) or (n_samples, window, n_channels)
        Y : ndarray of shape (n_samples, horizon * n_series)
            The steps of a horizon one after the other.
        """
        origins = self.origins(len(y))
        differenced = self._differenced(y)
        windows = self._windows(differenced, origins)
        level, scale = self._level_and_scale(windows)
        steps = origins[:, None] + np.arange(1, self.horizon + 1)
        targets = (differenced[steps - self.n_lags] - level) / scale
        X = self._with_exog((windows - level) / scale, exog, origins)
        return X, targets.reshape(len(origins), -1)

    def forecasts(self, predict, y, exog, origins, n_steps):
        """Forecasts from each origin, which see the rows up to the origin only.

        Parameters
        ----------
        predict : callable
            The regressor's method.
        y : ndarray of shape (n_rows, n_series)
        exog : ndarray of shape (n_rows, n_exog) or None
            It may have more rows than ``y``, for the future.
        origins : ndarray of int of shape (n_origins,)
        n_steps : int

        Returns
        -------
        values : ndarray of shape (n_origins, n_steps, n_series)
        """
        n_series = y.shape[1]
        windows = self._windows(self._differenced(y), origins)
        predicted = np.empty((len(origins), 0, n_series))
        while predicted.shape[1] < n_steps:
            seen = np.concatenate([windows, predicted], axis=1)[:, -self.window :]
            level, scale = self._level_and_scale(seen)
            moved_origins = origins + predicted.shape[1]
            X = self._with_exog((seen - level) / scale, exog, moved_origins)
            steps = np.asarray(predict(X)).reshape(len(origins), -1, n_series)
            predicted = np.concatenate([predicted, steps * scale + level], axis=1)
        return self._undifferenced(predicted[:, :n_steps], y, origins)

    @property
    def sums_steps(self):
        """Whether undoing the differences adds up steps of one horizon."""
        return bool(self.filter[1 : self.horizon].any())

    def _differenced(self, y):
        n_rows = len(y) - self.n_lags
        lags = self._nonzero_lags
        parts = (self.filter[k] * y[self.n_lags - k :][:n_rows] for k in lags)
        return sum(parts, np.zeros((n_rows, y.shape[1])))

    @property
    def _nonzero_lags(self):
        # A seasonal difference leaves most of the filter zero.
        return np.flatnonzero(self.filter)

    def _windows(self, differenced, origins):
        rows = origins[:, None] - self.n_lags + np.arange(1 - self.window, 1)
        return differenced[rows]

    def _level_and_scale(self, windows):
        """Mean and standard deviation of each window, 0 and 1 if it is not scaled."""
        if not self.scaled:
            return 0.0, 1.0
        level = windows.mean(axis=1, keepdims=True)
        scale = windows.std(axis=1, keepdims=True)
        noise = 10 * np.finfo(scale.dtype).eps * np.abs(level)
        return level, np.where(scale > noise, scale, 1.0)

    def _undifferenced(self, steps, y, origins):
        """The values whose differences are ``steps``."""
        if self.n_lags == 0:
            return steps
        past = y[origins[:, None] + np.arange(1 - self.n_lags, 1)]
        for step in range(steps.shape[1]):
            known = sum(self.filter[k] * past[:, -k] for k in self._nonzero_lags[1:])
            new = steps[:, step] - known
            past = np.concatenate([past, new[:, None]], axis=1)
        return past[:, self.n_lags :]

    def _with_exog(self, windows, exog, origins):
        """Windows joined with exogenous rows, in the shape that the regressor takes."""
        if self.panel:
            parts = [windows]
            rows = origins[:, None] + np.arange(1 - self.window, 1)
            parts += [exog[rows + offset] for offset in self.offsets]
            return np.concatenate(parts, axis=2)
        parts = [windows.reshape(len(windows), -1)]
        parts += [exog[origins + offset] for offset in self.offsets]
        return np.concatenate(parts, axis=1)


def supervised_by(forecaster, has_exog):
    """How samples are cut, by the parameters of a :class:`Forecaster`."""
    if forecaster.seasonal_difference and forecaster.seasonal_period is None:
        raise ValueError(
            f"seasonal_difference={forecaster.seasonal_difference} needs a "
            "seasonal_period. Received None. Set it to the rows of a season."
        )
    if getattr(forecaster.estimator, "return_sequences", False):
        raise ValueError(
            "A forecast has one target for a whole window. Received "
            f"{forecaster.estimator!r}. Set its return_sequences to False."
        )
    horizon = plain(forecaster.horizon) if forecaster.strategy == "direct" else 1
    offsets = _offsets(forecaster, horizon)
    supervised = Supervised(
        window=plain(forecaster.window),
        horizon=horizon,
        offsets=offsets if has_exog else (),
        filter=_differencing(
            plain(forecaster.difference),
            plain(forecaster.seasonal_difference),
            plain(forecaster.seasonal_period),
        ),
        scaled=forecaster.scaling == "window",
        panel=get_tags(forecaster.estimator).input_tags.three_d_array,
    )
    if forecaster.quantiles is not None:
        check_quantiles(
            forecaster.quantiles, forecaster.strategy, supervised.sums_steps
        )
    return supervised


def _offsets(forecaster, horizon):
    """Distances of the exogenous rows from the origin."""
    for lag in forecaster.exog_lags:
        if not is_integer(lag) or lag < 0:
            raise ValueError(
                "exog_lags must hold integers from 0, rows before the predicted "
                f"step. Received exog_lags={forecaster.exog_lags!r}."
            )
    lags = [plain(lag) for lag in forecaster.exog_lags]
    steps = range(1, horizon + 1)
    return tuple(sorted({step - lag for step in steps for lag in lags}))


def _differencing(difference, seasonal_difference, period):
    """The filter of repeated differences, the seasonal ones at a lag of ``period``."""
    kernel = np.ones(1)
    for _ in range(difference):
        kernel = np.convolve(kernel, [1.0, -1.0])
    for _ in range(seasonal_difference):
        kernel = np.convolve(kernel, [1.0, *[0.0] * (period - 1), -1.0])
    return kernel

"""A series as samples of a regressor, and predictions as a series."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Supervised:
    """What a regressor is given at an origin, the last row that is known.

    It sees the window of (differenced) rows that ends at the origin, and rows of the
    exogenous columns at fixed distances from it. A recursive forecast moves the origin.

    Attributes
    ----------
    window : int
    horizon : int
        Steps that the regressor predicts at once.
    offsets : tuple of int
        Distances from the origin of the exogenous rows, in order.
    filter : ndarray of shape (n_lags + 1,)
        Differencing: ``sum(filter[k] * y[t - k])``.
    scaled : bool
        Whether each window is in units of its own mean and standard deviation.
    panel : bool
        Whether samples have the shape (window, channels), not one axis.
    """

    window: int
    horizon: int
    offsets: tuple
    filter: np.ndarray
    scaled: bool
    panel: bool

    @property
    def n_lags(self):
        """Rows that differencing looks back."""
        return len(self.filter) - 1

    @property
    def first_origin(self):
        """The first row with a whole past."""
        return max(self.window - 1 + self.n_lags, *self._past_of_exog(), 0)

    def _past_of_exog(self):
        # A panel has the exogenous rows of every step of the window.
        reach = self.window - 1 if self.panel else 0
        return [reach - offset for offset in self.offsets]

    def future_rows(self, n_steps):
        """How many exogenous rows after the origin so many steps need."""
        moves = max(0, n_steps - self.horizon)
        return max(0, moves + self.offsets[-1]) if self.offsets else 0

    def exog_rows(self, origins, n_steps):
        """The exogenous rows that forecasts from these origins see, as a slice."""
        last = origins[-1] + self.offsets[-1] + max(0, n_steps - self.horizon)
        return slice(origins[0] - max(self._past_of_exog()), last + 1)

    def origins(self, n_rows):
        """Of all training samples."""
        return np.arange(self.first_origin, n_rows - self.horizon)

    def samples(self, y, exog):
        """Training samples and targets: of every origin that has both.

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
        level, scale = self._units(windows)
        steps = origins[:, None] + np.arange(1, self.horizon + 1)
        targets = (differenced[steps - self.n_lags] - level) / scale
        X = self._joined((windows - level) / scale, exog, origins)
        return X, targets.reshape(len(origins), -1)

    def forecasts(self, predict, y, exog, origins, n_steps):
        """What follows each origin, from the rows up to it.

        Parameters
        ----------
        predict : callable
            Of the regressor.
        y : ndarray of shape (n_rows, n_series)
        exog : ndarray of shape (n_rows, n_exog) or None
            Its rows may go on after those of ``y``.
        origins : ndarray of int of shape (n_origins,)
        n_steps : int

        Returns
        -------
        values : ndarray of shape (n_origins, n_steps, n_series)
        """
        n_series = y.shape[1]
        windows = self._windows(self._differenced(y), origins)
        found = np.empty((len(origins), 0, n_series))
        while found.shape[1] < n_steps:
            seen = np.concatenate([windows, found], axis=1)[:, -self.window :]
            level, scale = self._units(seen)
            moved = origins + found.shape[1]
            X = self._joined((seen - level) / scale, exog, moved)
            steps = np.asarray(predict(X)).reshape(len(origins), -1, n_series)
            found = np.concatenate([found, steps * scale + level], axis=1)
        return self._undone(found[:, :n_steps], y, origins)

    # Windows

    @property
    def feeds_back(self):
        """Whether a step of a horizon is made from those before it."""
        return bool(self.filter[1 : self.horizon].any())

    def _differenced(self, y):
        n_rows = len(y) - self.n_lags
        parts = (self.filter[k] * y[self.n_lags - k :][:n_rows] for k in self._lags)
        return sum(parts, np.zeros((n_rows, y.shape[1])))

    @property
    def _lags(self):
        """Those that count: a season leaves most of the filter empty."""
        return np.flatnonzero(self.filter)

    def _windows(self, differenced, origins):
        rows = origins[:, None] - self.n_lags + np.arange(1 - self.window, 1)
        return differenced[rows]

    def _units(self, windows):
        """Mean and standard deviation of each window."""
        if not self.scaled:
            return 0.0, 1.0
        level = windows.mean(axis=1, keepdims=True)
        scale = windows.std(axis=1, keepdims=True)
        noise = 10 * np.finfo(scale.dtype).eps * np.abs(level)
        return level, np.where(scale > noise, scale, 1.0)

    def _undone(self, steps, y, origins):
        """The values whose differences are ``steps``."""
        if self.n_lags == 0:
            return steps
        past = y[origins[:, None] + np.arange(1 - self.n_lags, 1)]
        for step in range(steps.shape[1]):
            known = sum(self.filter[k] * past[:, -k] for k in self._lags[1:])
            new = steps[:, step] - known
            past = np.concatenate([past, new[:, None]], axis=1)
        return past[:, self.n_lags :]

    def _joined(self, windows, exog, origins):
        if self.panel:
            parts = [windows]
            rows = origins[:, None] + np.arange(1 - self.window, 1)
            parts += [exog[rows + offset] for offset in self.offsets]
            return np.concatenate(parts, axis=2)
        parts = [windows.reshape(len(windows), -1)]
        parts += [exog[origins + offset] for offset in self.offsets]
        return np.concatenate(parts, axis=1)


def differencing(difference, seasonal_difference, period):
    """The filter of repeated differences, the seasonal ones at a lag of ``period``."""
    kernel = np.ones(1)
    for _ in range(difference):
        kernel = np.convolve(kernel, [1.0, -1.0])
    for _ in range(seasonal_difference):
        kernel = np.convolve(kernel, [1.0, *[0.0] * (period - 1), -1.0])
    return kernel

"""Forecasts of series with any regressor."""

import copy
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.metrics import r2_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import _fit_context
from skdeep._numbers import is_integer, plain
from skdeep._rules import require
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.forecasting._anomalies import anomalies
from skdeep.forecasting._backtest import backtest, check_backtest
from skdeep.forecasting._hindsight import forecasts_of_rows, with_rows_before
from skdeep.forecasting._parameter_table import FITTED, FORECASTER
from skdeep.forecasting._quantiles import for_quantile
from skdeep.forecasting._series import Series, aligned
from skdeep.forecasting._supervised import Supervised, supervised_by
from skdeep.forecasting._weights import row_weights, weight_params

_SETTINGS = "horizon", "strategy", "quantiles", "exog_lags"


@documented(
    parameters=(FORECASTER,),
    attributes=(FITTED,),
)
class Forecaster(Parameters, MetaEstimatorMixin, Stored, BaseEstimator):
    """Forecasts of one series, or of several at once, with any regressor.

    The regressor learns the steps that follow windows of the series. A window ends at
    the origin of the forecast, the last row that is known. Exogenous columns with a lag
    shorter than the horizon reach beyond the origin: :meth:`predict` asks for their
    future rows.

    See Also
    --------
    skdeep.rolling_windows : Windows alone.
    sklearn.model_selection.TimeSeriesSplit : Folds for :meth:`backtest`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from skdeep import Forecaster
    >>> months = pd.period_range("2020-01", periods=60, freq="M")
    >>> sales = pd.Series(np.sin(np.arange(60) * np.pi / 6), months)
    >>> forecaster = Forecaster(Ridge(1e-6), window=12, horizon=3).fit(sales)
    >>> forecaster.predict().round(2)
    2025-01    0.00
    2025-02    0.50
    2025-03    0.87
    Freq: M, dtype: float64
    """

    _stored_types = Series, Supervised
    _stored_attributes = None
    # Pickles of versions that took no sample_weight lack these attributes.
    _n_taught = _weight = None

    def __init__(
        self,
        estimator,
        window=12,
        horizon=1,
        *,
        strategy="direct",
        exog_lags=(0,),
        difference=0,
        seasonal_difference=0,
        seasonal_period=None,
        scaling=None,
        quantiles=None,
    ):
        store_parameters(self, locals())

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, y, X=None, sample_weight=None):
        """Learn the steps that follow windows of ``y``.

        Parameters
        ----------
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_series)
            The series, in the order of time, without gaps.
        X : Series, DataFrame or array-like of shape (n_rows, n_exog), default=None
            Exogenous columns, in the same rows. Values may be missing in rows that no
            forecast sees, such as the first ones.
        sample_weight : array-like of shape (n_rows,), default=None
            How much the forecast of each row counts. A forecast of several rows counts
            as much as the rows do on average. Rows of weight zero still stand in the
            windows of later rows.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If values are missing, the index has gaps or the series is too short.
        """
        y, X = aligned(y, X)
        return self._learn(y, X, row_weights(sample_weight, y))

    def _learn(self, y, X, weight=None):
        """:meth:`fit` on checked series."""
        supervised = supervised_by(self, has_exog=X is not None)
        needed = supervised.first_origin + supervised.horizon + 1
        if len(y) < needed:
            raise ValueError(
                f"window={self.window}, horizon={self.horizon} and the lags of "
                f"differences and exogenous columns need at least {needed} rows. "
                f"Received {len(y)}. Shorten one of them."
            )
        self._supervised_, self._weight = supervised, weight
        self._y, self._X, self._n_taught = y, X, len(y)
        # Copied: predictions do not change when a parameter is set after fit.
        self._settings = {name: plain(getattr(self, name)) for name in _SETTINGS}
        self._fit_regressors(self._unfitted_regressors(), y, X, weight)
        return self

    def _fit_regressors(self, regressors, y, X, weight):
        """Fit the regressors, one per quantile."""
        supervised = self._supervised_
        origins = supervised.origins(len(y))
        if X is not None:
            X.check_rows(supervised.exog_rows(origins, supervised.horizon), "X")
        samples, targets = supervised.samples(y.values, X and X.values)
        if weight is not None:
            steps = origins[:, None] + np.arange(1, supervised.horizon + 1)
            weight = weight[steps].mean(axis=1)
        self.estimators_ = []
        # Many regressors take the targets of one output as a vector only.
        Y = targets[:, 0] if targets.shape[1] == 1 else targets
        for regressor in regressors:
            params = weight_params(regressor, weight)
            wrapped = _multi_output(regressor, targets)
            self.estimators_.append(wrapped.fit(samples, Y, **params))
        self.n_features_in_ = int(np.prod(samples.shape[1:]))

    def _training_rows(self):
        """The rows of :meth:`fit`, and a weight for each."""
        n_rows = self._n_taught or len(self._y)
        rows = slice(n_rows)
        weight = np.ones(n_rows) if self._weight is None else self._weight
        return self._y.rows(rows), self._X and self._X.rows(rows), weight

    def _refitted(self, y, X, weight):
        """A copy whose regressors are fitted on these rows."""
        other = copy.copy(self)
        regressors = [_without_multi_output(fitted) for fitted in self.estimators_]
        weight = None if self._weight is None else weight
        other._fit_regressors(list(map(clone, regressors)), y, X, weight)
        return other

    def _unfitted_regressors(self):
        if self.quantiles is None:
            return [clone(self.estimator)]
        return [for_quantile(self.estimator, q) for q in self.quantiles]

    def update(self, y, X=None):
        """Add rows that have become known, without training.

        Parameters
        ----------
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_series)
            The rows that follow those of :meth:`fit`.
        X : Series, DataFrame or array-like of shape (n_rows, n_exog), default=None
            Exogenous columns, in the same rows.

        Returns
        -------
        self : object
            The forecaster, whose forecasts start after these rows.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If rows do not follow the known ones, values are missing, or X is not as in
            ``fit``.
        """
        check_is_fitted(self)
        y, X = aligned(y, X, continues=True)
        self._check_exog(X)
        longer = self._y.extended(y, "y")
        self._X = X and self._X.extended(X, "X")
        self._y = longer
        return self

    def _check_exog(self, X):
        if (X is None) != (self._X is None):
            fitted, now = ("with", "none") if X is None else ("without", "some")
            raise ValueError(
                f"The forecaster was fitted {fitted} exogenous columns. Received X "
                f"with {now}. Pass X to all calls, or to none."
            )

    def predict(self, steps=None, X=None):
        """Forecast what follows the series.

        Parameters
        ----------
        steps : int, default=None
            Number of steps; None means ``horizon``. With ``strategy="direct"`` at most
            ``horizon``.
        X : Series, DataFrame or array-like of shape (n_future, n_exog), default=None
            Exogenous columns of the predicted rows, as far as ``exog_lags`` reach.

        Returns
        -------
        forecast : Series or DataFrame
            Its index continues the index of the series. With ``quantiles`` there is a
            column for each quantile, below the name of the series where there are
            several series.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``steps`` is not valid, or X is missing or has too few rows.
        """
        check_is_fitted(self)
        steps = self._n_steps(steps)
        exog = self._with_future(X, steps)
        origins = np.array([len(self._y) - 1])
        values = self._quantile_paths(self._y.values, exog, origins, steps)[:, 0]
        index = self._y.following(steps)
        quantiles = self._settings["quantiles"]
        if quantiles is None:
            return self._y.like(values[0], index)
        frames = [
            pd.DataFrame(values[:, :, column].T, index, list(quantiles))
            for column in range(values.shape[2])
        ]
        return self._y.side_by_side(frames)

    def predict_interval(self, backtest, steps=None, X=None, *, coverage=0.9):
        """Forecast with intervals whose widths come from the errors of a backtest.

        Split conformal prediction (Lei et al., 2018, "Distribution-Free Predictive
        Inference for Regression") with the absolute errors of each step. It supposes
        that future errors are like the errors of the backtest.

        Parameters
        ----------
        backtest : Backtest
            From :meth:`backtest` of this forecaster.
        steps, X : object, default=None
            As in :meth:`predict`; at most as many steps as the backtest has.
        coverage : float, default=0.9
            Share of the values that shall lie within their intervals, in (0, 1).

        Returns
        -------
        intervals : DataFrame
            Columns ``forecast``, ``lower`` and ``upper``, below the name of the series
            where there are several series.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If the backtest is of another series or has fewer steps, or if another
            argument is not valid.
        """
        check_is_fitted(self)
        steps = self._n_steps(steps)
        check_backtest(backtest, self._y)
        half = backtest.half_widths(steps, coverage)
        forecast = self.predict(steps, X)
        if self._settings["quantiles"] is not None:
            forecast = self._median(forecast)
        forecast = forecast.to_frame() if self._y.one else forecast
        frames = [
            pd.DataFrame(
                {
                    "forecast": column,
                    "lower": column - half[:, number],
                    "upper": column + half[:, number],
                }
            )
            for number, (_, column) in enumerate(forecast.items())
        ]
        return self._y.side_by_side(frames)

    def _median(self, forecast):
        if self._y.one:
            return forecast[0.5].rename(self._y.columns[0])
        return forecast.xs(0.5, axis=1, level=-1)

    def score(self, y, X=None, sample_weight=None):
        """The coefficient of determination (R2) of forecasts of ``y``.

        The rows follow those of :meth:`fit`, as a test fold of ``TimeSeriesSplit``
        follows its training rows. They are predicted ``horizon`` rows at a time, each
        time from all rows before, as :meth:`backtest` does. For another measure give a
        search ``scoring=lambda forecaster, y, X=None: ...``.

        Parameters
        ----------
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_series)
            The actual values. They may also be rows of :meth:`fit`, which their index
            tells, or for an array the same values as in :meth:`fit`. Rows without a
            full window before them do not count then.
        X : Series, DataFrame or array-like of shape (n_rows, n_exog), default=None
            Exogenous columns, in the same rows. A forecast that would see rows after
            them is made from an earlier row.
        sample_weight : array-like of shape (n_rows,), default=None
            How much each row counts.

        Returns
        -------
        score : float
            At most 1. Of several series it is the mean.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If values are missing, or rows and columns do not fit those of ``fit``.
        """
        check_is_fitted(self)
        y, X = aligned(y, X, continues=True)
        self._check_exog(X)
        weight = row_weights(sample_weight, y)
        all_rows, exog, n_before = with_rows_before(self, y, X)
        start = max(n_before, 0 if n_before else self._supervised_.first_origin + 1)
        forecasts = forecasts_of_rows(self, all_rows, exog, start)
        weight = None if weight is None else weight[start - n_before :]
        return r2_score(all_rows.values[start:], forecasts, sample_weight=weight)

    def backtest(self, y, X=None, *, cv=None, refit=True, sample_weight=None):
        """Errors of forecasts that are made from earlier rows only.

        Parameters
        ----------
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_series)
            The series.
        X : Series, DataFrame or array-like of shape (n_rows, n_exog), default=None
            Exogenous columns. Future rows that a forecast needs are taken from here.
        cv : int, splitter or iterable, default=None
            A splitter such as ``TimeSeriesSplit``. A number is a ``TimeSeriesSplit``
            with this many folds of ``horizon`` test rows; None means five folds. Longer
            folds are predicted ``horizon`` rows at a time, each time from all rows
            before, including the rows of a gap.
        refit : bool, default=True
            Whether each fold trains a forecaster. False trains one on the first fold,
            which predicts all folds.
        sample_weight : array-like of shape (n_rows,), default=None
            As in :meth:`fit`, for the training of each fold.

        Returns
        -------
        result : Backtest
            Errors per step beside the naive and the seasonal naive forecast.

        Raises
        ------
        ValueError
            If a parameter or ``cv`` is not valid, values are missing, the index has
            gaps, or a fold is too short.
        """
        self._validate_params()
        y, X = aligned(y, X)
        weight = row_weights(sample_weight, y)
        return backtest(self, y, X, weight, cv=cv, refit=refit)

    def detect_anomalies(self, y, X=None, *, quantile=0.99, backtest=None):
        """Find rows whose forecast error is larger than usual.

        Usual errors are measured on held-out rows, because errors on training rows are
        too small. Without a ``backtest`` the last two thirds of the rows of :meth:`fit`
        are held out in five blocks. Each block is predicted by regressors that are
        fitted on the rows before it: that takes five fits.

        Parameters
        ----------
        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_series)
            A series; the series of :meth:`fit`, too. Its first rows have no full window
            before them and are not judged.
        X : Series, DataFrame or array-like of shape (n_rows, n_exog), default=None
            Exogenous columns, in the same rows.
        quantile : float, default=0.99
            Share of the held-out rows whose errors count as usual, in (0, 1). About
            ``1 - quantile`` of similar new rows are flagged.
        backtest : Backtest, default=None
            From :meth:`backtest` of this forecaster. The thresholds are the quantiles
            of its absolute errors, step by step.

        Returns
        -------
        rows : DataFrame
            Columns ``actual``, ``predicted``, ``residual``, ``threshold`` and
            ``anomaly`` for each row of ``y``, below the name of the series where there
            are several series. Each row is predicted from the row before it. A direct
            forecast may see exogenous rows after its first step; then the newest rows
            are later steps of one forecast, and have the thresholds of these steps.

        Raises
        ------
        ValueError
            If there are too few rows for a forecast, or for a threshold.
        """
        check_is_fitted(self)
        if not isinstance(quantile, Real) or not 0 < quantile < 1:
            raise ValueError(
                f"quantile must lie between 0 and 1. Received quantile={quantile!r}."
            )
        y, X = aligned(y, X)
        self._check_exog(X)
        self._y.check_columns(y, "y")
        if X is not None:
            self._X.check_columns(X, "X")
        if backtest is not None:
            check_backtest(backtest, self._y)
        return anomalies(self, y, X, plain(quantile), backtest)

    def _check_stored(self):
        self._validate_params()
        if "estimators_" not in vars(self):
            return
        series, exog, supervised = self._y, self._X, self._supervised_
        require(
            type(supervised) is Supervised, "Forecaster", "_supervised_", supervised
        )
        require(type(series) is Series, "Forecaster", "_y", series)
        require(exog is None or type(exog) is Series, "Forecaster", "_X", exog)
        for part in (series, exog):
            if part is not None:
                shape = len(part.index), len(part.columns)
                require(part.values.shape == shape, "Forecaster", "series", part)
        finite = np.isfinite(series.values).all()
        require(finite, "Forecaster", "_y", series)
        if exog is None:
            self.predict()
            return
        needed = supervised.future_rows(self._n_steps(None))
        future = np.repeat(exog.values[-1:], max(needed, 1), axis=0)
        self.predict(X=future if needed else None)

    def _n_steps(self, steps):
        horizon = self._settings["horizon"]
        steps = horizon if steps is None else steps
        if not is_integer(steps) or steps < 1:
            raise ValueError(f"steps must be a positive integer. Received {steps!r}.")
        if self._settings["strategy"] == "direct" and steps > horizon:
            raise ValueError(
                f"strategy='direct' predicts at most horizon={horizon} steps. "
                f"Received steps={steps}. Raise horizon, or use strategy='recursive'."
            )
        return int(steps)

    def _with_future(self, X, steps):
        """The exogenous columns, future rows included."""
        if self._X is None:
            if X is not None:
                self._check_exog(X)
            return None
        needed = self._supervised_.future_rows(steps)
        given = 0 if X is None else len(X)
        if given < needed:
            lags = self._settings["exog_lags"]
            raise ValueError(
                f"exog_lags={lags!r} and steps={steps} need {needed} rows of "
                f"X after the series. Received {given}. Pass them as X, or use lags of "
                "at least the horizon."
            )
        if needed == 0:
            return self._X
        # Rows further ahead are not used, and may hold missing values.
        future = Series.of(X[:needed], "X", continues=True, finite=False)
        return self._X.extended(future, "X")

    def _quantile_paths(self, y, X, origins, steps):
        """Forecasts of all quantiles from each origin.

        Returns
        -------
        paths : ndarray of shape (n_quantiles, n_origins, steps, n_series)
            Without ``quantiles`` the first axis has one entry, the point forecast.
        """
        exog = X and X.values
        if X is not None:
            X.check_rows(self._supervised_.exog_rows(origins, steps), "X")
        paths = [
            self._supervised_.forecasts(fitted.predict, y, exog, origins, steps)
            for fitted in self.estimators_
        ]
        quantiles = self._settings["quantiles"]
        if quantiles is None:
            return np.stack(paths)
        # Quantiles of separate fits may cross (Chernozhukov et al., 2010,
        # "Quantile and Probability Curves Without Crossing").
        order = np.argsort(np.argsort(quantiles))
        return np.sort(paths, axis=0)[order]

    def _point_paths(self, y, X, origins, steps):
        """Point forecasts: an ndarray of shape (n_origins, steps, n_series)."""
        paths = self._quantile_paths(y, X, origins, steps)
        quantiles = self._settings["quantiles"]
        return paths[0 if quantiles is None else list(quantiles).index(0.5)]


def _multi_output(regressor, Y):
    """A regressor that predicts all columns of ``Y``."""
    one = Y.shape[1] == 1 or get_tags(regressor).target_tags.multi_output
    return regressor if one else MultiOutputRegressor(regressor)


def _without_multi_output(fitted):
    """The inverse of :func:`_multi_output`."""
    return fitted.estimator if isinstance(fitted, MultiOutputRegressor) else fitted

"""rolling_windows and Forecaster: values, indices, and nothing from the future."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal, assert_series_equal
from series_data import airline, sunspots
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import (
    LinearRegression,
    QuantileRegressor,
    Ridge,
    SGDRegressor,
)
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skdeep import DenseRegressor, Forecaster, SequenceRegressor, rolling_windows

NET = {"epochs": 2, "random_state": 0}
Y = airline()
LINEAR = LinearRegression()


@pytest.fixture(scope="module")
def noise():
    """Numbers that nothing known tells."""
    return np.random.default_rng(0).normal(size=400)


# Windows


def test_windows_and_targets():
    series = np.arange(10.0)
    X, y = rolling_windows(series, 3)
    assert X.shape == (7, 3)
    assert_array_equal(X[2], [2, 3, 4])
    assert_array_equal(y, series[3:])
    X, y = rolling_windows(series, 3, horizon=2, stride=2)
    assert_array_equal(X[:, 0], [0, 2, 4])
    assert_array_equal(y, [[3, 4], [5, 6], [7, 8]])
    two = np.column_stack([series, -series])
    X, y = rolling_windows(two, 3, horizon=2)
    assert_array_equal(X[1], two[1:4])
    assert_array_equal(y[1], two[4:6])
    assert_array_equal(rolling_windows(two, 3)[1], two[3:])


def test_windows_are_views():
    series = np.arange(10.0)
    X, y = rolling_windows(series, 3, horizon=2)
    assert np.shares_memory(X, series)
    assert np.shares_memory(y, series)
    labelled = pd.Series(series)
    X, y = rolling_windows(labelled, 3)
    assert np.shares_memory(X.to_numpy(), labelled.to_numpy())
    with pytest.raises(ValueError, match="read-only"):
        rolling_windows(series, 3)[0][0, 0] = 1


def test_windows_keep_the_index():
    X, y = rolling_windows(Y, 12)
    assert_index_equal(X.index, y.index)
    assert_series_equal(y, Y[12:], check_names=False)
    assert X.loc["1950-01", "lag_12"] == Y["1949-01"]
    assert X.loc["1950-01", "lag_1"] == Y["1949-12"]
    X, y = rolling_windows(Y, 12, horizon=3, stride=5)
    assert list(y.columns) == ["step_1", "step_2", "step_3"]
    assert_array_equal(y.iloc[1], Y["1950-06":"1950-08"])
    frame = pd.DataFrame({"a": Y, "b": -Y})
    X, y = rolling_windows(frame, 12)
    assert_frame_equal(y, frame[12:])
    assert X.shape == (132, 12, 2)


def test_windows_with_exogenous_columns():
    X, y = rolling_windows(Y, 12, exog=Y * 2)
    assert X.shape == (132, 12, 2)
    assert_array_equal(X[..., 1], 2 * X[..., 0])
    assert_series_equal(y, Y[12:], check_names=False)


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (np.arange(4.0), {"window": 3, "horizon": 2}, "at least 5 rows. Received 4"),
        (np.zeros((4, 2, 2)), {"window": 1}, r"Received shape \(4, 2, 2\)"),
        (Y, {"window": 2, "exog": Y[:-1].to_numpy()}, r"shape \(143,\)"),
        (Y, {"window": 2, "exog": Y.shift(freq="M")}, "exog.reindex"),
        (Y, {"window": 0}, "'window' parameter"),
    ],
)
def test_wrong_windows(series, options, message):
    with pytest.raises(ValueError, match=message):
        rolling_windows(series, **options)


# What the regressor sees


def test_direct_is_a_regression_on_windows():
    X, y = rolling_windows(Y, 12, horizon=3)
    expected = clone(LINEAR).fit(X.to_numpy(), y).predict(Y[-12:].to_numpy()[None])[0]
    assert_allclose(Forecaster(LINEAR, 12, 3).fit(Y).predict(), expected)
    one_each = Forecaster(GradientBoostingRegressor(random_state=0), 12, 3).fit(Y)
    model = GradientBoostingRegressor(random_state=0).fit(X.to_numpy(), y.iloc[:, 2])
    assert one_each.predict().iloc[2] == model.predict(Y[-12:].to_numpy()[None])[0]


def test_recursive_goes_on_from_its_own_forecasts():
    X, y = rolling_windows(Y, 12)
    model, known = clone(LINEAR).fit(X.to_numpy(), y), list(Y)
    for _ in range(15):
        known.append(model.predict([known[-12:]])[0])
    forecaster = Forecaster(LINEAR, 12, strategy="recursive").fit(Y)
    assert_allclose(forecaster.predict(15), known[-15:])


def test_differences_are_undone():
    # A trend and a season are zero after one difference of each kind.
    time = np.arange(60)
    series = pd.Series(3.0 * time + np.tile([5.0, -1, 2, 7], 15))
    zero = DummyRegressor(strategy="constant", constant=0.0)
    options = {"difference": 1, "seasonal_difference": 1, "seasonal_period": 4}
    for strategy in ("direct", "recursive"):
        for model in (zero, Ridge()):
            f = Forecaster(model, 3, 1, strategy=strategy, **options).fit(series[:-8])
            assert_allclose(f.predict(1), series[-8:-7])
    f = Forecaster(Ridge(), 3, 8, **options).fit(series[:-8])
    assert_allclose(f.predict(), series[-8:])
    f = Forecaster(zero, 3, strategy="recursive", **options).fit(series[:-8])
    assert_allclose(f.predict(8), series[-8:])


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_windows_in_their_own_units(strategy):
    options = {"horizon": 2, "strategy": strategy, "scaling": "window"}
    first = Forecaster(KNeighborsRegressor(), 12, **options).fit(Y)
    other = Forecaster(KNeighborsRegressor(), 12, **options).fit(1000 * Y - 7)
    assert_allclose(1000 * first.predict() - 7, other.predict())
    flat = Forecaster(KNeighborsRegressor(), 12, **options).fit(pd.Series([3.0] * 40))
    assert_allclose(flat.predict(), 3.0)


class Recorder(RegressorMixin, BaseEstimator):
    """Remembers what it was given, and how often."""

    def __init__(self, calls=None):
        self.calls = calls

    def __sklearn_clone__(self):
        return self

    def fit(self, X, y):
        self.calls.append((X, y))
        return self

    def predict(self, X):
        return np.zeros((len(X), *self.calls[-1][1].shape[1:]))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def test_lags_of_exogenous_columns():
    y, exog = np.arange(20.0), 100 + np.arange(20.0)
    recorder = Recorder([])
    Forecaster(recorder, 2, exog_lags=(0, 3)).fit(y, exog[:, None])
    X, targets = recorder.calls[0]
    # Sample 0: the first target with a row three before it is row 3.
    assert_array_equal(X[0], [1, 2, 100, 103])
    assert_array_equal(targets, y[3:])
    Forecaster(recorder, 2, 2, exog_lags=(1,)).fit(y, exog[:, None])
    X, targets = recorder.calls[1]
    assert_array_equal(X[0], [0, 1, 101, 102])
    assert_array_equal(targets[0], [2, 3])


def test_networks_get_sequences(noise, untrained):
    exog = pd.DataFrame({"a": noise, "b": -noise})
    net = SequenceRegressor("conv", units=2, **NET)
    f = Forecaster(net, 5, 2, exog_lags=(2,)).fit(pd.Series(noise), exog)
    # The series, and two columns that are one and two rows later.
    assert f.estimators_[0].sequence_shape_ == (5, 1 + 2 * 2)
    assert f.n_features_in_ == 25
    samples, targets = f._supervised_.samples(noise[:, None], exog.to_numpy())
    assert_array_equal(samples[0, :, 0], noise[1:6])
    assert_array_equal(samples[0, :, 1], noise[0:5])
    assert_array_equal(samples[0, :, 3], noise[1:6])
    assert_array_equal(targets[0], noise[6:8])
    table = make_pipeline(StandardScaler(), clone(net))
    assert Forecaster(table, 5).fit(noise).n_features_in_ == 5


def test_exogenous_columns_tell_what_comes():
    rng = np.random.default_rng(0)
    exog = rng.normal(size=102)
    y = np.r_[0.0, 0.0, exog[:-2]]  # two rows later
    known = Forecaster(LINEAR, 1, 2, exog_lags=(2,)).fit(y[:100], exog[:100])
    assert_allclose(known.predict(), y[100:], atol=1e-12)
    longer = Forecaster(LINEAR, 1, strategy="recursive", exog_lags=(2,))
    longer.fit(y[:98], exog[:98])
    assert_allclose(longer.predict(2), y[98:100], atol=1e-12)
    assert_allclose(longer.predict(4, exog[98:100]), y[98:], atol=1e-12)
    with pytest.raises(ValueError, match=r"need 2 rows of X after the series\. Rec"):
        longer.predict(4)
    with pytest.raises(ValueError, match="need 1 rows of X"):
        longer.predict(3)


# Nothing from the future


@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize(
    "options", [{}, {"difference": 1}, {"scaling": "window"}, {"exog_lags": (2, 3)}]
)
def test_a_signal_of_the_future_is_not_seen(noise, strategy, options):
    # The exogenous column is what comes, in the row in which it comes.
    cv = TimeSeriesSplit(5, test_size=40)
    options = {"exog_lags": (2,), **options}
    forecaster = Forecaster(LINEAR, 4, 2, strategy=strategy, **options)
    honest = forecaster.backtest(noise, noise, cv=cv).forecasts
    assert abs(np.corrcoef(honest["actual"], honest["forecast"])[0, 1]) < 0.25
    # With a lag of zero it may be seen, and so this test could see it, too.
    forecaster.set_params(exog_lags=(0,))
    told = forecaster.backtest(noise, noise, cv=cv).forecasts
    assert np.corrcoef(told["actual"], told["forecast"])[0, 1] > 0.7


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize(
    "estimator", [Ridge(), SequenceRegressor("conv", units=2, window=None, **NET)]
)
def test_later_values_change_no_forecast(estimator, refit):
    options = {"difference": 1, "scaling": "window"}
    forecaster = Forecaster(estimator, 6, 3, **options)
    cv = TimeSeriesSplit(3, test_size=6)
    changed = Y.copy()
    changed[-6:] *= 5
    before = forecaster.backtest(Y, cv=cv, refit=refit).forecasts
    after = forecaster.backtest(changed, cv=cv, refit=refit).forecasts
    earlier = before["origin"] < Y.index[-6]
    assert earlier.sum() == 15
    columns = ["forecast", "naive"]
    assert_frame_equal(before[earlier][columns], after[earlier][columns])
    assert not before[~earlier][columns].equals(after[~earlier][columns])


# Indices


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.date_range("2020-01-31", periods=40, freq="ME"), ["2023-05-31"]),
        (pd.date_range("2020-03-01", periods=40, freq="W-SUN"), ["2020-12-06"]),
        (pd.date_range("2020-03-01", periods=40, freq="6h", tz="Europe/Berlin"), None),
        (pd.period_range("2020Q1", periods=40, freq="Q"), ["2030Q1"]),
        (pd.Index(np.arange(1700, 1740)), [1740]),
        (pd.RangeIndex(0, 80, 2), [80]),
    ],
)
def test_forecasts_go_on_with_the_index(index, expected):
    y = pd.Series(np.arange(40.0), index, name="y")
    forecast = Forecaster(LINEAR, 3, 2).fit(y).predict()
    assert forecast.name == "y"
    assert_index_equal(forecast.index[:0], y.index[:0], exact=False)
    whole = y.index.append(forecast.index)
    assert len(whole.unique()) == 42
    if expected:
        assert forecast.index[0] == type(index[0])(expected[0])
    if isinstance(index, pd.DatetimeIndex):
        unknown = y.copy()
        unknown.index = pd.DatetimeIndex(list(index))
        assert_series_equal(Forecaster(LINEAR, 3, 2).fit(unknown).predict(), forecast)
        assert forecast.index.freq == index.freq


def test_arrays_are_numbered():
    forecast = Forecaster(LINEAR, 3).fit(list(range(10))).predict()
    assert forecast.index.tolist() == [10]
    assert_allclose(forecast, 10)


def test_several_series_at_once():
    frame = pd.DataFrame({"a": Y, "b": -Y, "c": 2 * Y})
    for estimator in (LINEAR, GradientBoostingRegressor(n_estimators=5)):
        f = Forecaster(estimator, 12, 3).fit(frame)
        forecast = f.predict()
        assert list(forecast.columns) == ["a", "b", "c"]
        assert forecast.index[0] == pd.Period("1961-01")
    one = Forecaster(LINEAR, 12, 3).fit(Y).predict()
    # The columns tell the same, so the fit is not unique but the forecasts are.
    both = Forecaster(LINEAR, 12, 3, strategy="recursive").fit(frame).predict()
    assert_allclose(both["a"] * 2, both["c"], rtol=1e-6)
    assert_allclose(both["a"], -both["b"], rtol=1e-6)
    assert one.shape == (3,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            Y.where(Y["1955-05"] != Y),
            r"Received 1 such rows, the first at Period\('1955",
        ),
        (Y.drop(pd.Period("1950-03")), r"Period\('1950-04', 'M'\) after Period\('1950"),
        (Y[::-1], r"Received Period\('1960-11', 'M'\) after Period\('1960-12'"),
        (
            Y.to_timestamp().drop("1950-03-01"),
            r"Timestamp\('1950-04-01 00:00:00'\)",
        ),
        (Y.to_timestamp()[::-1], "in the order of time"),
        (pd.concat([Y.to_timestamp()[:5]] * 2), "evenly spaced"),
        (
            Y[:2].set_axis(pd.to_datetime(["1949-01-01", "1949-02-01"])),
            "cannot be told from 2 rows",
        ),
        (Y.set_axis([*range(140), 150, 151, 152, 153]), "Received 150 after 139"),
        (Y.set_axis(Y.index.astype(str)), "must be a DatetimeIndex, a PeriodIndex or"),
        (Y[:13], "need at least 14 rows. Received 13"),
    ],
)
def test_wrong_series(y, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(LINEAR, 12, 2).fit(y)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (Y[1:], "and 143 rows of X"),
        (Y.shift(freq="M"), "must have the rows of y"),
        (Y.where(Y > 200), "^X must not contain"),
    ],
)
def test_wrong_exogenous_columns(X, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(LINEAR, 12, 2).fit(Y, X)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"strategy": "both"}, "'strategy' parameter"),
        ({"seasonal_difference": 1}, "Set it to the rows of a season"),
        ({"exog_lags": (-1,)}, r"Received exog_lags=\(-1,\)"),
        ({"quantiles": (0.1, 0.9)}, "with 0.5, the point forecast"),
        ({"quantiles": (0.5, 1.5)}, "between 0 and 1"),
        ({"quantiles": (0.5,), "strategy": "recursive"}, "need strategy='direct'"),
        ({"quantiles": (0.5,)}, r"Received LinearRegression\(\)"),
        ({"quantiles": (0.5,), "estimator": SGDRegressor()}, r"Received SGDRegressor"),
    ],
)
def test_wrong_params(params, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(**{"estimator": LINEAR, "window": 12, **params}).fit(Y, Y)


def test_wrong_calls():
    f = Forecaster(LINEAR, 12, 2)
    for call in (f.predict, lambda: f.detect_anomalies(Y), lambda: f.update(Y)):
        with pytest.raises(NotFittedError):
            call()
    f.fit(Y)
    with pytest.raises(ValueError, match=r"at most horizon=2 steps\. Received steps=3"):
        f.predict(3)
    with pytest.raises(ValueError, match="Received 0"):
        f.predict(0)
    with pytest.raises(ValueError, match="fitted without exogenous columns"):
        f.predict(2, X=[1.0, 2.0])
    with_exog = Forecaster(LINEAR, 12, 2).fit(Y, Y)
    with pytest.raises(ValueError, match="fitted with exogenous columns"):
        with_exog.update([1.0])
    future = pd.Series([1.0, 2.0], pd.period_range("1961-02", periods=2, freq="M"))
    with pytest.raises(ValueError, match="go on where the series ends, at Period"):
        with_exog.predict(X=future)
    with pytest.raises(ValueError, match="columns"):
        with_exog.predict(X=np.ones((2, 2)))


def test_update():
    f = Forecaster(LINEAR, 12, 2).fit(Y[:-5])
    weights = f.estimators_[0].coef_.copy()
    assert f.update(Y[-5:]) is f
    assert_array_equal(f.estimators_[0].coef_, weights)
    assert f.predict().index[0] == pd.Period("1961-01")
    X, _ = Y[-12:].to_numpy()[None], None
    assert_allclose(f.predict(), f.estimators_[0].predict(X)[0])
    with pytest.raises(ValueError, match="Received rows from Period"):
        f.update(Y[-5:])
    by_array = Forecaster(LINEAR, 12, 2).fit(Y[:-5]).update(Y[-5:].to_numpy())
    assert_series_equal(by_array.predict(), f.predict())


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))]
)
def test_copies(copied, untrained):
    net = DenseRegressor((4,), **NET)
    f = Forecaster(net, 12, 2, quantiles=(0.5, 0.9)).fit(Y)
    assert_frame_equal(copied(f).predict(), f.predict())
    assert clone(f).get_params()["estimator__hidden_layer_sizes"] == (4,)
    assert not hasattr(net, "network_")


# Backtests


def test_backtest_measures():
    cv = TimeSeriesSplit(4, test_size=3)
    f = Forecaster(LINEAR, 12, 3, seasonal_period=12)
    result = f.backtest(Y, cv=cv)
    forecasts = []
    for train, _ in cv.split(Y):
        forecasts.append(clone(f).fit(Y.iloc[train]).predict().to_numpy())
    table, errors = result.forecasts, result.errors
    assert_allclose(table["forecast"], np.concatenate(forecasts))
    assert_array_equal(table["actual"], Y[-12:])
    assert_array_equal(table["naive"], np.repeat(Y.iloc[[-13, -10, -7, -4]], 3))
    assert_array_equal(table["seasonal naive"], Y[-24:-12])
    assert_index_equal(pd.PeriodIndex(table.index), Y.index[-12:])
    assert list(table["origin"][:3]) == [Y.index[-13]] * 3
    absolute = np.abs(np.array(forecasts) - Y[-12:].to_numpy().reshape(4, 3))
    assert_allclose(errors["forecast", "MAE"][[1, 2, 3]], absolute.mean(axis=0))
    assert_allclose(errors["forecast", "RMSE"]["all"], np.sqrt((absolute**2).mean()))
    units = [Y[:end].diff(12).abs().mean() for end in (-12, -9, -6, -3)]
    scaled = absolute / np.array(units)[:, None]
    assert_allclose(errors["forecast", "MASE"]["all"], scaled.mean())
    actual, naive = table["actual"], table["naive"]
    smape = 200 * (abs(actual - naive) / (actual + naive)).mean()
    assert_allclose(errors["naive", "sMAPE"]["all"], smape)


def test_backtest_with_and_without_refit():
    recorder = Recorder([])
    f = Forecaster(recorder, 12, 2)
    cv = TimeSeriesSplit(3, test_size=5)
    with_refit = f.backtest(Y, cv=cv)
    assert [len(X) for X, _ in recorder.calls] == [116, 121, 126]
    assert with_refit.forecasts["step"].tolist() == [1, 2, 1, 2, 1] * 3
    recorder.calls.clear()
    f.backtest(Y, cv=cv, refit=False)
    assert [len(X) for X, _ in recorder.calls] == [116]
    # What is known at the origin is used, whenever the training was.
    whole = Forecaster(LINEAR, 12, 2).backtest(Y, cv=cv, refit=False).forecasts
    fitted = Forecaster(LINEAR, 12, 2).fit(Y[:-15])
    assert_allclose(whole["forecast"].iloc[:2], fitted.predict())
    fitted.update(Y[-15:-5])
    assert_allclose(whole["forecast"].iloc[10:12], fitted.predict())


def test_backtest_of_several_series():
    frame = pd.DataFrame({"b": Y, "a": -Y})
    result = Forecaster(LINEAR, 12, 2).backtest(frame)
    assert list(dict.fromkeys(result.errors.index.get_level_values(0))) == ["b", "a"]
    alone = result.forecasts[result.forecasts["series"] == "a"]
    error = mean_absolute_error(alone["actual"], alone["forecast"])
    assert_allclose(result.errors.loc[("a", "all"), ("forecast", "MAE")], error)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)])
def test_backtest_wants_the_order_of_time(cv):
    with pytest.raises(ValueError, match="Use TimeSeriesSplit"):
        Forecaster(LINEAR, 12, 2).backtest(Y, cv=cv)


def test_backtest_wants_a_season_before_the_first_forecast():
    f = Forecaster(LINEAR, 2, 2, seasonal_period=100)
    with pytest.raises(ValueError, match="Received 74"):
        f.backtest(Y, cv=TimeSeriesSplit(7, test_size=10))


# Intervals, quantiles, anomalies


def test_intervals_hold_in_the_backtest():
    f = Forecaster(LINEAR, 12, 2).fit(Y)
    result = f.backtest(Y, cv=TimeSeriesSplit(20, test_size=2))
    intervals = f.predict_interval(result, coverage=0.8)
    assert_series_equal(intervals["forecast"], f.predict(), check_names=False)
    residuals = (result.forecasts["actual"] - result.forecasts["forecast"]).abs()
    half = (intervals["upper"] - intervals["lower"]) / 2
    for step in (1, 2):
        own = np.sort(residuals[result.forecasts["step"] == step])
        assert_allclose(half.iloc[step - 1], own[16])  # the 17th of 20: 0.8 * 21
    frame = pd.DataFrame({"a": Y, "b": 10 * Y})
    both = Forecaster(LINEAR, 12, 2).fit(frame)
    wide = both.predict_interval(both.backtest(frame), coverage=0.5)
    assert wide.columns.tolist()[3] == ("b", "forecast")
    size = (wide["b", "upper"] - wide["b", "lower"]) / (
        wide["a", "upper"] - wide["a", "lower"]
    )
    assert_allclose(size, 10, rtol=1e-6)


def test_intervals_want_enough_forecasts():
    f = Forecaster(LINEAR, 12, 2).fit(Y)
    result = f.backtest(Y)
    with pytest.raises(ValueError, match=r"at least 9 forecasts of step 1 .*ed 5"):
        f.predict_interval(result)
    with pytest.raises(ValueError, match="coverage=1"):
        f.predict_interval(result, coverage=1)


@pytest.fixture
def one_thread():
    """Boosting of few rows waits for its threads where other tests run beside it."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize(
    "estimator",
    [
        QuantileRegressor(alpha=0),
        GradientBoostingRegressor(n_estimators=30, random_state=0),
        HistGradientBoostingRegressor(max_iter=20, max_leaf_nodes=7),
        make_pipeline(StandardScaler(), QuantileRegressor(alpha=0)),
        # Short enough not to be compiled by XLA.
        DenseRegressor((16,), epochs=39, random_state=0),
    ],
)
def test_quantiles(estimator, one_thread):
    series = sunspots()
    f = Forecaster(estimator, 11, quantiles=(0.9, 0.5, 0.1)).fit(series)
    table = f.predict()
    assert list(table.columns) == [0.9, 0.5, 0.1]
    origins = np.arange(10, len(series) - 1)
    values = series.to_numpy()[:, None]
    paths = f._quantile_paths(values, None, origins, 1)[:, :, 0, 0]
    below = (series.to_numpy()[11:] <= paths).mean(axis=1)
    assert_allclose(below, [0.9, 0.5, 0.1], atol=0.12)
    assert (np.diff(paths, axis=0) <= 0).all()
    result = f.backtest(series, cv=TimeSeriesSplit(2, test_size=1))
    assert_allclose(result.forecasts["forecast"].iloc[-1], _median(f, series))


def _median(forecaster, series):
    return clone(forecaster).fit(series[:-1]).predict()[0.5].iloc[0]


def test_quantiles_of_several_series(untrained):
    frame = pd.DataFrame({"a": Y, "b": -Y})
    f = Forecaster(DenseRegressor((4,), **NET), 12, 2, quantiles=(0.1, 0.5)).fit(frame)
    table = f.predict()
    assert table.columns.tolist() == [("a", 0.1), ("a", 0.5), ("b", 0.1), ("b", 0.5)]
    intervals = f.predict_interval(f.backtest(frame), coverage=0.5)
    assert_allclose(intervals["a", "forecast"], table["a", 0.5])


# Other packages


@pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")
def test_sktime(untrained):
    from sktime.forecasting.compose import make_reduction

    net = SequenceRegressor("conv", units=2, **NET)
    for strategy in ("recursive", "multioutput"):
        forecaster = make_reduction(net, strategy=strategy, window_length=12)
        forecast = forecaster.fit(Y, fh=[1, 2, 3]).predict()
        assert forecast.index[0] == pd.Period("1961-01")
        assert np.isfinite(forecast).all()


def test_skforecast():
    pytest.importorskip("skforecast", reason="skforecast wants pandas below 3")
    from skforecast.recursive import ForecasterRecursive

    net = SequenceRegressor("gru", **NET)
    forecast = ForecasterRecursive(net, lags=12).fit(y=Y.to_timestamp()).predict(3)
    assert np.isfinite(forecast).all()


# Rules at the edges


def test_later_steps_widen_what_a_direct_forecast_sees(noise):
    cv = TimeSeriesSplit(5, test_size=3)
    wide = Forecaster(LINEAR, 4, 3, exog_lags=(2,)).backtest(noise, noise, cv=cv)
    first = wide.forecasts[wide.forecasts["step"] == 1]
    assert_allclose(first["forecast"], first["actual"])  # a lag of zero, as documented
    narrow = Forecaster(LINEAR, 4, 3, exog_lags=(3,)).backtest(noise, noise, cv=cv)
    first = narrow.forecasts[narrow.forecasts["step"] == 1]
    assert not np.isclose(first["forecast"], first["actual"], atol=0.01).any()


def test_no_exogenous_row_is_made_up():
    cv = TimeSeriesSplit(2, test_size=6)
    with pytest.raises(ValueError, match=r"needs 148 rows of X\. Received 144"):
        Forecaster(LINEAR, 4, 5).backtest(Y, Y, cv=cv)
    f = Forecaster(LINEAR, 4, 5, exog_lags=(5,))
    assert len(f.backtest(Y, Y, cv=cv).forecasts) == 12


def test_quantiles_of_differences_that_add_up_are_refused():
    options = {"quantiles": (0.1, 0.5), "seasonal_period": 12}
    model = QuantileRegressor(alpha=0)
    with pytest.raises(ValueError, match="the sum of quantiles is no quantile"):
        Forecaster(model, 4, 2, difference=1, **options).fit(Y)
    with pytest.raises(ValueError, match="the sum of quantiles is no quantile"):
        Forecaster(model, 4, 13, seasonal_difference=1, **options).fit(Y)
    Forecaster(model, 4, 1, difference=1, **options).fit(Y)
    Forecaster(model, 4, 12, seasonal_difference=1, **options).fit(Y)


def test_names_stay():
    assert Forecaster(LINEAR, 3).fit(np.arange(9.0)).predict().name is None
    days = pd.date_range("2020", periods=30, name="day")
    y = pd.Series(np.arange(30.0), days, name=0)
    forecast = Forecaster(LINEAR, 3).fit(y).predict()
    assert forecast.name == 0
    assert forecast.index.name == "day"


def test_later_changes_of_the_data_change_nothing():
    y = Y.copy()
    f = Forecaster(LINEAR, 12).fit(y)
    before = f.predict()
    y.iloc[-1] = 1e6
    assert_series_equal(f.predict(), before)


def test_columns_are_compared():
    frame = pd.DataFrame({"a": Y, "b": -Y})
    f = Forecaster(LINEAR, 12).fit(frame, frame)
    for call in (
        lambda: f.detect_anomalies(frame[["b", "a"]], frame),
        lambda: f.detect_anomalies(frame, frame[["b", "a"]]),
    ):
        with pytest.raises(ValueError, match=r"columns \['a', 'b'\], as in fit"):
            call()
    f.predict(X=np.ones((1, 2)))
    doubled = frame.set_axis(["a", "a"], axis=1)
    with pytest.raises(ValueError, match="different names"):
        f.fit(doubled)


def test_single_rows_of_dates_without_a_frequency():
    y = Y.to_timestamp()
    y.index = pd.DatetimeIndex(list(y.index))
    f = Forecaster(LINEAR, 4).fit(y[:-1], y[:-1])
    assert f.predict(X=y[-1:]).index[0] == y.index[-1]
    f.update(y[-1:], y[-1:])
    assert len(f._y) == len(y)
    with pytest.raises(ValueError, match="go on where the series ends"):
        f.update(y[-1:], y[-1:])


@pytest.mark.parametrize("freq", ["15min", "6h", "2M", "2W"])
def test_periods_of_several_units(freq):
    index = pd.period_range("2020-01-01", periods=42, freq=freq)
    y = pd.Series(np.arange(40.0), index[:40])
    assert_index_equal(Forecaster(LINEAR, 3, 2).fit(y).predict().index, index[40:])


def test_arrays_beside_labelled_series():
    exog = Y.to_numpy() * 2
    f = Forecaster(LINEAR, 4, 2)
    by_array = f.backtest(Y, exog).forecasts
    assert_frame_equal(by_array, f.backtest(Y, Y * 2).forecasts)
    assert f.fit(Y.to_numpy(), Y).predict(X=[1.0, 2.0]).index[0] == pd.Period("1961-01")
    X, _ = rolling_windows([1.0, 2, 3, 4], 2, exog=[1.0, 2, 3, 4])
    assert X.shape == (2, 2, 2)


def test_unknown_future_beyond_what_is_needed():
    future = pd.Series([1.0, np.nan], pd.period_range("1961-01", periods=2, freq="M"))
    f = Forecaster(LINEAR, 4, strategy="recursive", exog_lags=(1,)).fit(Y, Y)
    assert f.predict(2, future).notna().all()
    with pytest.raises(ValueError, match="X must not contain"):
        f.predict(3, future)


def test_parameters_that_are_set_later_wait_for_the_next_fit():
    f = Forecaster(LINEAR, 12, 2).fit(Y)
    before = f.predict()
    f.set_params(horizon=5, strategy="recursive", quantiles=(0.5,))
    assert_series_equal(f.predict(), before)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: f.backtest(Y, cv=[(np.arange(50), [50, 51])]), None, None),
        (lambda f: f.backtest(Y, cv=3), None, None),
        (lambda f: f.predict_interval("x"), TypeError, "Received str"),
        (
            lambda f: f.predict_interval(f.backtest(pd.DataFrame({"a": Y, "b": Y}))),
            ValueError,
            r"Received one of \['a', 'b'\]",
        ),
        (lambda f: f.fit(Y.astype(str)), ValueError, "real numbers. Received"),
        (lambda f: f.fit(Y.astype(complex)), ValueError, "Received columns of complex"),
        (lambda f: f.fit(Y, Y[:0]), ValueError, "at least one row"),
    ],
)
def test_calls(call, error, message):
    f = Forecaster(LINEAR, 12, 2).fit(Y)
    if error is None:
        call(f)
        return
    with pytest.raises(error, match=message):
        call(f)


def test_targets_per_step_are_refused():
    net = SequenceRegressor(return_sequences=True, **NET)
    with pytest.raises(ValueError, match="Set its return_sequences to False"):
        Forecaster(net, 12, 12).fit(Y)

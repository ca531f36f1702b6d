"""Forecaster in searches: score, sample_weight, and rows that nothing needs."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from series_data import airline
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import Forecaster, SequenceRegressor, rolling_windows

Y = airline()
LINEAR = LinearRegression()
FOLDS = TimeSeriesSplit(3)


def test_score_is_that_of_the_forecasts():
    f = Forecaster(LINEAR, 12, 3).fit(Y[:-3])
    assert_allclose(f.score(Y[-3:]), r2_score(Y[-3:], f.predict()))
    assert_allclose(f.score(Y[-3:].to_numpy()), f.score(Y[-3:]))
    assert len(f._y) == 141  # what is scored is not taken in
    # Of more rows than a horizon, each horizon is predicted from all rows before it.
    f = Forecaster(LINEAR, 12, 3).fit(Y[:-9])
    cv = [(np.arange(135), np.arange(135, 144))]
    rows = Forecaster(LINEAR, 12, 3).backtest(Y, cv=cv).forecasts
    assert_allclose(f.score(Y[-9:]), r2_score(rows["actual"], rows["forecast"]))
    weight = np.arange(9.0)
    expected = r2_score(rows["actual"], rows["forecast"], sample_weight=weight)
    assert_allclose(f.score(Y[-9:], sample_weight=weight), expected)
    frame = pd.DataFrame({"a": Y, "b": -np.sqrt(Y)})
    both = Forecaster(LINEAR, 12, 3).fit(frame[:-3])
    assert_allclose(both.score(frame[-3:]), r2_score(frame[-3:], both.predict()))


def test_score_of_rows_that_are_known():
    f = Forecaster(LINEAR, 12).fit(Y)
    X, y = rolling_windows(Y.to_numpy(), 12)
    expected = LINEAR.fit(X, y).score(X, y)
    assert_allclose(f.score(Y), expected)
    assert_allclose(f.score(Y.to_numpy()), expected)
    assert_allclose(f.score(Y[50:]), r2_score(y[38:], LINEAR.predict(X[38:])))


def test_score_of_rows_elsewhere_is_refused():
    f = Forecaster(LINEAR, 12).fit(Y[:100])
    with pytest.raises(ValueError, match=r"TimeSeriesSplit.*without a gap"):
        f.score(Y[102:])
    with pytest.raises(ValueError, match=r"and 13 rows in all\. Received 12"):
        f.score(Y[:12])
    with pytest.raises(ValueError, match="fitted without exogenous"):
        f.score(Y[100:], Y[100:])
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        cross_val_score(f, Y, cv=KFold(3), error_score="raise")


@pytest.mark.parametrize("data", [Y, Y.to_numpy(), list(Y), Y.to_timestamp()])
def test_a_window_is_searched(data):
    f = Forecaster(LINEAR, horizon=3)
    search = GridSearchCV(f, {"window": [3, 6]}, cv=FOLDS, error_score="raise")
    search.set_params(return_train_score=True).fit(data)
    table = search.cv_results_
    for number, window in enumerate((3, 6)):
        scores = [
            Forecaster(LINEAR, window, 3).fit(Y.iloc[train]).score(Y.iloc[test])
            for train, test in FOLDS.split(Y)
        ]
        assert_allclose(table["mean_test_score"][number], np.mean(scores))
    assert (table["mean_train_score"] > table["mean_test_score"]).all()
    assert len(search.predict(2)) == 2
    assert search.best_params_ == {"window": 6}


@pytest.mark.parametrize("lags", [(0,), (2, 5), (4,)])
def test_a_search_with_exogenous_columns(lags):
    # A fold of 36 rows is no multiple of the horizon, and lags of zero see further.
    X = pd.DataFrame({"a": np.arange(144.0)}, index=Y.index)
    f = Forecaster(Ridge(), 4, 5, exog_lags=lags)
    grid = {"window": [4, 12], "estimator__alpha": [0.1, 10]}
    options = {"n_iter": 2, "cv": FOLDS, "error_score": "raise", "random_state": 0}
    search = RandomizedSearchCV(f, grid, **options).fit(Y, X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    last = Forecaster(Ridge(), 4, 5, exog_lags=(0,)).fit(Y[:-2], X[:-2])
    # Two rows, of which the exogenous ones end: the last steps of an earlier forecast.
    earlier = Forecaster(Ridge(), 4, 5, exog_lags=(0,)).fit(Y[:-2], X[:-2])
    earlier._y, earlier._X = earlier._y.rows(slice(-3)), earlier._X.rows(slice(-3))
    expected = r2_score(Y[-2:], earlier.predict(X=X[-5:])[-2:])
    assert_allclose(last.score(Y[-2:], X[-2:]), expected)


def test_another_measure():
    def score(forecaster, y, X=None):
        return -mean_absolute_error(y, forecaster.predict(len(y), X))

    cv = TimeSeriesSplit(3, test_size=3)
    scores = cross_val_score(Forecaster(LINEAR, 12, 3), Y, cv=cv, scoring=score)
    errors = Forecaster(LINEAR, 12, 3).backtest(Y, cv=cv).errors
    assert_allclose(-scores.mean(), errors.loc["all", ("forecast", "MAE")])


# Weights


def test_weights_are_those_of_the_predicted_rows():
    weight = np.r_[np.zeros(30), np.ones(114)]
    weight[60] = 3
    X, y = rolling_windows(Y.to_numpy(), 12, 2)
    of_windows = (weight[12:-1] + weight[13:]) / 2
    expected = LINEAR.fit(X, y, of_windows).predict(Y[-12:].to_numpy()[None])[0]
    f = Forecaster(LINEAR, 12, 2).fit(Y, sample_weight=weight)
    assert_allclose(f.predict(), expected)
    one_each = Forecaster(GradientBoostingRegressor(random_state=0), 12, 2)
    one_each.fit(Y, sample_weight=weight)
    model = GradientBoostingRegressor(random_state=0).fit(X, y[:, 1], of_windows)
    assert one_each.predict().iloc[1] == model.predict(Y[-12:].to_numpy()[None])[0]
    cv = [(np.arange(142), [142, 143])]
    tested = Forecaster(LINEAR, 12, 2).backtest(Y, cv=cv, sample_weight=weight)
    shorter = Forecaster(LINEAR, 12, 2).fit(Y[:-2], sample_weight=weight[:-2])
    assert_allclose(tested.forecasts["forecast"], shorter.predict())
    search = GridSearchCV(Forecaster(LINEAR, 12), {"window": [12]}, cv=FOLDS)
    search.fit(Y, sample_weight=weight)
    alone = Forecaster(LINEAR, 12).fit(Y, sample_weight=weight)
    assert_allclose(search.predict(1), alone.predict())


def test_weights_of_pipelines_go_to_the_last_step():
    weight = np.r_[np.zeros(30), np.ones(114)]
    pipe = make_pipeline(make_pipeline(StandardScaler(), Ridge(1e-9)))
    f = Forecaster(pipe, 12).fit(Y, sample_weight=weight)
    plain = Forecaster(LINEAR, 12).fit(Y, sample_weight=weight)
    assert_allclose(f.predict(), plain.predict(), rtol=1e-5)


@pytest.mark.parametrize(
    ("estimator", "weight", "message"),
    [
        (KNeighborsRegressor(), np.ones(144), "takes it. Received KNeighborsRegressor"),
        (LINEAR, np.ones(143), "sample_weight.shape"),
        (LINEAR, -np.ones(144), "Negative values in data"),
    ],
)
def test_wrong_weights(estimator, weight, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(estimator, 12).fit(Y, sample_weight=weight)


# Rows that no forecast sees


def test_exogenous_rows_that_are_not_needed_may_be_missing():
    X = Y.to_frame("a") * 2.0
    gaps = X.copy()
    gaps.iloc[:12] = np.nan  # the first forecast is of the row after a window
    f = Forecaster(LINEAR, 12).fit(Y, gaps)
    future = pd.DataFrame({"a": [5.0]}, index=[pd.Period("1961-01", "M")])
    expected = Forecaster(LINEAR, 12).fit(Y, X).predict(X=future)
    assert_allclose(f.predict(X=future), expected)
    assert_allclose(f.score(Y[50:], gaps[50:]), f.score(Y[50:], X[50:]))
    gaps.iloc[12] = np.nan
    with pytest.raises(ValueError, match=r"X must not .*Period\('1950-01'"):
        Forecaster(LINEAR, 12).fit(Y, gaps)
    net = SequenceRegressor("rnn", epochs=1)
    with pytest.raises(ValueError, match=r"X must not .*Period\('1949-02'"):
        Forecaster(net, 12).fit(Y, gaps)  # a sequence has them at each of its steps


def test_a_future_that_no_step_sees_may_be_missing():
    f = Forecaster(LINEAR, 12, 2, exog_lags=(2,)).fit(Y, Y)
    expected = f.predict()
    assert_allclose(f.predict(X=[np.nan, np.nan]), expected)
    # Those that come in later have to be there when they are seen.
    f.update([500.0, 510.0], [np.nan, 1.0])
    with pytest.raises(ValueError, match="X must not contain missing"):
        f.predict()


def test_a_fitted_forecaster_does_not_follow_set_params():
    f = Forecaster(Ridge(), 4, 2, exog_lags=(2,), difference=1).fit(Y, Y)

    def results():
        anomalies = f.detect_anomalies(Y, Y, quantile=0.9)
        rows = anomalies.to_numpy(dtype=float)
        return [f.predict(), f.score(Y[80:], Y[80:]), rows]

    before = results()
    f.set_params(
        estimator__alpha=1e6,
        window=7,
        horizon=5,
        exog_lags=(0, 1),
        difference=0,
        seasonal_difference=1,
        seasonal_period=6,
        scaling="window",
        strategy="recursive",
        quantiles=(0.5,),
    )
    for then, now in zip(before, results(), strict=True):
        assert_array_equal(then, now)

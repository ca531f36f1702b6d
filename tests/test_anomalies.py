"""Forecaster.detect_anomalies: every row is judged, by errors on held-out rows."""

import itertools

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from series_data import airline, sunspots
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit
from sklearn.neighbors import KNeighborsRegressor

from skdeep import Forecaster

Y = airline()
LINEAR = LinearRegression()
SEASONAL = {"seasonal_difference": 1, "seasonal_period": 12}


def test_rows_and_their_judgement():
    f = Forecaster(LINEAR, 13, 3, **SEASONAL).fit(Y)
    usual = f.detect_anomalies(Y, quantile=0.95)
    assert usual["predicted"].isna().sum() == 25
    assert not usual["anomaly"][:25].any()
    assert_allclose(usual["residual"], usual["actual"] - usual["predicted"])
    spoilt = Y.copy()
    spoilt["1958-02"] += 150
    found = f.detect_anomalies(spoilt, quantile=0.95)
    assert found.loc["1958-02", "anomaly"]
    assert_allclose(found["predicted"][:"1958-02"], usual["predicted"][:"1958-02"])
    assert (found["threshold"] == usual["threshold"]).all()
    frame = pd.DataFrame({"a": Y, "b": spoilt})
    both = Forecaster(LINEAR, 13).fit(frame).detect_anomalies(frame, quantile=0.9)
    assert both["b", "anomaly"]["1958-02"]
    for quantile in (2, "x"):
        with pytest.raises(ValueError, match="quantile="):
            f.detect_anomalies(Y, quantile=quantile)


@pytest.mark.parametrize("lags", [(0,), (2,), (4,), (0, 3)])
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
def test_every_row_after_the_first_window_is_judged(lags, strategy):
    rng = np.random.default_rng(0)
    y = pd.Series(np.sin(np.arange(160) / 3) + 0.05 * rng.normal(size=160))
    X = rng.normal(size=(160, 1))
    options = {"horizon": 4, "exog_lags": lags, "strategy": strategy}
    f = Forecaster(LINEAR, 8, **options).fit(y[:140], X[:140])
    for row in range(156, 160):
        spoilt = y.copy()
        spoilt.iloc[row] += 5
        found = f.detect_anomalies(spoilt, X, quantile=0.98)
        assert found["predicted"][8:].notna().all()
        assert found["anomaly"].iloc[row]


def test_the_newest_rows_are_later_steps_of_one_forecast():
    y, X = Y[:-1], Y.to_numpy()[:-1, None] * 0
    f = Forecaster(LINEAR, 12, 4).fit(y, X)
    found = f.detect_anomalies(y, X, quantile=0.9)
    f = Forecaster(LINEAR, 12, 4).fit(y[:-4], X[:-4])  # what it knows at that time
    known = found["threshold"].to_numpy()
    assert len(set(known[:-3])) == 1
    assert len(set(known[-4:])) == 4  # each step has its own
    again = Forecaster(LINEAR, 12, 4).fit(y, X)
    again._y, again._X = again._y.rows(slice(-4)), again._X.rows(slice(-4))
    assert_allclose(found["predicted"][-4:], again.predict(X=np.zeros((4, 1))))


def test_too_few_rows_are_said():
    f = Forecaster(LINEAR, 8, 4).fit(Y, Y)
    with pytest.raises(ValueError, match="needs 12 rows to judge one"):
        f.detect_anomalies(Y[:11], Y[:11])
    with pytest.warns(UserWarning, match="needs 99 errors .* There are 9"):
        found = f.detect_anomalies(Y, Y)
    assert found["threshold"].notna().all()
    short = Forecaster(LINEAR, 12).fit(Y[:13])
    with pytest.raises(ValueError, match="Received 13 rows in fit"):
        short.detect_anomalies(Y)
    with pytest.raises(ValueError, match="at least 99 forecasts of step 1"):
        f.detect_anomalies(Y, Y, backtest=f.backtest(Y, Y))


def test_thresholds_come_from_rows_that_were_held_out():
    f = Forecaster(LINEAR, 12).fit(Y[:-12])
    before = f.detect_anomalies(Y, quantile=0.9)["threshold"].iloc[0]
    # By hand: five blocks of the last two thirds, each by what the rows before teach.
    bounds = np.linspace(44, 132, 6).astype(int)
    folds = [(np.arange(a), np.arange(a, b)) for a, b in itertools.pairwise(bounds)]
    by_hand = Forecaster(LINEAR, 12).backtest(Y[:-12], cv=folds)
    assert_allclose(by_hand.half_widths(1, 0.9)[0, 0], before)
    given = f.detect_anomalies(Y, quantile=0.9, backtest=by_hand)
    assert_allclose(given["threshold"], before)
    # What came later changes nothing, nor does what is set later.
    spoilt = Y[-12:].copy()
    spoilt.iloc[3] += 3000
    f.update(spoilt).set_params(window=3, seasonal_difference=1)
    assert f.detect_anomalies(Y, quantile=0.9)["threshold"].iloc[0] == before


def test_pickles_of_forecasters_without_weights_judge_rows():
    f = Forecaster(LINEAR, 12).fit(Y)
    found = f.detect_anomalies(Y, quantile=0.9)
    for name in ("_weight", "_n_taught"):
        del vars(f)[name]
    assert_frame_equal(f.detect_anomalies(Y, quantile=0.9), found)


def test_rows_without_weight_do_not_count():
    weight = np.ones(len(Y))
    weight[100:104] = 0
    spoilt = Y.where(weight > 0, 9000.0)
    options = {"quantile": 0.95}
    f = Forecaster(LINEAR, 2).fit(spoilt, sample_weight=weight)
    found = f.detect_anomalies(spoilt, **options)
    assert found["anomaly"][100:104].all()
    f = Forecaster(LINEAR, 2).fit(spoilt)
    assert not f.detect_anomalies(spoilt, **options)["anomaly"].iloc[101]


# One neighbour has no error at all on the rows that it was fitted on.
@pytest.mark.parametrize("regressor", [LINEAR, KNeighborsRegressor(1)])
def test_false_alarms_are_about_as_rare_as_was_asked_for(regressor):
    series = sunspots()
    f = Forecaster(regressor, 11).fit(series[:206])
    later = f.detect_anomalies(series, quantile=0.95)[206:]
    assert later["anomaly"].mean() < 0.1


def test_exogenous_columns_explain_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=100)
    y = X + 0.01 * rng.normal(size=100)
    f = Forecaster(LINEAR, 2).fit(y, X)
    spoilt = y.copy()
    spoilt[99] += 1
    rows = f.detect_anomalies(spoilt, X, quantile=0.98)
    assert rows["anomaly"].iloc[99]
    assert_allclose(rows["predicted"][99:], X[99:], atol=0.05)
    assert_array_equal(rows["actual"], spoilt)


def test_folds_of_other_splitters_serve_as_backtest():
    f = Forecaster(LINEAR, 12, 2).fit(Y, Y)
    result = f.backtest(Y, Y, cv=TimeSeriesSplit(20, test_size=2))
    found = f.detect_anomalies(Y, Y, quantile=0.9, backtest=result)
    assert_allclose(found["threshold"].iloc[-2:], result.half_widths(2, 0.9)[:, 0])

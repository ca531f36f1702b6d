"""ForecastDisplay: its data, what it draws, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from series_data import airline
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import TimeSeriesSplit

from skdeep import DenseRegressor, ForecastDisplay, Forecaster

pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture(scope="module")
def forecaster():
    return Forecaster(Ridge(), window=12, horizon=6, seasonal_period=12).fit(airline())


@pytest.fixture(scope="module")
def backtest(forecaster):
    return forecaster.backtest(airline(), cv=4)


@pytest.fixture(scope="module")
def both():
    return pd.DataFrame({"a": airline(), "b": 2 * airline()})


def test_forecast_with_an_interval(forecaster, backtest):
    display = ForecastDisplay.from_forecaster(
        forecaster, backtest=backtest, coverage=0.75, n_last=24
    )
    series, forecast = display.lines_
    assert_allclose(series.get_ydata(), airline()[-24:])
    assert_allclose(forecast.get_ydata()[1:], forecaster.predict())
    assert forecast.get_xdata()[1] == np.datetime64("1961-01-01")
    expected = forecaster.predict_interval(backtest, coverage=0.75)
    lower, upper = display.intervals["75 % interval"]
    assert_allclose(lower["passengers"], expected["lower"])
    assert_allclose(upper["passengers"], expected["upper"])
    assert len(display.bands_) == 1
    assert display.axes_[0].get_ylabel() == "passengers"


def test_forecasts_of_a_backtest(backtest):
    display = ForecastDisplay.from_backtest(backtest, y=airline())
    rows = backtest.forecasts
    assert len(display.forecasts) == rows["origin"].nunique() == 4
    drawn = np.concatenate([line.get_ydata()[1:] for line in display.lines_[1:]])
    assert_allclose(drawn, rows["forecast"])
    alone = ForecastDisplay.from_backtest(backtest, n_last=6)
    assert_allclose(alone.lines_[0].get_ydata(), rows["actual"][-6:])
    assert len(alone.lines_) == 2


def test_forecasts_of_two_series_with_quantiles(both):
    forecaster = Forecaster(
        DenseRegressor((4,), epochs=1, random_state=0),
        horizon=3,
        quantiles=(0.1, 0.5, 0.7, 0.9),
    ).fit(both)
    display = ForecastDisplay.from_forecaster(forecaster)
    expected = forecaster.predict()
    assert [ax.get_ylabel() for ax in display.axes_] == ["a", "b"]
    assert_allclose(display.lines_[3].get_ydata()[1:], expected["b", 0.5])
    bands = display.intervals
    assert list(bands) == ["quantiles 0.1 to 0.9", "quantiles 0.5 to 0.7"]
    assert_allclose(bands["quantiles 0.5 to 0.7"][1]["b"], expected["b", 0.7])


def test_forecast_refuses(forecaster, backtest):
    with pytest.raises(TypeError, match="Forecaster"):
        ForecastDisplay.from_forecaster(Ridge())
    with pytest.raises(TypeError, match="Backtest"):
        ForecastDisplay.from_backtest(forecaster)
    with pytest.raises(ValueError, match="n_last"):
        ForecastDisplay.from_forecaster(forecaster, n_last=0)
    with pytest.raises(ValueError, match="2 columns"):
        ForecastDisplay.from_backtest(backtest, y=np.ones((5, 2)))


def test_series_of_a_backtest_are_chosen_by_name(both):
    backtest = Forecaster(Ridge(), window=12, horizon=3).backtest(both, cv=2)
    display = ForecastDisplay.from_backtest(backtest, y=both[["b", "a"]])
    assert list(display.series) == ["a", "b"]
    assert_allclose(display.lines_[0].get_ydata(), both["a"])
    more = ForecastDisplay.from_backtest(backtest, y=both.assign(c=0.0))
    assert list(more.series) == ["a", "b"]
    with pytest.raises(ValueError, match=r"\['a', 'b'\].*\['a', 'c'\]"):
        ForecastDisplay.from_backtest(backtest, y=both.set_axis(["a", "c"], axis=1))


def test_series_of_a_backtest_has_its_index(backtest):
    with pytest.raises(ValueError, match=r"index of the backtest.*from 0 to 143"):
        ForecastDisplay.from_backtest(backtest, y=airline().to_numpy())
    plain = airline().to_numpy()
    plainly = Forecaster(Ridge(), window=12, horizon=3).backtest(plain, cv=2)
    display = ForecastDisplay.from_backtest(plainly, y=plain)
    assert_allclose(display.lines_[0].get_ydata(), plain)


def test_forecasts_join_their_series():
    y = airline()
    f = Forecaster(LinearRegression(), 12, 3).fit(y)
    cv = TimeSeriesSplit(12, test_size=3)
    result = f.backtest(y, cv=cv)
    display = ForecastDisplay.from_forecaster(f, backtest=result, coverage=0.5)
    line = display.lines_[1]
    assert line.get_ydata()[0] == y.iloc[-1]
    assert len(line.get_ydata()) == 4
    assert list(line.get_markevery()) == [1, 2, 3]  # no point on what was known
    corners = display.bands_[0].get_paths()[0].vertices[:, 1]
    assert np.isclose(corners, y.iloc[-1]).any()
    assert len(display.forecasts[0]) == 3
    display = ForecastDisplay.from_backtest(result, y=y)
    starts = [line.get_ydata()[0] for line in display.lines_[1:]]
    np.testing.assert_array_equal(starts, y.iloc[-37:-1:3])
    assert len({line.get_color() for line in display.lines_[1:]}) == 1
    alone = ForecastDisplay.from_backtest(result)  # nothing before the first forecast
    assert len(alone.lines_[1].get_ydata()) == 3


def test_a_backtest_prints_its_errors():
    y = airline()
    f = Forecaster(LinearRegression(), 12, 2, seasonal_period=12)
    result = f.backtest(y, cv=TimeSeriesSplit(3, test_size=2))
    text = repr(result)
    assert text.startswith("Backtest: 3 forecasts of up to 2 steps, from 1960-06 to")
    assert f"{result.errors.loc['all', ('forecast', 'MAE')]:.4g}" in text
    assert "seasonal naive" in text
    assert "<table" in result._repr_html_()
    both = f.backtest(
        pd.DataFrame({"a": y, "b": y}), cv=TimeSeriesSplit(3, test_size=2)
    )
    assert "Backtest of 2 series" in repr(both)

"""Forecasting with any regressor, which learns what follows windows of a series."""

from skdeep.forecasting._backtest import Backtest
from skdeep.forecasting._forecaster import Forecaster
from skdeep.forecasting._windows import rolling_windows

__all__ = ["Backtest", "Forecaster", "rolling_windows"]

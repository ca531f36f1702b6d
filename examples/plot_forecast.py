"""
Sunspots: naive, linear and recurrent forecasts
===============================================

A :class:`skdeep.Forecaster` turns any regressor into a forecaster. A backtest compares
them on years that they have not seen.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit
from statsmodels.datasets import sunspots

from skdeep import ForecastDisplay, Forecaster, SequenceRegressor

series = sunspots.load_pandas().data.set_index("YEAR")["SUNACTIVITY"]
series = series.rename("sunspots")  # how many there were in each year, on average
series.index = pd.period_range(str(int(series.index[0])), periods=len(series), freq="Y")

# %%
# Five folds of eleven years, forecast from the 22 years before each.
regressors = {
    "linear": LinearRegression(),
    "GRU": SequenceRegressor("gru", epochs=60, random_state=0),
}
backtests = {}
for name, regressor in regressors.items():
    forecaster = Forecaster(regressor, window=22, horizon=11, strategy="recursive")
    backtests[name] = forecaster.backtest(series, cv=TimeSeriesSplit(5, test_size=11))
    print(name)
    print(backtests[name].errors["forecast"].tail(1))

# %%
# The last folds: what was forecast, and what came.
figure, axes = plt.subplots(2, 1, figsize=(8, 6), layout="constrained", sharex=True)
for ax, (name, backtest) in zip(axes, backtests.items(), strict=True):
    ForecastDisplay.from_backtest(backtest, y=series, n_last=80, ax=ax)
    ax.set_title(name)
plt.show()

"""
Airline passengers: naive, dense and recurrent forecasts
========================================================

How many people will fly next year? Whoever says "as many as in the same month of last
year" needs no network, but misses the growth. A :class:`skdeep.Forecaster` with a
network has to be better than that.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import TimeSeriesSplit
from sktime.datasets import load_airline

from skdeep import DenseRegressor, Forecaster, SequenceRegressor

passengers = load_airline()  # monthly, in thousands

# %%
# Each forecast sees twelve months and predicts the change since the same month of the
# year before. Then it goes on from its own predictions, month by month. The backtest
# asks for each of the last three years, and shows a forecaster only what came before.
regressors = {
    "linear": LinearRegression(),
    "dense": DenseRegressor(random_state=0),
    "recurrent": SequenceRegressor("gru", random_state=0),
}
backtests = {}
for name, regressor in regressors.items():
    forecaster = Forecaster(
        regressor,
        window=12,
        horizon=12,
        strategy="recursive",
        seasonal_difference=1,
        seasonal_period=12,
    )
    years = TimeSeriesSplit(3, test_size=12)
    backtests[name] = forecaster.backtest(passengers, cv=years)

# %%
# The mean absolute errors, in thousands of passengers.
errors = {name: b.errors.loc["all", "forecast"] for name, b in backtests.items()}
errors["seasonal naive"] = backtests["linear"].errors.loc["all", "seasonal naive"]
print(pd.DataFrame(errors).T.round(2))

# %%
# All three see the growth, and their errors hardly differ: 144 numbers are too few for
# a network to find more in them than a linear model does.
figure, ax = plt.subplots(figsize=(9, 5), layout="constrained")
actual = passengers[-48:]
ax.plot(actual.index.to_timestamp(), actual, color="black", lw=2.5, label="actual")
naive = backtests["linear"].forecasts["seasonal naive"]
ax.plot(naive.index.to_timestamp(), naive, color="grey", ls="--", label="naive")
for name, backtest in backtests.items():
    forecasts = backtest.forecasts["forecast"]
    ax.plot(forecasts.index.to_timestamp(), forecasts, label=name)
ax.set_ylabel("passengers (thousands)")
ax.legend(loc="upper left")
plt.show()

"""
Find the unusual quarters of an economy
=======================================

A :class:`skdeep.Forecaster` predicts the inflation in the United States one quarter
ahead. Where it errs by far more than it usually does, something happened.
"""

import matplotlib.pyplot as plt
import pandas as pd
from statsmodels.datasets import macrodata

from skdeep import DenseRegressor, Forecaster

table = macrodata.load_pandas().data
quarters = pd.PeriodIndex.from_fields(
    year=table["year"].astype(int), quarter=table["quarter"].astype(int)
)
inflation = pd.Series(table["infl"].to_numpy(), quarters)

# %%
# It learns from the years up to 1999. What is usual it finds out on rows that it was
# not trained on; at the ``quantile`` 0.98 about one quarter in fifty is flagged.
forecaster = Forecaster(DenseRegressor(random_state=0), window=4)
forecaster.fit(inflation[:"1999"])
rows = forecaster.detect_anomalies(inflation, quantile=0.98)
flagged = rows[rows["anomaly"]]
print(flagged)

# %%
# In early 1986 the price of oil halved; in late 2008 the banks fell. The band is what
# counts as usual.
figure, ax = plt.subplots(figsize=(9, 4.5), layout="constrained")
time = rows.index.to_timestamp()
ax.plot(time, rows["actual"], color="black", lw=1, label="inflation")
ax.fill_between(
    time,
    rows["predicted"] - rows["threshold"],
    rows["predicted"] + rows["threshold"],
    alpha=0.2,
    label="usual, by what was known a quarter before",
)
ax.scatter(
    flagged.index.to_timestamp(),
    flagged["actual"],
    color="tab:red",
    zorder=3,
    label="unusual",
)
for quarter, row in flagged.iterrows():
    ax.annotate(f"{quarter}  ", (quarter.to_timestamp(), row["actual"]), ha="right")
ax.set(ylabel="inflation (% a year)")
ax.legend()
plt.show()

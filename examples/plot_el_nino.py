"""
Find El Niño in the temperature of the sea
==========================================

Every few years the sea off Peru becomes much warmer than it should be. Nobody tells the
network: a :class:`skdeep.Autoencoder` learns what a usual year is like, and notices
when a year is not.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from statsmodels.datasets import elnino

from skdeep import Autoencoder, rolling_windows

table = elnino.load_pandas().data.set_index("YEAR")
months = pd.period_range("1950-01", periods=table.size, freq="M")
temperature = pd.Series(table.to_numpy().ravel(), months)

# %%
# Each row holds twelve months in sequence, which three numbers have to describe. So the
# network keeps what all such rows have in common: the seasons, and whether a year is a
# little warmer or cooler. It learns from the rows before 1980. A tenth of them is held
# out, and says how large errors usually are.
windows, _ = rolling_windows(temperature, 12)
detector = Autoencoder(3, early_stopping=True, contamination=0.01, random_state=0)
detector.fit(windows[windows.index < "1980-01"])
unusual = windows.index[detector.predict(windows) == -1]
print(sorted(set(unusual.year)))

# %%
# The great El Niños of 1982 and 1997 have large errors; nobody had shown the network
# any temperature of these years.
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(9, 5.5), layout="constrained", sharex=True
)
top.plot(months.to_timestamp(), temperature, lw=1)
top.set_ylabel("sea off Peru (°C)")
errors = -detector.score_samples(windows)
time = windows.index.to_timestamp()
bottom.fill_between(time, errors, color="tab:grey", alpha=0.6)
bottom.fill_between(
    time,
    np.where(windows.index.isin(unusual), errors, np.nan),
    color="tab:red",
    label="unusual",
)
bottom.set_ylabel("error of the twelve months before")
bottom.axvline(pd.Timestamp("1980"), color="black", ls=":", label="end of training")
bottom.legend(loc="upper left")
plt.show()

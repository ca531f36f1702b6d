"""pandas indexes of series as plain values."""

import numpy as np
import pandas as pd


def encoded_index(index):
    """(kind, values, name, details) of an index."""
    if isinstance(index, pd.RangeIndex):
        return "range", (index.start, index.stop, index.step), index.name, None
    if isinstance(index, pd.PeriodIndex):
        return "period", index.asi8.copy(), index.name, index.freqstr
    if isinstance(index, pd.DatetimeIndex):
        zone = None if index.tz is None else str(index.tz)
        naive = index.tz_convert("UTC").tz_localize(None) if zone else index
        return "time", naive.to_numpy().copy(), index.name, (zone, index.freqstr)
    return "labels", index.to_numpy().copy(), index.name, None


def decoded_index(kind, values, name, details):
    """The inverse of :func:`encoded_index`."""
    if kind == "range":
        return pd.RangeIndex(*values, name=name)
    if kind == "period":
        return pd.PeriodIndex.from_ordinals(values, freq=details, name=name)
    if kind == "time":
        zone, freq = details
        index = pd.DatetimeIndex(values, name=name)
        index = index.tz_localize("UTC").tz_convert(zone) if zone else index
        return pd.DatetimeIndex(index, freq=freq)
    if kind == "labels" and isinstance(values, np.ndarray):
        return pd.Index(values, name=name)
    raise ValueError(f"There is no index of the kind {kind!r}.")

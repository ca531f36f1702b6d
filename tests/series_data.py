"""Series and sequences that ship in packages, read without importing these."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd


def _folder(package):
    return Path(find_spec(package).submodule_search_locations[0]) / "datasets"


def ucr(name, part):
    """Sequences and labels of a set of the UCR and UEA archives, its official split.

    Parameters
    ----------
    name : {"BasicMotions", "GunPoint", "ItalyPowerDemand", "JapaneseVowels"}
    part : {"TRAIN", "TEST"}

    Returns
    -------
    X : ndarray of shape (n_samples, steps, channels), or list of arrays
        A list where lengths differ.
    y : ndarray of shape (n_samples,)
    """
    path = _folder("sktime") / "data" / name / f"{name}_{part}.ts"
    X, y = [], []
    for line in path.read_text().splitlines():
        if line and line[0] not in "#@":
            *channels, label = line.split(":")
            X.append(np.array([np.fromstring(c, sep=",") for c in channels]).T)
            y.append(label)
    one_length = len({len(sequence) for sequence in X}) == 1
    return np.stack(X) if one_length else X, np.array(y)


def airline():
    """Monthly airline passengers, in thousands, 1949 to 1960 (Box and Jenkins)."""
    table = pd.read_csv(_folder("sktime") / "data" / "Airline" / "Airline.csv")
    months = pd.period_range("1949-01", periods=len(table), freq="M")
    return pd.Series(table.iloc[:, 1].to_numpy("float64"), months, name="passengers")


def sunspots():
    """Yearly sunspot numbers, 1700 to 2008."""
    table = pd.read_csv(_folder("statsmodels") / "sunspots" / "sunspots.csv")
    years = table["YEAR"].astype(int).to_numpy()
    return pd.Series(table["SUNACTIVITY"].to_numpy(), years, name="sunspots")

"""window= warns where an index shows that rows were never neighbours."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import SequenceRegressor
from skdeep.base._row_order import warn_about_gaps

N = 400


def _frame(index):
    return pd.DataFrame({"a": np.arange(float(len(index)))}, index)


def _warns(X):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warn_about_gaps(X, None, 3)
    return bool(seen)


def _sessions():
    """Seven hours of each working day."""
    days = pd.bdate_range("2024-01-01", periods=60)
    return pd.DatetimeIndex([d + pd.Timedelta(hours=h) for d in days for h in range(7)])


INDICES = {
    "numbers": pd.RangeIndex(N),
    "hours": pd.Index(np.arange(N) / 4),
    "days": pd.date_range("2020-01-01", periods=N),
    "months": pd.date_range("1980-01-01", periods=N, freq="MS"),
    "periods": pd.period_range("1980-01", periods=N, freq="M"),
    "working days": pd.bdate_range("2020-01-01", periods=N),
    "sessions": _sessions(),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_ordered_rows_do_not_warn(index):
    X = _frame(index)
    assert not _warns(X)
    for cv in (KFold(5), TimeSeriesSplit(5, gap=3)):
        assert not any(_warns(X.iloc[train]) for train, _ in cv.split(X))
    assert not _warns(X.drop(X.index[[40, 41, 200]]))
    assert not _warns(train_test_split(X, shuffle=False)[0])


@pytest.mark.parametrize("index", list(INDICES.values())[:5], ids=list(INDICES)[:5])
@pytest.mark.parametrize("n_splits", [2, 5, 10])
def test_shuffled_rows_warn(index, n_splits):
    X = _frame(index)
    folds = KFold(n_splits, shuffle=True, random_state=0)
    assert all(_warns(X.iloc[train]) for train, _ in folds.split(X))
    assert _warns(train_test_split(X, random_state=0)[0])
    assert _warns(X[::-1])


def test_what_cannot_be_seen():
    for X in (np.arange(9.0)[:, None], [[1.0], [2.0], [3.0]], _frame(list("cba"))):
        assert not _warns(X)


def test_fit_warns():
    X = _frame(INDICES["days"][:40])
    train = next(KFold(5, shuffle=True, random_state=0).split(X))[0]
    net = SequenceRegressor("rnn", units=(2,), window=3, epochs=1, random_state=0)
    with pytest.warns(UserWarning, match="window=3 makes windows.*never neighbours"):
        net.fit(X.iloc[train], X["a"].iloc[train])
    with pytest.warns(UserWarning, match=r"The index of y .* y\.reset_index"):
        make_pipeline(StandardScaler(), net).fit(X.iloc[train], X["a"].iloc[train])
    net.fit(X, X["a"])

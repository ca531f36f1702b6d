"""Warnings point at the line of the user's that led to them."""

import inspect
import re
import warnings
from pathlib import Path

import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import DenseClassifier

NET = DenseClassifier((3,), epochs=1, batch_size=500, random_state=0)
CALLS = {
    "alone": lambda X, y: NET.fit(X, y),
    "column": lambda X, y: clone(NET).set_params(batch_size=50).fit(X, y[:, None]),
    "partial": lambda X, y: NET.partial_fit(X, y, classes=[0, 1, 2]),
    "pipeline": lambda X, y: make_pipeline(StandardScaler(), NET).fit(X, y),
    "search": lambda X, y: cross_val_score(NET, X, y, cv=2),
    "diverging": lambda X, y: NET.set_params(batch_size=50, normalize=False).fit(
        X * 1e30, y
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_warnings_point_at_the_users_line(iris, name):
    call = CALLS[name]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call(*iris)
    lines, first = inspect.getsourcelines(call)
    assert seen
    for warning in seen:
        assert warning.filename == __file__
        assert first <= warning.lineno < first + len(lines)


def test_warnings_have_one_way():
    package = Path(skdeep.__file__).parent
    found = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"warnings\.warn\(", path.read_text())
    ]
    assert found == ["_warn.py"]

"""What the displays have in common: axes, legends, properties, matplotlib."""

import inspect
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

import skdeep.plotting
from skdeep import (
    ConvClassifier,
    DenseClassifier,
    FilterDisplay,
    ForecastDisplay,
    HiddenSpaceDisplay,
    HistoryDisplay,
    ParameterHistoriesDisplay,
    ReconstructionDisplay,
)

pytestmark = pytest.mark.usefixtures("figures")

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
WATCHED = {**NET, "early_stopping": True, "metrics": ["accuracy"]}


@pytest.fixture(scope="module")
def watched(iris):
    return DenseClassifier(**WATCHED).fit(*iris)


@pytest.fixture(scope="module")
def conv(digits):
    X, y = digits
    classifier = ConvClassifier((4, 6), epochs=2, random_state=0)
    return classifier.fit(X[:100].reshape(-1, 8, 8), y[:100])


@pytest.fixture
def series():
    index = pd.date_range("2001-01-01", periods=20)
    return pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0)}, index)


def test_displays_draw_into_given_axes(watched, conv, digits):
    before = len(plt.get_fignums())  # doctests leave theirs open
    figure, (left, right) = plt.subplots(1, 2)
    display = HistoryDisplay.from_estimator(watched, ax=left)
    assert display.figure_ is figure
    assert not left.axison
    cell = left.get_position()
    assert all(ax.get_position().x1 <= cell.x1 + 1e-6 for ax in display.axes_)
    one = HistoryDisplay.from_estimator(watched, ax=right, metrics=["accuracy"])
    assert list(one.axes_) == [right]
    _, pair = plt.subplots(2)
    assert list(HistoryDisplay.from_estimator(watched, ax=pair).axes_) == list(pair)
    with pytest.raises(ValueError, match="2 of them"):
        HistoryDisplay.from_estimator(watched, ax=[right])
    free = plt.figure().add_axes((0.1, 0.1, 0.5, 0.5))
    display = FilterDisplay.from_estimator(conv, ax=free)
    assert len(display.axes_) == 4
    assert all(ax.get_position().x1 < 0.61 for ax in display.axes_)
    assert len(plt.get_fignums()) == before + 3


def _draw_histories(ax, watched, iris, series):
    histories = {"a": watched.history_, "much longer name": watched.history_}
    names = ["value", "metric"]
    frame = pd.concat(histories, axis=1, names=names)
    return ParameterHistoriesDisplay.from_frame(frame, ax=ax)


def _draw_planes(ax, watched, iris, series):
    points = np.stack([iris[0][:, :2], iris[0][:, 2:]])
    display = HiddenSpaceDisplay(points, iris[1], epochs=[1, 2], classes=range(3))
    return display.plot(ax=ax)


def _draw_forecasts(ax, watched, iris, series):
    return ForecastDisplay(series[:15], [series[15:]]).plot(ax=ax)


def _draw_reconstructions(ax, watched, iris, series):
    pca = PCA(2).fit(iris[0])
    return ReconstructionDisplay.from_estimator(pca, iris[0], n_samples=2, ax=ax)


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize(
    "draw", [_draw_histories, _draw_planes, _draw_forecasts, _draw_reconstructions]
)
def test_the_legend_of_a_divided_axes_hides_nothing(
    draw, free, layout, watched, iris, series
):
    figure = plt.figure(figsize=(9, 4), layout=layout)
    ax = figure.add_axes((0.1, 0.2, 0.8, 0.7)) if free else figure.add_subplot()
    whole = ax.get_window_extent()
    display = draw(ax, watched, iris, series)
    figure.canvas.draw()
    drawn = np.ravel(display.axes_)
    legends = [a.get_legend() for a in figure.axes if a.get_legend() is not None]
    (box,) = [legend.get_window_extent() for legend in legends]
    assert len(drawn) == 2
    assert not any(box.overlaps(one.get_window_extent()) for one in drawn)
    if layout is None:
        assert box.x1 <= whole.x1 + 1
    assert sum(one.get_window_extent().width for one in set(drawn)) > 0.3 * whole.width


def test_short_names_of_properties(watched, iris, series):
    short = {"ls": ":", "c": "r", "lw": 3}
    lines = [
        *HistoryDisplay.from_estimator(watched, line_kw=short).lines_.values(),
        ForecastDisplay(series[:15], [series[15:]]).plot(line_kw=short).lines_[1],
        ReconstructionDisplay.from_estimator(
            PCA(2).fit(iris[0]), iris[0], plot_kw=short
        )
        .axes_[0, 0]
        .lines[1],
    ]
    for line in lines:
        look = line.get_linestyle(), line.get_color(), line.get_linewidth()
        assert look == (":", "r", 3)


@pytest.mark.parametrize("name", ["c", "color"])
def test_short_names_of_properties_of_points(name, iris, diabetes):
    X, y = iris
    options = {"scatter_kw": {name: "k", "lw": 2, "ec": "r"}}
    points = HiddenSpaceDisplay(X[None, :, :2], y, classes=[0, 1, 2]).plot(**options)
    values = HiddenSpaceDisplay(diabetes[0][None, :, :2], diabetes[1]).plot(**options)
    for scatter in (*points.scatters_, *values.scatters_):
        assert scatter.get_facecolor()[0][:3].tolist() == [0, 0, 0]
        assert scatter.get_linewidth()[0] == 2
    assert len(values.figure_.axes) == 1  # no scale of colours that are not there


_METHODS = [
    (getattr(skdeep.plotting, display), method)
    for display in skdeep.plotting.__all__
    for method in dir(getattr(skdeep.plotting, display))
    if method.startswith("from_")
]


@pytest.mark.parametrize(("display", "method"), _METHODS)
def test_without_matplotlib(monkeypatch, display, method):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    draw = getattr(display, method)
    needed = inspect.signature(draw).parameters.values()
    arguments = {p.name: None for p in needed if p.default is p.empty and p.kind != 4}
    with pytest.raises(ImportError, match=f"{display.__name__}.from_.* requires"):
        draw(**arguments)
    with pytest.raises(ImportError, match=f"{display.__name__}.plot requires"):
        display.plot(display.__new__(display))

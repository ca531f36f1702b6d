"""The displays of fits: their data, what they draw, and what they refuse."""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from series_data import airline
from sklearn.base import clone
from sklearn.decomposition import NMF, PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    FilterDisplay,
    ForecastDisplay,
    Forecaster,
    HistoryDisplay,
    ParameterHistoriesDisplay,
    ReconstructionDisplay,
    training_histories,
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


@pytest.fixture(scope="module")
def forecaster():
    return Forecaster(Ridge(), window=12, horizon=6, seasonal_period=12).fit(airline())


@pytest.fixture(scope="module")
def backtest(forecaster):
    return forecaster.backtest(airline(), cv=4)


def test_history_draws_all_columns(watched):
    display = HistoryDisplay.from_estimator(watched)
    history = watched.history_
    assert [ax.get_ylabel() for ax in display.axes_] == ["Loss", "Accuracy"]
    assert {column for _, column in display.lines_} == set(history)
    for (name, column), line in display.lines_.items():
        assert name == "DenseClassifier"
        assert_allclose(line.get_xdata(), history.index)
        assert_allclose(line.get_ydata(), history[column])
    assert display.best_epochs == {"DenseClassifier": watched.best_epoch_}
    marks = [
        line.get_xdata()[0]
        for line in display.axes_[0].lines
        if line.get_marker() == "o"
    ]
    assert marks == [watched.best_epoch_]
    one = HistoryDisplay.from_estimator(watched, metrics=["loss"])
    assert len(one.axes_) == 1


def test_smoothing_is_a_bias_corrected_mean(watched):
    display = HistoryDisplay.from_estimator(watched, smoothing=0.7, metrics=["loss"])
    values = watched.history_["loss"].to_numpy()
    expected = [
        np.average(values[: n + 1], weights=0.7 ** np.arange(n, -1, -1))
        for n in range(len(values))
    ]
    line = display.lines_["DenseClassifier", "loss"]
    assert_allclose(line.get_ydata(), expected)
    assert any(
        np.array_equal(raw.get_ydata(), values) for raw in display.axes_[0].lines
    )


def test_histories_of_pipelines_searches_and_several(iris, watched):
    pipe = make_pipeline(StandardScaler(), DenseClassifier(**NET))
    grid = {"denseclassifier__learning_rate": [0.001, 0.01]}
    search = GridSearchCV(pipe, grid, cv=2).fit(*iris)
    several = {"pipe": clone(pipe).fit(*iris), "search": search}
    display = HistoryDisplay.from_estimator(several)
    best = search.best_estimator_[-1].history_
    assert_allclose(display.lines_["search", "loss"].get_ydata(), best["loss"])
    assert display.best_epochs == {"pipe": None, "search": None}
    display = HistoryDisplay.from_estimator([watched, watched])
    assert list(display.histories) == ["DenseClassifier (1)", "DenseClassifier (2)"]
    legend = [text.get_text() for text in display.axes_[-1].get_legend().get_texts()]
    assert legend[:2] == list(display.histories)


def test_candidates_of_a_search_side_by_side(iris):
    grid = {"learning_rate": [0.001, 0.1, 0.01], "dropout": [0.0]}
    search = GridSearchCV(DenseClassifier(**NET), grid, cv=2).fit(*iris)
    X, y = iris
    display = HistoryDisplay.from_search(search, X, y, n_best=2, X_val=X, y_val=y)
    order = np.argsort(search.cv_results_["rank_test_score"])[:2]
    rates = [search.cv_results_["params"][i]["learning_rate"] for i in order]
    assert list(display.histories) == [f"dropout=0, learning_rate={r}" for r in rates]
    alone = DenseClassifier(**NET, learning_rate=rates[0]).fit(X, y, X_val=X, y_val=y)
    drawn = next(iter(display.histories.values()))
    assert_allclose(drawn, alone.history_, rtol=1e-4)
    with pytest.raises(ValueError, match="n_best"):
        HistoryDisplay.from_search(search, X, y, n_best=0)
    search.cv_results_ = {"rank_test_r2": []}
    with pytest.raises(ValueError, match="refit=True"):
        HistoryDisplay.from_search(search, X, y)


def test_history_from_frames_and_from_keras(watched):
    kerases = watched.history_.to_dict("list")
    display = HistoryDisplay.from_history(kerases)
    assert display.best_epochs["history"] == watched.best_epoch_
    assert display.lines_["history", "loss"].get_xdata()[0] == 1
    # A column without validation has its mark, too.
    rates = {**kerases, "learning_rate": [0.1] * len(kerases["loss"])}
    marked = HistoryDisplay.from_history(rates).axes_[-1].lines[-1]
    assert marked.get_xdata()[0] == watched.best_epoch_
    display = HistoryDisplay.from_history({"a": watched.history_, "b": kerases})
    assert list(display.histories) == ["a", "b"]
    with pytest.raises(TypeError, match="DataFrame"):
        HistoryDisplay.from_history([1, 2])


def test_history_refuses(watched, classifier):
    draw = HistoryDisplay.from_estimator
    with pytest.raises(ValueError, match="smoothing"):
        draw(watched, smoothing=1.0)
    with pytest.raises(ValueError, match=r"'f1'.*accuracy"):
        draw(watched, metrics=["f1"])
    with pytest.raises(ValueError, match="loss or a metric"):
        draw(watched, metrics=[])
    with pytest.raises(ValueError, match="at least one"):
        draw([])
    with pytest.raises(ValueError, match="no epochs"):
        draw(DenseRegressor.from_weights([[[1.0]]]))
    with pytest.raises(NotFittedError):
        draw(DenseClassifier())
    with pytest.raises(TypeError, match="network of skdeep"):
        draw(LogisticRegression())
    with pytest.raises(TypeError, match="line_kw"):
        draw(watched, line_kw="red")
    negative = pd.DataFrame({"loss": [0.5, -0.5]}, index=[1, 2])
    with pytest.raises(ValueError, match="log_scale"):
        HistoryDisplay.from_history(negative, log_scale=True)
    assert draw(classifier, log_scale=True).axes_[0].get_yscale() == "log"


def test_displays_draw_into_given_axes(watched, conv, digits):
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
    assert len(plt.get_fignums()) == 3


def test_parameter_histories(iris):
    classifier = DenseClassifier(**WATCHED)
    rates = [0.1, 0.001, 0.01]
    options = {"param_name": "learning_rate", "param_range": rates}
    display = ParameterHistoriesDisplay.from_estimator(classifier, *iris, **options)
    frame = training_histories(classifier, *iris, "learning_rate", rates)
    assert_allclose(display.histories, frame, rtol=1e-4)
    for column, line in display.lines_.items():
        assert_allclose(line.get_ydata(), display.histories[column].dropna())
    # Along the map in the order of the numbers: it gets lighter.
    green = {
        rate: mpl.colors.to_rgb(display.lines_[rate, "loss"].get_color())[1]
        for rate in rates
    }
    assert green[0.001] < green[0.01] < green[0.1]
    legend = display.axes_[-1].get_legend()
    assert legend.get_title().get_text() == "learning_rate"
    again = ParameterHistoriesDisplay.from_frame(frame, metrics=["loss"])
    assert len(again.axes_) == 1
    with pytest.raises(TypeError, match="two levels"):
        ParameterHistoriesDisplay.from_frame(frame[0.1])


def test_reconstructions_of_images(digits):
    X, _ = digits
    models = {
        "PCA": PCA(5).fit(X),
        "NMF": NMF(5, max_iter=500, tol=0.01).fit(X),
        "Autoencoder": Autoencoder(5, hidden_layer_sizes=(), epochs=2).fit(X),
    }
    display = ReconstructionDisplay.from_estimators(models, X, image_shape=(8, 8))
    assert display.axes_.shape == (4, 8)
    for name, model in models.items():
        values = model.inverse_transform(model.transform(X))
        error = np.mean((values - X) ** 2)
        assert display.errors[name] == pytest.approx(error, rel=1e-4)
        row = 1 + list(models).index(name)
        drawn = display.axes_[row, 2].images[0].get_array()
        assert_allclose(drawn, values[2].reshape(8, 8), rtol=1e-4, atol=1e-4)
    assert f"{display.errors['NMF']:.3g}" in display.axes_[2, 0].get_ylabel()


def test_reconstructions_of_rows(diabetes):
    X = StandardScaler().fit_transform(diabetes[0])
    pca = PCA(3).fit(X)
    display = ReconstructionDisplay.from_estimator(pca, X, n_samples=2)
    assert display.axes_.shape == (1, 2)
    original, reconstruction = display.axes_[0, 1].lines
    assert_allclose(original.get_ydata(), X[1])
    assert_allclose(
        reconstruction.get_ydata(), pca.inverse_transform(pca.transform(X))[1]
    )


def test_reconstruction_refuses(digits, classifier):
    X, _ = digits
    pca = PCA(2).fit(X)
    draw = ReconstructionDisplay.from_estimator
    with pytest.raises(ValueError, match="64"):
        draw(pca, X, image_shape=(8, 9))
    with pytest.raises(ValueError, match="n_samples"):
        draw(pca, X, n_samples=0)
    with pytest.raises(TypeError, match="inverse_transform"):
        draw(classifier, X)
    with pytest.raises(NotFittedError):
        draw(PCA(2), X)
    with pytest.raises(ValueError, match="at least one"):
        ReconstructionDisplay.from_estimators([], X)


def test_forecast_with_an_interval(forecaster, backtest):
    display = ForecastDisplay.from_forecaster(
        forecaster, backtest=backtest, coverage=0.75, n_last=24
    )
    series, forecast = display.lines_
    assert_allclose(series.get_ydata(), airline()[-24:])
    assert_allclose(forecast.get_ydata(), forecaster.predict())
    assert forecast.get_xdata()[0] == np.datetime64("1961-01-01")
    expected = forecaster.predict_interval(backtest, coverage=0.75)
    lower, upper = display.intervals["75 % interval"]
    assert_allclose(lower["passengers"], expected["lower"])
    assert_allclose(upper["passengers"], expected["upper"])
    assert len(display.bands_) == 1
    assert display.axes_[0].get_ylabel() == "passengers"


def test_forecasts_of_a_backtest(backtest):
    display = ForecastDisplay.from_backtest(backtest, y=airline())
    rows = backtest.forecasts
    assert len(display.forecasts) == rows["origin"].nunique() == 4
    drawn = np.concatenate([line.get_ydata() for line in display.lines_[1:]])
    assert_allclose(drawn, rows["forecast"])
    alone = ForecastDisplay.from_backtest(backtest, n_last=6)
    assert_allclose(alone.lines_[0].get_ydata(), rows["actual"][-6:])
    assert len(alone.lines_) == 2


def test_forecasts_of_two_series_with_quantiles():
    both = pd.DataFrame({"a": airline(), "b": 2 * airline()})
    forecaster = Forecaster(
        DenseRegressor((4,), epochs=1, random_state=0),
        horizon=3,
        quantiles=(0.1, 0.5, 0.7, 0.9),
    ).fit(both)
    display = ForecastDisplay.from_forecaster(forecaster)
    expected = forecaster.predict()
    assert [ax.get_ylabel() for ax in display.axes_] == ["a", "b"]
    assert_allclose(display.lines_[3].get_ydata(), expected["b", 0.5])
    bands = display.intervals
    assert list(bands) == ["quantiles 0.1 to 0.9", "quantiles 0.5 to 0.7"]
    assert_allclose(bands["quantiles 0.5 to 0.7"][1]["b"], expected["b", 0.7])


def test_forecast_refuses(forecaster, backtest):
    with pytest.raises(TypeError, match="Forecaster"):
        ForecastDisplay.from_forecaster(Ridge())
    with pytest.raises(TypeError, match="Backtest"):
        ForecastDisplay.from_backtest(forecaster)
    with pytest.raises(ValueError, match="n_last"):
        ForecastDisplay.from_forecaster(forecaster, n_last=0)
    with pytest.raises(ValueError, match="2 columns"):
        ForecastDisplay.from_backtest(backtest, y=np.ones((5, 2)))


def test_without_matplotlib(monkeypatch, watched):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"HistoryDisplay.from_estimator requires"):
        HistoryDisplay.from_estimator(watched)

"""The displays of fits: their data, what they draw, and what they refuse."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import NMF, PCA
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import (
    Autoencoder,
    DenseClassifier,
    DenseRegressor,
    HiddenSpaceDisplay,
    HistoryDisplay,
    ParameterHistoriesDisplay,
    ReconstructionDisplay,
    TextGenerator,
    training_histories,
)

pytestmark = pytest.mark.usefixtures("figures")

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
WATCHED = {**NET, "early_stopping": True, "metrics": ["accuracy"]}


@pytest.fixture(scope="module")
def watched(iris):
    return DenseClassifier(**WATCHED).fit(*iris)


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
    for one in (["accuracy"], "accuracy"):
        display = HistoryDisplay.from_estimator(watched, metrics=one)
        assert [ax.get_ylabel() for ax in display.axes_] == ["Accuracy"]


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


def test_the_best_epoch_is_marked_on_what_was_measured():
    losses = pd.Series([5.0, 4.0, 1.0, 2.0, 2.0], index=range(1, 6))
    history = pd.DataFrame({"loss": losses - 0.5, "val_loss": losses})
    display = HistoryDisplay.from_history(history, smoothing=0.6)
    (mark,) = [one for one in display.axes_[0].lines if one.get_marker() == "o"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (3, 1.0)
    assert display.lines_["history", "val_loss"].get_ydata().min() > 1.0


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
    assert list(display.histories) == [f"learning_rate={r}" for r in rates]
    alone = DenseClassifier(**NET, learning_rate=rates[0]).fit(X, y, X_val=X, y_val=y)
    drawn = next(iter(display.histories.values()))
    assert_allclose(drawn, alone.history_, rtol=1e-4)
    with pytest.raises(ValueError, match="n_best"):
        HistoryDisplay.from_search(search, X, y, n_best=0)
    search.cv_results_ = {"rank_test_r2": []}
    with pytest.raises(ValueError, match="refit=True"):
        HistoryDisplay.from_search(search, X, y)


def test_a_halving_search_has_each_candidate_once(iris):
    grid = {"learning_rate": [0.001, 0.1, 0.01], "hidden_layer_sizes": [[4], [8]]}
    search = HalvingGridSearchCV(
        DenseClassifier(epochs=2, random_state=0), grid, cv=2, random_state=0
    ).fit(*iris)
    assert len(search.cv_results_["params"]) > 6
    display = HistoryDisplay.from_search(search, *iris, n_best=6)
    assert len(display.histories) == 6
    assert not any("(2)" in label for label in display.histories)


def test_history_of_a_generator_of_texts():
    generator = TextGenerator(units=4, epochs=1, random_state=0)
    generator.fit(["one two three four", "two three four one"] * 10)
    display = HistoryDisplay.from_estimator(generator)
    assert list(display.histories) == ["TextGenerator"]


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
    for wrong in (1.0, "a", None):
        with pytest.raises(ValueError, match=f"smoothing={wrong!r}"):
            draw(watched, smoothing=wrong)
    with pytest.raises(ValueError, match=r"'f1'.*accuracy"):
        draw(watched, metrics=["f1"])
    with pytest.raises(ValueError, match=r"without 'val_'.*'val_accuracy'"):
        draw(watched, metrics=["val_accuracy"])
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


def _legend(display):
    legends = [ax.get_legend() for ax in display.axes_ if ax.get_legend()]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def test_fits_that_all_diverged_at_once_are_shown():
    nothing = pd.DataFrame({"loss": []})
    display = HistoryDisplay.from_history({"a": nothing, "b": nothing})
    arrows = [line for line in display.axes_[0].lines if line.get_label() == "diverged"]
    assert [line.get_ydata()[0] for line in arrows] == [1, 1]  # at the top
    assert len({line.get_xdata()[0] for line in arrows}) == 2
    assert not len(display.axes_[0].get_yticks())  # there is no value to read off
    assert "diverged" in _legend(display)


def test_a_diverged_fit_stays_visible_and_flattens_no_other():
    epochs = pd.RangeIndex(1, 5, name="epoch")
    table = {
        (0.1, "loss"): [2.0, 1.5, 1.2, 1.0],
        (1.0, "loss"): [2.1, 1.0, 0.8, 0.7],
        (50.0, "loss"): [3.0, 70.0, 9e9, np.nan],
        (1e9, "loss"): [np.nan] * 4,
    }
    frame = pd.DataFrame(table, index=epochs)
    display = ParameterHistoriesDisplay.from_frame(frame)
    low, high = display.axes_[0].get_ylim()
    assert low < 0.7
    assert 2.1 < high < 2.5
    arrows = [line for line in display.axes_[0].lines if line.get_label() == "diverged"]
    assert [line.get_xdata()[0] for line in arrows] == [2, 1]
    colors = [display.lines_[50.0, "loss"].get_color(), arrows[0].get_color()]
    assert_allclose(*colors)
    assert _legend(display)[:4] == ["0.1", "1", "50", "1e+09"]
    assert "diverged" in _legend(display)
    usual = ParameterHistoriesDisplay.from_frame(frame[[0.1, 1.0]])
    assert "diverged" not in _legend(usual)
    logarithmic = ParameterHistoriesDisplay.from_frame(frame, log_scale=True)
    assert logarithmic.axes_[0].get_ylim()[1] > 1e9  # which has room for all


def test_a_fit_that_starts_high_and_falls_has_not_diverged():
    # A penalty on the weights is in the loss; training makes it small.
    plain = pd.DataFrame({"loss": [1.0, 0.5], "val_loss": [1.1, 0.9]}, index=[1, 2])
    penalised = plain + np.array([[14, 8], [0.1, -0.1]])
    display = HistoryDisplay.from_history({"plain": plain, "penalised": penalised})
    assert display.axes_[0].get_ylim()[1] > 15
    assert "diverged" not in _legend(display)
    risen = plain + np.array([[14, 8], [15, -0.1]])
    display = HistoryDisplay.from_history({"plain": plain, "risen": risen})
    assert "diverged" in _legend(display)


def test_the_legend_of_a_search_names_what_differs():
    X, y = load_iris(return_X_y=True)
    net = DenseClassifier((4,), epochs=2, random_state=0)
    grid = {"learning_rate": [0.01, 0.1], "dropout": [0.1], "l2": [0.0]}
    search = GridSearchCV(net, grid, cv=2).fit(X, y)
    labels = _legend(HistoryDisplay.from_search(search, X, y))
    assert sorted(labels[:2]) == ["learning_rate=0.01", "learning_rate=0.1"]
    one = HistoryDisplay.from_search(search, X, y, n_best=1)
    assert next(iter(one.histories)).count("=") == 3


@pytest.mark.parametrize("stopping", [False, True])
def test_all_epochs_that_were_asked_for_are_drawn(stopping):
    X, y = load_iris(return_X_y=True)
    net = DenseClassifier((4, 2), epochs=6, early_stopping=stopping, random_state=0)
    net.set_params(patience=2, min_delta=10.0) if stopping else None
    display = HiddenSpaceDisplay.from_epochs(net, X, y, epochs=3 if stopping else 6)
    assert display.epochs == ([1, 2, 3] if stopping else [1, 2, 3, 4, 5, 6])
    limits = {(ax.get_xlim(), ax.get_ylim()) for ax in display.axes_}
    assert len(limits) == 1
    last = display.axes_[-1].get_title()
    assert last == f"Epoch {display.epochs[-1]}, accuracy {display.scores[-1]:.2f}"
    if not stopping:
        assert display.scores[-1] == net.fit(X, y).score(X, y)
        title = HiddenSpaceDisplay.from_estimator(net, X, y).axes_[0].get_title()
        assert title == f"Accuracy {display.scores[-1]:.2f}"

"""NetworkDisplay: its data, what it draws, and what it refuses."""

from itertools import pairwise

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    NetworkDisplay,
    layer_outputs,
)

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("figures", "moved")

_HEADINGS = "input", "dense_1", "output"


@pytest.fixture(scope="module")
def frame_of_iris():
    return load_iris(return_X_y=True, as_frame=True)


def test_network_shows_weights_and_activations(iris):
    X, y = iris
    pipe = make_pipeline(
        StandardScaler(), DenseClassifier((5, 3), epochs=2, random_state=0)
    )
    pipe.fit(X, y)
    display = NetworkDisplay.from_estimator(pipe, X[0], feature_names=list("abcd"))
    outputs = layer_outputs(pipe, X[:1])
    assert_allclose(display.activations[0], pipe[:-1].transform(X[:1])[0])
    for values, name in zip(display.activations[1:], outputs, strict=True):
        assert_allclose(values, outputs[name][0], atol=1e-5)
    kernels = pipe[-1].get_weights()
    widths = display.lines_[1].get_linewidths()
    expected = np.abs(kernels["dense_2/kernel"].ravel())
    assert np.argmax(widths) == np.argmax(expected)
    assert [len(nodes) for nodes in display.nodes_] == [4, 5, 3, 3]
    texts = [text.get_text().strip() for text in display.ax_.texts]
    assert {"a", "d", "input", "dense_2", "output", "0", "2"} <= set(texts)


def test_network_colours_weights_by_their_sign():
    kernels = [[[3.0], [-1.0]]]
    display = NetworkDisplay.from_estimator(DenseRegressor.from_weights(kernels))
    (red, _, blue, _), (less_red, _, more_blue, _) = display.lines_[0].get_colors()
    assert red > blue
    assert less_red < more_blue
    assert display.activations is None


def test_network_predicts_in_the_units_of_the_targets(regressor, diabetes):
    sample = diabetes[0][:1]
    display = NetworkDisplay.from_estimator(regressor, sample)
    assert len(display.activations) == len(display.nodes_) == 3
    assert_allclose(display.activations[0], sample[0])
    assert_allclose(display.activations[-1], regressor.predict(sample), rtol=1e-5)


def test_network_refuses(regressor, diabetes, digits):
    conv = ConvClassifier((4,), epochs=1, random_state=0)
    conv.fit(digits[0][:50].reshape(-1, 8, 8), digits[1][:50])
    with pytest.raises(TypeError, match="FilterDisplay"):
        NetworkDisplay.from_estimator(conv)
    with pytest.raises(ValueError, match=r"max_nodes=8.*\[10, 8, 1\]"):
        NetworkDisplay.from_estimator(regressor, max_nodes=8)
    with pytest.raises(ValueError, match="10 names"):
        NetworkDisplay.from_estimator(regressor, feature_names=["a"])
    with pytest.raises(ValueError, match="one sample"):
        NetworkDisplay.from_estimator(regressor, diabetes[0][:2])


def test_network_with_an_activation_that_has_weights(iris):
    X, y = iris
    classifier = DenseClassifier(
        (4, 3), activation=keras.layers.PReLU(), epochs=2, random_state=0
    ).fit(X, y)
    display = NetworkDisplay.from_estimator(classifier, X[0])
    kernels = classifier.get_weights()
    for kernel, name in zip(
        display.kernels, ("dense_1", "dense_2", "output"), strict=True
    ):
        assert_allclose(kernel, kernels[f"{name}/kernel"])


@pytest.mark.parametrize("form", ["row", "frame", "pipeline"])
def test_network_shows_the_names_of_a_frame(frame_of_iris, form):
    X, y = frame_of_iris
    network = DenseClassifier((5, 3), epochs=2, random_state=0)
    if form == "pipeline":
        network = make_pipeline(make_pipeline(StandardScaler()), network)
    network.fit(X, y)
    row = X.iloc[0] if form == "row" else X.iloc[:1]
    display = NetworkDisplay.from_estimator(network, row)
    assert display.feature_names == list(X.columns)
    assert_allclose(display.activations[-1], network.predict_proba(X[:1])[0], rtol=1e-5)


def test_network_without_names_after_a_step_that_gives_none(frame_of_iris):
    X, y = frame_of_iris
    network = DenseClassifier((5, 3), epochs=2, random_state=0)
    pipe = make_pipeline(FunctionTransformer(np.asarray), network).fit(X, y)
    assert NetworkDisplay.from_estimator(pipe).feature_names is None


@pytest.mark.parametrize("sparse", [sp.csr_array, sp.csr_matrix])
def test_network_takes_a_sparse_row(iris, sparse):
    X, y = iris
    classifier = DenseClassifier((5, 3), epochs=2, random_state=0).fit(sparse(X), y)
    display = NetworkDisplay.from_estimator(classifier, sparse(X[:1]))
    assert_allclose(display.activations[0], X[0])
    with pytest.raises(ValueError, match=r"one sample.*\(2, 4\)"):
        NetworkDisplay.from_estimator(classifier, sparse(X[:2]))


def test_network_shades_probabilities_and_standardized_numbers(classifier, iris):
    X, _ = iris
    display = NetworkDisplay.from_estimator(classifier, X[0])
    assert_allclose(display.shades[-1], classifier.predict_proba(X[:1])[0], rtol=1e-5)
    scaled = (X[0] - X.mean(axis=0)) / X.std(axis=0)
    assert_allclose(display.shades[0], np.clip(scaled / 2, -1, 1), atol=1e-4)
    # A flower with small petals: blue, though no length is below zero.
    small = NetworkDisplay.from_estimator(classifier, X[X[:, 2].argmin()])
    red, _, blue, _ = small.nodes_[0][2].get_facecolor()
    assert blue > red
    texts = [text.get_text() for text in small.ax_.texts]
    assert f"{X[:, 2].min():.2g}" in texts


def test_network_shades_predictions_by_standard_deviations(regressor, diabetes):
    X, y = diabetes
    display = NetworkDisplay.from_estimator(regressor, X[0])
    expected = (regressor.predict(X[:1]) - y.mean()) / y.std() / 2
    assert_allclose(display.shades[-1], expected, atol=1e-4)


def test_headings_of_a_network_fit_small_axes(classifier):
    _, axes = plt.subplots(3, 3)
    display = NetworkDisplay.from_estimator(classifier, ax=axes[0, 0])
    display.figure_.canvas.draw()
    headings = [t for t in display.ax_.texts if t.get_text() in _HEADINGS]
    boxes = [heading.get_window_extent() for heading in headings]
    assert len(boxes) == 3
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0

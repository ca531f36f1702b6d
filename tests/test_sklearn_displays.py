"""scikit-learn's own displays take networks as they take any estimator."""

import numpy as np
import pytest
from agreement import move_weights
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibrationDisplay, calibration_curve
from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    DetCurveDisplay,
    PrecisionRecallDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
    average_precision_score,
    confusion_matrix,
    det_curve,
    roc_auc_score,
)
from sklearn.model_selection import (
    LearningCurveDisplay,
    ValidationCurveDisplay,
    validation_curve,
)
from text_data import paragraphs

import skdeep
from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
)

pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture(scope="module")
def binary(digits):
    """Fours and nines, by name: networks of each kind, their X, and y."""
    X, y = digits
    chosen = np.isin(y, [4, 9])
    X, y = X[chosen], np.where(y[chosen] == 9, "nine", "four")
    images = X.reshape(-1, 8, 8)
    texts, names = paragraphs()
    options = {"epochs": 3, "random_state": 0}
    networks = {
        "dense": (DenseClassifier((8,), **options), X, y),
        "conv": (ConvClassifier((4,), **options), images, y),
        "sequence": (SequenceClassifier("gru", units=8, **options), images, y),
        "text": (TextClassifier(**options), texts, names == "twenty_newsgroups"),
    }
    with pytest.MonkeyPatch.context() as patch:
        move_weights(patch)
        return {kind: (n.fit(X, y), X, y) for kind, (n, X, y) in networks.items()}


KINDS = ["dense", "conv", "sequence", "text"]


@pytest.mark.parametrize("kind", KINDS)
def test_confusion_matrix(binary, kind):
    network, X, y = binary[kind]
    display = ConfusionMatrixDisplay.from_estimator(network, X, y)
    assert_array_equal(
        display.confusion_matrix, confusion_matrix(y, network.predict(X))
    )
    assert_array_equal(display.display_labels, network.classes_)


@pytest.mark.parametrize("kind", KINDS)
def test_curves_of_binary_classifiers(binary, kind):
    network, X, y = binary[kind]
    score = network.predict_proba(X)[:, 1]
    positive = network.classes_[1]
    display = RocCurveDisplay.from_estimator(network, X, y)
    assert display.roc_auc == pytest.approx(roc_auc_score(y == positive, score))
    options = {"pos_label": positive}
    display = PrecisionRecallDisplay.from_estimator(network, X, y, **options)
    expected = average_precision_score(y == positive, score)
    assert display.average_precision == pytest.approx(expected)
    display = DetCurveDisplay.from_estimator(network, X, y, **options)
    assert_allclose(
        display.fpr,
        det_curve(y == positive, score, drop_intermediate=True)[0],
        atol=1e-9,
    )
    display = CalibrationDisplay.from_estimator(network, X, y, **options)
    assert_allclose(display.prob_true, calibration_curve(y == positive, score)[0])


def test_decision_boundary(iris):
    X, y = iris[0][:, 2:], iris[1]
    network = DenseClassifier((8,), epochs=30, random_state=0).fit(X, y)
    for method in ("predict", "predict_proba"):
        display = DecisionBoundaryDisplay.from_estimator(
            network, X, grid_resolution=7, response_method=method
        )
        grid = np.c_[display.xx0.ravel(), display.xx1.ravel()]
        expected = getattr(network, method)(grid)
        assert_allclose(display.response.reshape(expected.shape), expected, rtol=1e-5)
    assert set(np.unique(network.predict(grid))) == {0, 1, 2}


def test_partial_dependence(regressor, diabetes):
    X, _ = diabetes
    display = PartialDependenceDisplay.from_estimator(
        regressor, X, [2], kind="average", grid_resolution=5
    )
    grid = display.pd_results[0]["grid_values"][0]
    changed = X.copy()
    changed[:, 2] = grid[0]
    expected = regressor.predict(changed).mean()
    assert display.pd_results[0]["average"][0, 0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("network", [DenseRegressor((8,)), SequenceRegressor("conv")])
def test_prediction_error(network, diabetes, moved):
    X, y = diabetes
    network.set_params(epochs=2, random_state=0).fit(X, y)
    display = PredictionErrorDisplay.from_estimator(network, X, y, subsample=None)
    assert_allclose(display.y_pred, network.predict(X))


def test_learning_and_validation_curves(iris):
    network = DenseClassifier((8,), epochs=3, batch_size=32, random_state=0)
    with skdeep.fuse():
        display = LearningCurveDisplay.from_estimator(
            network, *iris, train_sizes=[0.5, 1.0], cv=2
        )
    assert_array_equal(display.train_sizes, [37, 75])
    assert display.test_scores.shape == (2, 2)
    options = {"param_name": "learning_rate", "param_range": [0.001, 0.1], "cv": 2}
    with skdeep.fuse():
        display = ValidationCurveDisplay.from_estimator(network, *iris, **options)
    assert_allclose(
        display.test_scores, validation_curve(network, *iris, **options)[1], atol=0.02
    )
    assert display.test_scores[1].mean() > display.test_scores[0].mean()

"""Pipelines with networks as one ONNX file."""

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skl2onnx
from conftest import TINY
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import skdeep.onnx
from skdeep import DenseClassifier, DenseRegressor

pytestmark = [
    # Keras names np.object.
    pytest.mark.filterwarnings("ignore:In the future `np.object`"),
    # What is learnt does not matter.
    pytest.mark.usefixtures("moved"),
]


@pytest.fixture(autouse=True, scope="module")
def registered():
    skdeep.onnx.register()


def outputs(model, X, **options):
    """What onnxruntime makes of ``X``; of a DataFrame each column is an input."""
    options = {"options": {"zipmap": False}} | options
    file = skl2onnx.to_onnx(model, X[:1], **options).SerializeToString()
    session = onnxruntime.InferenceSession(file)
    if isinstance(X, pd.DataFrame):
        given = {name: X[[name]].to_numpy() for name in X}
    else:
        given = {session.get_inputs()[0].name: X}
    return session.run(None, given)


def scaled(network):
    return make_pipeline(StandardScaler(), network)


def same(model, X, **options):
    labels, probabilities = outputs(model, X, **options)
    expected = model.predict_proba(X)
    assert probabilities.dtype == expected.dtype
    assert_allclose(probabilities, expected, atol=1e-6)
    assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("options", [{}, {"target_opset": 15}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scaler_and_classifier(iris, dtype, options):
    X, y = iris
    model = scaled(DenseClassifier(**TINY)).fit(X, np.array(["a", "b", "ü"])[y])
    same(model, X.astype(dtype), **options)


@pytest.mark.parametrize(
    ("of_labels", "params"),
    [
        (lambda y: y == 1, {}),
        (lambda y: y == 1, {"loss": "kl_divergence"}),  # two units
        (lambda y: np.eye(3)[y], {}),
        (lambda y: np.eye(2)[(y > 1).astype(int)], {}),
        (lambda y: np.c_[y == 1, y > 0].astype(int), {"multilabel": True}),
    ],
    ids=["binary", "two units", "one-hot", "one-hot of two", "multilabel"],
)
def test_kinds_of_labels(iris, of_labels, params):
    X, y = iris
    same(scaled(DenseClassifier(**TINY, **params)).fit(X, of_labels(y)), X)


def test_dictionaries_as_skl2onnx_gives_them(iris, classifier):
    X = iris[0].astype("float32")
    labels, rows = outputs(classifier, X, options=None)
    assert_array_equal(labels, classifier.predict(X))
    assert list(rows[0]) == list(classifier.classes_)
    expected = classifier.predict_proba(X[:1])[0]
    assert_allclose(list(rows[0].values()), expected, atol=1e-6)


def test_column_transformer_and_regressor(diabetes):
    X, y = diabetes
    table = pd.DataFrame(X[:, :4], columns=["age", "sex", "bmi", "bp"])
    table["sex"] = np.where(table["sex"] > 1, "m", "f").astype(object)
    columns = make_column_transformer(
        (StandardScaler(), ["age", "bmi", "bp"]), (OneHotEncoder(), ["sex"])
    )
    model = make_pipeline(columns, DenseRegressor(**TINY)).fit(table, y)
    (values,) = outputs(model, table, options=None)
    assert_allclose(values[:, 0], model.predict(table), atol=1e-5 * y.std())


def test_numbers_far_from_zero(diabetes):
    """Scaling is in double precision, as in the estimator."""
    X, y = diabetes[0] * 1e-3 + 1e5, np.c_[diabetes[1], -diabetes[1]] + 1.7e9
    model = DenseRegressor(**TINY).fit(X, y)
    (values,) = outputs(model, X, options=None)
    assert values.dtype == np.float64
    assert_allclose(values, model.predict(X), rtol=0, atol=1e-5 * diabetes[1].std())


def given(activation="relu", **params):
    """A network for two columns and two classes."""
    kernels = [[[1.0, -1.0], [0.5, 2.0]], [[1.0], [-1.0]]]
    return DenseClassifier.from_weights(kernels, activation=activation, **params)


def test_operations_that_onnx_lacks_are_refused(tmp_path):
    """tf2onnx writes them as they are, into a file that nobody can read."""
    network, path = given("gelu"), tmp_path / "gelu.onnx"
    match = r"with Erfc \(.*'gelu'\).*'silu'"
    with pytest.raises(ValueError, match=match):
        skl2onnx.to_onnx(network, np.zeros((1, 2)))
    with pytest.raises(ValueError, match=match):
        network.export(path, format="onnx")
    assert not path.exists()


@pytest.mark.parametrize("loss", ["hinge", "categorical_hinge"])
def test_margins_are_refused(loss, iris):
    X, y = iris
    model = scaled(DenseClassifier(loss=loss, **TINY)).fit(X, y > 1)
    match = f"gives probabilities, and loss='{loss}' gives margins.*format='onnx'"
    with pytest.raises(ValueError, match=match):
        skl2onnx.to_onnx(model, X[:1])


def test_fractions_as_labels_are_refused():
    network, X = given(classes=[0.5, 1.0]), np.array([[1.0, 0.0], [-1.0, 2.0]])
    with pytest.raises(RuntimeError, match="integers or strings"):  # skl2onnx's own
        outputs(network, X, options=None)
    with pytest.raises(ValueError, match=r"strings or integers.*0\.5.*'nocl'"):
        outputs(network, X)
    options = {"zipmap": False, "nocl": True}
    places, probabilities = outputs(network, X, options=options)
    assert_array_equal(network.classes_[places], network.predict(X))
    assert_allclose(probabilities, network.predict_proba(X), atol=1e-6)

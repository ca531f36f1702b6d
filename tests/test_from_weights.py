"""Networks from given weights."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skdeep import DenseClassifier, DenseRegressor


def test_textbook_numbers():
    """Forward propagation as it is drawn on blackboards."""
    kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
    network = DenseRegressor.from_weights(kernels, activation="linear")
    assert_array_equal(network.predict([[-1.0, 2.0]]), [-3])
    kernels = [[[2, 4], [4, -5]], [[-1, 1], [2, 2]], [[2], [7]]]
    network = DenseRegressor.from_weights(kernels, activation="relu")
    assert_array_equal(network.predict([[3.0, 5.0]]), [182])


def test_fitted_network_can_train_on(diabetes):
    X, y = diabetes[0][:, :2], diabetes[1]
    kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
    network = DenseRegressor.from_weights(kernels, activation="linear")
    network.set_params(learning_rate=1e-4)
    before = network.predict(X)
    network.partial_fit(X, y)
    assert not np.allclose(network.predict(X), before)
    assert network.n_epochs_ == 1


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_classifiers_of_sklearn(iris, activation, kind):
    X, y = iris
    targets = {"binary": y == 1, "multiclass": np.array(list("abc"))[y]}
    targets["multilabel"] = np.column_stack([y == 0, y > 0]).astype(int)
    mlp = MLPClassifier((5, 4), activation=activation, max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X, targets[kind])
    ours = DenseClassifier.from_sklearn(mlp)
    assert_array_equal(ours.predict(X), mlp.predict(X))
    assert_allclose(ours.predict_proba(X), mlp.predict_proba(X), rtol=1e-9)
    assert_array_equal(ours.classes_, mlp.classes_)


def test_regressor_of_sklearn(diabetes):
    X, y = diabetes
    mlp = MLPRegressor(hidden_layer_sizes=(5,), max_iter=5, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X, y)
    assert_allclose(DenseRegressor.from_sklearn(mlp).predict(X), mlp.predict(X))


def test_poisson_regressor_of_sklearn(diabetes):
    X, y = diabetes[0], diabetes[1] / 100
    params = {"hidden_layer_sizes": (5,), "loss": "poisson", "max_iter": 5}
    mlp = MLPRegressor(**params, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X / 100, y)
    ours = DenseRegressor.from_sklearn(mlp)
    assert_allclose(ours.predict(X / 100), mlp.predict(X / 100), rtol=1e-9)
    assert_allclose(ours.model_(X / 100)[:, 0], mlp.predict(X / 100), rtol=1e-9)
    with pytest.raises(ValueError, match="whose output is linear"):
        DenseRegressor.from_sklearn(mlp, loss="mse")


def test_names_of_features_are_kept(iris):
    X = pd.DataFrame(iris[0], columns=list("abcd"))
    mlp = MLPClassifier((3,), max_iter=2, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X, iris[1])
    ours = DenseClassifier.from_sklearn(mlp)
    assert_array_equal(ours.feature_names_in_, list("abcd"))
    assert_array_equal(ours.predict(X), mlp.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        ours.predict(X[list("bacd")])


def test_what_from_sklearn_refuses(iris):
    mlp = MLPClassifier((3,), max_iter=2, random_state=0)
    with pytest.raises(NotFittedError):
        DenseClassifier.from_sklearn(mlp)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(*iris)
    with pytest.raises(TypeError, match="must be a regressor"):
        DenseRegressor.from_sklearn(mlp)
    with pytest.raises(ValueError, match=r"normalize=True\. Leave it out"):
        DenseClassifier.from_sklearn(mlp, normalize=True)
    with pytest.raises(ValueError, match=r"softmax.*hinge"):
        DenseClassifier.from_sklearn(mlp, loss="hinge")


def test_labels_keep_the_order_of_the_outputs():
    for classes in (["b", "a", "c"], ["c", "a", "b"], [2, 0, 1]):
        biases = [np.arange(3.0)]
        network = DenseClassifier.from_weights([np.eye(3)], biases, classes=classes)
        X = 5 * np.eye(3)
        assert_array_equal(network.predict(X), classes)
        assert_array_equal(network.classes_, sorted(classes))
        expected = softmax(X + np.arange(3), axis=1)[:, np.argsort(classes)]
        assert_allclose(network.predict_proba(X), expected, rtol=1e-5)
        assert_allclose(network.model_(X), expected, rtol=1e-5)


@pytest.mark.parametrize("kernel", [[[2.0]], [[-1.0, 1.0]]])
@pytest.mark.parametrize("classes", [["no", "yes"], ["yes", "no"]])
def test_two_labels_keep_the_order_of_the_outputs(kernel, classes):
    network = DenseClassifier.from_weights([kernel], classes=classes)
    assert_array_equal(network.predict([[-3.0], [3.0]]), classes)
    assert_array_equal(network.classes_, ["no", "yes"])
    assert network.predict_proba([[3.0]])[0, network.classes_ == classes[1]] > 0.9


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"classes": ["a", "a", "b"]}, r"each label once.*Received classes=\['a'"),
        ({"activation": "rellu"}, "activation"),
        ({"normalize": True}, "normalize=True"),
        ({"classes": list("abcd")}, "must have 4 columns"),
    ],
)
def test_parameters_are_checked_at_once(params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier.from_weights([np.eye(3)], **params)
    params.pop("classes", None)
    if params:
        with pytest.raises(ValueError, match=message):
            DenseRegressor.from_weights([np.eye(3)], **params)


@pytest.mark.parametrize(
    ("kernels", "biases", "message"),
    [
        ([[[1, 2]], [[1], [2], [3]]], None, r"kernels\[1\] must have shape \(2,"),
        ([[[1, 2]]], [[1, 2, 3]], r"biases\[0\] must have shape \(2,\)"),
        ([[[1, 2]]], [], "equal length"),
    ],
)
def test_weights_that_do_not_fit_are_refused(kernels, biases, message):
    with pytest.raises(ValueError, match=message):
        DenseRegressor.from_weights(kernels, biases)

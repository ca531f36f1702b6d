"""Networks from given weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
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


def test_classifier_from_weights():
    kernels = [[[1.0, -1.0], [0.0, 2.0]]]
    network = DenseClassifier.from_weights(kernels, classes=["cat", "dog"])
    assert_array_equal(network.classes_, ["cat", "dog"])


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

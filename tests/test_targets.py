"""Kinds of targets, types of labels, shapes of predictions, kinds of X."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.datasets import load_linnerud
from sklearn.exceptions import DataConversionWarning

from skdeep import DenseClassifier, DenseRegressor

TINY = {"hidden_layer_sizes": (8,), "epochs": 40, "random_state": 0}
TINY |= {"learning_rate": 0.05}


def test_estimators_are_recognised():
    assert is_classifier(DenseClassifier())
    assert is_regressor(DenseRegressor())


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["setosa", "versicolor", "virginica"]),
        np.array(["setosa", "versicolor", "virginica"], dtype=object),
        np.array([10, -3, 7]),
    ],
    ids=["str", "object", "int"],
)
def test_multiclass_labels(iris, labels):
    X, y = iris
    classifier = DenseClassifier(**TINY).fit(X, labels[y])
    assert_array_equal(classifier.classes_, np.unique(labels))
    predicted = classifier.predict(X)
    assert predicted.shape == (150,)
    assert set(predicted) <= set(labels)
    assert (predicted == labels[y]).mean() > 0.8
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (150, 3)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert classifier.decision_function(X).shape == (150, 3)
    assert_array_equal(classifier.classes_[probabilities.argmax(axis=1)], predicted)


def test_pandas_categorical_and_named_columns(iris):
    X, y = iris
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    labels = pd.Series(pd.Categorical.from_codes(y, ["x", "y", "z"]))
    classifier = DenseClassifier(**TINY).fit(table, labels)
    assert_array_equal(classifier.feature_names_in_, ["a", "b", "c", "d"])
    assert_array_equal(classifier.classes_, ["x", "y", "z"])
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(table[["b", "a", "c", "d"]])


@pytest.mark.parametrize("labels", [(False, True), ("no", "yes"), (-1, 1)])
def test_binary_labels(iris, labels):
    X, y = iris
    y = np.array(labels)[(y == 2).astype(int)]
    classifier = DenseClassifier(**TINY).fit(X, y)
    assert classifier.score(X, y) > 0.8
    assert classifier.predict(X).dtype == y.dtype
    assert classifier.predict_proba(X).shape == (150, 2)
    scores = classifier.decision_function(X)
    assert scores.shape == (150,)
    assert_array_equal(scores > 0, classifier.predict(X) == classifier.classes_[1])
    assert classifier.model_.output_shape == (None, 1)


def test_multilabel(iris):
    X, y = iris
    indicator = np.column_stack([y == 0, y > 0, y == 2]).astype(int)
    classifier = DenseClassifier(**TINY).fit(X, indicator)
    assert classifier.predict(X).shape == (150, 3)
    assert set(np.unique(classifier.predict(X))) == {0, 1}
    assert classifier.predict_proba(X).shape == (150, 3)
    assert classifier.decision_function(X).shape == (150, 3)
    assert (classifier.predict(X) == indicator).mean() > 0.8


def test_several_continuous_targets():
    X, Y = load_linnerud(return_X_y=True)
    regressor = DenseRegressor(**{**TINY, "epochs": 200}).fit(X, Y)
    assert regressor.predict(X).shape == Y.shape
    # check_regressor_multioutput wants double precision.
    assert regressor.predict(X).dtype == np.float64
    assert regressor.n_outputs_ == 3
    assert regressor.score(X, Y) > 0.2


def test_column_vector_is_one_target(diabetes, regressor):
    """(n, 1) against (n,) would broadcast to an n x n loss."""
    X, y = diabetes
    tiny = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
    with pytest.warns(DataConversionWarning):
        column = DenseRegressor(**tiny).fit(X, y[:, None])
    assert column.predict(X).shape == (200,)
    assert_array_equal(column.predict(X), regressor.predict(X))
    series = DenseRegressor(**tiny).fit(X, pd.Series(y))
    assert_array_equal(series.predict(X), regressor.predict(X))


def test_sparse_equals_dense(iris):
    X, y = iris
    dense = DenseClassifier(**TINY).fit(X, y)
    rows = sparse.csr_matrix(X)
    thin = DenseClassifier(**TINY).fit(rows, y)
    assert_allclose(thin.predict_proba(rows), dense.predict_proba(X), atol=1e-5)
    assert_array_equal(dense.predict_proba(rows), dense.predict_proba(X))


def test_raw_targets_of_any_scale(diabetes):
    X, y = diabetes
    small = DenseRegressor(**TINY).fit(X, y)
    large = DenseRegressor(**TINY).fit(X * 1000, y * 1e6 + 1e8)
    assert small.score(X, y) > 0.3
    assert large.score(X * 1000, y * 1e6 + 1e8) == pytest.approx(
        small.score(X, y), abs=0.02
    )


def test_linear_models(iris, diabetes):
    settings = {"hidden_layer_sizes": (), "epochs": 300, "random_state": 0}
    settings["learning_rate"] = 0.05
    assert DenseClassifier(**settings).fit(*iris).score(*iris) > 0.95
    regressor = DenseRegressor(**settings).fit(*diabetes)
    assert regressor.score(*diabetes) > 0.45
    assert len(regressor.network_.weights.trainable) == 2


@pytest.mark.parametrize("estimator", [DenseClassifier(), DenseRegressor()])
@pytest.mark.parametrize("y", [iter([0, 1]), np.array([], dtype=object)])
def test_what_is_no_array_is_refused_by_scikit_learn(estimator, y):
    with pytest.raises((TypeError, ValueError), match=r"1 dimension|0 sample"):
        estimator.fit([[0.0], [1.0]], y)


@pytest.mark.parametrize(("y", "shown"), [([2, 2], "2"), (["a", "a"], "'a'")])
def test_a_single_class_is_named_as_it_was_given(y, shown):
    with pytest.raises(ValueError, match=f"only one class: {shown}"):
        DenseClassifier().fit([[0.0], [1.0]], np.array(y))

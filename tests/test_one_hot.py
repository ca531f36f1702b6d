"""Targets with a column per label: classes if every row has exactly one 1."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

import skdeep
from skdeep import ConvClassifier, DenseClassifier, SequenceClassifier, TextClassifier

TINY = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
FORMS = {
    "int": lambda Y: Y.astype(int),
    "bool": lambda Y: Y.astype(bool),
    "float": lambda Y: Y,
    "list": lambda Y: Y.astype(int).tolist(),
    "frame": lambda Y: pd.DataFrame(Y.astype(bool), columns=list("abc")),
    "csr_matrix": sparse.csr_matrix,
    "csc_matrix": sparse.csc_matrix,
    "csr_array": lambda Y: sparse.csr_array(Y.astype(int)),
}


def dense(Y):
    return Y.toarray() if sparse.issparse(Y) else np.asarray(Y)


@pytest.fixture(scope="module")
def rows(iris):
    """The labels of iris as one-hot rows, and as several labels per row."""
    y = iris[1]
    return np.eye(3)[y], np.column_stack([y == 0, y > 0, y == 2]).astype(int)


@pytest.fixture(scope="module")
def one_hot(iris, rows):
    return DenseClassifier(**TINY).fit(iris[0], rows[0])


@pytest.mark.parametrize("form", FORMS)
def test_one_hot_rows_are_classes(iris, classifier, rows, form):
    X, Y = iris[0], FORMS[form](rows[0])
    fitted = DenseClassifier(**TINY).fit(X, Y)
    assert_array_equal(fitted.classes_, [0, 1, 2])
    assert_array_equal(fitted.predict_proba(X), classifier.predict_proba(X))
    predicted = fitted.predict(X)
    assert sparse.issparse(predicted) == sparse.issparse(Y)
    assert isinstance(predicted, sparse.sparray) == (form == "csr_array")
    assert predicted.dtype == dense(Y).dtype
    assert_array_equal(dense(predicted).argmax(axis=1), classifier.predict(X))
    assert_array_equal(predicted.sum(axis=1), np.ones_like(predicted.sum(axis=1)))
    assert fitted.score(X, Y) == classifier.score(*iris)


def test_half_precision_is_scored(iris, rows, classifier):
    half = rows[0].astype("float16")
    fitted = DenseClassifier(**TINY).fit(iris[0], half)
    assert fitted.score(iris[0], half) == classifier.score(*iris)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("class_weight", "balanced"),
        ("class_weight", {0: 1, 1: 5, 2: 1}),
        ("loss", "sparse_categorical_crossentropy"),
        ("loss", "categorical_focal_crossentropy"),
        ("early_stopping", True),
        ("metrics", ["accuracy"]),
    ],
)
def test_settings_mean_the_same_for_labels_and_rows(iris, rows, name, value):
    X, y = iris
    by_label, by_row = (
        DenseClassifier(**TINY, **{name: value}).fit(X, targets)
        for targets in (y, rows[0])
    )
    assert_array_equal(by_row.predict_proba(X), by_label.predict_proba(X))
    assert by_row.history_.equals(by_label.history_)


@pytest.mark.parametrize("form", ["float", "csr_matrix"])
def test_validation_data_have_the_same_form(iris, rows, form):
    X, Y = iris[0], FORMS[form](rows[0])
    network = DenseClassifier(**TINY, early_stopping=True)
    assert "val_loss" in network.fit(X, Y, X_val=X, y_val=Y).history_
    with pytest.raises(ValueError, match="3 columns"):
        network.fit(X, Y, X_val=X, y_val=iris[1])
    with pytest.raises(ValueError, match=r"exactly one 1.*Received 2 of them in row"):
        network.fit(X, Y, X_val=X, y_val=rows[1])


@pytest.mark.parametrize("loss", ["auto", "categorical_crossentropy"])
def test_two_columns(iris, loss):
    X, y = iris[0], (iris[1] > 0).astype(int)
    network = DenseClassifier(**TINY, loss=loss, label_smoothing=0.0)
    by_row, by_label = network.fit(X, np.eye(2)[y]), clone(network).fit(X, y)
    assert_array_equal(by_row.predict_proba(X), by_label.predict_proba(X))
    assert_array_equal(by_row.predict(X)[:, 1], by_label.predict(X))
    scores = by_row.decision_function(X)
    assert scores.shape == (150, 2)
    assert_array_equal(scores.argmax(axis=1), by_label.predict(X))


@pytest.mark.parametrize("scoring", [None, "roc_auc", "neg_log_loss", "f1_macro"])
def test_scorers(iris, rows, one_hot, scoring):
    scores = cross_val_score(one_hot, iris[0], rows[0], cv=2, scoring=scoring)
    assert np.isfinite(scores).all()


def test_searches(iris, rows, one_hot):
    search = GridSearchCV(one_hot, {"multilabel": np.array([True, False])}, cv=2)
    assert search.fit(iris[0], rows[0]).best_score_ > 0.3


def test_copies_keep_the_form(iris, rows, one_hot, tmp_path):
    X = iris[0]
    thin = DenseClassifier(**TINY).fit(X, sparse.csr_matrix(rows[0]))
    skdeep.save(thin, tmp_path / "a.skdeep")
    for copy in (pickle.loads(pickle.dumps(thin)), skdeep.load(tmp_path / "a.skdeep")):
        assert_array_equal(copy.predict(X).toarray(), one_hot.predict(X))
        copy.set_params(warm_start=True).fit(X, rows[0])
        with pytest.raises(ValueError, match="exactly one 1"):
            copy.fit(X, rows[1])
        with pytest.raises(ValueError, match="multilabel=True does not go on"):
            copy.set_params(multilabel=True).fit(X, rows[0])


@pytest.mark.parametrize("form", FORMS)
def test_several_labels_per_row(iris, rows, form):
    X, Y = iris[0], FORMS[form](rows[1].astype(float))
    fitted = DenseClassifier(**TINY).fit(X, Y)
    assert fitted.predict_proba(X).sum(axis=1).max() > 1.1
    assert sparse.issparse(fitted.predict(X)) == sparse.issparse(Y)
    assert 0.3 < fitted.score(X, Y) < 1


def test_one_hot_rows_as_labels(iris, rows):
    fitted = DenseClassifier(**TINY, multilabel=True).fit(iris[0], rows[0])
    assert fitted.predict_proba(iris[0]).sum(axis=1).max() > 1.1
    # A second batch may have rows that the first one lacked.
    fitted.set_params(warm_start=True).fit(iris[0], rows[1])


def test_columns_of_different_dtypes(iris, rows):
    X, Y = iris[0], rows[1]
    mixed = pd.DataFrame({"a": Y[:, 0] > 0, "b": Y[:, 1], "c": Y[:, 2] * 1.0})
    nullable = pd.DataFrame(Y > 0).astype("boolean")
    expected = DenseClassifier(**TINY).fit(X, Y).score(X, Y)
    for form in (mixed, nullable, Y.astype(object)):
        assert DenseClassifier(**TINY).fit(X, form).score(X, form) == expected


def test_wrong_columns_are_refused(iris, rows):
    X, y = iris
    network = DenseClassifier(**TINY)
    for Y in (2 * rows[1], rows[1] * 2 - 1, sparse.csr_matrix(2 * rows[1])):
        with pytest.raises(ValueError, match=r"0 and 1\. Received"):
            network.fit(X, Y)
    with pytest.raises(ValueError, match=r"multilabel=False.*2 of them in row"):
        clone(network).set_params(multilabel=False).fit(X, rows[1])
    with pytest.raises(ValueError, match="multilabel=True takes y with two or more"):
        clone(network).set_params(multilabel=True).fit(X, y)
    with pytest.raises(ValueError, match="1 in column 2"):
        network.fit(X[y == 2], rows[0][y == 2])


def test_partial_fit_does_not_guess(iris, rows):
    X = iris[0]
    with pytest.raises(ValueError, match=r"which both could be.*multilabel=False"):
        DenseClassifier(**TINY).partial_fit(X, rows[0])
    classes = DenseClassifier(**TINY, multilabel=False)
    classes.partial_fit(X[:1], rows[0][:1]).partial_fit(X, rows[0])
    assert_allclose(classes.predict_proba(X).sum(axis=1), 1)
    with pytest.raises(ValueError, match="exactly one 1"):
        classes.partial_fit(X, rows[1])
    labels = DenseClassifier(**TINY, multilabel=True)
    labels.partial_fit(X, rows[0]).partial_fit(X, rows[1])
    assert labels.predict_proba(X).sum(axis=1).max() > 1.1
    with pytest.raises(ValueError, match="0 and 1"):
        labels.partial_fit(X, 2 * rows[1])
    with pytest.raises(ValueError, match="0 and 1"):
        DenseClassifier(**TINY).partial_fit(X, 2 * rows[1])


def test_inspection(iris, rows, classifier, one_hot):
    X, y = iris
    by_row, by_label = (
        skdeep.diagnose(*arguments)
        for arguments in ((one_hot, X, rows[0]), (classifier, X, y))
    )
    assert by_row.findings.equals(by_label.findings)


def test_images(digits):
    X, y = digits
    Y = np.eye(10, dtype="float32")[y]
    network = ConvClassifier((4,), hidden_layer_sizes=(), epochs=3, random_state=0)
    by_row, by_label = network.fit(X, Y), clone(network).fit(X, y)
    assert_array_equal(by_row.predict(X).argmax(axis=1), by_label.predict(X))
    assert by_row.score(X, Y) == by_label.score(X, y) > 0.5


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_row_for_each_step(n_classes):
    X = np.random.RandomState(0).normal(size=(40, 3, 2))
    y = (X > 0).sum(axis=2) % n_classes
    network = SequenceClassifier(
        "conv", units=4, epochs=2, random_state=0, return_sequences=True
    )
    by_label = clone(network).fit(X, y)
    by_row = network.fit(X, np.eye(n_classes)[y])
    assert by_row.predict(X).shape == (40, 3, n_classes)
    assert_array_equal(by_row.predict(X).argmax(axis=2), by_label.predict(X))
    assert by_row.score(X, np.eye(n_classes)[y]) == by_label.score(X, y)
    again = clone(network).set_params(multilabel=False)
    again.partial_fit(X, np.eye(n_classes)[y])
    with pytest.raises(ValueError, match="exactly one 1"):
        again.partial_fit(X, np.ones((40, 3, n_classes)))


def test_texts():
    texts, words = ["good", "bad", "so so"] * 6, pd.Series(["+", "-", "0"] * 6)
    network = TextClassifier(epochs=5, random_state=0)
    Y = pd.get_dummies(words)
    assert network.fit(texts, Y).predict(texts).dtype == bool
    weight = np.arange(18) % 3 < 2
    network.fit(texts, sparse.csr_matrix(Y), weight)
    assert_allclose(network.predict_proba(texts).sum(axis=1), 1)
    assert network.predict_proba(texts)[:, 2].max() < 0.5

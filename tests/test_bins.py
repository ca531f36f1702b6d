"""Bins of the columns of numbers of dense networks: a piecewise linear encoding."""

import pickle

import numpy as np
import pytest
from bokeh_sampledata.titanic import data as passengers
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

import skdeep
from skdeep import DenseClassifier, DenseRegressor

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def fitted(iris):
    return DenseClassifier(**NET, n_bins=3).fit(*iris)


def test_columns_of_bins(untrained):
    X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [4.0, 0.0], [8.0, np.nan]])
    model = DenseRegressor(**NET, n_bins=2).fit(X, X[:, 0])
    assert model.network_input_names_ == [
        "x0",
        "x1",
        "x0 (0 to 2)",
        "x0 (2 to 8)",
        "x1 (missing)",
    ]
    new = [[-1, 0], [0, 0], [1, 0], [2, 0], [5, 0], [14, 0], [np.nan, 0]]
    bins = model.network_inputs(new)[:, 2:4]
    expected = [[-0.5, 0], [0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 2], [1, 0]]
    assert_allclose(bins, expected)
    scaling = model.network_.inputs
    rows = model.network_inputs(X)
    assert_allclose(scaling.mean, [*rows[:, :4].mean(axis=0), 0])
    assert_allclose(scaling.scale, [*rows[:, :4].std(axis=0), 1])


def test_edges_are_quantiles_and_splines_agree(diabetes, untrained):
    X, y = diabetes
    X = X[:, [2, 3]]
    inputs = DenseRegressor(**NET, n_bins=4).fit(X, y).network_inputs(X)
    splines = SplineTransformer(5, degree=1, knots="quantile", extrapolation="linear")
    splines.fit(X)
    # Both span the same functions: those that are linear between the quantiles.
    ones = np.ones((len(X), 1))
    basis = np.c_[splines.transform(X), ones]
    coefficients = np.linalg.lstsq(basis, inputs, rcond=None)[0]
    assert_allclose(basis @ coefficients, inputs, atol=1e-5)
    assert inputs.shape[1] == 2 + 2 * 4


def test_copies_files_and_searches(iris, fitted, tmp_path):
    X, y = iris
    expected = fitted.predict_proba(X)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), expected)
    skdeep.save(fitted, tmp_path / "bins.skdeep")
    loaded = skdeep.load(tmp_path / "bins.skdeep")
    assert_array_equal(loaded.predict_proba(X), expected)
    outputs = np.asarray(fitted.model_(fitted.network_inputs(X)))
    assert_allclose(np.exp(fitted.predict_log_proba(X)), expected, rtol=1e-5)
    assert_allclose(outputs, expected, atol=1e-5)
    pipeline = make_pipeline(DenseClassifier(**NET))
    grid = {"denseclassifier__n_bins": [None, 3]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    alone = clone(search).fit(X, y).cv_results_["mean_test_score"]
    with skdeep.fuse():
        search.fit(X, y)
    assert_allclose(search.cv_results_["mean_test_score"], alone, atol=0.015)


def test_float64_and_training_that_goes_on(iris, untrained):
    X, y = iris
    model = DenseClassifier(**NET, n_bins=3, dtype="float64").fit(X, y)
    inputs = model.network_inputs(X)
    assert inputs.dtype == np.float64
    assert_allclose([inputs[:, 4].min(), inputs[:, 6].max()], [0, 1])
    model.partial_fit(X + 3, y)
    assert_array_equal(model.network_inputs(X), inputs)
    model.set_params(n_bins=4)
    with pytest.raises(ValueError, match=r"fitted with n_bins=3. Received n_bins=4"):
        model.partial_fit(X, y)


def test_columns_without_bins(untrained):
    few = np.tile([[1.0, np.nan, 5.0], [2.0, np.nan, 5.0]], (4, 1))
    with_bins = DenseRegressor(**NET, n_bins=4).fit(few, few[:, 0])
    assert with_bins.network_input_names_ == ["x0", "x1", "x2", "x1 (missing)"]
    # Neighbours in single precision, and a number that most rows have.
    neighbours = np.full((8, 1), 1e9, np.float32)
    for row in range(1, 8):
        neighbours[row] = np.nextafter(neighbours[row - 1], np.float32(np.inf))
    model = clone(with_bins).fit(neighbours, few[:, 0])
    assert model.network_input_names_ == ["x0"]
    far = 1.7e12 + 1000.0 * np.arange(8)[:, np.newaxis]
    model = clone(with_bins).fit(far, few[:, 0])
    assert len(model.network_input_names_) == 1 + 4
    mostly = np.r_[np.zeros(40), np.arange(1.0, 11)][:, np.newaxis]
    model = clone(with_bins).fit(mostly, mostly[:, 0])
    assert model.network_input_names_ == ["x0"]


def test_what_is_refused(iris, fitted, untrained):
    X, y = iris
    for n_bins in (1, 0, 2.5, "auto", True):
        with pytest.raises(ValueError, match="'n_bins' parameter"):
            DenseClassifier(**NET, n_bins=n_bins).fit(X, y)
    with pytest.raises(ValueError, match=r"sparse X has no bins. Received n_bins=3"):
        clone(fitted).fit(sparse.csr_matrix(X), y)


def test_large_tables(titanic, untrained, monkeypatch):
    """Tables whose columns of levels are sparse, and that are read in parts."""
    X, y = titanic
    model = DenseClassifier(**NET, n_bins=3)
    first_names = passengers.loc[X.index, "name"].str[:2]
    X = X.assign(letters=first_names)
    tables = X, X[["sex", "age"]], X[["age"]].fillna(0)
    expected = [clone(model).fit(table, y).predict_proba(table) for table in tables]
    monkeypatch.setattr("skdeep.dense._columns._MOST_DENSE_BYTES", 0)
    monkeypatch.setattr("skdeep.dense._inputs._ROWS_AT_ONCE", 70)
    for table, probabilities in zip(tables, expected, strict=True):
        network = clone(model).fit(table, y)
        assert_allclose(network.predict_proba(table), probabilities, rtol=1e-5)
        is_sparse = sparse.issparse(network.network_inputs(table))
        assert is_sparse == ("letters" in table)
    huge = DenseRegressor(**NET, n_bins=3, dtype="float64").fit(table / 1e3, y)
    assert np.isinf(huge.network_inputs(table * 0 + 1e308)).any()  # without a warning

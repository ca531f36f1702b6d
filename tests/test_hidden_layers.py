"""A network's features in other models."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    HiddenLayers,
    SequenceClassifier,
    layer_outputs,
)

TINY = {"epochs": 2, "random_state": 0}


@parametrize_with_checks(
    [HiddenLayers(DenseClassifier((3,), epochs=1, random_state=0))]
)
def test_sklearn_check(estimator, check, moved):
    check(estimator)


def test_features_of_regressors(diabetes, moved):
    X, y = diabetes
    hidden = HiddenLayers(DenseRegressor((5,), **TINY), "dense_1")
    features = hidden.fit_transform(X, y)
    assert_array_equal(features, layer_outputs(hidden.estimator_, X)["dense_1"])
    assert get_tags(hidden).target_tags.required


@pytest.fixture(scope="module")
def network(iris):
    return DenseClassifier((6, 4), **TINY).fit(*iris)


def test_features_are_the_layers_outputs(iris, network):
    X, y = iris
    hidden = HiddenLayers(clone(network)).fit(X, y)
    expected = layer_outputs(network, X, "dense_2")["dense_2"]
    assert_array_equal(hidden.transform(X), expected)
    assert hidden.n_features_in_ == 4
    names = [f"hiddenlayers{n}" for n in range(4)]
    assert list(hidden.get_feature_names_out()) == names
    frame = hidden.set_output(transform="pandas").transform(X)
    assert list(frame.columns) == names


@pytest.mark.parametrize("layer", [0, "dense_1", -3])
def test_layers_by_name_and_number(iris, network, layer):
    hidden = HiddenLayers(FrozenEstimator(network), layer).fit(iris[0])
    assert hidden.transform(iris[0]).shape == (150, 6)


def test_every_fold_has_its_own_network(iris):
    X, y = iris
    features = HiddenLayers(DenseClassifier((6, 4), **TINY))
    pipe = make_pipeline(features, StandardScaler(), LogisticRegression())
    result = cross_validate(pipe, X, y, cv=2, return_estimator=True)
    first, second = (e[0].estimator_.coefs_[0] for e in result["estimator"])
    assert not np.array_equal(first, second)
    assert not hasattr(pipe[0], "estimator_")


def test_a_frozen_network_stays_as_it_is(iris, network):
    X, y = iris
    frozen = HiddenLayers(FrozenEstimator(network))
    pipe = make_pipeline(frozen, LogisticRegression())
    result = cross_validate(pipe, X, y, cv=2, return_estimator=True)
    for estimator in result["estimator"]:
        assert_array_equal(estimator[0].transform(X), frozen.fit(X).transform(X))


def test_search_over_the_layer_and_the_network(iris):
    X, y = iris
    features = HiddenLayers(DenseClassifier((6, 4), **TINY))
    pipe = make_pipeline(features, StandardScaler(), LogisticRegression())
    grid = {"hiddenlayers__layer": [0, 1], "hiddenlayers__estimator__epochs": [1]}
    search = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 2


def test_features_of_images_are_rows_of_numbers(moved):
    X, y = load_digits(return_X_y=True)
    maps = HiddenLayers(ConvClassifier((3,), hidden_layer_sizes=(), **TINY), "conv_1")
    assert maps.fit_transform(X[:80], y[:80]).shape == (80, 8 * 8 * 3)
    pipe = make_pipeline(maps, StandardScaler(), LogisticRegression())
    assert cross_val_score(pipe, X[:80], y[:80], cv=2).mean() > 0.3


def test_sequences_of_different_lengths(digits, moved):
    X, y = digits
    sequences = [row.reshape(8, 8)[: 4 + n % 5] for n, row in enumerate(X[:40])]
    network = SequenceClassifier("conv", units=(3,), **TINY)
    features = HiddenLayers(network).fit_transform(sequences, y[:40])
    assert features.shape == (40, 3)
    with pytest.raises(ValueError, match="gives an output for each step"):
        HiddenLayers(network, "conv_1").fit(sequences, y[:40])


def test_weights_reach_the_network_through_routing(iris):
    X, y = iris
    weight = np.linspace(0.1, 2, len(y))
    network = DenseClassifier((6, 4), **TINY)
    direct = clone(network).fit(X, y, weight)
    plain = HiddenLayers(network).fit(X, y, sample_weight=weight)
    assert_array_equal(plain.estimator_.predict_proba(X), direct.predict_proba(X))
    with config_context(enable_metadata_routing=True):
        network.set_fit_request(sample_weight=True)
        routed = HiddenLayers(network).fit(X, y, sample_weight=weight)
    assert_array_equal(routed.estimator_.predict_proba(X), direct.predict_proba(X))
    unweighted = clone(network).fit(X, y).predict_proba(X)
    assert not np.array_equal(unweighted, direct.predict_proba(X))


def test_pickles(iris, network):
    hidden = HiddenLayers(FrozenEstimator(network)).fit(iris[0])
    again = pickle.loads(pickle.dumps(hidden))
    assert_array_equal(again.transform(iris[0]), hidden.transform(iris[0]))


def test_unknown_layers_are_an_error_of_fit(iris, network):
    with pytest.raises(ValueError, match="A layer must be one of"):
        HiddenLayers(FrozenEstimator(network), "conv_1").fit(iris[0])
    with pytest.raises(ValueError, match="'layer' parameter of HiddenLayers"):
        HiddenLayers(network, 1.5).fit(*iris)
    # Before anything is trained: this would warn.
    with pytest.raises(TypeError, match="must be a network of skdeep"):
        HiddenLayers(LogisticRegression()).fit(*iris)

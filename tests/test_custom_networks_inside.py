"""network=: copies, files, and what is known of the layers."""

import copy
import functools
import pickle

import keras
import numpy as np
import pytest
from custom_networks import (
    TINY,
    L,
    attention,
    residual,
    residual_conv,
    some_texts,
    some_vowels,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import skdeep
from skdeep import (
    ConvClassifier,
    DenseClassifier,
    FeatureMapDisplay,
    FilterDisplay,
    HiddenLayers,
    NetworkDisplay,
    SequenceClassifier,
    TextRegressor,
    diagnose,
    forward_trace,
    layer_outputs,
)


@pytest.fixture(scope="module")
def vowels():
    return some_vowels()


@pytest.fixture(scope="module")
def texts():
    return some_texts()


@pytest.fixture(scope="module")
def dense(digits):
    return DenseClassifier(
        network=functools.partial(residual, width=32),
        epochs=15,
        batch_size=50,
        random_state=0,
    ).fit(*digits)


@pytest.fixture(scope="module")
def attentive(vowels):
    return SequenceClassifier(network=attention, **TINY).fit(*vowels)


# Copies and files


def test_copies_predict_the_same(dense, attentive, digits, vowels):
    for estimator, X in ((dense, digits[0][:9]), (attentive, vowels[0][:9])):
        expected = estimator.predict_proba(X)
        for copied in (pickle.loads(pickle.dumps(estimator)), copy.deepcopy(estimator)):
            assert_array_equal(copied.predict_proba(X), expected)
        assert clone(estimator).network is not None


def test_save_refuses_functions(dense, tmp_path):
    with pytest.raises(TypeError, match="cannot write network="):
        skdeep.save(dense, tmp_path / "dense.skdeep")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_the_keras_model_is_of_stock_layers(dense, digits, tmp_path):
    expected = dense.predict_proba(digits[0][:9])
    assert_allclose(dense.model_(digits[0][:9]), expected, atol=1e-5)
    dense.model_.save(tmp_path / "dense.keras")
    loaded = keras.models.load_model(tmp_path / "dense.keras")
    assert_allclose(loaded(digits[0][:9]), expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Layer 'functional' .* was passed:UserWarning")
def test_the_keras_model_of_sequences_heeds_the_mask(attentive, vowels, tmp_path):
    X = vowels[0][0]
    padded = np.zeros((1, len(X) + 5, 13))
    padded[0, : len(X)] = np.c_[X, np.ones(len(X))]
    attentive.model_.save(tmp_path / "vowels.keras")
    loaded = keras.models.load_model(tmp_path / "vowels.keras")
    assert_allclose(loaded(padded), attentive.predict_proba([X]), atol=1e-5)


# Looking inside


def test_weights_by_name(dense, digits):
    weights = dense.get_weights()
    assert list(weights)[:3] == [
        "network/dense/kernel",
        "network/dense/bias",
        "network/dense_1/kernel",
    ]
    assert weights["network/dense/kernel"].shape == (64, 32)
    blank = {name: np.zeros(value.shape) for name, value in weights.items()}
    copied = copy.deepcopy(dense).set_weights(blank)
    assert_allclose(copied.predict_proba(digits[0][:5]), np.full((5, 10), 0.1))


def test_layers_of_one_name_in_two_models(iris, untrained):
    def twice(shape):
        inputs = keras.Input(shape)
        parts = []
        for name in ("first", "second"):
            i = keras.Input(shape)
            parts.append(keras.Model(i, L.Dense(3, name="same")(i), name=name)(inputs))
        return keras.Model(inputs, L.Concatenate()(parts))

    classifier = DenseClassifier(network=twice, **TINY).fit(*iris)
    names = list(classifier.get_weights())
    assert names[:2] == ["network/first/same/kernel", "network/first/same/bias"]
    assert len(names) == len(classifier.network_.weights.trainable)


def test_outputs_of_the_layers(dense, digits, texts, untrained):
    X = digits[0][:5]
    assert layer_outputs(dense, X)["network"].shape == (5, 32)
    features = HiddenLayers(dense).fit(*digits).transform(X)
    assert features.shape == (5, 32)
    regressor = TextRegressor(network=attention, epochs=1).fit(texts[0], np.arange(80))
    assert list(layer_outputs(regressor, texts[0][:2])) == [
        "embedding",
        "network",
        "output",
    ]


def test_diagnosis_advises_what_can_be_set(iris):
    X, y = iris
    rng = np.random.RandomState(0)
    noise = rng.permutation(y)
    classifier = DenseClassifier(
        network=functools.partial(residual, width=64), epochs=200, random_state=0
    ).fit(X[:60], noise[:60])
    told = str(diagnose(classifier, X[60:], noise[60:]))
    assert "overfitting" in told
    assert "l2" in told
    assert "dropout=" not in told
    assert "hidden_layer_sizes" not in told


def test_what_is_of_stacks_of_dense_layers_is_refused(dense, digits):
    with pytest.raises(TypeError, match="without network="):
        forward_trace(dense, digits[0][:1])
    with pytest.raises(TypeError, match="without network="):
        NetworkDisplay.from_estimator(dense)
    for name in ("coefs_", "intercepts_"):
        with pytest.raises(AttributeError, match="layers by network="):
            getattr(dense, name)


class Twice(L.Layer):
    """Two weights of one name."""

    def build(self, shape):
        self.first, self.second = (
            self.add_weight((shape[-1],), initializer="ones", name="w")
            for _ in range(2)
        )

    def call(self, x):
        return self.first * x - self.second


def test_weights_of_one_name_in_a_layer(iris, untrained):
    X, y = iris
    classifier = DenseClassifier(network=lambda shape: Twice(name="two"), **TINY)
    weights = classifier.fit(X, y).get_weights()
    names = ["network/two/w", "network/two/w_1", "output/kernel", "output/bias"]
    assert list(weights) == names
    layer = classifier.network_.weights.trainable[:2]
    assert_array_equal(layer, [weights[name] for name in names[:2]])
    new = {names[0]: np.zeros(4), names[1]: np.arange(4.0)}
    classifier.set_weights(new)
    outputs = layer_outputs(classifier, X[:3])["network"]
    assert_allclose(outputs, np.tile(-np.arange(4.0), (3, 1)))


def test_displays_of_convolutions_are_refused(digits, untrained):
    images = digits[0].reshape(-1, 8, 8)
    classifier = ConvClassifier(network=residual_conv, epochs=1).fit(images, digits[1])
    for draw in (
        FilterDisplay.from_estimator,
        functools.partial(FeatureMapDisplay.from_estimator, image=images[0]),
    ):
        with pytest.raises(TypeError, match=r"without network=.* Received ConvClass"):
            draw(classifier)

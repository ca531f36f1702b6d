"""network= for sequences and texts: padding, masks, steps."""

import keras
import numpy as np
import pytest
from custom_networks import (
    TINY,
    L,
    as_images,
    attention,
    convolution_1d,
    recurrent,
    some_texts,
    some_vowels,
)
from numpy.testing import assert_allclose
from series_data import sunspots
from sklearn.base import clone

from skdeep import (
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    layer_outputs,
)


@pytest.fixture(scope="module")
def images(digits):
    return as_images(digits)


@pytest.fixture(scope="module")
def vowels():
    return some_vowels()


@pytest.fixture(scope="module")
def texts():
    return some_texts()


@pytest.mark.parametrize("network", [attention, recurrent])
def test_padding_counts_for_nothing(network, vowels, moved):
    X, y = vowels
    classifier = SequenceClassifier(network=network, dtype="float64", **TINY)
    together = classifier.fit(X, y).predict_proba(X)[:6]
    alone = np.concatenate([classifier.predict_proba([x]) for x in X[:6]])
    assert_allclose(together, alone, rtol=0, atol=1e-12)
    number = int(np.argmin([len(x) for x in X[:6]]))
    padded = np.zeros((1, len(X[number]) + 9, 13))
    padded[0, : len(X[number])] = np.c_[X[number], np.ones(len(X[number]))]
    assert_allclose(classifier.model_(padded), alone[[number]], rtol=0, atol=1e-6)


def test_padding_of_texts_counts_for_nothing(texts, moved):
    X, y = texts
    classifier = TextClassifier(network=attention, embedding_dim=4, **TINY)
    classifier.fit(X, y)
    alone = np.concatenate([classifier.predict_proba([text]) for text in X[:6]])
    assert_allclose(classifier.predict_proba(X)[:6], alone, rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*(does not support masking|gives other outputs)")
def test_steps_that_are_not_there_are_zeros(untrained):
    X = [np.full(n, 9.0 if n == 2 else 11.0) for n in (2, 4, 2, 4)]
    classifier = SequenceClassifier(
        network=lambda shape: L.GlobalMaxPooling1D(), epochs=1
    ).fit(X, [0, 1, 0, 1])
    largest = layer_outputs(classifier, X)["network"][:, 0]
    assert largest[0] == 0  # what is there is below zero, the mean
    assert largest[1] > 0


def test_layers_that_lose_the_mask_are_told(vowels, untrained):
    classifier = SequenceClassifier(network=convolution_1d, **TINY)
    with (
        pytest.warns(UserWarning, match="does not support masking"),
        pytest.warns(UserWarning, match="gives other outputs where there are more"),
    ):
        classifier.fit(*vowels)


def test_operators_that_lose_the_mask_are_told(vowels, untrained):
    def added(shape):
        inputs = keras.Input(shape)
        return keras.Model(inputs, L.GlobalAveragePooling1D()(inputs + inputs))

    with pytest.warns(UserWarning, match=r"keras\.layers\.Add in place of \+"):
        SequenceClassifier(network=added, epochs=1).fit(*vowels)


def test_targets_of_every_step(images):
    X = images[0]
    y = X.sum(axis=2)

    def of_steps(shape):
        return [L.GRU(6, return_sequences=True), L.Dense(4)]

    regressor = SequenceRegressor(network=of_steps, return_sequences=True, **TINY)
    predicted = regressor.fit(X, y).predict(X)
    assert predicted.shape == y.shape
    assert_allclose(regressor.model_(X)[..., 0], predicted, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match=r"for each step: a shape of \(8, width\)"):
        clone(regressor).set_params(network=recurrent).fit(X, y)


def test_windows_of_one_series(moved):
    series = sunspots().to_numpy()[:100]
    X, y = series[:-1, None], series[1:]
    regressor = SequenceRegressor(network=attention, window=6, **TINY)
    regressor.fit(X, y)
    # What a row sees before the series begins is masked.
    assert_allclose(regressor.predict(X)[5:9], regressor.predict(X[:9])[5:], rtol=1e-4)
    assert_allclose(regressor.predict(X[:2]), regressor.predict(X)[:2], rtol=1e-4)


def dense_max(shape):
    return [L.Dense(16, activation="relu"), L.GlobalMaxPooling1D()]


def conv_max(shape):
    convolution = L.Conv1D(16, 3, padding="same", activation="relu")
    return [convolution, L.GlobalMaxPooling1D()]


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize("network", [dense_max, conv_max], ids=["dense", "conv"])
def test_biases_that_are_zero_at_first_hide_no_padding(network, vowels, untrained):
    with pytest.warns(UserWarning, match="gives other outputs where there are more"):
        SequenceClassifier(network=network, epochs=1).fit(*vowels)


@pytest.mark.filterwarnings("ignore:.*(does not support masking|gives other outputs)")
def test_predictions_do_not_depend_on_other_sequences(vowels, moved):
    X, y = vowels

    def convolution(shape):  # of its own: Keras warns once for each network
        return [L.Conv1D(5, 3, padding="same"), L.GlobalAveragePooling1D()]

    classifier = SequenceClassifier(network=convolution, **TINY)
    classifier.fit(X, y)
    alone = np.concatenate([classifier.predict_proba([x]) for x in X])
    assert_allclose(classifier.predict_proba(X), alone, rtol=0, atol=1e-6)
    padded = np.zeros((1, len(X[0]) + 9, 13))
    padded[0, : len(X[0])] = np.c_[X[0], np.ones(len(X[0]))]
    assert np.abs(classifier.model_(padded) - alone[0]).max() > 1e-3


def by_steps(shape):
    return [L.TimeDistributed(L.Dense(6, "relu")), L.GlobalAveragePooling1D()]


def by_steps_within(shape):
    inner = keras.Sequential([L.TimeDistributed(L.Dense(6, "relu"))])
    return [L.Dense(5), inner, L.GlobalAveragePooling1D()]


@pytest.mark.parametrize(
    "network", [by_steps, by_steps_within], ids=["list", "within_a_model"]
)
def test_time_distributed_needs_a_number_of_steps(network, vowels, texts, images):
    message = r"number of steps is open.* 'time_distributed'.* Use the layer within"
    for estimator, data in ((TextClassifier, texts), (SequenceClassifier, vowels)):
        with pytest.raises(ValueError, match=message):
            estimator(network=network).fit(*data)
    classifier = SequenceClassifier(network=network, **TINY).fit(*images)
    assert classifier.predict(images[0][:3]).shape == (3,)

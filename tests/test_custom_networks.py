"""network=: layers that a function of the user's makes."""

import copy
import functools
import pickle
import random

import keras
import numpy as np
import pytest
from agreement import same_weights
from custom_networks import (
    DOUBLE,
    TINY,
    Block,
    L,
    as_images,
    attention,
    own_blocks,
    residual,
    residual_conv,
    some_texts,
    some_vowels,
)
from keras_versions import needs_schedule_free
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer

from skdeep import (
    ConvClassifier,
    ConvRegressor,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    TextRegressor,
)
from skdeep.base import _network
from skdeep.networks._build import build_template


@pytest.fixture(scope="module")
def images(digits):
    return as_images(digits)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:300], y[:300]


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


# What it does


def test_a_residual_block_learns(dense, digits):
    assert dense.score(*digits) > 0.95
    assert list(dense.summary().index) == ["network", "output"]


def test_a_residual_block_of_convolutions_learns(images):
    classifier = ConvClassifier(
        network=residual_conv, augment="shift", epochs=10, batch_size=25, random_state=0
    )
    assert classifier.fit(*images).score(*images) > 0.8


def test_the_function_gets_the_shape_of_a_sample(images, vowels, texts, monkeypatch):
    seen = []

    def pooled(shape):
        seen.append(shape)
        if len(shape) == 1:
            return L.Dense(2)
        pooling = {2: L.GlobalAveragePooling1D, 3: L.GlobalAveragePooling2D}
        return pooling[len(shape)]()

    def train(job, engine):
        raise InterruptedError  # all is known: no network need be trained

    monkeypatch.setattr(_network, "train", train)
    (X, y), one = images, {"network": pooled, "epochs": 1}
    for estimator, *data in (
        (DenseRegressor(**one), X[:, 0], y),
        (ConvRegressor(**one), X, y),
        (SequenceRegressor(**one), X, y),
        (SequenceRegressor(embedding_dim=3, **one), X[:, 0], y),
        (SequenceRegressor(window=4, **one), X[:, 0], y),
        (SequenceClassifier(**one), *vowels),
        (TextRegressor(**one), texts[0], np.arange(80)),
        (TextClassifier(embedding_dim=6, **one), *texts),
    ):
        with pytest.raises(InterruptedError):
            estimator.fit(*data)
    tables, of_texts = [(8,), (8, 8, 1), (8, 8), (8, 3), (4, 8)], [(None, 64)]
    assert seen == [*tables, (None, 12), *of_texts, (None, 6)]


@pytest.mark.parametrize(
    "made",
    [
        lambda shape: L.Dense(8, activation="relu"),
        lambda shape: (L.Dense(8, activation="relu"),),
        lambda shape: keras.Sequential([L.Dense(8, activation="relu")]),
        lambda shape: keras.Sequential(
            [keras.Input(shape), L.Dense(8, activation="relu")]
        ),
        lambda shape: keras.Model(
            i := keras.Input(shape), L.Dense(8, activation="relu")(i)
        ),
    ],
)
def test_whatever_the_function_returns_is_the_same_network(made, iris, moved):
    usual = DenseClassifier(
        network=lambda shape: [L.Dense(8, activation="relu")], **TINY, **DOUBLE
    )
    other = clone(usual).set_params(network=made)
    # In double precision also from a keras.Input of single precision.
    same_weights(usual.fit(*iris), other.fit(*iris), 1e-15)
    assert_array_equal(usual.predict_proba(iris[0]), other.predict_proba(iris[0]))
    assert other.network_.weights.trainable[0].dtype == "float64"
    assert other.network_.spec.network.input_shape == (4,)


def test_the_layers_are_all_between_inputs_and_output(iris, moved):
    built_in = DenseClassifier((5,), activation="tanh", **TINY).fit(*iris)
    own = DenseClassifier(
        network=lambda shape: L.Dense(5, activation="tanh"), **TINY
    ).fit(*iris)
    values = built_in.get_weights().values()
    own.set_weights(dict(zip(own.get_weights(), values, strict=True)))
    assert_allclose(
        own.predict_proba(iris[0]), built_in.predict_proba(iris[0]), atol=1e-6
    )


def test_penalties_and_initialisers_are_of_the_output_layer(diabetes, keras_eagerly):
    regressor = DenseRegressor(
        network=residual, l2=0.1, kernel_initializer="zeros", epochs=1, engine="keras"
    ).fit(*diabetes)
    template = build_template(regressor.network_.spec)
    assert len(template.losses) == 1
    assert np.abs(template.weights[-2]).max() == 0
    assert np.abs(template.weights[2]).max() > 0


def test_precision_of_half_the_bits(images, untrained):
    classifier = ConvClassifier(
        network=residual_conv, dtype="mixed_bfloat16", epochs=5, random_state=0
    )
    probabilities = classifier.fit(*images).predict_proba(images[0].astype("float32"))
    assert probabilities.dtype == "float32"
    layers = classifier.model_.get_layer("functional").layers
    assert layers[1].compute_dtype == "bfloat16"


def test_layers_within_layers_have_the_precision(cancer, untrained):
    classifier = DenseClassifier(network=own_blocks, **TINY, **DOUBLE).fit(*cancer)
    dtypes = {array.dtype.name for array in classifier.network_.weights.trainable}
    assert dtypes == {"float64"}
    names = [name for name in classifier.get_weights() if "block_1" in name]
    kernel, bias = "block_1/dense_3/kernel", "block_1/dense_3/bias"
    assert names == [f"network/{kernel}", f"network/{bias}"]
    copied = pickle.loads(pickle.dumps(classifier))
    X = cancer[0]
    assert_array_equal(copied.predict_proba(X), classifier.predict_proba(X))


# Random numbers and weights


def test_the_random_state_decides(iris, untrained):
    fits = [
        DenseClassifier(network=residual, epochs=1, random_state=seed).fit(*iris)
        for seed in (0, 0, 1)
    ]
    same_weights(fits[0], fits[1], 0)
    first, _, other = (fit.network_.weights.trainable[0] for fit in fits)
    assert np.abs(first - other).max() > 0.01
    # But they share their compiled programs.
    assert fits[0].network_.spec == fits[2].network_.spec


def test_no_global_state_changes(iris):
    before = random.getstate(), np.random.get_state()[1].tolist()
    settings = keras.config.floatx(), keras.config.dtype_policy().name
    options = {"epochs": 1, "dtype": "float64", "random_state": 0}
    DenseClassifier(network=residual, **options).fit(*iris)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == settings


@pytest.mark.parametrize(
    "optimizer",
    ["auto", pytest.param("schedulefreeadamw", marks=needs_schedule_free)],
)
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_weights_that_the_layers_bring_are_the_first(iris, optimizer, engine):
    pretrained = residual((4,))
    classifier = DenseClassifier(
        network=lambda shape: pretrained,
        epochs=1,
        learning_rate=1e-9,
        optimizer=optimizer,
        engine=engine,
    ).fit(*iris)
    weights = classifier.network_.weights.trainable
    for own, before in zip(weights, pretrained.get_weights(), strict=False):
        assert_allclose(own, before, rtol=0, atol=1e-7)


def test_weights_of_tokens_and_of_layers(texts, untrained):
    vectors = {"data": np.arange(6.0), "features": -np.arange(6.0)}

    def constant(shape):
        given = keras.initializers.Constant(0.1)
        return [L.GlobalAveragePooling1D(), L.Dense(3, kernel_initializer=given)]

    classifier = TextClassifier(
        network=constant, embedding_weights=vectors, epochs=1, learning_rate=1e-9
    ).fit(*texts)
    weights, number = classifier.get_weights(), classifier.vocabulary_["data"]
    assert_allclose(weights["embedding/embeddings"][number], np.arange(6), atol=1e-6)
    assert_allclose(weights["network/dense/kernel"], np.full((6, 3), 0.1), atol=1e-6)
    assert classifier.network_.spec.dropout == 0  # which is 0.5 for built-in layers


def test_frozen_layers_stay(iris):
    frozen = L.Dense(3, trainable=False, name="frozen")
    classifier = DenseClassifier(
        network=lambda shape: [frozen, L.ReLU()], learning_rate=0.1, **TINY
    ).fit(*iris)
    assert classifier.summary()["trainable"].tolist() == [0, 12]
    kernel = classifier.get_weights()["network/frozen/kernel"]
    assert_array_equal(kernel, frozen.get_weights()[0])


def test_layers_without_units_count_for_the_default_learning_rate(vowels, monkeypatch):
    specs = []

    def train(job, engine):
        specs.append(job.spec)
        raise InterruptedError  # all is known: no network need be trained

    monkeypatch.setattr(_network, "train", train)
    with pytest.raises(InterruptedError):
        DenseClassifier(network=lambda shape: [Block(4)]).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(InterruptedError):
        SequenceClassifier(network=attention).fit(*vowels)
    assert [spec.widths for spec in specs] == [(4,), (8, 8)]
    # Attention holds a number for each head and pair of steps.
    assert specs[1].network.largest == 2 * 128 * 128


# Going on


def test_going_on_needs_no_new_layers(iris):
    calls = []

    def counted(shape):
        calls.append(shape)
        return residual(shape)

    classifier = DenseClassifier(
        network=counted, warm_start=True, epochs=2, learning_rate=1e-9
    ).fit(*iris)
    before = classifier.get_weights()
    classifier.fit(*iris).partial_fit(*iris)
    assert calls == [(4,)]
    assert len(classifier.history_) == 5
    for name, value in classifier.get_weights().items():
        assert_allclose(value, before[name], atol=1e-6)
    copied = copy.deepcopy(classifier).fit(*iris)
    assert calls == [(4,)]
    copied.set_params(warm_start=False).fit(*iris)
    assert calls == [(4,), (4,)]


def test_another_function_may_make_the_same_network(iris):
    classifier = DenseClassifier(network=residual, warm_start=True, **TINY).fit(*iris)
    classifier.set_params(network=functools.partial(residual, blocks=1)).fit(*iris)
    assert len(classifier.history_) == 4
    deeper = functools.partial(residual, blocks=2)
    for network in (deeper, None):
        with pytest.raises(ValueError, match=r"go on with the same network.*network"):
            clone(classifier).set_params(network=residual).fit(*iris).set_params(
                network=network
            ).fit(*iris)


def test_early_stopping_keeps_the_best_weights(dense, digits):
    stopped = DenseClassifier(
        network=residual, early_stopping=True, patience=2, epochs=40, random_state=0
    ).fit(*digits)
    assert stopped.best_epoch_ == stopped.history_["val_loss"].argmin() + 1

"""network=: every engine trains the same."""

import functools

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
    running,
    some_texts,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep import (
    ConvClassifier,
    DenseClassifier,
    SequenceClassifier,
    TextClassifier,
)
from skdeep.training import _job, _keras

# In graphs it trains them in test_custom_networks.py.
pytestmark = pytest.mark.usefixtures("keras_eagerly")


@pytest.fixture(scope="module")
def images(digits):
    return as_images(digits)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def texts():
    return some_texts()


@pytest.fixture(scope="module")
def fits(digits, images, texts):
    return {
        "dense": (DenseClassifier(network=residual), digits),
        "own": (DenseClassifier(network=own_blocks), digits),
        "conv": (ConvClassifier(network=residual_conv), images),
        "texts": (TextClassifier(network=attention, embedding_dim=4), texts),
    }


@pytest.mark.parametrize("name", ["dense", "own", "conv", "texts"])
def test_the_engines_agree(name, fits):
    estimator, (X, y) = fits[name]
    compiled, by_keras = (
        clone(estimator)
        .set_params(engine=engine, **TINY, **DOUBLE)
        .fit(X[:100], y[:100])
        for engine in ("compiled", "keras")
    )
    same_weights(compiled, by_keras, 1e-8)


def test_programs_of_xla_agree(fits, monkeypatch):
    estimator, data = fits["conv"]
    plain = clone(estimator).set_params(**TINY, **DOUBLE).fit(*data)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    compiled = clone(estimator).set_params(**TINY, **DOUBLE).fit(*data)
    same_weights(compiled, plain, 1e-7)


def test_searches_fuse(cancer):
    grid = {
        "network": [functools.partial(residual, blocks=n) for n in (1, 2)],
        "learning_rate": [0.1, 0.01],
    }
    base = DenseClassifier(random_state=0, epochs=3, optimizer="sgd", dtype="float64")
    search = GridSearchCV(base, grid, cv=2)
    alone = clone(search).fit(*cancer)
    with skdeep.fuse():
        fused = clone(search).fit(*cancer)
    for column in ("mean_test_score", "std_test_score"):
        assert_allclose(fused.cv_results_[column], alone.cv_results_[column], atol=1e-8)
    same_weights(fused.best_estimator_, alone.best_estimator_, 1e-8)


def test_penalties_of_layers_in_double_precision(iris):
    classifier = DenseClassifier(
        network=lambda shape: L.Dense(3, kernel_regularizer="l2"),
        dtype="float64",
        epochs=1,
    ).fit(*iris)
    with pytest.raises(ValueError, match="cannot add penalties in double precision"):
        classifier.set_params(engine="keras").fit(*iris)


class MinusMean(L.Layer):
    """Looks at the whole batch."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


class Penalised(L.Layer):
    def call(self, x):
        self.add_loss(0.1 * keras.ops.mean(x**2))
        return x


class Positions(L.Layer):
    """Adds what is no weight to train."""

    mixes_rows = False

    def build(self, shape):
        self.positions = self.add_weight(
            shape[1:], trainable=False, initializer="random_normal", name="positions"
        )

    def call(self, x):
        return x + self.positions


def spectral(shape):
    return [L.SpectralNormalization(L.Dense(6)), L.ReLU()]


def minus_mean(shape):
    return [L.Dense(6, activation="relu"), MinusMean()]


def activity(shape):
    return L.Dense(6, activation="relu", activity_regularizer="l2")


def penalised(shape):
    return [L.Dense(6, activation="relu"), Penalised()]


def positions(shape):
    return [Positions(), L.Flatten()]


def test_what_looks_at_whole_batches_trains_as_keras_does(cancer, monkeypatch):
    X, y = cancer[0][:170], cancer[1][:170]
    # The last of four batches is not full.
    options = {"network": running, "batch_size": 48, **TINY}
    auto = DenseClassifier(**options).fit(X, y)
    by_keras = DenseClassifier(engine="keras", **options).fit(X, y)
    same_weights(auto, by_keras, 0)
    assert_allclose(auto.history_["loss"], by_keras.history_["loss"], rtol=1e-6)
    assert np.abs(auto.get_weights()["network/running_mean/mean"]).max() > 0

    def train_keras(job, optimizer):
        raise InterruptedError  # all is known: no network need be trained

    monkeypatch.setattr(_keras, "train_keras", train_keras)
    for network in (running, spectral, minus_mean, activity, penalised):
        options["network"] = network
        with pytest.raises(InterruptedError):
            DenseClassifier(**options).fit(X, y)
        with pytest.raises(ValueError, match="layers look at whole batches"):
            DenseClassifier(engine="compiled", **options).fit(X, y)


class Unsaid(Block):
    """Says nothing of rows."""

    mixes_rows = None


def test_layers_of_a_users_own_class_take_keras_unless_they_say_otherwise(cancer):
    X, y = cancer[0][:170], cancer[1][:170]
    options = {"batch_size": 48, **TINY, **DOUBLE}
    said, unsaid = (
        DenseClassifier(network=lambda shape, cls=cls: [cls(30)], **options).fit(X, y)
        for cls in (Block, Unsaid)
    )
    same_weights(said, unsaid, 1e-8)
    compiled = clone(said).set_params(engine="compiled").fit(X, y)
    same_weights(said, compiled, 0)
    with pytest.raises(
        ValueError, match=r"\(unsaid; a class of your own says so by mix"
    ):
        clone(unsaid).set_params(engine="compiled").fit(X, y)


def test_penalties_of_activities_count(cancer):
    X, y = cancer[0][:170], cancer[1][:170]
    fits = [
        DenseClassifier(network=network, batch_size=48, **TINY).fit(X, y)
        for network in (activity, lambda shape: L.Dense(6, activation="relu"))
    ]
    penalised, plain = (fit.history_["loss"].iloc[0] for fit in fits)
    assert penalised > plain + 0.01


def test_constant_weights_are_compiled(images):
    X, y = images[0][:170], images[1][:170]
    compiled, by_keras = (
        SequenceClassifier(
            network=positions, engine=engine, batch_size=48, **TINY, **DOUBLE
        ).fit(X, y)
        for engine in ("compiled", "keras")
    )
    same_weights(compiled, by_keras, 1e-8)
    first, second = (
        fit.get_weights()["network/positions/positions"] for fit in (compiled, by_keras)
    )
    assert_array_equal(first, second)
    assert np.abs(first).max() > 0

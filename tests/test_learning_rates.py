"""A rate or an optimiser that is named keeps its rate; the decay is of "auto"."""

import keras
import numpy as np
import pytest
from agreement import same_weights
from sklearn.base import clone
from sklearn.datasets import load_iris, make_circles

from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    TextGenerator,
)

X, y = load_iris(return_X_y=True)
WORDS = ["setosa", "versicolor", "virginica"]
TEXTS = [
    f"{WORDS[label]} {width:.0f} wide" for label, width in zip(y, X[:, 1], strict=True)
]
TINY = {"epochs": 3, "random_state": 0, "batch_size": 50}
FAMILIES = {
    "dense": (DenseClassifier((4,), **TINY), (X, y)),
    "conv": (
        ConvClassifier(4, image_shape=(2, 2), hidden_layer_sizes=(), **TINY),
        (X, y),
    ),
    "sequence": (SequenceClassifier("average", **TINY), (X, y)),
    "generator": (
        TextGenerator("gru", window=8, units=4, embedding_dim=4, **TINY),
        (TEXTS,),
    ),
    "autoencoder": (Autoencoder(2, hidden_layer_sizes=(), **TINY), (X,)),
}
OWN = [{"optimizer": "adam"}, {"optimizer": keras.optimizers.SGD(0.5)}]
OWN += [{"learning_rate": 0.01}, {"optimizer": "auto", "learning_rate": 0.003}]


def moved(first, second):
    pairs = zip(
        first.network_.weights.trainable, second.network_.weights.trainable, strict=True
    )
    return max(np.abs(a - b).max() for a, b in pairs)


@pytest.mark.parametrize("family", FAMILIES)
def test_own_rates_stay_in_every_family(family):
    estimator, data = FAMILIES[family]
    own = clone(estimator).set_params(optimizer="adam", learning_rate=0.05)
    constant = clone(own).set_params(learning_rate_schedule=None).fit(*data)
    falling = clone(own).set_params(learning_rate_schedule="cosine_decay").fit(*data)
    same_weights(own.fit(*data), constant)
    assert moved(own, falling) > 1e-3


@pytest.mark.parametrize(
    ("own", "engine"),
    [*((own, "compiled") for own in OWN), (OWN[0], "keras")],
    ids=["name", "object", "rate", "auto", "keras"],
)
def test_what_is_named_is_constant(own, engine, keras_eagerly):
    estimator = DenseClassifier((4,), **TINY, **own, engine=engine)
    constant = clone(estimator).set_params(learning_rate_schedule=None)
    same_weights(estimator.fit(X, y), constant.fit(X, y))


def test_the_default_falls_along_a_cosine():
    default = DenseClassifier((4,), **TINY).fit(X, y)
    named = clone(default).set_params(learning_rate_schedule="cosine_decay").fit(X, y)
    same_weights(default, named)
    constant = clone(default).set_params(learning_rate_schedule=None).fit(X, y)
    assert moved(default, constant) > 1e-3


CHANGE = keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.1, 0.01])


def test_a_schedule_as_learning_rate_is_that_of_the_optimizer():
    given = DenseClassifier((4,), **TINY, optimizer="sgd", learning_rate=CHANGE)
    brought = clone(given).set_params(optimizer=keras.optimizers.SGD(CHANGE))
    brought.set_params(learning_rate=None)
    same_weights(given.fit(X, y), brought.fit(X, y))
    assert moved(given, clone(given).set_params(learning_rate=0.1).fit(X, y)) > 1e-3
    parts = clone(given)
    for _ in range(3):  # partial_fit goes on with it
        parts.partial_fit(X, y, classes=[0, 1, 2])
    still = parts.get_weights()["output/bias"]
    parts.set_params(learning_rate=0.1).partial_fit(X, y)
    assert np.abs(parts.get_weights()["output/bias"] - still).max() > 1e-3


SCALED = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"learning_rate": CHANGE, "learning_rate_schedule": "cosine_decay"},
            "are two schedules",
        ),
        ({"learning_rate": keras.optimizers.schedules.CosineDecay}, "Call it: Cosine"),
        ({"optimizer": keras.optimizers.Adam}, r"Call it: Adam\("),
        (
            {
                "optimizer": keras.optimizers.LossScaleOptimizer(
                    keras.optimizers.SGD()
                ),
                "learning_rate": 0.1,
            },
            "LossScaleOptimizer takes its learning rates",
        ),
    ],
)
def test_rates_that_cannot_be_obeyed_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        DenseRegressor((4,), **TINY, **params).fit(X, y)


def test_batches_are_those_of_keras_with_an_own_optimizer(untrained):
    def steps(estimator, n_rows, **params):
        estimator = estimator((4,), epochs=1, **params).fit(X[:n_rows], y[:n_rows])
        return estimator.network_.weights.n_steps

    assert steps(DenseRegressor, 150) == 1
    assert steps(DenseRegressor, 150, optimizer="adam") == 5
    assert steps(DenseRegressor, 150, learning_rate=0.1) == 5
    assert steps(DenseRegressor, 65, optimizer=keras.optimizers.SGD()) == 3
    assert steps(DenseRegressor, 64, optimizer="sgd") == 1
    assert steps(DenseRegressor, 150, optimizer="sgd", batch_size=150) == 1
    images = {"image_shape": (2, 2), "hidden_layer_sizes": ()}
    assert steps(ConvClassifier, 150, **images) == 3
    assert steps(ConvClassifier, 150, **images, optimizer="adam") == 5


def test_circles_as_keras_learns_them():
    """A constant rate and small batches: falling along a cosine it has 0.87."""
    circles = make_circles(1000, noise=0.1, factor=0.2, random_state=0)
    sgd = keras.optimizers.SGD(0.5)
    network = DenseClassifier((4,), activation="tanh", optimizer=sgd, epochs=20)
    assert network.set_params(random_state=0).fit(*circles).score(*circles) > 0.98

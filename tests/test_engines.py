"""The compiled engine and keras.Model.fit reach the same weights."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from skdeep import DenseClassifier, DenseRegressor

opt = keras.optimizers
# 100 rows in batches of 32: the last batch is partial.
NET = {"hidden_layer_sizes": (6,), "activation": "tanh", "batch_size": 32, "epochs": 5}
NET |= {"random_state": 0, "learning_rate_schedule": None}
RATES = {"adadelta": 1.0, "adagrad": 0.02, "sgd": 0.05}


def agree(estimator, X, y, sample_weight=None, tolerance=1e-5):
    compiled = clone(estimator).set_params(engine="compiled")
    compiled.fit(X, y, sample_weight)
    reference = clone(estimator).set_params(engine="keras")
    reference.fit(X, y, sample_weight)
    pairs = zip(
        compiled.network_.weights.trainable,
        reference.network_.weights.trainable,
        strict=True,
    )
    for a, b in pairs:
        assert_allclose(a, b, rtol=0, atol=tolerance)
    assert_allclose(compiled.history_, reference.history_, rtol=1e-3, atol=1e-5)


CHECKED = [
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "lamb",
    "nadam",
    "sgd",
]


@pytest.mark.parametrize("name", CHECKED)
def test_every_optimizer(iris, name):
    X, y = iris[0][:100], iris[1][:100]
    weight = np.random.RandomState(0).uniform(0.2, 2, 100)
    rate = RATES.get(name, 2e-3)
    estimator = DenseClassifier(
        **NET, optimizer=name, learning_rate=rate, l1=1e-3, l2=1e-3
    )
    agree(estimator, X, y, weight)


VARIANTS = {
    "momentum": opt.SGD(0.02, momentum=0.9, nesterov=True, clipvalue=0.005),
    "clipnorm": opt.Adam(2e-3, clipnorm=0.05, amsgrad=True),
    "global_clipnorm": opt.SGD(0.05, global_clipnorm=0.1, weight_decay=0.1),
    "ema": opt.Adam(2e-3, use_ema=True, ema_momentum=0.9),
    "ema_overwrite": opt.Adam(2e-3, use_ema=True, ema_overwrite_frequency=7),
    "accumulation": opt.Adam(2e-3, gradient_accumulation_steps=2),
    "schedule": opt.Adam(
        opt.schedules.CosineDecay(0.0, 15, warmup_target=0.02, warmup_steps=5)
    ),
}


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_options_of_optimizers(iris, variant):
    estimator = DenseClassifier(**NET, optimizer=VARIANTS[variant])
    if variant == "schedule":
        estimator.set_params(learning_rate_schedule="auto")
    agree(estimator, iris[0][:100], iris[1][:100])


@pytest.mark.parametrize("schedule", ["cosine_decay", "exponential_decay"])
def test_named_schedules(diabetes, schedule):
    estimator = DenseRegressor(**NET, optimizer="adam")
    estimator.set_params(learning_rate_schedule=schedule, learning_rate=0.01)
    agree(estimator, diabetes[0][:100], diabetes[1][:100])


@pytest.mark.parametrize("loss", ["mae", keras.losses.Huber(0.5), "log_cosh"], ids=str)
def test_regression_losses(diabetes, loss):
    X, y = diabetes[0][:100], diabetes[1][:100]
    agree(DenseRegressor(**NET, optimizer="adam", loss=loss), X, y)

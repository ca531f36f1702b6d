"""The compiled engine and keras.Model.fit reach the same weights."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

from skdeep import DenseClassifier, DenseRegressor
from skdeep.networks._layers import PhiloxDropout
from skdeep.networks._names import OPTIMIZERS
from skdeep.training import _job

opt = keras.optimizers
# 100 rows in batches of 32: the last batch is partial.
NET = {"hidden_layer_sizes": (6,), "activation": "tanh", "batch_size": 32, "epochs": 5}
NET |= {"random_state": 0, "learning_rate_schedule": None}
RATES = {"adadelta": 1.0, "adagrad": 0.02, "ftrl": 0.05, "lion": 3e-4, "sgd": 0.05}


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


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
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


LOSSES = {"mae": "mae", "huber": keras.losses.Huber(0.5), "log_cosh": "log_cosh"}


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_regression_losses(diabetes, loss):
    X, y = diabetes[0][:100], diabetes[1][:100]
    agree(DenseRegressor(**NET, optimizer="adam", loss=LOSSES[loss]), X, y)


@pytest.mark.parametrize("kind", ["binary", "multilabel", "smoothed", "sparse"])
def test_target_kinds(iris, kind):
    X, y = iris[0][:100], iris[1][:100]
    estimator = DenseClassifier(**NET, optimizer="adam", metrics=["accuracy"])
    if kind == "binary":
        y = y == 1
    if kind == "multilabel":
        y = np.column_stack([y == 0, y > 0]).astype(int)
    if kind == "smoothed":
        estimator.set_params(label_smoothing=0.1)
    if kind == "sparse":
        estimator.set_params(loss="sparse_categorical_crossentropy")
    agree(estimator, X, y)


def test_batch_normalisation_with_a_partial_batch(iris):
    estimator = DenseClassifier(**NET, optimizer="adam", batch_norm=True)
    agree(estimator, iris[0][:100], iris[1][:100], tolerance=2e-3)


def test_float64(diabetes):
    estimator = DenseRegressor(**NET, optimizer="adam", dtype="float64")
    agree(estimator, diabetes[0][:100], diabetes[1][:100], tolerance=1e-8)


def test_xla_and_plain_graph_agree(digits, monkeypatch):
    """Long fits are compiled with XLA, short ones are not."""
    X, y = digits
    estimator = DenseClassifier(**NET, optimizer="adam")
    plain = clone(estimator).fit(X, y)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    compiled = clone(estimator).fit(X, y)
    for a, b in zip(
        plain.network_.weights.trainable,
        compiled.network_.weights.trainable,
        strict=True,
    ):
        assert_allclose(a, b, rtol=0, atol=1e-5)


def test_unsupported_optimizer_trains_with_keras(iris):
    optimizer = opt.LossScaleOptimizer(opt.Adam(0.01))
    classifier = DenseClassifier(**{**NET, "epochs": 2}, optimizer=optimizer)
    assert classifier.fit(*iris).n_epochs_ == 2
    with pytest.raises(ValueError, match="LossScaleOptimizer"):
        classifier.set_params(engine="compiled").fit(*iris)


def test_dropout_rate_and_independence():
    """Keras's bits differ from ours, so the statistics are compared."""
    layer = PhiloxDropout(0.3, seed=1)
    ones = np.ones((200, 500), "float32")
    first, second = np.asarray(layer(ones, True)), np.asarray(layer(ones, True))
    assert (first == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert first.mean() == pytest.approx(1, abs=0.02)
    assert ((first == 0) & (second == 0)).mean() == pytest.approx(0.09, abs=0.01)
    rows = np.corrcoef(first[:50])
    assert np.abs(rows[~np.eye(50, dtype=bool)]).max() < 0.25


def test_dropout_in_training_only(iris):
    X, y = iris
    dropped = DenseClassifier(**NET, dropout=0.5).fit(X, y)
    plain = DenseClassifier(**NET).fit(X, y)
    assert not np.allclose(dropped.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(dropped.predict_proba(X), dropped.predict_proba(X))

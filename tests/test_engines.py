"""The compiled engine and keras.Model.fit reach the same weights."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from agreement import same_weights
from keras_versions import MISSING, SCHEDULE_FREE, needs_schedule_free
from numpy.testing import assert_allclose
from sklearn.base import clone

import skdeep
from skdeep import DenseClassifier, DenseRegressor, QuantileLoss
from skdeep.networks._layers import PhiloxDropout
from skdeep.networks._names import OPTIMIZERS
from skdeep.training import _job
from skdeep.training._optimizers import OptimizerSpec
from skdeep.training._schedules import _NAMED

opt = keras.optimizers
# 100 rows in batches of 32: the last batch is partial.
NET = {"hidden_layer_sizes": (6,), "activation": "tanh", "batch_size": 32, "epochs": 2}
NET |= {"random_state": 0, "learning_rate_schedule": None}


def agree(estimator, X, y, tolerance=1e-5):
    compiled = clone(estimator).set_params(engine="compiled").fit(X, y)
    reference = clone(estimator).set_params(engine="keras").fit(X, y)
    same_weights(compiled, reference, tolerance)
    assert_allclose(compiled.history_, reference.history_, rtol=1e-3, atol=1e-5)


TARGETS = {
    "binary": lambda y: y == 1,
    "multiclass": lambda y: y,
    "multilabel": lambda y: np.column_stack([y == 0, y > 0, y > 1]).astype(int),
}
WARM_UP = opt.schedules.CosineDecay(0.0, 15, warmup_target=0.02, warmup_steps=5)
# Optimisers and their options, every kind of target, several losses, metrics and
# schedules.
CASES = {
    "adagrad": (opt.Adagrad(0.02), "multilabel", {"metrics": ["accuracy"]}),
    "adam": (
        opt.Adam(2e-3, clipnorm=0.05, amsgrad=True),
        "regression",
        {"learning_rate_schedule": "cosine_decay", "metrics": ["mae", "r2_score"]},
    ),
    "adamw": (
        opt.AdamW(2e-3),
        "binary",
        {"loss": "categorical_crossentropy", "metrics": ["accuracy"]},
    ),
    "muon": (opt.Muon(2e-3), "multiclass", {}),
    "nadam": (
        opt.Nadam(2e-3),
        "regression",
        {"learning_rate_schedule": "exponential_decay", "loss": "log_cosh"},
    ),
    "sgd": (
        opt.SGD(0.05, global_clipnorm=0.1, weight_decay=0.1),
        "regression",
        {"loss": keras.losses.Huber(0.5)},
    ),
    # It sees the size of a gradient, whether a sum or a mean of steps.
    "sgd, accumulated": (
        opt.SGD(
            WARM_UP,
            gradient_accumulation_steps=2,
            use_ema=True,
            ema_momentum=0.9,
            ema_overwrite_frequency=3,
        ),
        "multiclass",
        {"label_smoothing": 0.1, "learning_rate_schedule": "auto"},
    ),
    "sgd, momentum": (
        opt.SGD(0.02, momentum=0.9, nesterov=True, clipvalue=0.005),
        "multiclass",
        {"loss": "sparse_categorical_crossentropy"},
    ),
}
# Whose state has nothing that the others' have not: the fits are the same but for the
# update.
UPDATES = {name: case[0] for name, case in CASES.items()} | {
    "adadelta": opt.Adadelta(1.0),
    "adafactor": opt.Adafactor(2e-3),
    "adamax": opt.Adamax(2e-3, gradient_accumulation_steps=2),
    "ftrl": opt.Ftrl(0.05),
    "lamb": opt.Lamb(2e-3),
    "lion": opt.Lion(3e-4),
    "rmsprop": opt.RMSprop(2e-3),
}
if SCHEDULE_FREE:
    UPDATES["schedulefreeadamw"] = SCHEDULE_FREE(2e-3)


FITTED_SCHEDULES = {
    params.get("learning_rate_schedule") for _, _, params in CASES.values()
}


def estimator_and_data(kind, iris, diabetes):
    if kind == "regression":
        return DenseRegressor(**NET), diabetes[0][:100], diabetes[1][:100]
    return DenseClassifier(**NET), iris[0][:100], TARGETS[kind](iris[1][:100])


# Its steps are more than one update, and averages are taken at the end.
FUSED = "sgd, accumulated"
# Keras 3.15 on TensorFlow updates the momentum before it reads the old one.
WRONG_IN_KERAS = {"schedulefreeadamw"}
MUON_FAILS = keras.__version__.startswith("3.12.")


@pytest.mark.usefixtures("keras_eagerly")
@pytest.mark.parametrize("name", sorted(CASES))
def test_fits_with_an_optimizer(iris, diabetes, sizes, name):
    """The compiled engine, alone and in one case within fuse(), and Keras's fit."""
    optimizer, kind, params = CASES[name]
    estimator, X, y = estimator_and_data(kind, iris, diabetes)
    estimator.set_params(optimizer=optimizer, l1=1e-3, l2=1e-3, **params)
    weight = np.random.RandomState(0).uniform(0.2, 2, 100)
    alone = clone(estimator).fit(X, y, weight)
    if name == FUSED:
        with skdeep.fuse(), ThreadPoolExecutor(3) as pool:
            fits = [pool.submit(clone(estimator).fit, X, y, weight) for _ in range(3)]
        for together in (fit.result() for fit in fits):
            same_weights(together, alone, 1e-4)
            assert_allclose(together.history_, alone.history_, rtol=1e-3, atol=1e-4)
        assert max(sizes) >= 2
    by_keras = clone(estimator).set_params(engine="keras")
    wrong = name == "muon" and MUON_FAILS
    with pytest.raises(AttributeError) if wrong else contextlib.nullcontext():
        by_keras.fit(X, y, weight)
        same_weights(alone, by_keras)
        assert_allclose(alone.history_, by_keras.history_, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", sorted(UPDATES))
def test_updates_of_several_networks_at_once(name):
    """What fuse() does in each step: every network gets what it would get alone.

    Alone it gets what Keras's own optimiser does to the weights.
    """
    optimizer = OptimizerSpec(UPDATES[name]).functional()
    shapes, rng = [(4, 6), (6,)], np.random.RandomState(0)
    optimizer.build([keras.Variable(np.zeros(shape, "float32")) for shape in shapes])

    def drawn():
        return [
            tf.constant(rng.normal(size=(3, *shape)), "float32") for shape in shapes
        ]

    def update(parts):
        weights, slots = optimizer.stateless_apply(*parts)
        return tf.nest.map_structure(tf.convert_to_tensor, [list(slots), list(weights)])

    @tf.function
    def update_all(*parts):
        return tf.vectorized_map(update, parts, warn=False)

    optimizer.learning_rate = 0.01
    weights = drawn()
    slots = [tf.stack(3 * [tf.convert_to_tensor(v)]) for v in optimizer.variables]
    by_keras = KerasUpdates(UPDATES[name], [weight[0] for weight in weights])
    for _ in range(2):
        parts = slots, drawn(), weights
        alone = [
            update(tf.nest.map_structure(lambda part, row=row: part[row], parts))
            for row in range(3)
        ]
        expected = tf.nest.map_structure(lambda *rows: tf.stack(rows), *alone)
        slots, weights = update_all(*parts)
        for ours, theirs in zip(weights, expected[1], strict=True):
            assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
        by_keras.apply([gradient[0] for gradient in parts[1]])
        if name not in WRONG_IN_KERAS:
            for ours, theirs in zip(weights, by_keras.weights, strict=True):
                assert_allclose(ours[0], theirs, rtol=1e-4, atol=1e-6)


class KerasUpdates:
    """Weights that a copy of an optimiser of Keras changes."""

    def __init__(self, optimizer, weights):
        config = optimizer.get_config() | {"learning_rate": 0.01}
        self._optimizer = type(optimizer).from_config(config)
        self._variables = [keras.Variable(weight) for weight in weights]

    def apply(self, gradients):
        self._optimizer.apply(gradients, self._variables)

    @property
    def weights(self):
        return [variable.numpy() for variable in self._variables]


# The others are among the fits with an optimiser.
@pytest.mark.usefixtures("keras_eagerly")
@pytest.mark.parametrize("schedule", sorted({*_NAMED} - FITTED_SCHEDULES))
def test_every_named_schedule(iris, schedule):
    estimator, X, y = estimator_and_data("multiclass", iris, None)
    params = {"learning_rate": 0.01, "learning_rate_schedule": schedule}
    agree(estimator.set_params(optimizer="sgd", **params), X, y)


def test_default_optimizer(iris):
    estimator, X, y = estimator_and_data("multiclass", iris, None)
    agree(estimator, X, y)


def test_default_weight_decay(iris):
    """What it takes off a weight per step: as much at a large rate, less at a small."""
    X, y = np.zeros((64, 2)), iris[1][:64]

    def shrunk(rate, epochs=20, calls=0):
        model = DenseClassifier((4,), learning_rate=rate, epochs=epochs)
        model.set_params(batch_size=32, random_state=0, learning_rate_schedule=None)
        start = clone(model).set_params(optimizer="sgd", epochs=1, normalize=False)
        for _ in range(calls):
            model.partial_fit(X, y, classes=[0, 1, 2])
        model = model if calls else model.fit(X, y)
        # No gradient reaches the first kernel, for all samples are zero.
        kernels = [m.network_.weights.trainable[0] for m in (model, start.fit(X, y))]
        return 1 - np.linalg.norm(kernels[0]) / np.linalg.norm(kernels[1])

    expected = 1 - (1 - 0.003 * 2) ** 40
    assert_allclose([shrunk(0.003), shrunk(0.03)], expected, rtol=1e-3)
    assert_allclose(shrunk(0.0003), 1 - (1 - 0.0003 * 2) ** 40, rtol=1e-3)
    assert_allclose(shrunk(0.003, epochs=40), 1 - (1 - 0.003 * 2) ** 80, rtol=1e-3)
    assert_allclose(shrunk(0.003, calls=20), 1 - (1 - 0.003 * 0.1) ** 40, rtol=1e-3)


def test_every_optimizer_has_a_case():
    assert {name.split(",")[0] for name in UPDATES} == OPTIMIZERS - MISSING


@needs_schedule_free
def test_schedule_free_is_that_of_the_paper():
    """Defazio et al., 2024, "The Road Less Scheduled", algorithm 1 with bias
    correction as Keras has it; the gradients are fixed numbers.
    """
    gradients = [[0.5, 0.3], [-0.2, 0.4], [0.1, 0.1]]
    optimizer = OptimizerSpec(SCHEDULE_FREE(0.1)).functional()
    variable = keras.Variable(np.array([1.0, -2.0], "float32"))
    optimizer.build([variable])
    optimizer.learning_rate = 0.1
    weights, state = [variable.value], [v.value for v in optimizer.variables]
    y = z = np.array([1.0, -2.0])
    x, second = y, np.zeros(2)
    for step, gradient in enumerate(np.array(gradients), 1):
        second = second + 0.001 * (gradient**2 - second)
        z = z - 0.1 * gradient / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        x = x + (z - x) / step
        y = 0.1 * z + 0.9 * x
        weights, state = optimizer.stateless_apply(
            state, [keras.ops.cast(gradient, "float32")], weights
        )
    assert_allclose(weights[0], y, rtol=1e-5)


def test_batch_normalisation_with_a_partial_batch(iris, keras_eagerly):
    estimator = DenseClassifier(**NET, optimizer="adam", batch_norm=True)
    agree(estimator, iris[0][:100], iris[1][:100], tolerance=2e-3)


def test_xla_and_plain_graph_agree(digits, monkeypatch):
    """Long fits are compiled with XLA, short ones are not."""
    X, y = digits
    estimator = DenseClassifier(**NET, optimizer="adam")
    plain = clone(estimator).fit(X, y)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    compiled = clone(estimator).fit(X, y)
    same_weights(plain, compiled)


def test_unsupported_optimizer_trains_with_keras(iris):
    optimizer = opt.LossScaleOptimizer(opt.Adam(0.01))
    classifier = DenseClassifier(**{**NET, "epochs": 2}, optimizer=optimizer)
    assert classifier.fit(*iris).n_epochs_ == 2
    with pytest.raises(ValueError, match="LossScaleOptimizer"):
        classifier.set_params(engine="compiled").fit(*iris)


def test_unsupported_optimizer_starts_as_others_do(iris, weights_of):
    """From weights of the seed, with standardised inputs."""
    first, second = (
        DenseClassifier(
            **{**NET, "epochs": 1, "random_state": seed},
            optimizer=opt.LossScaleOptimizer(opt.SGD(1e-9)),
        ).fit(*iris)
        for seed in (0, 1)
    )
    assert not np.allclose(weights_of(first)[0], weights_of(second)[0])
    plain = DenseClassifier(**{**NET, "epochs": 1}, optimizer="sgd").set_params(
        learning_rate=1e-9
    )
    plain.fit(*iris)
    assert_allclose(weights_of(first)[0], weights_of(plain)[0], atol=1e-6)
    for own, expected in zip(
        first.network_.weights.non_trainable,
        plain.network_.weights.non_trainable,
        strict=True,
    ):
        assert_allclose(own, expected)


def test_averages_of_batch_normalisation_follow_in_a_short_fit(digits):
    """20 steps at rest: with Keras's momentum of 0.99, 0.18 of the mean."""
    X, y = digits
    net = DenseClassifier((8,), batch_norm=True, optimizer="sgd", learning_rate=1e-9)
    net.set_params(normalize=False, epochs=10, batch_size=200, random_state=0)
    weights = net.fit(X[:400], y[:400]).network_.weights
    mean = (X[:400] @ weights.trainable[0]).mean(axis=0)
    share = weights.non_trainable[0] @ mean / (mean @ mean)
    assert share == pytest.approx(1 - 0.9**20, abs=0.05)


def test_dropout_rate_and_independence():
    """Keras's bits differ from ours, so the statistics are compared."""
    layer = PhiloxDropout(0.3, seed=1)
    ones = np.ones((200, 500), "float32")
    first, second = (np.asarray(layer(ones, training=True)) for _ in range(2))
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


@pytest.mark.parametrize(
    "loss",
    ["auto", keras.losses.Huber(reduction="sum"), QuantileLoss(0.7)],
    ids=["auto", "sum", "quantile"],
)
@pytest.mark.usefixtures("keras_eagerly")
def test_both_engines_compute_in_double_precision(diabetes, loss):
    """Keras's own losses are in single, whatever the layers are."""
    X, y = diabetes[0][:60], diabetes[1][:60]
    weight = np.linspace(0.5, 2, len(y))
    compiled, by_keras = (
        DenseRegressor(**NET, dtype="float64", loss=loss, engine=engine).fit(
            X, y, weight
        )
        for engine in ("compiled", "keras")
    )
    assert_allclose(compiled.predict(X), by_keras.predict(X), rtol=1e-12)
    assert_allclose(compiled.history_, by_keras.history_, rtol=1e-3, atol=1e-5)

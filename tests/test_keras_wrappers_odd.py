"""KerasClassifier and KerasRegressor train odd models and losses as Keras does.

The last batch has fewer rows than the others, so that a compiled program that fills it
up must not let these rows count.
"""

from functools import partial

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import minmax_scale, scale

from skdeep import KerasClassifier, KerasRegressor
from skdeep.networks._given import building

L = keras.layers
ops = keras.ops
N_ROWS, BATCH_SIZE = 40, 32
FIT = {"epochs": 2, "batch_size": BATCH_SIZE, "shuffle": False, "verbose": 0}


def mean_error(y_true, y_pred):
    """One value for a batch."""
    return ops.mean(ops.square(y_true - y_pred))


def largest_error(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred))


def errors(y_true, y_pred):
    """One value for each sample."""
    return ops.abs(y_true - y_pred)[:, 0]


class Quartic(keras.losses.Loss):
    """A loss with one value for each sample."""

    def call(self, y_true, y_pred):
        return ops.mean((y_true - y_pred) ** 4, axis=-1)


class Penalised(L.Layer):
    """A layer that adds to the loss."""

    def call(self, x):
        self.add_loss(0.1 * ops.sum(ops.square(x)))
        return x


class Centred(L.Layer):
    """A layer whose outputs depend on the other rows."""

    def call(self, x):
        return x - ops.mean(x, axis=0)


# Fits are those that XLA would compile: others fill up no batch.
pytestmark = pytest.mark.usefixtures("without_xla")


@pytest.fixture(scope="module")
def rows():
    """Standardised inputs and targets from 0 to 1."""
    X, y = load_diabetes(return_X_y=True)
    return scale(X)[:N_ROWS], minmax_scale(y)[:N_ROWS]


def network(*layers, function=None, dtype="float32", **options):
    """Compiled, of a dense layer, these layers and a unit."""
    before = keras.config.dtype_policy()
    try:
        with building(0, dtype):
            x = inputs = keras.Input((10,))
            for layer in (lambda: L.Dense(6, "tanh"), *layers):
                x = layer()(x)
            x = x if function is None else function(x)
            model = keras.Model(inputs, L.Dense(1, "sigmoid")(x))
            settings = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"}
            model.compile(**{**settings, **options})
    finally:
        keras.config.set_dtype_policy(before)
    return model


def assert_trained_alike(estimator, model, history):
    weights = zip(estimator.model_.get_weights(), model.get_weights(), strict=True)
    for ours, theirs in weights:
        assert_allclose(ours, theirs, atol=1e-5)
    assert set(estimator.history_) == set(history)
    for name, values in history.items():
        assert_allclose(estimator.history_[name], values, rtol=1e-4, err_msg=name)


def check_regressor(build, rows, weight=None, validation=None):
    """Train a model by the estimator, and another of the same start by Keras."""
    X, y = rows
    given, model = build(), build()
    before = given.get_weights()
    estimator = KerasRegressor(given, **FIT)
    estimator.fit(X, y, weight, validation_data=validation)
    moved = zip(before, estimator.model_.get_weights(), strict=True)
    assert max(np.abs(old - new).max() for old, new in moved) > 1e-3
    if validation is not None:
        validation = validation[0], validation[1][:, None]
    data = {"sample_weight": weight, "validation_data": validation}
    model.run_eagerly = True  # four steps take less time than tracing
    history = model.fit(X, y[:, None], **data, **FIT).history
    assert_trained_alike(estimator, model, history)
    return estimator


LOSSES = {
    "dice": "dice",
    "Tversky": keras.losses.Tversky(alpha=0.3, beta=0.7),
    "scalar": mean_error,
    "largest": largest_error,
    "samples": errors,
    "class": Quartic(),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_losses(rows, loss):
    check_regressor(partial(network, loss=loss), rows)


@pytest.mark.parametrize("kind", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("function", [errors, mean_error], ids=["samples", "scalar"])
def test_metrics(rows, function, kind):
    def build():
        wrapped = keras.metrics.MeanMetricWrapper(function, name="q")
        return network(**{kind: [function, wrapped]})

    check_regressor(build, rows)


PENALTIES = {
    "activity": lambda: L.Dense(5, activity_regularizer="l2"),
    "add_loss": Penalised,
}


# Keras cannot add penalties in double precision to its loss.
@pytest.mark.parametrize("layer", PENALTIES.values(), ids=PENALTIES)
def test_penalties(rows, layer):
    check_regressor(partial(network, layer), rows)


LAYERS = {
    "centred": {"layers": [Centred]},
    "mean of rows": {"function": lambda x: x - ops.mean(x, axis=0)},
    "spectral": {"layers": [lambda: L.SpectralNormalization(L.Dense(5))]},
}


@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, "float32") for name in LAYERS), ("centred", "float64")]
)
def test_layers(rows, name, dtype):
    parts = LAYERS[name]
    layers, function = parts.get("layers", ()), parts.get("function")
    check_regressor(partial(network, *layers, function=function, dtype=dtype), rows)


def test_tokens_of_open_length():
    X, y = load_digits(return_X_y=True)
    X, y = X[:N_ROWS, :6].astype(int), y[:N_ROWS]
    X[::2, 4:] = 0  # shorter ones
    with building(0):
        layers = [L.Embedding(17, 4, mask_zero=True), L.LSTM(5)]
        layers.append(L.Dense(10, "softmax"))
        model = keras.Sequential([keras.Input((None,), dtype="int32"), *layers])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    estimator = KerasClassifier(model, **FIT).fit(X, y)
    model.run_eagerly = True
    history = model.fit(X, y, **FIT).history
    assert_trained_alike(estimator, model, history)


def test_sum_of_losses_with_validation_data(rows):
    X, y = rows
    loss = keras.losses.MeanSquaredError(reduction="sum")

    def build():
        return network(loss=loss, optimizer=keras.optimizers.SGD(0.01))

    fitted = check_regressor(build, rows, validation=(X[:35], y[:35]))
    assert len(fitted.history_["val_loss"]) == FIT["epochs"]


def test_metrics_with_weights_and_without(rows):
    weight = np.linspace(0.5, 1.5, N_ROWS)
    build = partial(network, metrics=["mae"], weighted_metrics=["mae"])
    history = check_regressor(build, rows, weight).history_
    plain, weighted = history["mae"], history["weighted_mae"]
    assert np.abs(np.subtract(plain, weighted)).max() > 1e-4


class Steps(keras.callbacks.Callback):
    """Asks for every batch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((batch, int(self.model.optimizer.iterations)))


def test_several_steps_per_execution(rows):
    model, steps = network(steps_per_execution=4), Steps()
    X, y = rows
    estimator = KerasRegressor(model, **FIT, callbacks=[steps]).fit(X, y)
    assert int(estimator.model_.optimizer.iterations) == 2 * FIT["epochs"]
    assert steps.seen == [(i % 2, i + 1) for i in range(2 * FIT["epochs"])]
    assert estimator.model_.steps_per_execution == 4
    history = model.fit(X, y[:, None], **FIT).history
    assert_trained_alike(estimator, model, history)


class Net(keras.Model):
    """Gets parameters of an estimator."""

    def __init__(self, meta, units=3, **options):
        super().__init__(**options)
        self.meta, self.units = dict(meta), units
        self.hidden = L.Dense(units, "tanh")
        self.out = L.Dense(meta["n_classes_"], "softmax")

    def call(self, x):
        return self.out(self.hidden(x))


def test_a_class_of_models_is_called(iris):
    settings = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
    settings["run_eagerly"] = True
    first, second = (
        KerasClassifier(Net, **settings, **{name: 7}).fit(*iris)
        for name in ("units", "model__units")
    )
    for fitted in (first, second):
        assert isinstance(fitted.model_, Net)
        assert fitted.model_.units == 7
    assert first.predict_proba(iris[0]).shape == (150, 3)
    assert_allclose(second.predict_proba(iris[0]), first.predict_proba(iris[0]))


def test_a_class_of_other_objects_is_refused(iris):
    with pytest.raises(TypeError, match=r"must return a keras.Model. Received .*Dense"):
        KerasClassifier(L.Dense, units=3, loss="mse").fit(*iris)


class Called(keras.losses.Loss):
    """A loss that does the whole of the work in ``__call__``."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return 3 * ops.mean(ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred))


def test_a_loss_that_defines_call_is_obeyed(rows):
    def build():
        with building(0):
            model = keras.Sequential([keras.Input((10,)), L.Dense(1)])
        model.compile("sgd", Called())
        return model

    check_regressor(build, rows)

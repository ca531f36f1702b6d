"""What Keras callbacks see: a model of stock layers, from raw inputs to outputs."""

import json
import zipfile

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits

from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    QuantileLoss,
    SequenceClassifier,
    TextClassifier,
    TextGenerator,
)

L = keras.layers
FIT = {"epochs": 1, "random_state": 0}
ROWS = np.random.RandomState(0).normal(3, 2, (24, 4))
SERIES = [ROWS[: 2 + k % 5, :2] for k in range(24)]
LABELS = np.arange(24) % 2
IMAGES = load_digits().images[:24]
TEXTS = ["a good day", "a bad night at sea"] * 12
NETWORK = [L.Dense(3, activation="relu"), L.Dropout(0.1), L.BatchNormalization()]
BACKBONE = keras.Sequential([keras.Input((8, 8, 1)), L.Conv2D(2, 3)])
HALF = {"hidden_layer_sizes": (6,), "n_components": 2, "batch_norm": True}
# Each with the input that its Keras model takes for the first rows.
CASES = {
    "dense": (DenseClassifier((3,), dropout=0.1, batch_norm=True), ROWS, LABELS),
    "regression": (DenseRegressor((3,)), ROWS, 1e3 + 50 * ROWS[:, :2]),
    "loss of skdeep": (DenseRegressor((3,), loss=QuantileLoss(0.9)), ROWS, ROWS[:, 0]),
    "network": (DenseClassifier(network=lambda shape: NETWORK), ROWS, LABELS),
    "images": (ConvClassifier((2,), augment=["flip"]), IMAGES, LABELS),
    "backbone": (ConvClassifier(backbone=BACKBONE, fine_tune=1), IMAGES, LABELS),
    "sequences": (
        SequenceClassifier(units=(3,), cell="rnn", batch_norm=True),
        SERIES,
        LABELS,
    ),
    "texts": (TextClassifier(), TEXTS, LABELS),
    "generator": (TextGenerator(units=(3,), window=4), TEXTS, None),
    "autoencoder": (Autoencoder(**HALF, noise=0.1, code_l1=1e-3), ROWS, None),
    "tied": (Autoencoder(**HALF, tied=True), ROWS, None),
}


def rows_for(model):
    shape = [size or 5 for size in model.input_shape[1:]]
    rows = np.random.RandomState(1).uniform(0, 3, (4, *shape))
    # The last column of sequences says which steps are there.
    rows[..., -1] = np.round(rows[..., -1] / 3)
    return np.floor(rows).astype(model.inputs[0].dtype)


def move(model):
    """Give biases and averages other values than the first, in place of training."""
    for layer in model.layers:
        if not isinstance(layer, L.Normalization):
            layer.set_weights([array + 0.1 for array in layer.get_weights()])


# The model is the same in both engines, so two kinds will do for the other one.
@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("name", "engine"),
    [
        *((name, "compiled") for name in sorted(CASES)),
        ("regression", "keras"),
        ("tied", "keras"),
    ],
)
def test_files_of_callbacks_need_no_skdeep(tmp_path, name, engine):
    estimator, X, y = CASES[name]
    path = tmp_path / "seen.keras"
    saver = keras.callbacks.ModelCheckpoint(str(path))
    mover = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: move(mover.model))
    estimator.set_params(**FIT, engine=engine, callbacks=[mover, saver])
    fitted = estimator.fit(X) if y is None else estimator.fit(X, y)
    with zipfile.ZipFile(path) as file:
        config = file.read("config.json").decode()
    assert "skdeep" not in config
    assert json.loads(config)["compile_config"]["optimizer"]
    loaded = keras.models.load_model(path)
    rows = rows_for(loaded)
    outputs = (model(rows, training=False) for model in (loaded, fitted.model_))
    assert_allclose(*outputs, rtol=1e-3, atol=1e-5)


def test_a_file_goes_on_where_training_was(iris, tmp_path):
    X, y = iris
    path = str(tmp_path / "seen.keras")
    saver = keras.callbacks.ModelCheckpoint(path)
    net = {"optimizer": "adam", "learning_rate": 0.01, "metrics": ["accuracy"]}
    net |= {"hidden_layer_sizes": (3,), "batch_size": 50, "random_state": 0}
    first = DenseClassifier(**net, epochs=2, callbacks=[saver]).fit(X, y)
    loaded = keras.models.load_model(path)
    optimizer = loaded.optimizer
    assert type(optimizer) is keras.optimizers.Adam
    assert int(optimizer.iterations) == 6
    slots = first.network_.weights.optimizer
    for own, kept in zip(optimizer.variables, slots, strict=True):
        assert_allclose(own, kept, rtol=1e-6)
    truth = np.eye(3, dtype="float32")[y]
    accuracy = loaded.evaluate(X, truth, verbose=0, return_dict=True)["accuracy"]
    assert accuracy == pytest.approx(first.score(X, y))


@pytest.mark.usefixtures("keras_eagerly")
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_tied_kernels_that_a_callback_unties(engine):
    class Untie(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            last = self.model.trainable_variables[-2]
            last.assign(last + 1)

    estimator = Autoencoder(hidden_layer_sizes=(3,), n_components=2, tied=True, **FIT)
    estimator.set_params(engine=engine, callbacks=[Untie()])
    with pytest.raises(ValueError, match="tied=True"):
        estimator.fit(ROWS)


@pytest.mark.usefixtures("keras_eagerly")
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_tied_kernels_that_a_callback_sets_alike(engine):
    def fill(epoch, logs):
        model = callback.model
        model.set_weights([np.full_like(w, 0.25) for w in model.get_weights()])

    callback = keras.callbacks.LambdaCallback(on_epoch_end=fill)
    estimator = Autoencoder(hidden_layer_sizes=(3,), n_components=2, tied=True, **FIT)
    estimator.set_params(engine=engine, callbacks=[callback]).fit(ROWS)
    trained = estimator.network_.weights.trainable
    shapes = [array.shape for array in trained]
    # The kernels of the encoder, and the biases of all layers.
    assert shapes == [(4, 3), (3,), (3, 2), (2,), (3,), (4,)]
    assert all((array == 0.25).all() for array in trained)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_train_end"])
def test_weights_set_in_any_hook_are_trained_or_kept(engine, hook, iris):
    def fill(*args):
        model = callback.model
        model.set_weights([np.full_like(w, 0.25) for w in model.get_weights()])

    callback = keras.callbacks.LambdaCallback()
    setattr(callback, hook, fill)
    net = DenseClassifier((3,), optimizer="sgd", learning_rate=1e-9, **FIT)
    net.set_params(engine=engine, callbacks=[callback]).fit(*iris)
    assert_allclose(net.coefs_[0], 0.25, atol=1e-5)

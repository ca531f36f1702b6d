"""What belongs to the whole process or to other packages is left alone."""

import pickle
import random
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
from keras.src.random import seed_generator
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import skdeep
from skdeep import ConvClassifier, DenseClassifier, DenseRegressor, KerasClassifier
from skdeep.networks._seeds import own_seeds


def layers(shape):
    return [keras.layers.Dense(7, activation="relu"), keras.layers.Dropout(0.3)]


class Scaled(keras.layers.Layer):
    """A layer whose initialiser nobody can find again."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="random_normal")

    def call(self, x):
        return x * self.scale


def model_of_four(hidden=7):
    start = keras.random.uniform((4, hidden))
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(hidden, "relu"),
            Scaled(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    model.layers[0].kernel.assign(start)
    return model


SPARSE = "sparse_categorical_crossentropy"


def classifier(**params):
    return KerasClassifier(model_of_four, loss=SPARSE, random_state=0, **params)


KINDS = {
    "dense": lambda: DenseClassifier((7,), epochs=1, dropout=0.1, random_state=0),
    "network": lambda: DenseClassifier(network=layers, epochs=1, random_state=0),
    "keras": lambda: DenseRegressor((7,), epochs=1, engine="keras", random_state=0),
    "wrapper": classifier,
    "eager": lambda: classifier(run_eagerly=True, batch_size=50),
}


@pytest.fixture
def nobody_sets_generators(monkeypatch):
    """Within, an error where the global generators are set, and where they change."""

    def forbidden(*args, **kwargs):
        raise AssertionError("a global generator was set")

    for module, name in [
        (random, "seed"),
        (random, "setstate"),
        (np.random, "seed"),
        (np.random, "set_state"),
        (keras.utils, "set_random_seed"),
    ]:
        monkeypatch.setattr(module, name, forbidden)
    before = random.getstate(), np.random.get_state()[1].tolist()
    yield
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert seed_generator.python_random is random


@pytest.mark.usefixtures("nobody_sets_generators")
@pytest.mark.parametrize("kind", KINDS)
def test_global_generators_are_neither_set_nor_drawn_from(iris, kind):
    fits = []
    for _ in range(2):
        estimator = clone(KINDS[kind]()).fit(*iris)
        fits.append(pickle.loads(pickle.dumps(estimator)))
    first, second = (fit.model_.get_weights() for fit in fits)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.array_equal(fits[0].predict(iris[0]), fits[1].predict(iris[0]))


@pytest.mark.usefixtures("nobody_sets_generators")
def test_copies_of_models_and_images_draw_nothing(digits):
    clone(KerasClassifier(model_of_given()))
    X = digits[0][:20].reshape(-1, 8, 8)
    settings = {"augment": ["flip"], "epochs": 1, "random_state": 0}
    ConvClassifier((2,), kernel_size=3, **settings).fit(X, digits[1][:20])


def model_of_given():
    with own_seeds():  # the test's own
        model = model_of_four()
    model.compile("adam", SPARSE)
    return model


@pytest.mark.parametrize("kind", ["network", "wrapper"])
def test_numbers_of_other_threads_do_not_repeat(iris, kind):
    stop, draws, weights = threading.Event(), [], []

    def draw():
        # Not at once, or the fits would wait for this thread.
        while not stop.wait(0.001):
            draws.append((random.random(), int(np.random.randint(2**62))))
            # What another thread makes with Keras has seeds of its own.
            weights.append(keras.initializers.HeNormal().seed)

    thread = threading.Thread(target=draw)
    thread.start()
    for _ in range(2):
        KINDS[kind]().fit(*iris)
    stop.set()
    thread.join()
    for numbers in zip(*draws, strict=True):
        assert len(set(numbers)) == len(numbers) > 0
    # Of a thousand million seeds, hardly two are equal by chance.
    assert len(set(weights)) > 0.99 * len(weights)


def test_fits_in_many_threads_are_those_of_one(iris, keras_eagerly):
    params = {"epochs": 2, "batch_size": 50}
    plain = cross_val_score(classifier(**params), *iris, cv=3)
    with skdeep.fuse():
        fused = cross_val_score(classifier(**params), *iris, cv=3)
    assert np.array_equal(plain, fused)
    assert seed_generator.python_random is random


def test_seeds_are_those_that_python_would_draw():
    random_numbers = random.Random(5)
    with own_seeds(5):
        drawn = [seed_generator.make_default_seed() for _ in range(3)]
        with own_seeds(6):
            seed_generator.make_default_seed()
        drawn.append(seed_generator.make_default_seed())
    assert drawn == [random_numbers.randint(1, 10**9) for _ in range(4)]


def test_scikeras_and_keras_are_as_they_are_in_any_order():
    code = """
import os, pickle, sys
import keras

kinds = keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer
ways = lambda: [(c.__reduce__, "__deepcopy__" in vars(c)) for c in kinds]
first = ways()
from skdeep import KerasClassifier
from skdeep.keras_models import _scikeras

assert ways() == first and "scikeras" not in sys.modules
import scikeras.wrappers

second = ways()
assert second != first and scikeras.__version__
assert scikeras.wrappers.BaseWrapper.__module__ == "scikeras.wrappers"
_scikeras._run("utils", "transformers.py")  # as if skdeep came second
assert ways() == second and sys.modules["scikeras"] is scikeras
assert sys.modules["scikeras.wrappers"] is scikeras.wrappers
# Pickles of skdeep's estimators hold no part of SciKeras.
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
model.compile("sgd", "binary_crossentropy")
fitted = KerasClassifier(model).initialize([[0.0], [1.0]], ["a", "b"])
data = pickle.dumps(fitted)
assert b"scikeras.utils" not in data
assert list(pickle.loads(data).predict([[0.5]])) == list(fitted.predict([[0.5]]))
os._exit(0)  # to take TensorFlow apart takes seconds
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_tasks_of_fuse_see_the_settings_of_keras_of_their_caller(iris, keras_eagerly):
    seen = []

    def build():
        custom = keras.saving.get_registered_object("own_activation")
        seen.append((keras.config.dtype_policy().name, custom is own_activation))
        return model_of_four()

    def own_activation(x):
        return x

    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    known = {"own_activation": own_activation}
    try:
        with skdeep.fuse(), keras.saving.custom_object_scope(known):
            cross_val_score(KerasClassifier(build, loss=SPARSE), *iris, cv=2)
    finally:
        keras.config.set_dtype_policy(policy)
    assert seen == [("mixed_bfloat16", True)] * 2

"""Processes that are forked once TensorFlow has run: errors in place of waiting."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

# In a process of its own, where a fork is one of few threads.
CODE = """
import os, signal, sys, traceback
import keras
import numpy as np
from sklearn.datasets import load_iris
import skdeep

X, y = load_iris(return_X_y=True)
images = np.zeros((3000, 8, 8))
tiny = {"epochs": 1, "random_state": 0}

def child(function):
    "What the function gives in a forked process, as a text."
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        try:
            text = str(function())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return text or "it hung"

def refused(function):
    text = child(function)
    assert text.startswith("RuntimeError"), text
    assert "'spawn'" in text and "'loky'" in text, text

def same(function):
    text, expected = child(function), str(function())
    assert text == expected, (text, expected)

def build():
    layers = [keras.Input((4,)), keras.layers.Dense(3, "softmax")]
    return keras.Sequential(layers)

dense = skdeep.DenseClassifier((4,), **tiny)

print("nothing has run yet")
same(lambda: dense.fit(X, y).predict(X).sum())

dense.fit(X, y)
conv = skdeep.ConvClassifier((2,), **tiny).fit(images[:9], np.arange(9) % 3)
around = skdeep.KerasClassifier(build, loss="sparse_categorical_crossentropy")
around.fit(X, y)
odd = skdeep.DenseRegressor.from_weights(
    [np.ones((4, 2)), np.ones((2, 1))], [np.zeros(2), np.zeros(1)], activation="celu"
)

print("training")
with_keras = skdeep.DenseClassifier((4,), engine="keras")
for estimator in (dense, skdeep.DenseRegressor((3,)), with_keras, around):
    refused(lambda: estimator.fit(X, y))
for estimator in (dense, around):
    refused(lambda: estimator.partial_fit(X, y))
refused(lambda: skdeep.KerasClassifier(build).initialize(X, y))
refused(lambda: skdeep.Autoencoder(2).fit(X))

print("prediction with NumPy")
same(lambda: dense.predict_proba(X).sum())

print("more than NumPy predicts otherwise")
assert "Error" not in child(lambda: conv.predict(images).shape)

print("prediction with TensorFlow")
refused(lambda: around.predict(X))
refused(lambda: odd.predict(X))
refused(lambda: dense.model_)

print("a child of a child")
refused(lambda: child(lambda: dense.fit(X, y)) and dense.fit(X, y))

print("inside of fuse()")
with skdeep.fuse():
    refused(lambda: dense.fit(X, y))
os._exit(0)  # to take TensorFlow apart takes seconds
"""


def test_forked_processes():
    command = [sys.executable, "-W", "ignore", "-c", CODE]
    run = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stdout + run.stderr

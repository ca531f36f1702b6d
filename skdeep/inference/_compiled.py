"""The forward pass through Keras, for activations that NumPy has not."""

import functools
import threading

import numpy as np
import tensorflow as tf

from skdeep.networks._dense import build_dense

_lock = threading.Lock()


def forward_compiled(spec, weights, X):
    """Output before the output layer's activation, float64 of (n_samples, units)."""
    with _lock:
        call = _call(spec)
    trainable = [tf.constant(w) for w in weights.trainable]
    non_trainable = [tf.constant(w) for w in weights.non_trainable]
    output = call(trainable, non_trainable, tf.constant(X, spec.dtype))
    return output.numpy().astype(np.float64)


@functools.lru_cache(maxsize=64)
def _call(spec):
    model = build_dense(spec, linear_output=True)

    def call(trainable, non_trainable, X):
        output, _ = model.stateless_call(trainable, non_trainable, X, training=False)
        return output

    return tf.function(call, reduce_retracing=True, autograph=False)

"""Predictions by TensorFlow: networks of equal specs share one compiled call."""

import threading
import weakref

import numpy as np
import tensorflow as tf

from skdeep._forked import refuse_if_forked
from skdeep.networks._build import build_template
from skdeep.networks._traced import GRAPH_BYTES, Cache, n_bytes, traced

# TensorFlow computes rows in groups of eight. It computes the rows of an incomplete
# group in another way, which rounds differently.
_ROWS_COMPUTED_ALIKE = 8
# Specs with this many rows at once belong to small networks, for which eight rows take
# no more time than one.
_ROWS_AT_ONCE_OF_SMALL_NETWORKS = 1024
_lock = threading.Lock()
_calls = Cache()
# The tensors of each network that is in use: its arrays are copied once, not per call.
_constants = weakref.WeakKeyDictionary()


def forward_compiled(spec, weights, X):
    """Output before the output layer's activation, of shape (n_samples, units)."""
    refuse_if_forked()
    with _lock:
        call = _call(spec)
    rows = tf.constant(_filled_up_to_eights(spec, X), spec.input_dtype)
    return call(*constants(weights), rows).numpy()[: len(X)]


def forward_model(spec, model, X):
    """Outputs of a Keras model with the weights that it has now.

    Parameters
    ----------
    spec : GivenSpec
        The spec of the model.
    model : keras.Model
    X : ndarray of shape (n_samples, *spec.input_shape)
    """
    with _lock:
        call = _call(spec)
    lists = model.trainable_variables, model.non_trainable_variables
    values = [[variable.value for variable in part] for part in lists]
    rows = tf.constant(_filled_up_to_eights(spec, X), spec.array_dtype)
    return call(*values, rows).numpy()[: len(X)]


def _filled_up_to_eights(spec, X):
    """``X`` with its last row repeated up to a multiple of eight rows.

    So a small network's output for a row does not depend on the number of rows.
    """
    missing = -len(X) % _ROWS_COMPUTED_ALIKE
    if (
        not missing
        or spec.execution.rows_at_once < _ROWS_AT_ONCE_OF_SMALL_NETWORKS
        or spec.mixes_rows
    ):
        return X
    return np.concatenate([X, np.repeat(X[-1:], missing, axis=0)])


def constants(weights):
    """A network's lists of arrays, trainable ones and others, as lists of tensors."""
    refuse_if_forked()
    with _lock:
        if weights not in _constants:
            lists = weights.trainable, weights.non_trainable
            _constants[weights] = [[tf.constant(w) for w in part] for part in lists]
        return _constants[weights]


def _call(spec):
    return _calls.get(spec, lambda: _traced_call(spec), lambda made: made[1])[0]


def _traced_call(spec):
    """A compiled call, and the bytes that it takes."""
    model = build_template(spec, linear_output=True)

    def call(trainable, non_trainable, X):
        output, _ = model.stateless_call(trainable, non_trainable, X, training=False)
        return output

    lists = model.trainable_variables, model.non_trainable_variables
    signature = [[tf.TensorSpec(v.shape, v.dtype) for v in part] for part in lists]
    rows = tf.TensorSpec([None, *spec.input_shape], spec.input_dtype)
    n_arrays = n_bytes([*model.trainable_variables, *model.non_trainable_variables])
    return traced(call, signature=[*signature, rows]), n_arrays + GRAPH_BYTES

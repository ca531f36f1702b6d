"""The forward pass through Keras: one compiled call for all networks of a kind."""

import threading
import weakref

import numpy as np
import tensorflow as tf

from skdeep._forked import refuse_if_forked
from skdeep.networks._build import build_template
from skdeep.networks._traced import GRAPH_BYTES, Cache, n_bytes, traced

# Of eight rows TensorFlow computes each one alike; of fewer, and of what is beyond
# eights, in other ways, which round differently.
_ROWS_COMPUTED_ALIKE = 8
# Where so many rows fit into memory at once, eight take no more time than one.
_ROWS_AT_ONCE_OF_SMALL_NETWORKS = 1024
_lock = threading.Lock()
_calls = Cache()
# Tensors of the networks that are in use: they are copied once, not per call.
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
        That of the model.
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
    """``X`` with its last row repeated, so that what a small network gives for a row
    does not depend on how many others are asked for.
    """
    missing = -len(X) % _ROWS_COMPUTED_ALIKE
    if (
        not missing
        or spec.rows_at_once < _ROWS_AT_ONCE_OF_SMALL_NETWORKS
        or spec.mixes_rows
    ):
        return X
    return np.concatenate([X, np.repeat(X[-1:], missing, axis=0)])


def constants(weights):
    """The lists of a network's arrays as tensors."""
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

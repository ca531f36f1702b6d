"""The outputs of each layer of a network."""

import functools

import numpy as np
from scipy.special import expit, softmax

from skdeep.encoding._inputs import dense
from skdeep.inference._forward import (
    ACTIVATIONS,
    NUMPY_ROWS,
    FoldedLayers,
    pieces,
    wider_dtype,
)

_OUTPUT_ACTIVATIONS = {
    "linear": lambda z: z,
    "exponential": np.exp,
    "sigmoid": expit,
    "softmax": lambda z: softmax(z, axis=-1),
}


def layer_names(spec):
    """The names of the layers in their order."""
    if spec.dense_layer_names is not None:  # known without TensorFlow
        return spec.dense_layer_names
    from skdeep.networks._named import named_network

    return [layer.name for layer in named_network(spec).layers]


def forward_layers(spec, weights, X, names, *, weighted=False, into=None):
    """Outputs of the named layers, after their activations.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, *spec.input_shape)
    names : sequence of str
    weighted : bool, default=False
        Whether to return also the inputs of the activations, of layers that have one.
    into : tuple of dict, default=None
        Arrays to write to: for the outputs, and for the inputs of the activations.

    Returns
    -------
    outputs : dict of str to ndarray of shape (n_samples, ...)
        The output layer's are in the units of training. Dense networks with an
        activation in ``ACTIVATIONS`` give the wider dtype of X and the network.
    weighted : dict of str to ndarray
        Inputs of the activations, only if asked for.
    """
    known = spec.activation in ACTIVATIONS if isinstance(spec.activation, str) else None
    if spec.dense_layer_names is not None and (known or not spec.widths):
        outputs, before = _dense_layers(spec, weights, X, names, weighted, into)
    else:
        names = tuple(names)
        outputs, before = _compiled_layers(spec, weights, X, names, weighted, into)
    return (outputs, before) if weighted else outputs


def _dense_layers(spec, weights, X, names, weighted, into):
    dtype = wider_dtype(spec, X)
    layers = FoldedLayers(spec, weights, dtype)
    products = layers.products(len(spec.hidden_layer_sizes))
    activations = [ACTIVATIONS.get(spec.activation)] * (len(products) - 1)
    activations.append(_OUTPUT_ACTIVATIONS[spec.output])
    last = max(map(layer_names(spec).index, names), default=-1) + 1
    steps = list(zip(layer_names(spec), products, activations, strict=True))[:last]
    shapes = {
        name: (X.shape[0], len(bias)) for name, (_, bias), _ in steps if name in names
    }
    if into is None:
        outputs = {name: np.empty(shape, dtype) for name, shape in shapes.items()}
        before = {name: np.empty(shapes[name], dtype) for name in shapes if weighted}
    else:
        outputs, before = into
    for piece in pieces(X, NUMPY_ROWS):
        x = layers.scaled(dense(X[piece]))
        for name, (kernel, bias), activation in steps:
            x = x @ kernel
            x += bias
            if name in before:
                before[name][piece] = x
            x = activation(x)
            if name in outputs:
                outputs[name][piece] = x
    return outputs, before


def _compiled_layers(spec, weights, X, names, weighted, into):
    from skdeep.inference._compiled import constants

    call = _call(spec, names, weighted)
    results = into or ({}, {})
    for piece in pieces(X, spec.execution.rows_at_once):
        x = dense(X[piece], dtype=spec.input_dtype)
        for arrays, tensors in zip(results, call(*constants(weights), x), strict=True):
            for name, tensor in tensors.items():
                if name not in arrays:
                    shape = X.shape[0], *tensor.shape[1:]
                    arrays[name] = np.empty(shape, spec.array_dtype)
                # A view of the tensor's memory; numpy() would copy it.
                arrays[name][piece] = memoryview(tensor)
    return results


@functools.lru_cache(maxsize=8)
def _call(spec, names, weighted):
    import tensorflow as tf

    from skdeep.networks._named import layer_runner, named_network
    from skdeep.networks._traced import traced

    run = layer_runner(spec, names)

    def call(trainable, non_trainable, X):
        outputs, before, _ = run(trainable, non_trainable, X)
        parts = outputs, before if weighted else {}
        return tf.nest.map_structure(lambda t: tf.cast(t, spec.array_dtype), parts)

    model = named_network(spec).model
    lists = model.trainable_variables, model.non_trainable_variables
    signature = [[tf.TensorSpec(v.shape, v.dtype) for v in part] for part in lists]
    rows = tf.TensorSpec([None, *spec.input_shape], spec.input_dtype)
    return traced(call, signature=[*signature, rows])

"""What each layer of a network gives for samples."""

import functools

import numpy as np
from scipy.special import expit, softmax

from skdeep.inference._forward import ACTIVATIONS, FoldedLayers, dense_rows, pieces
from skdeep.networks import DenseSpec

_OUTPUTS = {
    "linear": lambda z: z,
    "sigmoid": expit,
    "softmax": lambda z: softmax(z, axis=-1),
}
_NUMPY_ROWS = 1024


def layer_names(spec):
    """The names of the layers in their order."""
    if isinstance(spec, DenseSpec):  # needs no TensorFlow
        hidden = range(1, len(spec.hidden_layer_sizes) + 1)
        return [*(f"dense_{number}" for number in hidden), "output"]
    from skdeep.networks._named import named_network

    return [layer.name for layer in named_network(spec).layers]


def forward_layers(spec, weights, X, names, *, weighted=False):
    """Outputs of the named layers, after their activations.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, *spec.input_shape)
    names : sequence of str
    weighted : bool, default=False
        Also what the activations get, where layers have one.

    Returns
    -------
    outputs : dict of str to ndarray of shape (n_samples, ...)
        The output layer's in the units of training. Of a dense network whose
        activation NumPy has, in the wider dtype of X and the network.
    weighted : dict of str to ndarray
        Only if asked for.
    """
    known = spec.activation in ACTIVATIONS if isinstance(spec.activation, str) else None
    if isinstance(spec, DenseSpec) and (known or not spec.widths):
        outputs, before = _dense_layers(spec, weights, X, names, weighted)
    else:
        outputs, before = _compiled_layers(spec, weights, X, tuple(names), weighted)
    return (outputs, before) if weighted else outputs


def _dense_layers(spec, weights, X, names, weighted):
    own = X.dtype if X.dtype.kind == "f" else spec.array_dtype
    dtype = np.result_type(own, spec.array_dtype)
    layers = FoldedLayers(spec, weights, dtype)
    products = layers.products(len(spec.hidden_layer_sizes))
    activations = [ACTIVATIONS.get(spec.activation)] * (len(products) - 1)
    activations.append(_OUTPUTS[spec.output])
    last = max(map(layer_names(spec).index, names), default=-1) + 1
    steps = list(zip(layer_names(spec), products, activations, strict=True))[:last]
    outputs, before = {}, {}
    for name, (kernel, _), _ in steps:
        shape = X.shape[0], kernel.shape[1]
        if name in names:
            outputs[name] = np.empty(shape, dtype)
            if weighted:
                before[name] = np.empty(shape, dtype)
    for piece in pieces(X, _NUMPY_ROWS):
        x = layers.scaled(dense_rows(X[piece]))
        for name, (kernel, bias), activation in steps:
            x = x @ kernel
            x += bias
            if name in before:
                before[name][piece] = x
            x = activation(x)
            if name in outputs:
                outputs[name][piece] = x
    return outputs, before


def _compiled_layers(spec, weights, X, names, weighted):
    from skdeep.inference._compiled import constants

    call = _call(spec, names, weighted)
    parts = []
    for piece in pieces(X, spec.rows_at_once):
        x = np.asarray(dense_rows(X[piece]), spec.array_dtype)
        results = call(*constants(weights), x)
        parts.append([{k: v.numpy() for k, v in part.items()} for part in results])
    return [_concatenated([part[i] for part in parts]) for i in range(2)]


def _concatenated(parts):
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@functools.lru_cache(maxsize=64)
def _call(spec, names, weighted):
    import tensorflow as tf

    from skdeep.networks._named import named_network, run_of

    run = run_of(spec, names)

    def call(trainable, non_trainable, X):
        outputs, before, _ = run(trainable, non_trainable, X)
        return outputs, before if weighted else {}

    model = named_network(spec).model
    lists = model.trainable_variables, model.non_trainable_variables
    signature = [[tf.TensorSpec(v.shape, v.dtype) for v in part] for part in lists]
    rows = tf.TensorSpec([None, *spec.input_shape], spec.array_dtype)
    return tf.function(call, input_signature=[*signature, rows], autograph=False)

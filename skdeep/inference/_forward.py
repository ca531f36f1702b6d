"""The forward pass of a dense stack in NumPy, or through TensorFlow.

NumPy needs no TensorFlow and takes microseconds for a row. It computes in double
precision, so a row's result does not depend on the rows beside it, and the
caller rounds to the estimator's dtype; or, where the samples and the network are both
of single precision, in that, twice as fast.
"""

import numpy as np
from scipy import sparse
from scipy.special import erf, expit

_NUMPY_ROWS = 1024
_COMPILED_ROWS = 4096
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _softplus(x):
    return np.logaddexp(0, x)


def _leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def _elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# As keras.activations defines them; a test compares each one with Keras.
ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: _leaky_relu(x, 0.2),
    "elu": _elu,
    "selu": lambda x: _SELU_SCALE * _elu(x, _SELU_ALPHA),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "silu": lambda x: x * expit(x),
    "swish": lambda x: x * expit(x),
    "sigmoid": expit,
    "tanh": np.tanh,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "exponential": np.exp,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "log_sigmoid": lambda x: -_softplus(-x),
}
_BATCH_NORM_EPSILON = 1e-3


def forward(spec, weights, X):
    """Output before the output layer's activation.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, n_features)

    Returns
    -------
    output : ndarray of shape (n_samples, units)
        float32 where X and the network are, float64 otherwise.
    """
    activation = None
    if isinstance(spec.activation, str):
        activation = ACTIVATIONS.get(spec.activation)
    dtype = np.result_type(X.dtype, spec.dtype)
    output = np.empty((X.shape[0], spec.units), dtype)
    if activation is None and spec.hidden_layer_sizes:
        from skdeep.inference._compiled import forward_compiled

        for piece in _pieces(X, _COMPILED_ROWS):
            output[piece] = forward_compiled(spec, weights, _dense(X[piece]))
        return output
    layers = list(_layers(spec, weights, dtype))
    # Every piece is computed in the same memory, which stays in the cache.
    n_rows = min(X.shape[0], _NUMPY_ROWS)
    buffers = [np.empty((n_rows, len(bias)), dtype) for *_, bias in layers[:-1]]
    for piece in _pieces(X, _NUMPY_ROWS):
        _forward(layers, activation, _dense(X[piece]), buffers, output[piece])
    return output


def _pieces(X, n_rows):
    return [slice(i, i + n_rows) for i in range(0, X.shape[0], n_rows)]


def _dense(X):
    return X.toarray() if sparse.issparse(X) else X


def _layers(spec, weights, dtype):
    """Shift, scale, kernel and bias of each layer; shift and scale may be None."""
    for layer in _double_layers(spec, weights):
        yield [None if part is None else part.astype(dtype) for part in layer]


def _double_layers(spec, weights):
    """The same in double precision.

    Batch normalisation is folded into the kernel and the bias before it.
    """
    trainable, fixed = iter(weights.trainable), iter(weights.non_trainable)
    shift = scale = None
    if spec.normalize:
        shift, scale = _double(next(fixed)), _double(next(fixed))
    for _ in spec.hidden_layer_sizes:
        kernel = _double(next(trainable))
        if spec.batch_norm:
            gamma, beta = _double(next(trainable)), _double(next(trainable))
            mean, variance = _double(next(fixed)), _double(next(fixed))
            factor = gamma / np.sqrt(variance + _BATCH_NORM_EPSILON)
            kernel, bias = kernel * factor, beta - mean * factor
        else:
            bias = _double(next(trainable))
        if spec.dropout:
            next(fixed)  # the state of the dropout's generator
        yield shift, scale, kernel, bias
        shift = scale = None
    yield shift, scale, _double(next(trainable)), _double(next(trainable))


def _double(array):
    return np.asarray(array, dtype=np.float64)


def _forward(layers, activation, X, buffers, output):
    """Write the output for ``X`` into ``output``."""
    x = np.asarray(X, dtype=output.dtype)
    last = len(layers) - 1
    for depth, (shift, scale, kernel, bias) in enumerate(layers):
        if shift is not None:
            x = (x - shift) / scale
        out = output if depth == last else buffers[depth][: len(X)]
        x = np.matmul(x, kernel, out=out)
        x += bias
        if depth < last:
            x = activation(x)

"""The forward pass of a network, in NumPy or in TensorFlow.

NumPy predicts a row in microseconds, without the seconds that the import of TensorFlow
takes. Where the samples and the network are both of single precision, NumPy computes
in single precision, which is twice as fast. Otherwise it computes in double precision:
a row's result then does not depend on the other rows, and the caller rounds it to the
estimator's dtype.

TensorFlow computes activations that are not in ``ACTIVATIONS``, and networks that it
computes faster, such as convolutions of large images. It does so in the network's
dtype.
"""

import numpy as np
from scipy.special import erf, expit

from skdeep._forked import refuse_if_forked, was_forked
from skdeep.encoding._inputs import dense
from skdeep.networks import clipped, is_weight

NUMPY_ROWS = 1024
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
    """Output before the output layer's activation; an autoencoder's, after it.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, *spec.input_shape)

    Returns
    -------
    output : ndarray of shape (n_samples, units)
        float32 where X and the network are and NumPy computes, float64 otherwise.
    """
    for part, arrays, activation in spec.halves(weights):
        X = activated(activation, _linear_output(part, arrays, X))
    return X


def _linear_output(spec, weights, X):
    """Output before the output layer's activation."""
    known = all(isinstance(a, str) and a in ACTIVATIONS for a in spec.activations)
    # Where TensorFlow would hang, NumPy predicts also networks that it is slow at.
    n_rows = 1 if was_forked() else X.shape[0]
    if not known or not spec.execution.suits_numpy(n_rows):
        return _forward_compiled(spec, weights, X)
    return spec.forward(FoldedLayers(spec, weights, wider_dtype(spec, X)), X)


def activated(name, x):
    """``x`` after the activation with this name; None leaves ``x`` as it is."""
    if name is None:
        return x
    if name in ACTIVATIONS:
        return ACTIVATIONS[name](x)
    refuse_if_forked()
    import keras

    return np.array(keras.activations.get(name)(x))


def wider_dtype(spec, X):
    """Single precision where the samples and the network have it, else double."""
    # Integers are computed in the network's dtype.
    own = X.dtype if X.dtype.kind == "f" else spec.array_dtype
    return np.result_type(own, spec.array_dtype)


def _forward_compiled(spec, weights, X):
    from skdeep.inference._compiled import forward_compiled

    n_steps = X.shape[1]  # for specs of sequences of any length
    shape = [n_steps if size is None else size for size in spec.output_shape]
    output = np.empty((X.shape[0], *shape))
    for piece in pieces(X, spec.execution.rows_at_once):
        output[piece] = forward_compiled(spec, weights, dense(X[piece]))
    return output


def pieces(X, n_rows):
    """Slices of at most ``n_rows`` rows."""
    return [slice(i, i + n_rows) for i in range(0, X.shape[0], n_rows)]


class FoldedLayers:
    """Hands out a network's arrays in the order of its layers.

    Batch normalisation is folded into the kernel and the bias before it. This is done
    in double precision.

    Attributes
    ----------
    dtype : dtype
        The dtype in which the network is computed.
    scaling : tuple of (shift, scale) or None
        Standardisation of the inputs.
    """

    def __init__(self, spec, weights, dtype):
        self.dtype = dtype
        self._batch_norm, self._use_bias = spec.batch_norm, spec.use_bias
        self._clips = spec.clips
        self._trainable = iter(weights.trainable)
        self._fixed = filter(is_weight, weights.non_trainable)
        self.scaling = None
        if spec.normalize:
            shift, scale = next(self._fixed), next(self._fixed)
            if not spec.double_inputs:
                shift, scale = self._cast(shift), self._cast(scale)
            self.scaling = shift, scale

    def arrays(self, count):
        """The next ``count`` trainable arrays."""
        return [self._cast(next(self._trainable)) for _ in range(count)]

    def fixed(self):
        """The next array that is not trainable."""
        return self._cast(next(self._fixed))

    def products(self, n_hidden):
        """Pairs of kernel and bias: of ``n_hidden`` layers and of the output layer."""
        hidden = [self.product(self._batch_norm) for _ in range(n_hidden)]
        return [*hidden, self.product(False)]

    def product(self, batch_norm):
        """The next layer's kernel and bias; the bias is zeros where it has none."""
        if not batch_norm:
            (kernel,) = self.arrays(1)
            return kernel, self.bias(kernel.shape[-1:])
        kernel = _double(next(self._trainable))
        factor, shift = self._normalization()
        return self._cast(kernel * factor), self._cast(shift)

    def bias(self, shape):
        """The next layer's bias; zeros of this shape where layers have no biases."""
        if self._use_bias:
            return self._cast(next(self._trainable))
        return np.zeros(shape, self.dtype)

    def normalization(self):
        """Factor and shift of a batch normalisation without a kernel before it."""
        return tuple(map(self._cast, self._normalization()))

    def _normalization(self):
        gamma, beta = _double(next(self._trainable)), _double(next(self._trainable))
        mean, variance = _double(next(self._fixed)), _double(next(self._fixed))
        factor = gamma / np.sqrt(variance + _BATCH_NORM_EPSILON)
        return factor, beta - mean * factor

    def _cast(self, array):
        return np.asarray(array, dtype=self.dtype)

    def scaled(self, X):
        """``X``, standardised as the network needs it, in the dtype of the layers."""
        if self.scaling is not None:
            shift, scale = self.scaling
            X = (np.asarray(X, dtype=shift.dtype) - shift) / scale
        X = self._cast(X)
        return clipped(X) if self._clips else X


def _double(array):
    return np.asarray(array, dtype=np.float64)


def dense_layers(products, activation, x, buffers, output):
    """Write the output of dense layers for ``x`` into ``output``.

    Parameters
    ----------
    products : list of (kernel, bias)
    activation : callable
        The activation of the hidden layers.
    x : ndarray of shape (n_rows, n_features)
    buffers : list of ndarray
        For the outputs of the hidden layers.
    output : ndarray of shape (n_rows, units)
    """
    last = len(products) - 1
    for depth, (kernel, bias) in enumerate(products):
        out = output if depth == last else buffers[depth][: len(x)]
        x = np.matmul(x, kernel, out=out)
        x += bias
        if depth < last:
            x = activation(x)

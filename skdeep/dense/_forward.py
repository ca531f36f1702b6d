"""Dense networks in NumPy."""

import numpy as np

from skdeep.encoding import dense
from skdeep.inference import ACTIVATIONS, NUMPY_ROWS, FoldedLayers, dense_layers, pieces


def forward_dense(spec, layers, X):
    """The output before the activation of the output layer.

    Parameters
    ----------
    spec : DenseSpec
    layers : FoldedLayers
    X : {ndarray, CSR} of shape (n_samples, n_features)

    Returns
    -------
    output : ndarray of shape (n_samples, units)
    """
    activation = ACTIVATIONS[spec.activation] if spec.widths else None
    products = layers.products(len(spec.widths))
    output = np.empty((X.shape[0], spec.units), layers.dtype)
    # All pieces use the same memory, which stays in the CPU's cache.
    n_rows = min(X.shape[0], NUMPY_ROWS)
    widths = spec.hidden_layer_sizes
    buffers = [np.empty((n_rows, width), layers.dtype) for width in widths]
    for piece in pieces(X, NUMPY_ROWS):
        x = layers.scaled(dense(X[piece]))
        dense_layers(products, activation, x, buffers, output[piece])
    return output


def dense_products(spec, weights):
    """Kernels and biases of a dense network, its batch normalisations folded in.

    Parameters
    ----------
    spec : DenseSpec
    weights : Weights

    Returns
    -------
    products : list of tuple
        For each layer copies of the kernel, of shape (n_inputs, n_units), and of the
        bias, of shape (n_units,); zeros without a bias.
    """
    layers = FoldedLayers(spec, weights, spec.array_dtype)
    n_hidden, n_last = len(spec.hidden_layer_sizes), 1 + spec.use_bias
    n_dense = 3 if spec.batch_norm else n_last
    n_arrays = (len(weights.trainable) - n_last) // max(1, n_hidden)
    products = []
    for _ in range(n_hidden):
        products.append(layers.product(spec.batch_norm))
        layers.arrays(n_arrays - n_dense)  # skip the weights of an activation layer
    products.append(layers.product(False))
    return [(np.array(kernel), np.array(bias)) for kernel, bias in products]

"""Convolutions and poolings in NumPy."""

import numpy as np

from skdeep.inference import ACTIVATIONS, dense_layers, pieces
from skdeep.networks._same_padding import same_padding

# Largest number of values in a matrix of patches, which should stay in the CPU's cache.
PATCHES_AT_ONCE = 2**17


def forward_conv(spec, layers, X):
    """The output before the activation of the output layer.

    Parameters
    ----------
    spec : ConvSpec
    layers : FoldedLayers
    X : ndarray of shape (n_samples, height, width, channels)

    Returns
    -------
    output : ndarray of shape (n_samples, units)
    """
    activation = ACTIVATIONS[spec.activation] if spec.widths else None
    n_convs = len(spec.widths) - len(spec.hidden_layer_sizes)
    products = layers.products(len(spec.widths))
    dtype = products[0][0].dtype
    output = np.empty((len(X), spec.units), dtype)
    n_rows = max(1, PATCHES_AT_ONCE // spec.most_patch_values)
    buffers = [np.empty((n_rows, width), dtype) for width in spec.hidden_layer_sizes]
    for piece in pieces(X, n_rows):
        x = layers.scaled(X[piece])
        convolutions = iter(products[:n_convs])
        for step in spec.steps:
            if step.kind == "conv":
                x = activation(convolved(x, step, spec.padding, *next(convolutions)))
            else:
                x = _pool(x, step, spec.pooling)
        x = _vector(x, spec.global_pooling)
        dense_layers(products[n_convs:], activation, x, buffers, output[piece])
    return output


def convolved(x, step, padding, kernel, bias):
    """Images after a convolution.

    Parameters
    ----------
    x : ndarray of shape (n_samples, *step.before)
    step : Step
    padding : {"same", "valid"}
    kernel : ndarray of shape (height, width, channels, filters)
    bias : ndarray of shape (filters,)

    Returns
    -------
    x : ndarray of shape (n_samples, *step.after)
    """
    if padding == "same":
        sides = same_padding(step.before, step.window, step.strides)
        x = np.pad(x, [(0, 0), *sides, (0, 0)])
    height, width, filters = step.after
    patches = np.empty((len(x), height, width, *kernel.shape[:3]), x.dtype)
    for i, j, seen in _windows(x, step):
        patches[:, :, :, i, j] = seen
    flat = kernel.reshape(-1, filters)
    product = patches.reshape(-1, len(flat)) @ flat
    product += bias
    return product.reshape(len(x), height, width, filters)


def _pool(x, step, pooling):
    combine = np.maximum if pooling == "max" else np.add
    total = None
    for _, _, seen in _windows(x, step):
        total = seen.copy() if total is None else combine(total, seen, out=total)
    if pooling == "average":
        total /= step.window[0] * step.window[1]
    return total


def _windows(x, step):
    """Yield the pixels at each position of the window, for all its places."""
    (height, width), (down, right) = step.after[:2], step.strides
    for i in range(step.window[0]):
        for j in range(step.window[1]):
            rows = slice(i, i + (height - 1) * down + 1, down)
            columns = slice(j, j + (width - 1) * right + 1, right)
            yield i, j, x[:, rows, columns]


def _vector(x, global_pooling):
    if global_pooling is None:
        return x.reshape(len(x), -1)
    return x.mean(axis=(1, 2)) if global_pooling == "average" else x.max(axis=(1, 2))

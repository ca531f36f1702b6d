"""Encoding and decoding in NumPy."""

import numpy as np

from skdeep.conv._forward import PATCHES_AT_ONCE, convolved
from skdeep.inference import ACTIVATIONS, activated, forward, pieces


def encode(spec, weights, X):
    """The codes of samples.

    Parameters
    ----------
    spec : AutoencoderSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, *spec.input_shape)

    Returns
    -------
    code : ndarray of shape (n_samples, n_components)
    """
    (encoder, arrays, activation), _ = spec.halves(weights)
    return activated(activation, forward(encoder, arrays, X))


def decode(spec, weights, code):
    """Samples from codes, in the network's units, after the output's activation.

    Parameters
    ----------
    spec : AutoencoderSpec
    weights : Weights
    code : ndarray of shape (n_samples, n_components)

    Returns
    -------
    samples : ndarray of shape (n_samples, spec.units)
    """
    _, (decoder, arrays, activation) = spec.halves(weights)
    return activated(activation, forward(decoder, arrays, code))


def forward_images(spec, layers, X):
    """Flat images from codes.

    Parameters
    ----------
    spec : ImageDecoderSpec
    layers : FoldedLayers
    X : ndarray of shape (n_samples, n_components)

    Returns
    -------
    output : ndarray of shape (n_samples, units)
    """
    activation = ACTIVATIONS[spec.activation] if spec.widths else None
    products = layers.products(len(spec.widths))
    n_dense = len(spec.hidden_layer_sizes) + 1
    n_rows = max(1, PATCHES_AT_ONCE // spec.most_patch_values)
    output = np.empty((len(X), spec.units), products[0][0].dtype)
    for piece in pieces(X, n_rows):
        x = layers.scaled(X[piece])
        for kernel, bias in products[:n_dense]:
            x = activation(x @ kernel + bias)
        x = x.reshape(len(x), *spec.shapes[0])
        for step, product in zip(spec.steps, products[n_dense:], strict=True):
            x = x.repeat(2, axis=1).repeat(2, axis=2)
            x = x[:, : step.before[0], : step.before[1]]
            x = convolved(x, step, spec.padding, *product)
            x = x if step is spec.steps[-1] else activation(x)
        output[piece] = x.reshape(len(x), -1)
    return output

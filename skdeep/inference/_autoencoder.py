"""Codes of samples, and samples from codes."""

import numpy as np

from skdeep._forked import refuse_remains
from skdeep.inference._forward import ACTIVATIONS, forward
from skdeep.networks import encoder_and_decoder


def encode(spec, weights, X):
    """The codes.

    Parameters
    ----------
    spec : AutoencoderSpec
    weights : Weights
    X : {ndarray, CSR} of shape (n_samples, *spec.input_shape)

    Returns
    -------
    code : ndarray of shape (n_samples, n_components)
    """
    (encoder, arrays), _ = encoder_and_decoder(spec, weights)
    code = forward(encoder, arrays, X)
    return _activated(spec.code_activation, code)


def decode(spec, weights, code):
    """Samples in the network's units, after the activation of its output.

    Parameters
    ----------
    spec : AutoencoderSpec
    weights : Weights
    code : ndarray of shape (n_samples, n_components)

    Returns
    -------
    samples : ndarray of shape (n_samples, spec.units)
    """
    _, (decoder, arrays) = encoder_and_decoder(spec, weights)
    return _activated(spec.output, forward(decoder, arrays, code))


def _activated(name, x):
    if name in ACTIVATIONS:
        return ACTIVATIONS[name](x)
    refuse_remains()
    import keras

    return np.array(keras.activations.get(name)(x))

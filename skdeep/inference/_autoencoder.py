"""Codes of samples, and samples from codes."""

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
    if spec.code_activation in ACTIVATIONS:
        return ACTIVATIONS[spec.code_activation](code)
    refuse_remains()
    import keras

    activation = keras.activations.get(spec.code_activation)
    return keras.ops.convert_to_numpy(activation(code))


def decode(spec, weights, code):
    """Scaled samples.

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
    return forward(decoder, arrays, code)

"""The Keras layers of autoencoders."""

from math import prod

import keras

from skdeep.conv import _layers as _conv
from skdeep.networks._layers import TransposedDense
from skdeep.networks._parts import (
    activated,
    activation,
    convolution,
    dense,
    hidden_layers,
    normalized,
    output_layer,
)
from skdeep.networks._seeds import TEMPLATE_SEED

L = keras.layers
ops = keras.ops


def reconstruction(spec, kit, x):
    """Encoder and decoder: scaled inputs to scaled outputs, images flattened."""
    if spec.noise:
        x = kit.noise(spec.noise, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    encoder_layers = []

    def recorded_dense(*args, **options):
        encoder_layers.append(dense(*args, **options))
        return encoder_layers[-1]

    encoder, decoder = spec.encoder, spec.decoder
    if spec.filters:
        x = _conv.blocks(encoder, kit, x)
    x = hidden_layers(encoder, kit, x, recorded_dense)
    code = weighted = output_layer(encoder, recorded_dense)(x)
    if spec.code_activation != "linear":
        code = L.Activation(spec.code_activation, dtype=spec.dtype)(code)
    if spec.code_l1 and not kit.is_template:
        code = L.ActivityRegularization(l1=spec.code_l1, dtype=spec.dtype)(code)
    kit.mark("code", code, weighted)
    if spec.filters:
        output = images(decoder, kit, code)
    else:
        is_tied = spec.tied and kit.is_template
        make_layer = _transposed(encoder_layers) if is_tied else dense
        output = hidden_layers(decoder, kit, code, make_layer)
        output = output_layer(decoder, make_layer)(output)
    weighted, output = output, activated(spec, output)
    kit.mark("output", output, weighted)
    penalized = spec.code_l1 and kit.is_template
    return _with_penalty(spec, code, output) if penalized else output


def _transposed(layers):
    """A function that makes the decoder's layers from the encoder's, last one first."""
    sources = reversed(layers)

    def make_layer(spec, width, *, use_bias, dtype=None):
        return TransposedDense(next(sources), use_bias, dtype=dtype or spec.dtype)

    return make_layer


def _with_penalty(spec, code, output):
    """The output with a further column: the penalty on the code."""
    penalty = spec.code_l1 * ops.sum(ops.abs(code), axis=-1, keepdims=True)
    return L.Concatenate(dtype=spec.dtype)([output, penalty])


def images(spec, kit, x):
    """Flat images from codes."""
    x = hidden_layers(spec, kit, x)
    x = dense(spec, prod(spec.shapes[0]), use_bias=spec.hidden_bias)(x)
    x = _activated(spec, kit, x, "dense")
    x = L.Reshape(spec.shapes[0], dtype=spec.dtype)(x)
    for step in spec.steps:
        # Not transposed convolutions, whose windows overlap unevenly: Odena, Dumoulin
        # and Olah, 2016, https://distill.pub/2016/deconv-checkerboard.
        x = L.UpSampling2D(2, dtype=spec.dtype)(x)
        x = x[:, : step.before[0], : step.before[1]]  # odd sides were rounded up
        last = step is spec.steps[-1]
        use_bias = spec.use_bias if last else spec.hidden_bias
        x = convolution(spec, kit, step, use_bias=use_bias)(x)
        if not last:
            x = _activated(spec, kit, x, "conv")
    return L.Flatten(dtype=spec.dtype)(x)


def _activated(spec, kit, x, kind):
    if spec.batch_norm:
        x = normalized(spec, kit, x)
    weighted, x = x, activation(spec)(x)
    kit.mark(kind, x, weighted)
    return x

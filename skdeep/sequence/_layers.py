"""The Keras layers of networks for sequences."""

import keras

from skdeep.networks._parts import (
    activation,
    copy,
    initializer,
    normalized,
    regularizer,
)
from skdeep.networks._rebuilt import applied
from skdeep.networks._seeds import TEMPLATE_SEED

L = keras.layers
ops = keras.ops


def layers_along_time(spec, kit, x):
    """The layers along time, which give a vector per sequence or per step."""
    x, mask = _inputs_and_mask(spec, kit, x)
    if mask is not None and not spec.recurrent:
        x = _without_padding(x, mask)
    for number, units in enumerate(spec.cell_units):
        if spec.recurrent:
            last = number == len(spec.cell_units) - 1 and not spec.return_sequences
            x = _recurrent(spec, kit, x, mask, units, last)
        else:
            x = _convolution(spec, kit, x, mask, units)
        kit.mark(spec.cell, x)
        if spec.dropout:
            x = kit.dropout(spec.dropout, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    if not spec.recurrent and not spec.return_sequences:
        x = L.GlobalAveragePooling1D(dtype=spec.dtype)(x, mask=mask)
        kit.mark("average", x)
        if spec.dropout and not spec.cell_units:
            x = kit.dropout(spec.dropout, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    return x


def given_layers(spec, kit, x):
    """The layers of ``network=``; their inputs are zero and masked at padded steps."""
    x, mask = _inputs_and_mask(spec, kit, x)
    return applied(spec, kit, x if mask is None else _without_padding(x, mask), mask)


def _inputs_and_mask(spec, kit, x):
    """Channels or embedded tokens, and the mask; None if there is no padding."""
    mask = None
    if spec.masked:
        mask, x = x[:, :, -1] > 0.5, x[:, :, :-1]
    if spec.n_tokens:
        x = _embedded(spec, x)
        kit.mark("embedding", x)
    return x, mask


def _embedded(spec, x):
    return L.Embedding(
        spec.n_tokens,
        spec.embedding_dim,
        embeddings_initializer=initializer("random_uniform"),
        trainable=not spec.frozen_embedding,
        dtype=spec.dtype,
    )(x[:, :, 0])


def _without_padding(x, mask):
    """``x`` with zeros in padded steps, as a convolution pads a sequence's ends."""
    return x * ops.cast(ops.expand_dims(mask, -1), x.dtype)


def _recurrent(spec, kit, x, mask, units, last):
    """A recurrent layer; the last one gives a vector per sequence."""
    outputs = []
    for backwards in (False, True)[: spec.n_directions]:
        layer = getattr(kit, spec.cell)(
            units,
            activation=_cell_activation(spec),
            use_bias=spec.use_bias,
            recurrent_dropout=spec.recurrent_dropout,
            kernel_initializer=initializer(spec.kernel_initializer),
            recurrent_initializer=initializer("orthogonal"),
            kernel_regularizer=regularizer(spec),
            return_sequences=not last,
            go_backwards=backwards,
            seed=TEMPLATE_SEED,
            dtype=spec.dtype,
        )
        output = layer(x, mask=mask)
        # A backward layer gives the last step first: flip it into the order of time.
        output = ops.flip(output, axis=1) if backwards and not last else output
        outputs.append(output)
    x = outputs[0] if len(outputs) == 1 else L.Concatenate(dtype=spec.dtype)(outputs)
    if spec.batch_norm:
        x = normalized(spec, kit, x, None if last else mask)
    return x


def _cell_activation(spec):
    given = spec.cell_activation
    if not isinstance(given, L.Layer):
        return given
    layer = copy(given, dtype=spec.dtype)
    layer.build((None, 1))
    if layer.weights:
        raise ValueError(
            f"Recurrent layers cannot train the weights of an activation. Received "
            f"activation={given!r}. Use one that learns nothing, or cell='conv'."
        )
    return layer


def _convolution(spec, kit, x, mask, units):
    x = kit.conv_1d(
        units,
        spec.kernel_size,
        padding="same",
        use_bias=spec.hidden_bias,
        kernel_initializer=initializer(spec.kernel_initializer),
        kernel_regularizer=regularizer(spec),
        dtype=spec.dtype,
    )(x)
    if spec.batch_norm:
        x = normalized(spec, kit, x, mask)
    x = activation(spec)(x)
    return x if mask is None else _without_padding(x, mask)

"""Building blocks of the networks of all families."""

import keras

from skdeep.networks._identity import has_complete_config
from skdeep.networks._seeds import TEMPLATE_SEED

L = keras.layers


def finalize(model):
    """Tell ``Normalization`` layers that their weights have been assigned."""
    for layer in model._flatten_layers():
        if isinstance(layer, L.Normalization):
            layer.finalize_state()


def dense(spec, width, *, use_bias, dtype=None):
    """A dense layer with the spec's initialiser and penalties."""
    return L.Dense(
        width,
        use_bias=use_bias,
        kernel_initializer=initializer(spec.kernel_initializer),
        kernel_regularizer=regularizer(spec),
        dtype=dtype or spec.dtype,
    )


def output_layer(spec, make=dense):
    """The output layer, in full precision also under mixed precision."""
    return make(spec, spec.units, use_bias=spec.use_bias, dtype=spec.array_dtype)


def activated(spec, x):
    """``x`` after the output layer's activation, in full precision too."""
    if spec.output in (None, "linear"):
        return x
    return L.Activation(spec.output, dtype=spec.array_dtype)(x)


def stacked(spec, kit, x, linear):
    """``x`` after the family's body, the hidden dense layers and the output layer.

    Parameters
    ----------
    spec : NetworkSpec
    kit : Kit
    x : KerasTensor
    linear : bool
        Leave out the activation of the output layer.
    """
    x = hidden_layers(spec, kit, spec.body(kit, x))
    if spec.output is None:
        return x
    weighted = output_layer(spec)(x)
    x = weighted if linear else activated(spec, weighted)
    kit.mark("output", x, weighted)
    return x


def hidden_layers(spec, kit, x, make=dense):
    """``x`` after the hidden dense layers; ``make`` builds one, like :func:`dense`."""
    for width in spec.hidden_layer_sizes:
        x = make(spec, width, use_bias=spec.hidden_bias)(x)
        if spec.batch_norm:
            x = normalized(spec, kit, x)
        weighted, x = x, activation(spec)(x)
        kit.mark("dense", x, weighted)
        if spec.dropout:
            x = kit.dropout(spec.dropout, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    return x


def convolution(spec, kit, step, *, use_bias):
    """The convolution of one :class:`Step`."""
    return kit.conv(
        step.after[2],
        step.window,
        strides=step.strides,
        padding=spec.padding,
        use_bias=use_bias,
        kernel_initializer=initializer(spec.kernel_initializer),
        kernel_regularizer=regularizer(spec),
        dtype=spec.dtype,
    )


def normalized(spec, kit, x, mask=None):
    """``x`` after batch normalisation; of sequences, only steps in ``mask`` count."""
    # With Keras's momentum of 0.99 the averages take hundreds of steps to forget their
    # initial values.
    return kit.batch_norm(momentum=0.9, dtype=spec.dtype)(x, mask=mask)


def regularizer(spec):
    """The spec's penalties on kernels, or None."""
    if spec.l1 or spec.l2:
        return keras.regularizers.L1L2(l1=spec.l1, l2=spec.l2)
    return None


def activation(spec):
    """A layer of the spec's activation."""
    if isinstance(spec.activation, L.Layer):
        return copy(spec.activation, dtype=spec.dtype)
    return L.Activation(spec.activation, dtype=spec.dtype)


def initializer(value):
    """A new initialiser; without a seed it gets one that each fit replaces."""
    value = keras.initializers.get(value)
    if not has_complete_config(value):
        return value
    config = dict(value.get_config())
    if "seed" in config and config["seed"] is None:
        config["seed"] = TEMPLATE_SEED
    return type(value).from_config(config)


def copy(layer, dtype=None):
    """A new layer like ``layer``, because an object can be one layer only."""
    config = dict(layer.get_config())
    if dtype is not None and "dtype" in config:
        config["dtype"] = dtype
    if not isinstance(layer, keras.Model):  # models need the name in their config
        config.pop("name", None)
    try:
        return type(layer).from_config(config)
    except Exception as error:
        raise ValueError(
            f"{layer!r} cannot be made anew from its get_config(), as every fit does: "
            f"{error}. Let its __init__ take what get_config gives, and **kwargs."
        ) from error

"""Dense stacks as Keras models."""

import keras

from skdeep.networks._layers import PhiloxDropout, Standardize

L = keras.layers
# Without a seed Keras would draw one from Python's global generator. Every fit
# replaces what is drawn with it. Odd enough that no user has chosen it.
TEMPLATE_SEED = 1_953_719_161


def build_dense(spec, *, linear_output=False):
    """The training template: its weights are inputs of the compiled program.

    Parameters
    ----------
    spec : NetworkSpec
    linear_output : bool, default=False
        Leave out the activation of the output layer.

    Returns
    -------
    model : keras.Model
        Input: (batch, n_features). Output: (batch, units).
    """
    standardize = Standardize(dtype=spec.dtype) if spec.normalize else None
    return _stack(spec, standardize, PhiloxDropout, linear_output, None)


def build_stock_dense(spec, inputs, outputs):
    """The same network from stock Keras layers, which loads without skdeep.

    Parameters
    ----------
    spec : NetworkSpec
    inputs, outputs : Standardization or None
        The units of the raw inputs and of the raw outputs.
    """
    standardize = inputs and _standardize(inputs, spec.dtype)
    rescale = outputs and L.Rescaling(
        outputs.scale.tolist(), outputs.mean.tolist(), dtype=spec.dtype
    )
    return _stack(spec, standardize, L.Dropout, False, rescale)


def _standardize(inputs, dtype):
    # In two steps, for x / scale - mean / scale cancels where the mean is large.
    center = L.Rescaling(1.0, (-inputs.mean).tolist(), dtype=dtype)
    scale = L.Rescaling((1 / inputs.scale).tolist(), dtype=dtype)
    return lambda x: scale(center(x))


def _stack(spec, standardize, dropout, linear_output, rescale):
    inputs = keras.Input((spec.n_features,), dtype=spec.dtype)
    x = inputs if standardize is None else standardize(inputs)
    for width in spec.hidden_layer_sizes:
        x = _dense(spec, width, use_bias=not spec.batch_norm)(x)
        if spec.batch_norm:
            x = L.BatchNormalization(dtype=spec.dtype)(x)
        x = _activation(spec)(x)
        if spec.dropout:
            x = dropout(spec.dropout, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    x = _dense(spec, spec.units)(x)
    if spec.output != "linear" and not linear_output:
        x = L.Activation(spec.output, dtype=spec.dtype)(x)
    return keras.Model(inputs, x if rescale is None else rescale(x))


def _dense(spec, width, use_bias=True):
    regularizer = None
    if spec.l1 or spec.l2:
        regularizer = keras.regularizers.L1L2(l1=spec.l1, l2=spec.l2)
    return L.Dense(
        width,
        use_bias=use_bias,
        kernel_initializer=_initializer(spec.kernel_initializer),
        kernel_regularizer=regularizer,
        dtype=spec.dtype,
    )


def _activation(spec):
    if isinstance(spec.activation, L.Layer):
        return _copy(spec.activation)
    return L.Activation(spec.activation, dtype=spec.dtype)


def _initializer(value):
    """A fresh initialiser that draws no seed of its own."""
    if isinstance(value, str):
        seedless = value in ("ones", "zeros")
        config = {} if seedless else {"seed": TEMPLATE_SEED}
        return keras.initializers.deserialize({"class_name": value, "config": config})
    config = dict(value.get_config()) if hasattr(value, "get_config") else None
    if config is None:
        return value
    if "seed" in config and config["seed"] is None:
        config["seed"] = TEMPLATE_SEED
    return type(value).from_config(config)


def _copy(value):
    """A fresh Keras object: one object cannot serve several layers."""
    if isinstance(value, str) or not hasattr(value, "get_config"):
        return value
    config = {k: v for k, v in value.get_config().items() if k != "name"}
    return type(value).from_config(config)

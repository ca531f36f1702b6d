"""Layers that a user's function makes for the network of an estimator."""

import keras

from skdeep.networks._given import building, describe
from skdeep.networks._keras_classes import operations

_ATTENTION = keras.layers.MultiHeadAttention


def made_body(make, spec, seed):
    """Call the user's function, and describe the layers that it returns.

    Parameters
    ----------
    make : callable
        Takes the shape of one sample. Returns a list of layers, a layer or a model.
    spec : NetworkSpec
        The network whose layers are replaced.
    seed : int
        Decides the initial weights.

    Returns
    -------
    network : GivenModel
    weights : list of ndarray
        The initial weights of the layers, or the weights that the function has set.

    Raises
    ------
    TypeError, ValueError
        If the function returns no layers, or layers of other shapes than the network
        needs.
    """
    with building(seed, spec.dtype):
        model = _as_model(make(spec.body_shape), spec)
        _check_output(model, spec)
        if None in spec.body_shape:
            _check_steps(model)
        return describe(model), model.get_weights()


def _as_model(made, spec):
    """The layers that the user's function has returned, as one functional model."""
    if isinstance(made, keras.Model) and not isinstance(made, keras.Sequential):
        return _with_input(made, spec)
    if isinstance(made, keras.Sequential):
        if made.built:
            _check_input(made, spec)
        made = made.layers
    layers = list(made) if isinstance(made, list | tuple) else [made]
    if not layers or not all(isinstance(x, keras.layers.Layer) for x in layers):
        received = ", ".join(type(layer).__name__ for layer in layers) or "none"
        raise TypeError(
            "network must return a list of Keras layers, one at least, a layer or a "
            f"keras.Model. It returned {received}. Begin a list with the first layer: "
            "the estimator makes the inputs."
        )
    x = inputs = keras.Input(spec.body_shape, dtype=spec.array_dtype)
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name="network")


def _with_input(model, spec):
    """A functional model whose inputs have the estimator's precision and mask."""
    if len(getattr(model, "inputs", None) or ()) != 1:
        return model  # describe refuses it
    _check_input(model, spec)
    dtype = model.inputs[0].dtype
    dtype = spec.array_dtype if dtype.startswith("float") else dtype
    attends = any(isinstance(layer, _ATTENTION) for layer in operations(model))
    copies = attends and spec.masked
    if dtype == model.inputs[0].dtype and not copies:
        return model
    copy = keras.models.clone_model(
        model,
        input_tensors=keras.Input(model.inputs[0].shape[1:], dtype=dtype),
        call_function=_called,
        recursive=True,
    )
    copy.set_weights(model.get_weights())
    return copy


def _called(layer, *args, **kwargs):
    """Call a layer; give attention copies of its inputs.

    Keras's attention removes the mask from its inputs. Other layers with the same
    inputs need the mask.
    """
    if not isinstance(layer, _ATTENTION):
        return layer(*args, **kwargs)
    copies = {}

    def copied(x):
        if id(x) not in copies:
            copies[id(x)] = keras.layers.Rescaling(1.0, dtype=x.dtype)(x)
        return copies[id(x)]

    names = [name for name in ("query", "value", "key") if name in kwargs]
    kwargs |= {name: copied(kwargs[name]) for name in names}
    return layer(*map(copied, args[:3]), *args[3:], **kwargs)


def _check_input(model, spec):
    shape, needed = tuple(model.inputs[0].shape[1:]), spec.body_shape
    pairs = zip(shape, needed, strict=False)
    if len(shape) != len(needed) or any(a not in (None, b) for a, b in pairs):
        raise ValueError(
            f"network must return a model for samples of shape {needed}, what it is "
            f"called with. It returned one for {shape}. Begin it with "
            "keras.Input(input_shape)."
        )


def _check_output(model, spec):
    if len(getattr(model, "outputs", None) or ()) != 1:
        return  # describe refuses it
    shape, steps = tuple(model.outputs[0].shape[1:]), spec.output_shape[:-1]
    fits = len(shape) == len(steps) + 1 and shape[-1] is not None
    if fits and all(a in (None, b) for a, b in zip(shape[:-1], steps, strict=True)):
        return
    if steps:
        needed = f"a vector for each step: a shape of ({steps[0]}, width)"
        remedy = "Let recurrent layers have return_sequences=True, and do not pool."
    else:
        needed = "one vector for each sample: a shape of (width,)"
        pooling = {1: "1D", 2: "1D", 3: "2D"}.get(len(shape))
        ends = [f"GlobalAveragePooling{pooling}"] * bool(pooling)
        # Flatten needs a known number of steps.
        ends += ["Flatten"] * (None not in shape)
        remedy = f"End with keras.layers.{' or '.join(ends)}."
    raise ValueError(
        f"network must give {needed}. For samples of shape {spec.body_shape} it gave "
        f"shape {shape}. {remedy}"
    )


def _check_steps(model):
    """Refuse layers that Keras cannot train if the number of steps is open."""
    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.TimeDistributed):
            continue
        shape = tuple((layer.get_build_config() or {}).get("input_shape", (None,) * 2))
        if shape[1] is None:
            raise ValueError(
                "network must not use TimeDistributed where the number of steps is "
                f"open: Keras cannot train it there. Received {layer.name!r} around "
                f"{layer.layer!r}, for samples of shape {shape[1:]}. Use the layer "
                "within without TimeDistributed: Dense, and layers of your own that "
                "compute along the last axis, act on each step already."
            )

"""Keras models that the user gave: how they are made, described and rebuilt."""

import contextlib
import functools
import json
import warnings

import keras

from skdeep._forked import refuse_remains
from skdeep.networks._flops import flops
from skdeep.networks._frozen_keras import own_objects
from skdeep.networks._given_layers import (
    check_layer,
    compiles,
    fuses,
    of_keras,
    swappable,
)
from skdeep.networks._given_spec import GivenModel, GivenSpec
from skdeep.networks._identity import forgotten, plain_attributes
from skdeep.networks._layer_sizes import n_values, widths
from skdeep.networks._own_names import own_names
from skdeep.networks._seeds import own_seeds

L = keras.layers


@contextlib.contextmanager
def building(seed, dtype=None):
    """Within, Keras draws from ``seed`` and counts names from the start.

    So the same function gives the same model, whatever was built before, in this
    thread or in others. No global state is touched.

    Parameters
    ----------
    seed : int
    dtype : str, default=None
        What layers compute in; None is Keras's own setting.
    """
    refuse_remains()
    with own_seeds(seed), _with_policy(dtype):
        yield


@contextlib.contextmanager
def _with_policy(dtype):
    """Within, layers have this policy, and names of their own."""
    policy = keras.config.dtype_policy()
    try:
        if dtype is not None:
            keras.config.set_dtype_policy(dtype)
        with own_names():
            yield
    finally:
        keras.config.set_dtype_policy(policy)


def describe(model):
    """A model as plain data, from which :func:`rebuilt` makes it anew.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    GivenModel

    Raises
    ------
    ValueError
        If it is not sequential or functional with one input and one output, or cannot
        be made anew from its configuration.
    """
    _check_kind(model)
    layers = list(operations(model))
    for layer in layers:
        check_layer(layer)
    description = _description(model)
    given = GivenModel(
        description=description,
        objects=tuple(own_objects(layers, description).items()),
        policy=keras.config.dtype_policy().name,
        widths=tuple(width for layer in layers for width in widths(layer)),
        input_shape=tuple(model.inputs[0].shape[1:]),
        output_shape=tuple(model.outputs[0].shape[1:]),
        multiply_adds=flops(model) // 2,
        largest=max(map(n_values, layers)),
        compiles=all(map(compiles, layers)),
        fuses=all(map(fuses, layers)),
    )
    shapes, attributes = _rebuilt_traits(given)
    if shapes != _shapes(model):
        raise ValueError(
            f"{model.name!r} and the model made anew from its configuration have "
            "different weights. Let get_config() of its layers return all that their "
            "__init__ takes."
        )
    for pair in zip(layers, attributes, strict=False):
        _check_attributes(*pair)
    return given


def _description(model):
    try:
        config = dict(keras.saving.serialize_keras_object(model))
        config.pop("compile_config", None)  # it is not trained by its own loss
        return json.dumps(config, sort_keys=True)
    except Exception as error:
        raise _cannot_be_made_anew(error) from error


@functools.lru_cache(maxsize=256)
def _rebuilt_traits(given):
    """The shapes of weights, and the plain attributes of each layer."""
    model = rebuilt(given)
    return _shapes(model), list(map(plain_attributes, operations(model)))


def _check_attributes(layer, attributes):
    """Refuse a layer whose configuration has forgotten what it was told."""
    name = forgotten(layer, attributes)
    if name is not None:
        raise ValueError(
            f"The layer {layer.name!r} and the one made anew from its configuration, "
            f"as every fit does, differ in {name!r}. Received "
            f"{name}={getattr(layer, name)!r}, which get_config() does not tell. Let "
            "it return all that __init__ takes, and set nothing afterwards."
        )


def _shapes(model):
    return [tuple(variable.shape) for variable in model.weights]


def _check_kind(model):
    shapes = "which has no inputs yet"
    if of_keras(type(model)) and model.built and model.inputs:
        if len(model.inputs) == len(model.outputs) == 1:
            return
        shapes = f"with {len(model.inputs)} inputs and {len(model.outputs)} outputs"
    raise ValueError(
        "The network must be a sequential or functional keras.Model with one input and "
        f"one output. Received a {type(model).__name__} {shapes}. Begin it with a "
        "keras.Input."
    )


def operations(model):
    """The layers and operations of a model and of the models within."""
    for operation in getattr(model, "operations", None) or model.layers:
        if isinstance(operation, keras.Model) and of_keras(type(operation)):
            yield from operations(operation)
        else:
            yield operation


def given_spec(model):
    """The spec of a model that compiled programs can run, or None.

    Parameters
    ----------
    model : keras.Model
    """
    try:
        network = describe(model)
    except ValueError:
        return None
    kinds = {model.outputs[0].dtype, *(v.dtype for v in model.trainable_variables)}
    kinds |= {
        layer.compute_dtype
        for layer in model._flatten_layers()
        if not isinstance(layer, L.InputLayer | keras.Model)  # they compute nothing
    }
    if len(kinds) != 1 or not kinds <= {"float32", "float64"}:
        return None
    return GivenSpec(
        input_shape=network.input_shape,
        units=network.output_shape[-1] if network.output_shape else 1,
        output=None,
        normalize=False,
        dtype=kinds.pop(),
        network=network,
    )


def rebuilt(given, kit=None):
    """A described model with any weights.

    Parameters
    ----------
    given : GivenModel
    kit : Kit, default=None
        What to build with in place of Keras's layers.

    Returns
    -------
    keras.Model
    """
    known = keras.saving.custom_object_scope(dict(given.objects))
    with own_seeds(), known, _with_policy(given.policy):
        try:
            with warnings.catch_warnings():
                # Of layers that build those within when they are called.
                warnings.filterwarnings("ignore", r"`build\(\)` was called on layer")
                # In safe mode, for the description may come from a file.
                model = keras.saving.deserialize_keras_object(
                    json.loads(given.description), safe_mode=True
                )
        except Exception as error:
            raise _cannot_be_made_anew(error) from error
        if kit is None:
            return model
        change = functools.partial(_from_kit, kit)
        return keras.models.clone_model(model, clone_function=change, recursive=True)


def _cannot_be_made_anew(error):
    while error.__context__ is not None:  # what it is about, without all of the config
        error = error.__context__
    return ValueError(
        "The network cannot be made anew from its configuration, as every fit does: "
        f"{_shortened(error)} Use layers or named functions in place of Lambda and "
        "lambda, and let get_config() of your own layers return all that their "
        "__init__ takes."
    )


def _shortened(error, most=300):
    text = " ".join(str(error).split())
    return text if len(text) <= most else f"{text[:most]} ..."


def _from_kit(kit, layer):
    swaps = {
        L.Dropout: kit.dropout,
        L.GaussianNoise: kit.noise,
        L.BatchNormalization: kit.batch_norm,
        L.Normalization: kit.normalization,
        L.Conv2D: kit.conv,
        L.MaxPooling2D: kit.max_pooling,
        L.AveragePooling2D: kit.average_pooling,
        L.Conv1D: kit.conv_1d,
        L.LSTM: kit.lstm,
        L.GRU: kit.gru,
        L.SimpleRNN: kit.rnn,
    }
    cls = swaps.get(type(layer), type(layer))
    if cls is not type(layer) and not swappable(layer):
        cls = type(layer)
    return cls.from_config(layer.get_config())


def applied(spec, kit, x, mask=None):
    """``x`` after the network that the user gave."""
    model = rebuilt(spec.network, kit)
    dtype = model.inputs[0].dtype
    x = x if x.dtype == dtype else keras.ops.cast(x, dtype)
    x = with_mask(model, x, mask)
    kit.mark("network", x)
    return x


def with_mask(model, x, mask):
    """``x`` after a model whose layers see which steps are there."""
    if mask is not None:
        # Keras warns that models lose the mask, but hands it to their layers. What
        # these leave of it is the output's.
        model.supports_masking = True
        model.compute_mask = lambda inputs, previous_mask: None
    return model(x, mask=mask)

"""Keras models of the user: how they are built and described."""

import contextlib
import functools

import keras

from skdeep._forked import refuse_if_forked
from skdeep.networks._architecture import architecture_of
from skdeep.networks._flops import flops
from skdeep.networks._frozen_keras import own_objects
from skdeep.networks._given_layers import (
    check_layer,
    compiles,
    fuses,
)
from skdeep.networks._given_spec import GivenModel, GivenSpec
from skdeep.networks._identity import attribute_missing_in_config, plain_attributes
from skdeep.networks._keras_classes import of_keras, operations
from skdeep.networks._layer_sizes import n_values, widths
from skdeep.networks._padding import counts_padding
from skdeep.networks._rebuilt import cannot_be_made_anew, rebuilt, with_policy
from skdeep.networks._row_mixing import mixing_layers
from skdeep.networks._seeds import own_seeds

L = keras.layers


@contextlib.contextmanager
def building(seed, dtype=None):
    """A context in which Keras draws from ``seed`` and counts names from the start.

    In this context a function builds the same model every time, whatever this thread
    and others have built before. No global state is changed.

    Parameters
    ----------
    seed : int
    dtype : str, default=None
        The dtype policy of the layers; None is Keras's own setting.
    """
    refuse_if_forked()
    with own_seeds(seed), with_policy(dtype):
        yield


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
        mixes_rows=mixing_layers(layers),
        counts_padding=counts_padding(layers),
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
        return architecture_of(model)
    except Exception as error:
        raise cannot_be_made_anew(error) from error


@functools.lru_cache(maxsize=256)
def _rebuilt_traits(given):
    """The shapes of weights, and the plain attributes of each layer."""
    model = rebuilt(given)
    return _shapes(model), list(map(plain_attributes, operations(model)))


def _check_attributes(layer, attributes):
    """Refuse a layer whose configuration lacks an argument of its ``__init__``."""
    name = attribute_missing_in_config(layer, attributes)
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

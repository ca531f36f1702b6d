"""Makes new optimisers, losses, metrics and layers from their ``get_config``."""

import pickle

import cloudpickle
import keras

from skdeep.networks._frozen_keras import _Recipe, by_name, own_objects
from skdeep.networks._identity import (
    attribute_missing_in_config,
    has_complete_config,
    is_of_library,
    plain_attributes,
)
from skdeep.networks._seeds import own_seeds
from skdeep.networks._undecayed import names_without_decay


def made_anew(value):
    """A new object like ``value``, made from what its ``get_config`` returns.

    The user's classes and functions in it need not be registered with Keras.
    """
    with own_seeds(), keras.saving.custom_object_scope(own_objects([value])):
        return type(value).from_config(dict(value.get_config()))


def check_described(value):
    """Refuse a Keras object that cannot be made anew from its ``get_config``."""
    if not has_complete_config(value):
        raise ValueError(
            "Every fit makes its own metrics and optimizer from what get_config() "
            f"returns. Received {value!r}, whose class has arguments but no get_config."
            " Define one that returns them."
        )
    name = _attribute_lost_by_config(value)
    if name is not None:
        raise ValueError(
            "Every fit makes its own metrics and optimizer from what get_config() "
            f"returns. Received a {type(value).__name__} with "
            f"{name}={getattr(value, name)!r}, which get_config() does not return. Let "
            "it return all arguments of __init__, and set no attributes afterwards."
        )


def _attribute_lost_by_config(value):
    """The name of an attribute that a new object like ``value`` would not have."""
    if is_of_library(type(value)):
        return None
    return attribute_missing_in_config(value, plain_attributes(made_anew(value)))


def reduce_keras_object(value):
    """The function and its arguments that ``__reduce__`` returns for a Keras object.

    Keras's own pickles do not find a user's class or function that is not registered.
    """
    parts = _recipe(value), own_objects([value])
    if by_name(parts):
        return _made, parts
    return _made_by_value, (cloudpickle.dumps(parts),)


def _recipe(value):
    if isinstance(value, keras.losses.Loss):
        return _Recipe.of(value)
    try:
        name = _attribute_lost_by_config(value)
    except Exception as error:  # a class of the user may raise anything
        raise ValueError(_cannot(value, f"Keras says: {error}")) from error
    if name is not None:
        raise ValueError(_cannot(value, f"get_config() does not return {name!r}."))
    config = _plain(value.get_config())
    return _Recipe(type(value), config, names_without_decay(value))


def _plain(config):
    """``config`` in plain lists and dicts: Keras's own do not pickle."""
    if isinstance(config, dict):
        return {key: _plain(value) for key, value in config.items()}
    if isinstance(config, list):
        return [_plain(value) for value in config]
    return config


def _made_by_value(pickled):
    return _made(*pickle.loads(pickled))


def _made(recipe, custom):
    with own_seeds(), keras.saving.custom_object_scope(custom):
        return _Recipe.rebuild(recipe)


def _cannot(value, reason):
    return (
        "Copies and pickles of Keras objects are made from what get_config() returns. "
        f"Received {value!r}, which cannot be made from it. {reason} Let get_config "
        "return all arguments of __init__, and set no attributes afterwards."
    )

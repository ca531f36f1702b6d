"""Keras models, and objects that hold one, as plain values."""

from skdeep.inference._keras_model import PicklableModel
from skdeep.networks._frozen_keras import FrozenKerasModel, _map, _Recipe
from skdeep.persistence._keras_objects import (
    check_architecture,
    described,
    frozen,
    is_of_keras,
)


def encoded(value):
    """The tag and the plain values of a Keras object; None for other objects.

    Parameters
    ----------
    value : object
        Also a :class:`FrozenKerasModel`, by which estimators replace models in their
        pickled state, and a :class:`PicklableModel`.
    """
    if isinstance(value, PicklableModel):
        return "held_model", _as_tuple(frozen(value.model, value.sample))
    if isinstance(value, FrozenKerasModel):
        return "keras_model", _as_tuple(frozen(value.thaw(), value.sample))
    if is_of_keras(value):
        return "keras", described(value)
    return None


def _as_tuple(values):
    compiled = values.compiled and _map(_Recipe.rebuild, values.compiled)
    arrays = values.variables, values.optimizer
    return values.architecture, values.sample, compiled, *arrays


def decoded_model(architecture, sample, compiled, variables, optimizer):
    """The Keras model; it is made only after its shapes were compared."""
    check_architecture(architecture, variables)
    values = FrozenKerasModel(architecture, {}, sample, variables, compiled, optimizer)
    return values.thaw()


def decoded_held(architecture, sample, compiled, variables, optimizer):
    """The model with which a fitted KerasClassifier or KerasRegressor predicts."""
    model = decoded_model(architecture, sample, compiled, variables, optimizer)
    return PicklableModel(model, sample)


def thawed(model):
    """The Keras model that a checked FrozenModel stands for."""
    check_architecture(model.description, model.weights)
    return model.thaw()

"""Checks of the parameters of estimators around Keras models, and of the models."""

import functools
import inspect
from numbers import Integral, Real

import keras
import numpy as np
from sklearn.utils._param_validation import (
    Options,
    StrOptions,
    validate_parameter_constraints,
)

from skdeep._numbers import Interval

_POSITIVE = Interval(Integral, 1, None, closed="left")
_ROWS = [_POSITIVE, Options(Integral, {-1}), None]
_VERBOSE = ["verbose", StrOptions({"auto"})]
_STEPS = [_POSITIVE, None]

# Parameters of the constructor.
_OWN = {
    "epochs": [_POSITIVE],
    "batch_size": _ROWS,
    "validation_batch_size": _ROWS,
    "validation_split": [Interval(Real, 0, 1, closed="left"), None],
    "verbose": _VERBOSE,
    "class_weight": [dict, list, StrOptions({"balanced"}), None],
}
# Arguments of methods, also as parameters with the name of the method before them.
_OF_METHODS = {
    "fit": {
        **_OWN,
        "initial_epoch": [Interval(Integral, 0, None, closed="left")],
        "steps_per_epoch": _STEPS,
        "validation_steps": _STEPS,
    },
    "predict": {"batch_size": _ROWS, "verbose": _VERBOSE, "steps": _STEPS},
}
_ROUTED = {
    f"{method}__{name}": constraints
    for method, known in _OF_METHODS.items()
    for name, constraints in known.items()
}


def check_parameters(estimator, method, arguments):
    """Refuse parameters, and arguments of a method, that no training can use.

    Parameters
    ----------
    estimator : BaseWrapper
    method : {"fit", "predict"}
        Whose arguments they are.
    arguments : dict
        What the call got.
    """
    name, params = type(estimator).__name__, estimator.get_params(deep=False)
    validate_parameter_constraints({**_OWN, **_ROUTED}, params, name)
    known = _OF_METHODS[method]
    validate_parameter_constraints(known, arguments, f"{name}.{method}")


def builder(estimator, given):
    """What builds the model, for an estimator that was given this.

    Parameters
    ----------
    estimator : BaseWrapper
    given : object
        Its ``model``.

    Returns
    -------
    callable or None
        None leaves it to SciKeras.
    """
    if given is None and not hasattr(estimator, "_keras_build_fn"):
        raise ValueError(
            f"{type(estimator).__name__} must have a model. Received model=None. Pass "
            "model=, a function that returns a keras.Model or such a model, or define "
            "_keras_build_fn in a subclass."
        )
    if inspect.isclass(given):
        return _of_class(given)
    if inspect.isfunction(given) or not callable(given):
        return None
    # A method or another object that SciKeras would not call.
    return None if isinstance(given, keras.Model | functools.partial) else given


def _of_class(cls):
    """A function that makes an instance, from parameters that ``__init__`` names."""

    def build(**params):
        return cls(**params)

    _, *parameters = inspect.signature(cls.__init__).parameters.values()
    # What takes any keyword would get all that SciKeras has to offer.
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    build.__signature__ = inspect.Signature(named)
    return build


def check_inputs(model, row):
    """Refuse data that the model has no input for."""
    inputs = model.inputs
    if len(inputs) != 1 or not isinstance(row, np.ndarray):
        return
    expected, shape = tuple(inputs[0].shape)[1:], row.shape[1:]
    # Keras adds or takes away a last axis of one.
    if not any(_matches(expected, s) for s in (shape, (*shape, 1), _squeezed(shape))):
        raise ValueError(
            f"One sample must have shape {expected}, as the model's input. Received "
            f"{shape}. Give the model a keras.Input of that shape; a function "
            "that builds it finds the shape in meta['X_shape_'][1:]."
        )


def _matches(expected, shape):
    return len(expected) == len(shape) and all(
        size in (None, own) for size, own in zip(expected, shape, strict=True)
    )


def _squeezed(shape):
    return shape[:-1] if shape[-1:] == (1,) else shape

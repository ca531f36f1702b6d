"""Checks of the parameters of estimators around Keras models, and of the models."""

import functools
import inspect
from numbers import Integral

import keras
import numpy as np

from skdeep._compat import validate_parameter_constraints
from skdeep._numbers import Interval
from skdeep._warn import warn
from skdeep.keras_models._parameter_table import CLASSIFIER, KERAS, ROWS, VERBOSE
from skdeep.networks import OPTIMIZERS, closest
from skdeep.networks._losses import (
    POSITIVE,
    learns_margins,
    loss_rule,
    needs_probabilities,
    takes_logits,
)
from skdeep.networks._names import LOSS_NAMES

_POSITIVE = Interval(Integral, 1, None, closed="left")
_STEPS = [_POSITIVE, None]
_NOT_BY_NAME = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
)
_ONLY_COMPILE_KNOWS = "crossentropy", "ce"
# Classes that shuffled rows would miss with a lower probability than this are named.
_UNLIKELY = 1e-3
_PROBABILITIES = "probabilities"
_MARGINS = "margins, which are positive for one class and negative for the other"
_POSITIVE_VALUES = "positive numbers"
# For each kind of output that a loss needs: the remedy, and activations that do not
# give such an output.
_OUTPUTS = {
    (
        _PROBABILITIES,
        "Give that layer a sigmoid, or a softmax of one unit per class, or leave it "
        "linear and pass an object of the loss's class with from_logits=True.",
    ): ("linear", "tanh", "relu"),
    (_MARGINS, "Leave that layer linear, or give it a tanh."): ("sigmoid", "softmax"),
    (_POSITIVE_VALUES, "Give that layer the activation 'softplus' or 'exponential'."): (
        "linear",
        "tanh",
    ),
}

# Parameters of the constructor.
_OWN = {
    name: parameter.constraint
    for name, parameter in {**KERAS, **CLASSIFIER}.items()
    if parameter.constraint is not None
}
# Arguments of methods, also as parameters with the name of the method before them.
_OF_METHODS = {
    "fit": {
        **_OWN,
        "initial_epoch": [Interval(Integral, 0, None, closed="left")],
        "steps_per_epoch": _STEPS,
        "validation_steps": _STEPS,
    },
    "predict": {"batch_size": ROWS, "verbose": VERBOSE, "steps": _STEPS},
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
    if method == "fit":  # to look an optimiser up is to make one
        _check_names(params)
    known = _OF_METHODS[method]
    validate_parameter_constraints(known, arguments, f"{name}.{method}")


def _check_names(params):
    """Refuse names that Keras does not know, before a model is built."""
    for name, module in (("loss", keras.losses), ("optimizer", keras.optimizers)):
        value = params.get(name)
        if not isinstance(value, str) or value in _ONLY_COMPILE_KNOWS:
            continue
        try:
            module.get(value)
        except ValueError as error:
            known = {*LOSS_NAMES, *LOSS_NAMES.values()}
            if name == "optimizer":
                known = OPTIMIZERS
            raise ValueError(
                f"{name} must be a name or an object of {module.__name__}. Received "
                f"{name}={value!r}.{closest(value, known)}"
            ) from error


def builder(estimator):
    """The function that builds the model of an estimator.

    Parameters
    ----------
    estimator : BaseWrapper

    Returns
    -------
    callable
    """
    given = estimator.model
    if given is None and estimator.build_fn is not None:
        warn(
            "build_fn is the older name of the parameter, which SciKeras has renamed "
            "to ``model``. Pass model= in place of build_fn=."
        )
        given = estimator.build_fn
    own = getattr(estimator, "_keras_build_fn", None)
    _check_given(type(estimator).__name__, given, own)
    if given is None:
        return own
    if isinstance(given, keras.Model):
        return lambda: given
    return _of_class(given) if inspect.isclass(given) else given


def _check_given(name, given, own):
    if given is None and own is None:
        raise ValueError(
            f"{name} must have a model. Received model=None. Pass model=, a function "
            "that returns a keras.Model or such a model; a subclass without it must "
            "implement ``_keras_build_fn``."
        )
    if given is not None and not callable(given):
        raise TypeError(
            "model must be a callable, a Keras Model or None. Received "
            f"{given!r}. Pass a function that returns a keras.Model, or such a model."
        )
    functions = inspect.isfunction(given) or isinstance(given, functools.partial)
    if functions and own is not None:
        raise ValueError(
            f"{name} must have one function that builds the model. Received model="
            f"{given!r}, while the class has a ``_keras_build_fn``. Leave one out."
        )


def offered(build, arguments):
    """The values of those arguments that a function takes.

    Parameters
    ----------
    build : callable
    arguments : dict of str to callable
        Functions that make the values, by the names of the arguments.
    """
    parameters = inspect.signature(build).parameters.values()
    names = {p.name for p in parameters if p.kind not in _NOT_BY_NAME}
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    return {
        name: make() for name, make in arguments.items() if takes_any or name in names
    }


def _of_class(cls):
    """A function that makes an instance, from parameters that ``__init__`` names."""

    def build(**params):
        return cls(**params)

    _, *parameters = inspect.signature(cls.__init__).parameters.values()
    # Without **kwargs, so that the class gets only the arguments that it names.
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    build.__signature__ = inspect.Signature(named)
    return build


def last_activation(model):
    """The name of the activation of the last layer, or None if that has none."""
    last = (getattr(model, "layers", None) or [None])[-1]
    outputs = getattr(model, "outputs", None) or [None]
    # The last operation may be a function such as keras.activations.softmax(x).
    history = getattr(outputs[0], "_keras_history", None)
    last = last if history is None else history.operation
    return getattr(getattr(last, "activation", None), "__name__", None)


def check_output(model, shape):
    """Refuse an output that is the same number for all samples."""
    if shape == (1,) and last_activation(model) == "softmax":
        raise ValueError(
            "The last layer must have an activation that fits its units. Received a "
            "softmax of 1 unit, which is always 1. Use a sigmoid, or 2 units."
        )


def warn_of_output(model):
    """Warn if the loss cannot learn from the outputs of the last layer."""
    activation, loss = last_activation(model), model.loss
    for (takes, remedy), activations in _OUTPUTS.items():
        if takes in _taken(loss) and activation in activations:
            warn(
                f"loss={loss!r} takes {takes}. Received a model whose last layer has "
                f"the activation {activation!r}. {remedy}"
            )


def _taken(loss):
    """The kinds of outputs in ``_OUTPUTS`` that a loss takes and no others."""
    if takes_logits(loss):
        return
    if needs_probabilities(loss) or loss in _ONLY_COMPILE_KNOWS:
        yield _PROBABILITIES
    if learns_margins(loss):
        yield _MARGINS
    if loss_rule(loss).values == POSITIVE:
        yield _POSITIVE_VALUES


def check_loss(estimator):
    """Refuse a model that is compiled with another loss than the estimator's."""
    given, compiled = estimator.loss, estimator.model_.loss
    known = str, keras.losses.Loss, type
    parameter = inspect.signature(estimator.__init__).parameters.get("loss")
    if parameter is None or not all(isinstance(x, known) for x in (given, compiled)):
        return
    names = _loss_name(given), _loss_name(compiled)
    default = parameter.default
    is_default = default is not None and _loss_name(default) == names[0]
    if names[0] != names[1] and not is_default:
        raise ValueError(
            f"The model must be compiled with the estimator's loss. Received loss="
            f"{given!r}, but a model compiled with {names[1]!r}: the targets may not "
            f"match loss function {names[1]!r}. Leave the parameter out, or compile "
            "the model with compile_kwargs['loss']."
        )


def _loss_name(loss):
    loss = keras.losses.get(loss() if isinstance(loss, type) else loss)
    name = getattr(loss, "__name__", type(loss).__name__)
    return LOSS_NAMES.get(name, name)


def check_inputs(model, row):
    """Refuse data that the model has no input for."""
    inputs = model.inputs
    if isinstance(row, list | dict):
        _check_several(inputs, row)
        return
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


def warn_of_split(fraction, classes, trained, held_out):
    """Warn where ``validation_split`` holds out rows of other classes than the rest.

    Parameters
    ----------
    fraction : float
    classes : ndarray
    trained, held_out : ndarray of int
        Rows of each class.
    """
    both, n_held_out = trained + held_out, held_out.sum()
    untrained = (trained == 0) & (held_out > 0)
    by_chance = (1 - both / both.sum()) ** n_held_out
    unseen = (held_out == 0) & (by_chance < _UNLIKELY)
    found = [
        f"{words} {classes[labels].tolist()}"
        for words, labels in [
            ("all rows of the classes, which the model never learns,", untrained),
            ("no row of the classes", unseen),
        ]
        if labels.any()
    ]
    if found:
        warn(
            f"validation_split={fraction} holds out the last rows, as Keras does. "
            f"Among them are {' and '.join(found)}. Shuffle X and y first, for "
            "instance with sklearn.utils.shuffle, or pass validation_data to fit.",
        )


def _check_several(inputs, row):
    names = [tensor.name for tensor in inputs]
    fits = set(row) == set(names) if isinstance(row, dict) else len(row) == len(names)
    if not fits:
        received = f"the names {list(row)}" if isinstance(row, dict) else len(row)
        raise ValueError(
            f"X must have an array for each input of the model: {names}. Received "
            f"{received}. A dict needs these names, a list their order."
        )


def _matches(expected, shape):
    return len(expected) == len(shape) and all(
        size in (None, own) for size, own in zip(expected, shape, strict=True)
    )


def _squeezed(shape):
    return shape[:-1] if shape[-1:] == (1,) else shape

"""Keras objects as plain data, and back: only what is Keras's own or known here.

Keras's safe mode refuses lambdas. It lets layers pass that read files, and calls
functions by their name; so each name is looked at before Keras sees it.
"""

import contextlib
import inspect
import json
import math
import sys

import keras
from keras.src.backend.common import global_state

from skdeep.exceptions import FileFormatError
from skdeep.networks._build import build_template
from skdeep.networks._frozen_keras import FrozenKerasModel
from skdeep.networks._quantile_loss import QuantileLoss
from skdeep.networks._seeds import own_seeds

_KNOWN = {"skdeep>QuantileLoss": QuantileLoss}
_L = keras.layers
_KINDS = (
    keras.Layer,
    keras.Operation,
    keras.Initializer,
    keras.Regularizer,
    keras.constraints.Constraint,
    keras.Loss,
    keras.Metric,
    keras.Optimizer,
    keras.optimizers.schedules.LearningRateSchedule,
    keras.DTypePolicy,
)
# They hold code, or read files.
_REFUSED = tuple(
    getattr(_L, name)
    for name in ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
    if hasattr(_L, name)
)
_FUNCTIONS = "activations", "losses", "metrics", "ops", "initializers"
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"}
_VALUES |= {"__bytes__"}
# Parameters that are the names of files.
_PATHS = "vocabulary", "idf_weights", "filepath"
_LARGEST_OF_METRICS = 10**6
_UNINITIALIZED = "uninitialized_variables"
# Variables of losses, metrics and activations have few bytes.
MOST_OF_PARAMETERS = 2**20


def is_of_keras(value):
    """Whether it is an object or function that Keras can make from plain data."""
    if inspect.isfunction(value):
        return _package(value) == "keras"
    of_keras = _package(type(value)) == "keras" or type(value) in _KNOWN.values()
    return of_keras and hasattr(value, "get_config")


def described(value):
    """A Keras object as JSON has it."""
    return keras.saving.serialize_keras_object(value)


def rebuilt(config, most_bytes=MOST_OF_PARAMETERS):
    """The object of a description that comes from a file.

    Parameters
    ----------
    config : dict
    most_bytes : int
        What its variables may take.
    """
    if not isinstance(config, dict):
        raise FileFormatError(f"The file has no description of Keras: {config!r:.80}.")
    check_config(config)
    size = 0
    if _has_variables(_checked_class(config)):
        size = sum(8 * math.prod(shape) for shape in planned_variables(config))
    if size > most_bytes:
        raise FileFormatError(
            f"An object of Keras would have variables of {size} bytes, where the file "
            f"has {most_bytes}."
        )
    with own_seeds():
        return _deserialized(config)


def planned_variables(config):
    """Shapes of the variables that a layer or metric would have, without them."""
    with own_seeds(), _without_variables():
        made = _deserialized(config)
    return [tuple(v.shape) for v in made.variables]


def planned_network(spec):
    """The shapes of a network's trainable and other arrays, without them."""
    with _without_variables():
        model = build_template(spec)
    lists = model.trainable_variables, model.non_trainable_variables
    return [[tuple(v.shape) for v in part] for part in lists]


@contextlib.contextmanager
def _without_variables():
    """Within, Keras plans variables, but makes none."""
    waiting = global_state.get_global_attribute(_UNINITIALIZED)
    global_state.set_global_attribute(_UNINITIALIZED, [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_UNINITIALIZED, waiting)


def _deserialized(config):
    return keras.saving.deserialize_keras_object(
        config, custom_objects=_KNOWN, safe_mode=True
    )


def check_architecture(description, weights):
    """Refuse a model in JSON that is unsafe, or has other variables than ``weights``.

    Parameters
    ----------
    description : str
    weights : list of ndarray or None
        None for a model without variables.
    """
    config = json.loads(description)
    check_config(config)
    planned = planned_variables(config)
    found = [array.shape for array in weights or ()]
    if planned != found:
        raise FileFormatError(
            f"A model has variables of the shapes {planned!r:.200}. Received arrays of "
            f"{found!r:.200}."
        )


def check_config(config, within_metric=False):
    """Refuse what Keras should not make of a description."""
    if isinstance(config, list):
        for item in config:
            check_config(item, within_metric)
    elif isinstance(config, dict):
        cls = _checked_class(config) if "class_name" in config else None
        within_metric |= isinstance(cls, type) and issubclass(cls, keras.Metric)
        if config.get("build_config") and not _has_variables(cls):
            raise FileFormatError("The file builds what is no layer.")
        for name, item in config.items():
            if name in _PATHS and isinstance(item, str):
                raise FileFormatError(
                    f"The file has a layer that reads another file: {name}={item!r}."
                )
            check_config(item, within_metric)
    elif within_metric and isinstance(config, int) and config > _LARGEST_OF_METRICS:
        raise FileFormatError(f"The file has a metric with {config} values.")


def _checked_class(config):
    name, module = config["class_name"], config.get("module")
    if name in _VALUES:
        return None
    if name == "function":
        return _check_function(config)
    registered = config.get("registered_name")
    if isinstance(registered, str) and isinstance(module, str):
        own = keras.saving.get_registered_object(registered, custom_objects=_KNOWN)
        # Without a module, or for a function, Keras would go by the other name.
        if own is not None and own.__name__ == name:
            return own  # the user's: registered with Keras in this process
    cls = _found(module, name)
    if not (isinstance(cls, type) and issubclass(cls, _KINDS)):
        raise FileFormatError(
            f"The file names {module}.{name}, which is no layer or the like of Keras."
        )
    if issubclass(cls, _REFUSED):
        raise FileFormatError(
            f"The file has a {name}, which can hold code or read files."
        )
    return cls


def _has_variables(cls):
    return isinstance(cls, type) and issubclass(cls, (keras.Layer, keras.Metric))


def _check_function(config):
    name, module = config.get("config"), config.get("module")
    if isinstance(name, str) and keras.saving.get_registered_object(name) is not None:
        return None  # the user's, which Keras takes first
    if isinstance(name, str) and name.isidentifier():
        places = [module] if module != "builtins" else []
        places = places or [f"keras.{kind}" for kind in _FUNCTIONS]
        known = {f"keras.{kind}" for kind in _FUNCTIONS}
        if any(p in known and callable(_found(p, name)) for p in places):
            return None
    raise FileFormatError(
        f"The file names the function {module}.{name}, which is none of Keras's that "
        "networks have."
    )


def _found(module, name):
    """What a module of Keras has under this name, or None."""
    if not isinstance(module, str) or module.split(".")[0] != "keras":
        return None
    # All that is needed has been imported with Keras.
    return getattr(sys.modules.get(module), str(name), None)


def _package(value):
    return value.__module__.split(".")[0]


def frozen(model, sample=None):
    """A Keras model without code of the user's.

    Raises
    ------
    TypeError
        If it has layers, losses and the like that are not Keras's.
    """
    values = FrozenKerasModel.of(model, sample)
    own = [name for name, part in values.custom.items() if _package(part) != "keras"]
    if own or not hasattr(model, "outputs"):
        names = own or [type(model).__name__]
        raise TypeError(
            "skdeep.save takes models of Keras's own layers, losses, metrics and "
            f"optimizers, sequential or functional ones. Received {', '.join(names)}. "
            "Use pickle or joblib, which can keep code."
        )
    return values

"""Keras objects as plain data, and back: only Keras's own and a few known here.

Keras's safe mode refuses lambdas. But it builds layers that read files, and calls
functions by their name. So each name is checked here before Keras sees it.
"""

import contextlib
import inspect
import json
import math
import sys

import keras

from skdeep._compat import global_state
from skdeep.exceptions import FileFormatError
from skdeep.networks._build import build_template
from skdeep.networks._frozen_keras import FrozenKerasModel
from skdeep.networks._quantile_loss import QuantileLoss
from skdeep.networks._seeds import own_seeds

# Objects of this package that files may hold, by their registered names.
_OWN_OBJECTS = {"skdeep>QuantileLoss": QuantileLoss}
_BASE_CLASSES = (
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
# These layers hold code, or read files.
_UNSAFE_LAYERS = tuple(
    getattr(keras.layers, name)
    for name in ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
    if hasattr(keras.layers, name)
)
# Modules of Keras whose functions files may name.
_FUNCTIONS = "activations", "losses", "metrics", "ops", "initializers"
# Class names by which Keras's JSON marks plain values.
_VALUES = {"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"}
_VALUES |= {"__bytes__"}
# Parameters of layers that may be names of files.
_PATHS = "vocabulary", "idf_weights", "filepath"
# Metrics allocate arrays of this length at once (thresholds, classes).
_LARGEST_OF_METRICS = 10**6
_UNINITIALIZED = "uninitialized_variables"
# Losses, metrics and activations have few variables; models have a limit of their own.
MOST_BYTES = 2**20


def is_of_keras(value):
    """Whether ``value`` is an object or function that Keras can make from JSON."""
    if inspect.isfunction(value):
        return _package(value) == "keras"
    known = _package(type(value)) == "keras" or type(value) in _OWN_OBJECTS.values()
    return known and hasattr(value, "get_config")


def described(value):
    """The description of a Keras object, as a dict for JSON."""
    return keras.saving.serialize_keras_object(value)


def rebuilt(config, most_bytes=MOST_BYTES):
    """The Keras object that a description from a file stands for.

    Parameters
    ----------
    config : dict
    most_bytes : int
        The largest size of the object's variables.
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
    """Shapes of the variables that a layer or metric would have; allocates none."""
    with own_seeds(), _without_allocation():
        made = _deserialized(config)
    return [tuple(v.shape) for v in made.variables]


def planned_network(spec):
    """The shapes of a network's trainable and other arrays; allocates none."""
    with _without_allocation():
        model = build_template(spec)
    lists = model.trainable_variables, model.non_trainable_variables
    return [[tuple(v.shape) for v in part] for part in lists]


@contextlib.contextmanager
def _without_allocation():
    """A context in which Keras's variables have shapes, but no memory."""
    before = global_state.get_global_attribute(_UNINITIALIZED)
    global_state.set_global_attribute(_UNINITIALIZED, [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_UNINITIALIZED, before)


def _deserialized(config):
    return keras.saving.deserialize_keras_object(
        config, custom_objects=_OWN_OBJECTS, safe_mode=True
    )


def check_architecture(description, weights):
    """Refuse a model in JSON that is unsafe or that does not fit ``weights``.

    Parameters
    ----------
    description : str
    weights : list of ndarray or None
        None for a model without variables.
    """
    config = json.loads(description)
    check_config(config)
    planned = planned_variables(config)
    shapes = [array.shape for array in weights or ()]
    if planned != shapes:
        raise FileFormatError(
            f"A model has variables of the shapes {planned!r:.200}. Received arrays of "
            f"{shapes!r:.200}."
        )


def check_config(config, within_metric=False):
    """Refuse a description of which Keras would make unsafe or huge objects."""
    if isinstance(config, list):
        for item in config:
            check_config(item, within_metric)
    elif isinstance(config, dict):
        cls = _checked_class(config) if "class_name" in config else None
        within_metric |= isinstance(cls, type) and issubclass(cls, keras.Metric)
        if config.get("build_config") and not _has_variables(cls):
            raise FileFormatError(
                f"The file has a build_config for {config.get('class_name')!r}, which "
                "is no layer and no metric."
            )
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
        # The user's own class, which is registered with Keras in this process.
        own = keras.saving.get_registered_object(
            registered, custom_objects=_OWN_OBJECTS
        )
        # Without a module Keras looks up `name` instead: it must mean the same class.
        if own is not None and own.__name__ == name:
            return own
    cls = _keras_attribute(module, name)
    if not (isinstance(cls, type) and issubclass(cls, _BASE_CLASSES)):
        raise FileFormatError(
            f"The file names {module}.{name}, which is no class of Keras that files "
            "may hold, such as a layer or a loss."
        )
    if issubclass(cls, _UNSAFE_LAYERS):
        raise FileFormatError(
            f"The file has a {name}, which can hold code or read files."
        )
    return cls


def _has_variables(cls):
    return isinstance(cls, type) and issubclass(cls, (keras.Layer, keras.Metric))


def _check_function(config):
    name, module = config.get("config"), config.get("module")
    if isinstance(name, str) and keras.saving.get_registered_object(name) is not None:
        return None  # the user's own function; Keras prefers registered names
    if isinstance(name, str) and name.isidentifier():
        known = [f"keras.{kind}" for kind in _FUNCTIONS]
        modules = known if module == "builtins" else [module]
        if any(m in known and callable(_keras_attribute(m, name)) for m in modules):
            return None
    raise FileFormatError(
        f"The file names {module}.{name}, which is no activation, loss, metric or "
        "other function of Keras that files may name."
    )


def _keras_attribute(module, name):
    """The attribute of a module of Keras, or None."""
    if not isinstance(module, str) or module.split(".")[0] != "keras":
        return None
    # Modules that are not imported yet stay so: Keras imports all that matter.
    return getattr(sys.modules.get(module), str(name), None)


def _package(value):
    return value.__module__.split(".")[0]


def frozen(model, sample=None):
    """A Keras model as plain values; refuses models that need the user's code.

    Raises
    ------
    TypeError
        If a layer, loss, metric or optimizer is not one of Keras's own.
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

"""Any Keras model as plain values: fast to pickle, and a way to copy one."""

import inspect
import json
import pickle
from dataclasses import dataclass

import cloudpickle
import keras
import numpy as np

from skdeep._forked import refuse_if_forked
from skdeep.networks._architecture import architecture_of, model_of
from skdeep.networks._identity import has_complete_config
from skdeep.networks._parts import finalize
from skdeep.networks._seeds import own_seeds
from skdeep.networks._undecayed import exclude_names, names_without_decay


@dataclass
class FrozenKerasModel:
    """A Keras model without Keras objects.

    Attributes
    ----------
    architecture : str
        In JSON.
    custom : dict of str to type or callable
        The layers and functions in it that are not Keras's own.
    sample : nest of ndarray, or None
        An input for models that get their variables when they are called.
    variables : list of ndarray or None
        Weights and the states of random generators; None before there are any.
    compiled : dict or None
        The arguments of ``compile``.
    optimizer : list of ndarray or None
        The optimiser's state; None before its first step.
    """

    architecture: str
    custom: dict
    sample: object
    variables: list | None
    compiled: dict | None
    optimizer: list | None

    @classmethod
    def of(cls, model, sample=None):
        """Freeze ``model``.

        Parameters
        ----------
        model : keras.Model
        sample : nest of ndarray, optional
            An input, for models that are not a graph of layers.

        Raises
        ------
        ValueError
            If the model has no configuration that it could be made anew from.
        """
        try:
            architecture = architecture_of(model)
        except Exception as error:
            raise ValueError(_cannot(model, error)) from error
        is_graph = hasattr(model, "outputs")
        settings = _compile_arguments(model)
        trained = bool(settings) and model.optimizer.built
        custom = own_objects([model, *model._flatten_layers(), *_leaves(settings)])
        with own_seeds(), keras.saving.custom_object_scope(custom):
            recipes = settings and _map(_Recipe.of, settings)
        return cls(
            architecture,
            custom,
            None if is_graph else sample,
            [v.numpy() for v in model.variables] if model.built else None,
            recipes,
            [v.numpy() for v in model.optimizer.variables] if trained else None,
        )

    def thaw(self):
        """A Keras model of its own with this architecture and these values."""
        refuse_if_forked()
        with own_seeds(), keras.saving.custom_object_scope(self.custom):
            model = self._architecture()
            if self.sample is not None and self.variables is not None:
                model(self.sample, training=False)
            if self.variables is not None:
                _assign(model, model.variables, self.variables)
            finalize(model)
            if self.compiled:
                model.compile(**_map(_Recipe.rebuild, self.compiled))
            if self.optimizer:
                model.optimizer.build(model.trainable_variables)
                _assign(model, model.optimizer.variables, self.optimizer)
        return model

    def __getstate__(self):
        state = dict(vars(self))
        if by_name([self.custom, self.compiled]):
            return state
        return {"by_value": cloudpickle.dumps(state)}

    def __setstate__(self, state):
        by_value = state.get("by_value")
        vars(self).update(state if by_value is None else pickle.loads(by_value))

    def _architecture(self):
        try:
            # These are the user's own layers, not a file's.
            return model_of(self.architecture, self.custom, safe_mode=False)
        except Exception as error:
            name = json.loads(self.architecture)["class_name"]
            raise ValueError(_cannot(name, error)) from error


def by_name(values):
    """Whether pickle finds all classes and functions in ``values``.

    Pickle finds no class or function that was defined within a function. Such values
    must be pickled by value, code included.
    """
    try:
        pickle.dumps(values)
    except (AttributeError, TypeError, pickle.PicklingError):
        return False
    return True


def copy_model(model, sample=None):
    """A copy with the weights, the compile settings and the optimiser's state."""
    return FrozenKerasModel.of(model, sample).thaw()


def copied(settings):
    """Arguments of ``compile`` with copies of the optimisers, losses and metrics."""
    with own_seeds():
        scope = keras.saving.custom_object_scope(own_objects(_leaves(settings)))
        with scope:
            return _map(_Recipe.rebuild, _map(_Recipe.of, settings))


def state_of(model):
    """Copies of the values of the model's and its optimiser's variables."""
    return [variable.numpy() for variable in _all_variables(model)]


def put_back(model, state):
    """Give the variables the values of an earlier :func:`state_of`."""
    # Variables that the optimiser got after ``state_of`` come last, and stay.
    for variable, value in zip(_all_variables(model), state, strict=False):
        variable.assign(value)


def _all_variables(model):
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *(optimizer.variables if optimizer else ())]


@dataclass
class _Recipe:
    """An optimiser, a loss or a metric: how to make another like it.

    Losses have no variables, and often no ``get_config``, so their attributes are kept.
    Of optimisers and metrics the configuration is kept.
    """

    cls: type
    config: dict | None
    undecayed: str | None = None
    attributes: dict | None = None

    @classmethod
    def of(cls, value):
        """A recipe for ``value`` if it is such an object; else ``value``."""
        if isinstance(value, keras.losses.Loss):
            return cls(type(value), None, attributes=dict(vars(value)))
        kinds = keras.optimizers.Optimizer, keras.metrics.Metric
        if not isinstance(value, kinds) or not has_complete_config(value):
            return value
        config = value.get_config()
        try:
            type(value).from_config(dict(config))
        except Exception:
            return value  # its class cannot be built from the configuration
        return cls(type(value), config, names_without_decay(value))

    @staticmethod
    def rebuild(value):
        """The object that a recipe describes; other values stay as they are."""
        if not isinstance(value, _Recipe):
            return value
        if value.attributes is not None:
            made = value.cls.__new__(value.cls)
            vars(made).update(value.attributes)
            return made
        made = value.cls.from_config(dict(value.config))
        exclude_names(made, value.undecayed)
        return made


def _cannot(model, error):
    return (
        f"{model!r} must be a Keras model that can be made anew from its get_config(): "
        f"it is copied before training and pickled so. Keras says: {error} Give the "
        "class a get_config with all arguments of its __init__, or pass a function "
        "that builds the model."
    )


def _compile_arguments(model):
    if not model.compiled:
        return None
    # Keras has a public way to these only as configurations, which lose functions.
    return dict(model._compile_config.config)


def _assign(model, variables, values):
    if len(variables) != len(values):
        raise ValueError(
            f"{model!r} must get the same variables each time it is made. Received "
            f"{len(variables)} for {len(values)} values. Create its layers in __init__ "
            "from what get_config gives."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _map(function, nest):
    """``nest`` with ``function`` of each leaf; dicts, lists and tuples are nests."""
    if isinstance(nest, dict):
        return {key: _map(function, value) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return type(nest)(_map(function, value) for value in nest)
    return function(nest)


def _leaves(nest):
    leaves = []
    _map(leaves.append, nest)
    return leaves


def own_objects(values, description=None):
    """The classes and functions that Keras would not find by itself, by name.

    Parameters
    ----------
    values : list
        Layers, models, losses and the like. The objects that they hold are searched,
        too.
    description : str, optional
        A configuration in JSON. Only names that occur in it are returned.

    Raises
    ------
    ValueError
        If two of them have the same name, or one has the name of a function of Keras.
    """
    found = {}
    for part in _classes_and_functions(values):
        name = keras.saving.get_registered_name(part)
        if description is not None and json.dumps(name) not in description:
            continue
        of_keras = inspect.isfunction(part) and hasattr(keras.activations, name)
        if of_keras and _package(part) == "keras":
            continue
        if found.setdefault(name, part) is not part or of_keras:
            raise ValueError(
                "The classes and functions of a network must have names of their own, "
                f"by which it is made anew. Received another {name!r} than "
                f"{'that of Keras' if of_keras else 'the first'}. Rename it; in place "
                "of functions made by a function, use a layer with a get_config."
            )
    return {name: found[name] for name in sorted(found)}


def _classes_and_functions(values):
    """Classes and functions in ``values`` that Keras does not find."""
    seen, waiting = set(), list(values)
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif inspect.isclass(value) or _is_named_function(value):
            if not _is_found(value):
                yield value
        elif hasattr(value, "get_config") and not inspect.isfunction(value):
            cls = type(value)
            held = getattr(value, "__dict__", {}).items()
            # Keras puts wrapped methods there, too.
            waiting.extend([cls, *(v for k, v in held if not hasattr(cls, k))])


def _is_found(value):
    ops = ".ops." in f"{value.__module__}."
    return _package(value) == "builtins" or (_package(value) == "keras" and not ops)


def _package(value):
    return (value.__module__ or "").split(".")[0]


def _is_named_function(value):
    # Of lambdas, Keras writes the code into the configuration.
    return inspect.isfunction(value) and value.__name__ != "<lambda>"


def zeros_like_row(X):
    """One row of zeros of the kind of each array in the nest ``X``."""
    return keras.tree.map_structure(lambda a: np.zeros((1, *a.shape[1:]), a.dtype), X)

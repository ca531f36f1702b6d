"""The layers of a network by name: "conv_1", "dense_2", "output"."""

import functools
import itertools
import threading
from dataclasses import dataclass
from typing import NamedTuple

import keras

from skdeep.networks._build import build_template
from skdeep.networks._flops import flops
from skdeep.networks._layers import Standardize
from skdeep.networks._traced import GRAPH_BYTES, Cache, n_bytes

# A network has at most one layer of each of these kinds, so their names have no number.
_UNNUMBERED = frozenset(
    [
        "average",
        "backbone",
        "code",
        "embedding",
        "flatten",
        "global_pooling",
        "network",
        "output",
    ]
)
_GENERATOR = "seed_generator_state"
_lock = threading.RLock()


def _cached_by_arguments(build):
    """``build``, cached by its arguments, and run by one thread at a time.

    Keras cannot build models in several threads at once.
    """
    cache = Cache()

    @functools.wraps(build)
    def call(*arguments):
        with _lock:
            return cache.get(arguments, lambda: build(*arguments), _size)

    return call


def _size(made):
    """About how many bytes a network takes; a function that runs it has no arrays."""
    model = getattr(made, "model", None)
    return GRAPH_BYTES + (n_bytes(model.variables) if model is not None else 0)


@dataclass(eq=False)
class NamedLayer:
    """A layer together with its normalisation and its activation.

    Attributes
    ----------
    name, kind : str
    output : KerasTensor
        The output of the activation.
    weighted : KerasTensor or None
        The input of the activation.
    variables : dict of str to keras.Variable
        By names like "kernel".
    flops : int
        For one sample, two per multiply-add.
    """

    name: str
    kind: str
    output: object
    weighted: object
    variables: dict
    flops: int


class NamedNetwork(NamedTuple):
    """A training template and its named layers in their order."""

    model: keras.Model
    layers: tuple


@_cached_by_arguments
def named_network(spec):
    """The training template of ``spec``, with its named layers.

    Parameters
    ----------
    spec : NetworkSpec

    Returns
    -------
    NamedNetwork
    """
    marks = []
    model = build_template(spec, mark=lambda *mark: marks.append(mark))
    layers, counts, seen = [], {}, set()
    for kind, output, *weighted in marks:
        counts[kind] = counts.get(kind, 0) + 1
        name = kind if kind in _UNNUMBERED else f"{kind}_{counts[kind]}"
        operations = keras.Model(model.inputs, output).operations
        own = [op for op in operations if id(op) not in seen]
        seen.update(map(id, own))
        variables = _variables(own)
        n_flops = sum(map(flops, own))
        weighted = weighted[0] if weighted else None
        layers.append(NamedLayer(name, kind, output, weighted, variables, n_flops))
    return NamedNetwork(model, tuple(layers))


@_cached_by_arguments
def layer_runner(spec, names):
    """A function that runs the network and returns the outputs of its layers.

    Parameters
    ----------
    spec : NetworkSpec
    names : tuple of str
        Names of the layers.

    Returns
    -------
    run : callable
        Takes (trainable, non_trainable, X): both lists of arrays in the order of the
        template, and samples. Returns the layers' outputs by name, the inputs of their
        activations by name, and a list of penalties.
    """
    model, layers = named_network(spec)
    chosen = [layer for layer in layers if layer.name in names]
    outputs = {layer.name: layer.output for layer in chosen}
    weighted = {layer.name: layer.weighted for layer in chosen}
    weighted = {name: tensor for name, tensor in weighted.items() if tensor is not None}
    part = keras.Model(model.inputs, [outputs, weighted])
    order = [
        _positions(model.trainable_variables, part.trainable_variables),
        _positions(model.non_trainable_variables, part.non_trainable_variables),
    ]

    def run(trainable, non_trainable, X):
        lists = zip((trainable, non_trainable), order, strict=True)
        values = [[arrays[index] for index in indices] for arrays, indices in lists]
        (outputs, weighted), _, penalties = part.stateless_call(
            *values, X, training=False, return_losses=True
        )
        return outputs, weighted, penalties

    return run


def _positions(variables, some):
    places = {id(variable): index for index, variable in enumerate(variables)}
    return [places[id(variable)] for variable in some]


def values_by_layer(spec, weights):
    """A network's arrays by their names.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights

    Returns
    -------
    values : dict of str to ndarray
        By names like "dense_1/kernel".
    """
    return {name: place.of(weights) for name, place in named_places(spec)}


def with_new_values(spec, weights, values):
    """A network's lists of arrays, trainable ones and others, with some replaced.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    values : dict of str to ndarray
        The new arrays, by names like "dense_1/kernel".
    """
    lists = list(weights.trainable), list(weights.non_trainable)
    for name, place in named_places(spec):
        if name in values:
            lists[not place.trainable][place.index] = values[name]
    return lists


class Place(NamedTuple):
    """The position of a variable's array in :class:`Weights`."""

    trainable: bool
    index: int

    def of(self, weights):
        lists = weights.trainable if self.trainable else weights.non_trainable
        return lists[self.index]


def named_places(spec):
    """Names like "dense_1/kernel", each with its :class:`Place`."""
    model, layers = named_network(spec)
    places = {id(v): Place(True, i) for i, v in enumerate(model.trainable_variables)}
    for index, variable in enumerate(model.non_trainable_variables):
        places[id(variable)] = Place(False, index)
    for layer in layers:
        for name, variable in layer.variables.items():
            yield f"{layer.name}/{name}", places[id(variable)]


def _variables(operations):
    found = {}
    layers = [op for op in operations if isinstance(op, keras.layers.Layer)]
    both = {getattr(layer, "go_backwards", None) for layer in layers} >= {True, False}
    for layer in layers:
        if isinstance(layer, Standardize):
            continue  # its statistics are no weights that a user would look at
        if isinstance(layer, keras.Model):
            found |= _variables_within(layer)
            continue
        for variable in layer.variables:
            if variable.name == _GENERATOR:
                continue
            name = variable.name
            if both and hasattr(layer, "go_backwards"):
                way = "backward" if layer.go_backwards else "forward"
                name = f"{way}_{name}"
            found[name] = variable
    return found


def _variables_within(model, before=""):
    """The variables of a model inside the network, by names like "dense/kernel"."""
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= _variables_within(layer, f"{before}{layer.name}/")
            continue
        for variable in layer.variables:
            if variable.name != _GENERATOR:
                _, _, own = f"/{variable.path}".partition(f"/{layer.name}/")
                name = f"{before}{layer.name}/{own or variable.path}"
                found[_numbered(name, found)] = variable
    return found


def _numbered(name, taken):
    """``name``, with a number where a layer has several weights of that name."""
    names = itertools.chain([name], (f"{name}_{n}" for n in itertools.count(1)))
    return next(name for name in names if name not in taken)

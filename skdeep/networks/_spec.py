"""What a network is, as plain data: the key of every cache and of every file."""

import json
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """A dense network.

    Two specs with the same :attr:`key` share compiled programs.

    Attributes
    ----------
    n_features, units : int
        Width of the input and of the output.
    output : {"linear", "sigmoid", "softmax"}
        Activation of the output layer.
    normalize : bool
        Whether the first layer standardises the inputs.
    """

    n_features: int
    hidden_layer_sizes: tuple
    units: int
    output: str
    activation: object = "relu"
    kernel_initializer: object = "glorot_uniform"
    dropout: float = 0.0
    batch_norm: bool = False
    l1: float = 0.0
    l2: float = 0.0
    normalize: bool = True
    dtype: str = "float32"

    @property
    def key(self):
        return tuple(identity(getattr(self, field.name)) for field in fields(self))

    @property
    def layout(self):
        """What decides which arrays the network has."""
        names = ["n_features", "hidden_layer_sizes", "units", "output", "batch_norm"]
        values = [getattr(self, name) for name in names]
        return (*values, self.dropout > 0, self.normalize, self.dtype)

    def __eq__(self, other):
        return isinstance(other, NetworkSpec) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


@dataclass
class Weights:
    """A network's arrays and, to go on training, its optimiser's state.

    Attributes
    ----------
    trainable, non_trainable : list of ndarray
        In the order of the Keras model's variables.
    optimizer : list of ndarray or None
    n_steps : int
        Optimiser steps done.
    """

    trainable: list
    non_trainable: list
    optimizer: list | None = None
    n_steps: int = 0


def identity(value):
    """A hashable value that is equal for equal configurations.

    Keras objects count by class and configuration, functions by themselves.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (tuple, list)):
        return tuple(identity(item) for item in value)
    if isinstance(value, type) or not hasattr(value, "get_config"):
        return value
    config = dict(value.get_config())
    config.pop("name", None)
    return type(value), json.dumps(config, sort_keys=True, default=repr)

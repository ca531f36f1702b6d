"""Keras's own classes, and how their objects were called in a model."""

from dataclasses import dataclass

import keras


def of_keras(cls):
    """Whether a class is Keras's own."""
    return cls.__module__.partition(".")[0] == "keras"


def name_in_keras(cls):
    """The name of one of Keras's classes; None for other classes."""
    return cls.__name__ if of_keras(cls) else None


@dataclass
class Call:
    """One use of a layer or operation in a model.

    Attributes
    ----------
    arguments : tuple
        The positional arguments.
    inputs, outputs : list of keras.KerasTensor
        The tensors among the arguments, and the returned tensors.
    """

    arguments: tuple
    inputs: list
    outputs: list


def calls(operation):
    """All calls of a layer or operation, also in other models.

    Parameters
    ----------
    operation : keras.Operation

    Returns
    -------
    calls : list of Call
    """
    return [
        Call(node.arguments.args, node.arguments.keras_tensors, node.outputs)
        for node in operation._inbound_nodes
    ]


def parts(layer):
    """The layers that a layer holds directly."""
    return layer._flatten_layers(include_self=False, recursive=False)


def operations(model):
    """The layers and operations of a model and of the models inside of it."""
    for operation in getattr(model, "operations", None) or model.layers:
        if isinstance(operation, keras.Model) and of_keras(type(operation)):
            yield from operations(operation)
        else:
            yield operation

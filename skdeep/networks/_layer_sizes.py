"""The size of a layer: its width, and the number of its values."""

import math

import keras

from skdeep.networks._limits import ASSUMED_STEPS

L = keras.layers


def widths(layer):
    """Units or filters of a layer; else the size of its output's last axis.

    Layers without a kernel have none.
    """
    if isinstance(layer, L.Layer) and not isinstance(layer, L.Embedding):
        own = getattr(layer, "units", getattr(layer, "filters", None))
        if isinstance(own, int):
            yield own
        elif any(len(v.shape) > 1 for v in layer.trainable_weights):
            yield keras.tree.flatten(layer.output)[0].shape[-1] or 1


def n_values(layer):
    """The number of output values for one sample; attention's scores count, too."""
    shapes = [tensor.shape[1:] for tensor in keras.tree.flatten(layer.output)]
    size = sum(math.prod(n or ASSUMED_STEPS for n in shape) for shape in shapes)
    if not isinstance(layer, L.MultiHeadAttention | L.Attention):
        return size
    steps = [
        math.prod(n or ASSUMED_STEPS for n in tensor.shape[1:-1])
        for tensor in keras.tree.flatten(layer.input)[:2]
    ]
    return max(size, getattr(layer, "num_heads", 1) * steps[0] * steps[-1])

"""The number of operations of a layer."""

import math

import keras
import tensorflow as tf


def flops(layer):
    """The operations for one sample: two per multiply-add of a layer's products."""
    if isinstance(layer, keras.Model) and not type(layer).__module__.startswith(
        "keras"
    ):
        # What a user's class computes is unknown. Each matrix counts as used once.
        matrices = (v.shape for v in layer.trainable_weights if len(v.shape) > 1)
        return 2 * sum(map(math.prod, matrices))
    if isinstance(layer, keras.Model):
        # A Sequential has no operations, but layers.
        return sum(map(flops, getattr(layer, "operations", layer.layers)))
    kernels = [
        getattr(getattr(layer, "cell", layer), name, None)
        for name in ("kernel", "recurrent_kernel", "depthwise_kernel")
    ]
    sizes = [int(tf.size(kernel)) for kernel in kernels if kernel is not None]
    if isinstance(layer, keras.layers.SeparableConv2D):
        sizes.append(int(tf.size(layer.pointwise_kernel)))
    return 2 * sum(sizes) * _n_applications(layer)


def _n_applications(layer):
    """How often a layer applies its kernels to a sample; unknown sizes count as one."""
    L = keras.layers
    if isinstance(layer, L.Conv1D | L.Conv2D | L.DepthwiseConv2D | L.SeparableConv2D):
        shape = layer.output.shape[1:-1]
    elif hasattr(layer, "cell"):
        shape = keras.tree.flatten(layer.input)[0].shape[1:-1]  # the rest are masks
    else:
        shape = layer.output.shape[1:-1] if isinstance(layer, L.Dense) else ()
    places = 1
    for size in shape:
        places *= size or 1
    return places

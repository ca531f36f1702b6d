"""Gradients of the loss of a fitted network."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skdeep.networks._named import layer_runner, named_network, named_places
from skdeep.training._program import per_sample


class Slopes(NamedTuple):
    """The loss of some samples and its gradients.

    Attributes
    ----------
    loss : float
        Including the penalties.
    outputs, weighted : dict of str to ndarray of shape (n_samples, ...)
        Outputs of the layers, and inputs of their activations.
    deltas : dict of str to ndarray of shape (n_samples, ...)
        Gradients with respect to the inputs of the activations.
    weights : dict of str to ndarray
        Gradients with respect to the trainable weights, by names like "dense_1/kernel".
    """

    loss: float
    outputs: dict
    weighted: dict
    deltas: dict
    weights: dict


def slopes(spec, loss_of, weights, X, Y, weight=None):
    """Gradients of the training loss, without dropout.

    Batch normalisation takes its moving averages, as in prediction.

    Parameters
    ----------
    spec : NetworkSpec
    loss_of : keras.losses.Loss or callable
        Takes encoded targets and outputs.
    weights : Weights
    X : ndarray of shape (n_samples, *spec.input_shape)
    Y : ndarray of shape (n_samples, n_targets)
        Encoded targets.
    weight : ndarray of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    Slopes
    """
    dtype = spec.array_dtype
    lists = weights.trainable, [np.asarray(v) for v in weights.non_trainable]
    trainable = [tf.constant(v, dtype) for v in lists[0]]
    fixed = [tf.constant(v) for v in lists[1]]
    weight = np.ones(len(X)) if weight is None else weight
    if getattr(loss_of, "reduction", None) != "sum":
        weight = weight / len(X)
    run = layer_runner(spec, tuple(layer.name for layer in named_network(spec).layers))
    X, Y = tf.constant(X, spec.input_dtype), tf.constant(Y, dtype)
    with tf.GradientTape() as tape:
        tape.watch(trainable)
        outputs, weighted, penalties = run(trainable, fixed, X)
        losses = per_sample(loss_of)(Y, outputs["output"])
        loss = tf.reduce_sum(losses * tf.constant(weight, losses.dtype))
        loss = tf.add_n([loss, *(tf.cast(p, loss.dtype) for p in penalties)])
    deltas, by_weight = tape.gradient(
        loss, [weighted, trainable], unconnected_gradients="zero"
    )
    named = {
        name: tf.convert_to_tensor(by_weight[place.index]).numpy()
        for name, place in named_places(spec)
        if place.trainable
    }
    arrays = tf.nest.map_structure(
        lambda tensor: tensor.numpy(), (outputs, weighted, deltas)
    )
    return Slopes(float(loss), *arrays, named)

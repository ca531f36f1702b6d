"""Layers of the training template; ``model_`` has Keras's stock ones instead."""

import keras
import tensorflow as tf


class Standardize(keras.layers.Layer):
    """(x - mean) / scale, with mean and scale as weights.

    Keras's ``Normalization`` holds them as constants of the graph, so each fit
    would compile anew.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True  # the mask is for batch normalisation

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.mean = self.add_weight(shape=shape, initializer="zeros", trainable=False)
        self.scale = self.add_weight(shape=shape, initializer="ones", trainable=False)

    def call(self, inputs):
        return (inputs - self.mean) / self.scale


class PhiloxDropout(keras.layers.Dropout):
    """Dropout whose bits come from Philox (Salmon et al., 2011, "Parallel random
    numbers: as easy as 1, 2, 3").

    Keras leaves the choice to TensorFlow, which under XLA on a CPU takes a
    generator that costs more than the rest of the step.
    """

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(tf.convert_to_tensor(self.seed_generator.next()), tf.int32)
        return tf.nn.experimental.stateless_dropout(
            inputs, self.rate, seed=seed, rng_alg="philox"
        )

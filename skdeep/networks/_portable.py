"""Keras's objects where they are copied or pickled."""

import sys


def portable(value):
    """A stand-in for an optimiser, a loss, a metric or a layer; all else as it is.

    A deep copy and a pickle of the stand-in give a new object of Keras.
    """
    keras = sys.modules.get("keras")
    if keras is None or isinstance(value, keras.Model):
        return value  # without Keras in the process there is no such object
    kinds = keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric
    return Portable(value) if isinstance(value, (*kinds, keras.Layer)) else value


class Portable:
    """Stands for ``value``, an object of Keras, in a copy or a pickle."""

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        from skdeep.networks._made_anew import reduce_keras_object

        return reduce_keras_object(self.value)

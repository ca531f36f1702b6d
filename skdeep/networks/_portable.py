"""Makes Keras objects fit for copies and pickles."""

import sys


def portable(value):
    """A :class:`Portable` for an optimiser, loss, metric or layer; else ``value``.

    A deep copy or an unpickled copy of it is a new Keras object.
    """
    keras = sys.modules.get("keras")
    if keras is None or isinstance(value, keras.Model):
        return value  # as long as Keras is not imported, there is no such object
    kinds = keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric
    return Portable(value) if isinstance(value, (*kinds, keras.Layer)) else value


class Portable:
    """Stands for the Keras object ``value`` while it is copied or pickled."""

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        from skdeep.networks._made_anew import reduce_keras_object

        return reduce_keras_object(self.value)

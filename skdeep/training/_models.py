"""Keras models of a training job, for callbacks and for the Keras engine."""

import keras
import numpy as np

from skdeep.networks._build import assign, build_template
from skdeep.training._metrics import make_metrics

_RATE = "learning_rate"  # an optimiser's variable


def compiled_model(job, optimizer, learning_rate):
    """The job's template as a ``keras.Model`` on which ``compile`` was called."""
    model = build_template(job.spec)
    if job.head.penalized:
        model = Penalized(model.inputs, model.outputs)
    model.compile(
        optimizer=optimizer.keras(learning_rate),
        loss=job.head.loss_of_encoded(job.outputs),
        weighted_metrics=make_metrics(job.metrics, job.head),
        jit_compile="auto" if job.path == "xla" else False,
    )
    return model


class Penalized(keras.Model):
    """A model whose last column is no output, but a penalty."""

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, y, y_pred[:, :-1], sample_weight)


def optimizer_values(optimizer):
    """The optimiser's state in the order of the compiled engine, or None."""
    if not optimizer.built:
        return None
    values = [variable.numpy() for variable in optimizer.variables]
    if all(variable.name != _RATE for variable in optimizer.variables):
        # A schedule is no variable; where there is none, the rate is the second.
        values.insert(1, np.float32(0))
    return values


def assign_optimizer(model, values):
    """Put such a state into the model's optimiser, all but its learning rate."""
    model.optimizer.build(model.trainable_variables)
    slots = [v for v in model.optimizer.variables if v.name != _RATE]
    first, _, *others = values
    assign(slots, [first, *others])


def assign_weights(model, weights):
    """Put :class:`Weights` into ``model``."""
    assign(model.trainable_variables, weights.trainable)
    assign(model.non_trainable_variables, weights.non_trainable)

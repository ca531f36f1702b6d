"""Keras models of a training job, for callbacks and for the Keras engine."""

import numpy as np

from skdeep.networks._dense import build_dense
from skdeep.training._metrics import make_metrics


def compiled_model(job, optimizer, learning_rate):
    """The job's template as a ``keras.Model`` on which ``compile`` was called."""
    model = build_dense(job.spec)
    model.compile(
        optimizer=optimizer.keras(learning_rate),
        loss=job.head.keras_loss(),
        weighted_metrics=make_metrics(job.metrics, job.head),
        jit_compile=False if job.short else "auto",
    )
    return model


def assign_weights(model, weights):
    """Put :class:`Weights` into ``model``."""
    for variable, value in zip(
        model.trainable_variables, weights.trainable, strict=True
    ):
        variable.assign(value)
    for variable, value in zip(
        model.non_trainable_variables, weights.non_trainable, strict=True
    ):
        variable.assign(np.asarray(value))

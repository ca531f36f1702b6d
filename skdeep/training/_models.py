"""Keras models for a training job: for callbacks, and for the Keras engine."""

import itertools
from dataclasses import replace

import keras
import numpy as np

from skdeep.networks._build import StockNetwork, assign, build_template
from skdeep.training._metrics import InOwnUnits, make_metrics

_RATE = "learning_rate"  # the name of an optimiser's variable


def compiled_model(job, optimizer, learning_rate):
    """The job's template as a compiled ``keras.Model``."""
    template = build_template(job.spec)
    model = keras.Model(template.inputs, template.outputs)
    metrics = make_metrics(job.metrics, job.head)
    loss = job.head.loss_of_encoded(job.outputs)
    if job.spec.dtype == "float64":
        loss = _LossInDouble(loss)
    model.compile(
        optimizer=optimizer.keras(learning_rate),
        loss=loss,
        weighted_metrics=[InOwnUnits(m, job.head.units, job.outputs) for m in metrics],
        jit_compile="auto" if job.path == "xla" else False,
    )
    return model


class _LossInDouble(keras.losses.Loss):
    """A loss in double precision. Keras computes losses in single precision."""

    def __init__(self, loss):
        reduction = getattr(loss, "reduction", "sum_over_batch_size")
        super().__init__(reduction=reduction, dtype="float64")
        self._function = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def call(self, y_true, y_pred):
        return self._function(y_true, y_pred)


class ShownModel:
    """The model that callbacks see. Keras loads its files without skdeep.

    It is the user's own model, if the job has one. Otherwise it is made of stock layers
    and goes from raw inputs to raw outputs, as ``model_`` does.

    Parameters
    ----------
    job : TrainingJob
    template : keras.Model
        The training template.
    spec : OptimizerSpec
        Makes the model's optimiser, whose state follows the :class:`Weights` that are
        shown.
    optimizer : keras.optimizers.Optimizer, default=None
        The engine's optimiser. The model shares it, unless tied kernels make the
        numbers of variables differ.

    Attributes
    ----------
    model : keras.Model
        Compiled, with built metrics: callbacks ask them whether more is better.
    """

    def __init__(self, job, template, spec, optimizer=None):
        tied = job.spec.tied
        self._follows = optimizer is None and not tied
        if tied or (optimizer is None and job.model is None):
            optimizer = spec.keras(0.0)
        self._stock = None
        if job.model is None:
            inputs = job.inputs if job.spec.normalize else None
            outputs = job.outputs if job.spec.gives_values else None
            self._stock = StockNetwork(job.spec, template, inputs, outputs)
            self.model = self._stock.model
            if not optimizer.built:  # the engine's is built already
                optimizer.build(self.model.trainable_variables)
            self.model.compile(
                optimizer=optimizer,
                loss=_portable_loss(job.head),
                weighted_metrics=make_metrics(job.metrics, job.head),
            )
        else:
            self.model = job.model
        self._build_metrics(job)
        self._shown = None

    def _build_metrics(self, job):
        if not job.metrics:
            return
        shape = [2, *(size or 1 for size in job.spec.output_shape[:-1])]
        y, output = (
            np.zeros((*shape, width), job.spec.array_dtype)
            for width in (job.head.width, job.head.units)
        )
        self.model.compute_metrics(None, y, output, np.ones(shape))
        self.model.reset_metrics()

    def show(self, weights):
        """Put :class:`Weights` into the model."""
        if self._stock is None:
            assign_weights(self.model, weights)
        else:
            self._stock.assign(weights)
        if self._follows and weights.optimizer is not None:
            assign_optimizer(self.model, weights.optimizer)
        self._shown = self._values()

    def replaced(self):
        """The network's lists of arrays if a callback has changed some, else None."""
        now = self._values()
        pairs = zip(itertools.chain(*now), itertools.chain(*self._shown), strict=True)
        if all(np.array_equal(new, old, equal_nan=True) for new, old in pairs):
            return None
        return now if self._stock is None else self._stock.values()

    def _values(self):
        lists = self.model.trainable_variables, self.model.non_trainable_variables
        return [[variable.numpy() for variable in part] for part in lists]


def _portable_loss(head):
    """The loss for the model's file; None if Keras cannot load it without skdeep."""
    loss = replace(head, penalized=False).keras_loss()
    return None if type(loss).__module__.startswith("skdeep.") else loss


def optimizer_values(optimizer):
    """The optimiser's state in the compiled engine's order; None before it is built."""
    if not optimizer.built:
        return None
    values = [variable.numpy() for variable in optimizer.variables]
    if all(variable.name != _RATE for variable in optimizer.variables):
        # The engine expects the learning rate as the second value. With a schedule
        # there is no such variable.
        values.insert(1, np.float32(0))
    return values


def assign_optimizer(model, values):
    """Put a state as of :func:`optimizer_values` into the model's optimiser.

    The learning rate is left out.
    """
    model.optimizer.build(model.trainable_variables)
    slots = [v for v in model.optimizer.variables if v.name != _RATE]
    first, _, *others = values
    assign(slots, [first, *others])


def assign_weights(model, weights):
    """Put :class:`Weights` into ``model``."""
    assign(model.trainable_variables, weights.trainable)
    assign(model.non_trainable_variables, weights.non_trainable)

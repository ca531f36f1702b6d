"""Compiled training steps, shared by all fits of the same template.

A program is a function of weights, optimiser state and batches. It captures no
variable, so fits with any seed, fold and learning rate run the same compiled code, in
any thread.
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from skdeep.encoding import Standardization
from skdeep.networks import identity
from skdeep.networks._build import build_template, with_pretrained
from skdeep.networks._keras_classes import of_keras
from skdeep.networks._layers import lowering, weighing
from skdeep.networks._name_counts import fresh_name_counts
from skdeep.networks._own_units import in_own_units
from skdeep.networks._traced import GRAPH_BYTES, Cache, Compiled, n_bytes, traced
from skdeep.training._initial_values import InitialValues, State, tensors
from skdeep.training._metrics import in_units_of, make_metrics, metric_names
from skdeep.training._optimizers import state_kind

_CHUNK_BYTES = 4 * 2**20


class Program:
    """Training and evaluation steps for one template.

    Parameters
    ----------
    spec : NetworkSpec
    head : Head
    optimizer : OptimizerSpec
    metrics : tuple of str, callable or keras.metrics.Metric
    """

    @fresh_name_counts()
    def __init__(self, spec, head, optimizer, metrics):
        self.spec = spec
        self.units = head.units
        self._weighs_metrics = head.weighs_metrics
        self._weighs_rows = head.weighs_rows
        self.model = build_template(spec)
        loss = head.keras_loss()
        self._loss = per_sample(loss)
        self._own_units = head.own_units
        self.loss_is_sum = getattr(loss, "reduction", None) == "sum"
        self.optimizer = optimizer.functional()
        self.optimizer.build(self.model.trainable_variables)
        self.state_kind = state_kind(optimizer.type, self.optimizer.variables)
        self.metrics = make_metrics(metrics, head)
        self._prepare_metrics(head)
        self.reads_in_graph = self._may_read_in_graph()
        self._initial = InitialValues(self.model, self.optimizer)
        self._arrays_bytes = n_bytes([*self.model.variables, *self.optimizer.variables])
        self.fused = None  # made at its first use, by _fused.py
        self.epochs = None  # made at its first use, by _loop.py
        self.fused_epochs = None  # made at its first use, by _fused.py
        self.compiled = False
        state = self._signature()
        width = [None, *spec.output_shape[:-1], head.width]
        rows = [None, *spec.input_shape]
        # Arguments: state, metric variables and a chunk.
        self.signature = [*state, self._chunk_signature(rows, width)]
        self.compiled_update = tf.function(
            self._update, jit_compile=True, autograph=False
        )
        self._compiled_run = Compiled(self._run_lowered)
        self._paths = {
            "plain": traced(self.steps, signature=self.signature),
            "graph": traced(self._run_graph, signature=self.signature),
            "xla": self._run_compiled,
        }
        self.evaluation_signature = [
            *state,
            *self._batch_signature(rows, width, [None]),
        ]
        self.evaluate = traced(self.evaluation, signature=self.evaluation_signature)

    @property
    def n_bytes(self):
        """About how many bytes of memory the program takes."""
        n_graphs = 1 + len(self._compiled_run)
        if self.fused is not None:
            n_graphs += 1 + self.fused.n_compiled
        if self.fused_epochs is not None:
            n_graphs += 1 + self.fused_epochs.n_compiled
        if self.epochs is not None:
            n_graphs += len(self.epochs)
        # Twice, as variables and as the initial values of fits.
        return 2 * self._arrays_bytes + n_graphs * GRAPH_BYTES

    def _signature(self):
        """TensorSpecs of the state and of the metric variables."""
        blank = np.random.RandomState(0)
        none = Standardization.none(self.spec.input_shape[-1] or 1)
        values = self.initial_state(blank, none), self.metric_state()
        return tf.nest.map_structure(tf.TensorSpec.from_tensor, values)

    def _batch_signature(self, rows, targets, weights):
        """TensorSpecs of samples, targets, weights, and mean and scale of targets."""
        # The last two have one value for all columns, or one for each.
        others = targets, weights, [None], [None]
        return [
            tf.TensorSpec(rows, self.spec.input_dtype),
            *(tf.TensorSpec(shape, self.spec.array_dtype) for shape in others),
        ]

    def _chunk_signature(self, rows, targets):
        """The :class:`Chunk` of TensorSpecs, with an axis of steps in front."""
        x, y, weight, mean, scale = self._batch_signature(
            [None, *rows], [None, *targets], [None, None]
        )
        n_rows, rates = tf.TensorSpec([None], "int32"), tf.TensorSpec([None], "float32")
        n_steps, decay = tf.TensorSpec([], "int32"), tf.TensorSpec([], "float32")
        return Chunk(x, y, weight, n_rows, rates, n_steps, mean, scale, decay)

    def _prepare_metrics(self, head):
        shape = [2, *(size or 1 for size in self.spec.output_shape[:-1])]
        y, output = (
            np.zeros((*shape, width), self.spec.array_dtype)
            for width in (head.width, head.units)
        )
        for metric in self.metrics:
            # Some metrics make variables on the first batch.
            try:
                metric.update_state(y, output, sample_weight=np.ones(shape))
            except Exception as error:
                raise ValueError(
                    "A metric must give a number for each sample, of which it is the "
                    f"mean. Received {metric.name!r}, which fails: {error} Pass one of "
                    "keras.metrics, or a function that averages the last axis only."
                ) from error
            shape_of_result = tuple(keras.ops.shape(metric.result()))
            metric.reset_state()
            if shape_of_result:
                raise ValueError(
                    f"A metric must give one number. Received {metric.name!r}, "
                    f"which gives {shape_of_result[0]}. Pass keras.metrics.F1Score("
                    "average='macro'), say."
                )
        # The values after reset_state, which need not be zero: a maximum starts at
        # -inf.
        self._metric_start = [
            [tf.identity(tf.convert_to_tensor(v)) for v in metric.variables]
            for metric in self.metrics
        ]

    def metric_state(self):
        """The initial metric variables, a list of lists of tensors."""
        return [list(values) for values in self._metric_start]

    def _may_read_in_graph(self):
        """Whether TensorFlow can trace how the metrics compute their values."""
        if not all(of_keras(type(metric)) for metric in self.metrics):
            return False
        try:
            for metric, values in zip(self.metrics, self._metric_start, strict=True):
                tf.function(
                    lambda *values, metric=metric: _value(metric, values),
                    autograph=False,
                ).get_concrete_function(*map(tf.TensorSpec.from_tensor, values))
        except Exception:  # a branch in Python on the variables, as in R2Score
            return False
        return True

    def read(self, state):
        """The metrics' values in place of their variables, as tensors of a graph.

        The variables stay where a metric of a user's own computes its value in Python.
        """
        if not self.reads_in_graph:
            return state
        pairs = zip(self.metrics, state, strict=True)
        return [[tf.cast(_value(*pair), "float64")] for pair in pairs]

    def read_results(self, values, prefix=""):
        """Values by name, from what :meth:`read` has returned."""
        if not self.reads_in_graph:
            return self.metric_results(values, prefix)
        pairs = zip(self.metrics, values, strict=True)
        return {prefix + metric.name: float(value) for metric, (value,) in pairs}

    def metric_results(self, state, prefix=""):
        """Metric values by name."""
        return {
            prefix + metric.name: float(_value(metric, values))
            for metric, values in zip(self.metrics, state, strict=True)
        }

    def initial_state(self, rng, standardization, weights=None, pretrained=None):
        """The state at the beginning of a fit, with a new optimiser state.

        Parameters
        ----------
        rng : numpy.random.RandomState
            Draws the weights, if there are none, and the seeds of dropout.
        standardization : Standardization
            Of the inputs.
        weights : Weights or None
            All weights to start with.
        pretrained : list of ndarray or None
            Weights of pretrained layers; see :func:`with_pretrained`.
        """
        state = self._initial.draw(rng, standardization, weights)
        if weights is not None or pretrained is None:
            return state
        parts = with_pretrained(self.model, pretrained, *state[:2])
        trainable, fixed = map(tensors, parts)
        return State(trainable, fixed, self._initial.slots(trainable))

    def slots_of(self, weights):
        """The optimiser's state from an earlier fit, or None if it does not fit.

        Parameters
        ----------
        weights : Weights or None
            From the earlier fit, which may have used another optimiser.
        """
        slots = weights and weights.optimizer
        if slots is None or weights.optimizer_kind not in (None, self.state_kind):
            return None
        own = [tuple(v.shape) for v in self.optimizer.variables]
        return slots if [np.shape(slot) for slot in slots] == own else None

    def chunk_steps(self, total_steps, step_values, max_bytes=_CHUNK_BYTES):
        """The number of steps in a call.

        It is one of a few numbers, because XLA compiles the program for each of them.
        """
        step_bytes = step_values * np.dtype(self.spec.array_dtype).itemsize
        limit = max(1, max_bytes // max(1, step_bytes))
        size = 1
        while size < min(total_steps, limit, 1024):
            size *= 4
        return max(1, min(size, 2 ** (limit.bit_length() - 1)))

    def run(self, state, metric_state, chunk, *, path):
        """Run the steps of ``chunk``; returns state, metrics, losses (steps,).

        Parameters
        ----------
        path : {"plain", "graph", "xla"}
            See :attr:`TrainingJob.path`.
        """
        self.compiled |= path == "xla"
        return self._paths[path](state, metric_state, chunk)

    def _run_compiled(self, state, metric_state, chunk):
        return self._compiled_run(chunk.shape, state, metric_state, chunk)

    def _run_graph(self, state, metric_state, chunk):
        return self.steps(state, metric_state, chunk, self.compiled_update)

    def _run_lowered(self, state, metric_state, chunk):
        with lowering():
            return self.steps(state, metric_state, chunk)

    def steps(self, state, metric_state, chunk, update=None):
        """The graph of the steps of ``chunk``."""

        def body(step, state, metric_state, losses):
            batch = [part[step] for part in chunk.per_step]
            state, metric_state, loss = self.step(
                state, metric_state, *batch, *chunk.per_fit, update
            )
            return step + 1, state, metric_state, losses.write(step, loss)

        losses = tf.TensorArray(
            self.spec.array_dtype, size=tf.shape(chunk.rows)[0], element_shape=()
        )
        _, state, metric_state, losses = tf.while_loop(
            lambda step, *_: step < chunk.n_steps,
            body,
            (tf.constant(0), state, metric_state, losses),
        )
        return state, metric_state, losses.stack()

    def step(
        self,
        state,
        metric_state,
        x,
        y,
        weight,
        rows,
        rate,
        mean,
        scale,
        decay,
        update=None,
    ):
        # The weights of the rows in batch normalisation.
        counts = weight if self._weighs_rows else _present(weight, rows)
        with tf.GradientTape() as tape, weighing(counts):
            tape.watch(state.trainable)
            output, non_trainable, penalties = self.model.stateless_call(
                state.trainable,
                state.non_trainable,
                x,
                training=True,
                return_losses=True,
            )
            loss = tf.reduce_sum(self._losses(y, output, mean, scale) * weight)
            loss = loss + tf.add_n([tf.zeros_like(loss), *penalties])
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, state.trainable)
        for gradient, weight_array in zip(gradients, state.trainable, strict=True):
            # After some products TensorFlow does not know the size of an axis any more.
            if isinstance(gradient, tf.Tensor):
                gradient.set_shape(weight_array.shape)
        slots = list(state.optimizer)
        index = self._initial.rate_index
        slots[index] = tf.cast(rate, slots[index].dtype)
        update = update or self._update
        trainable, slots = update(slots, gradients, state.trainable, decay)
        if not self.loss_is_sum:
            weight = weight * tf.cast(rows, weight.dtype)
        metric_state = self._update_metrics(
            metric_state, y, output, weight, mean, scale
        )
        new = State(trainable, tensors(non_trainable), slots)
        return new, metric_state, loss

    def _losses(self, y, output, mean, scale):
        """The loss of each sample."""
        loss = in_own_units(self._loss, mean, scale) if self._own_units else self._loss
        return loss(y, output)

    def _update(self, slots, gradients, trainable, decay):
        """The weights and the optimiser's state after one step."""
        with self.optimizer.decaying(decay):
            trainable, slots = self.optimizer.stateless_apply(
                slots, gradients, trainable
            )
        return tensors(trainable), tensors(slots)

    def _update_metrics(self, state, y, output, weight, mean, scale):
        if not self._weighs_metrics:  # only rows that fill up a batch are left out
            weight = tf.cast(weight > 0, weight.dtype)
        if len(y.shape) > 2:  # every step of a sequence counts
            weight = tf.broadcast_to(weight[:, None], tf.shape(y)[:2])
        output = output[..., : self.units]  # without a column of penalties
        units = _Units(mean, scale)
        return [
            tensors(
                metric.stateless_update_state(
                    values,
                    *in_units_of(metric, y, output, units),
                    sample_weight=weight,
                )
            )
            for metric, values in zip(self.metrics, state, strict=True)
        ]

    def evaluation(self, state, metric_state, x, y, weight, mean, scale):
        output, _, penalties = self.model.stateless_call(
            state.trainable, state.non_trainable, x, training=False, return_losses=True
        )
        loss = tf.reduce_sum(self._losses(y, output, mean, scale) * weight)
        penalty = tf.add_n([tf.zeros_like(loss), *penalties])
        metric_state = self._update_metrics(
            metric_state, y, output, weight, mean, scale
        )
        return loss, penalty, metric_state

    def with_weights(self, state, trainable, non_trainable):
        """``state`` with other weights; the optimiser's averages restart from them."""
        slots = list(state.optimizer)
        for place, weight in zip(
            self._initial.average_indices, trainable, strict=False
        ):
            slots[place] = weight
        return State(trainable, non_trainable, slots)

    def finalize(self, state):
        """The state at the end of training; with the optimiser's averages, if any."""
        if not self.optimizer.use_ema:
            return state
        if int(state.optimizer[self._initial.iteration_index]) == 0:
            return state  # without a step, the averages are zeros
        averages = [state.optimizer[i] for i in self._initial.average_indices]
        return state._replace(trainable=averages)


class _Units(NamedTuple):
    """The standardisation of targets: ``y = encoded * scale + mean``."""

    mean: object
    scale: object


class Chunk(NamedTuple):
    """Batches for one call; the first axis of the first five fields is the step.

    ``weight`` holds the weight of each row, divided by the number of rows of its batch
    unless the loss is a sum. It is zero for rows that fill up the last batch. ``rows``
    is that number of rows. ``decay_scale`` multiplies the optimiser's weight decay.
    """

    x: object
    y: object
    weight: object
    rows: object
    rates: object
    n_steps: object
    target_mean: object
    target_scale: object
    decay_scale: object

    @property
    def shape(self):
        """The shapes of all parts, a key of compiled code."""
        return tuple(tuple(part.shape) for part in self)

    @property
    def per_step(self):
        return self[:5]

    @property
    def per_fit(self):
        return self[6:]


def per_sample(loss):
    """``loss`` as a function that returns one number per sample."""
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def loss_of_each(y_true, y_pred):
        values = tf.convert_to_tensor(function(y_true, y_pred))
        extra = list(range(1, len(values.shape)))
        return tf.reduce_mean(values, axis=extra) if extra else values

    return loss_of_each


def _present(weight, rows):
    """1 for the first ``rows`` rows of a batch, 0 for rows that fill it up."""
    return tf.cast(tf.range(tf.shape(weight)[0]) < rows, weight.dtype)


def _value(metric, values):
    """The result of ``metric`` if its variables have these ``values``, a tensor."""
    pairs = list(zip(metric.variables, values, strict=True))
    # A copy: the result may be one of the variables, which has its value only in here.
    with keras.StatelessScope(state_mapping=pairs):
        return tf.convert_to_tensor(keras.ops.multiply(metric.result(), 1))


_programs = Cache()


def template_key(spec, head, optimizer, metrics):
    """A key that is equal for jobs that share a program."""
    names = tuple(metric_names(metrics))
    # Keras's losses and metrics use these settings by default.
    settings = keras.config.floatx(), keras.config.epsilon()
    keys = spec.key, head.key, optimizer.key
    return *keys, identity(metrics), names, settings


def program_for(spec, head, optimizer, metrics):
    """The program for this template, made at its first use."""
    key = template_key(spec, head, optimizer, metrics)
    return _programs.get(key, lambda: Program(spec, head, optimizer, metrics))

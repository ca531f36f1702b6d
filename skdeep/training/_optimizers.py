"""Keras optimisers as functions of their state.

Keras's TensorFlow backend switches ``stateless_apply`` off, for ``tf.distribute``. A
subclass here restores the methods of ``BaseOptimizer``, which fit all backends. If a
new Keras moves these methods, ``tests/test_optimizers.py`` names the missing ones, and
``engine="keras"`` still works.
"""

import contextlib
import functools
import math
import threading

import keras
import tensorflow as tf

from skdeep.networks import identity
from skdeep.networks._made_anew import check_described, made_anew
from skdeep.networks._undecayed import exclude_names, names_without_decay

BASE = next(
    cls for cls in keras.optimizers.Optimizer.__mro__ if cls.__name__ == "BaseOptimizer"
)
# The default optimiser: its first learning rate, and the sum of learning rate times
# weight decay over all steps of a fit.
_RATE = 0.003  # for two layers of 128 units
_FINE_TUNING_RATE = 3e-4  # small, so that pretrained weights are not lost
_WHOLE_DECAY = 1.0
_MOST_DECAY = 2.0
_PARTIAL_DECAY = 0.1  # in partial_fit, whose number of steps is unknown
# Networks that average token vectors have a larger learning rate in fits of fewer steps
# than the first number: larger by a factor of at most the second number.
_ENOUGH_STEPS = 3000
_MOST_FEW_STEPS_FACTOR = 3.0
# Keras 3.14 added ScheduleFreeAdamW, Keras 3.15 MultiOptimizer. In older versions the
# empty tuple stands for the class: isinstance then returns False.
SCHEDULE_FREE = getattr(keras.optimizers, "ScheduleFreeAdamW", ())
_MULTI_OPTIMIZER = getattr(keras.optimizers, "MultiOptimizer", ())
# Wrappers around other optimisers, which hold a part of their state.
UNSUPPORTED = (keras.optimizers.LossScaleOptimizer, _MULTI_OPTIMIZER)
RESTORED = (
    "assign",
    "assign_add",
    "assign_sub",
    "stateless_apply",
    "_apply_weight_decay",
    "_backend_update_step",
    "_clip_by_norm",
    "_overwrite_model_variables_with_average_value",
    "_var_key",
)


_tracing = threading.local()


class Functional(keras.optimizers.Optimizer):
    """A mixin, the last base class, that makes ``stateless_apply`` work."""

    @property
    def weight_decay(self):
        if self._decay is None:
            return None
        return self._decay * getattr(_tracing, "decay_scale", 1.0)

    @weight_decay.setter
    def weight_decay(self, value):
        self._decay = value

    @contextlib.contextmanager
    def decaying(self, scale):
        """Inside of this block, multiply the weight decay by ``scale``, a tensor."""
        _tracing.decay_scale = scale
        try:
            yield
        finally:
            del _tracing.decay_scale

    def _backend_apply_gradients(self, grads, trainable_variables):
        """As Keras does it, with ``tf.where`` in place of ``cond``.

        A branch cannot assign to variables in a stateless scope.
        """
        steps = self.gradient_accumulation_steps
        if not steps:
            self._update(grads, trainable_variables)
        else:
            self._accumulate(grads, trainable_variables, steps)
        if self.use_ema:
            self._average()

    def _update(self, grads, variables):
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self._backend_update_step(grads, variables, self.learning_rate)

    def _accumulate(self, grads, variables, steps):
        due = tf.equal((tf.convert_to_tensor(self._iterations) + 1) % steps, 0)
        sums = [
            self._accumulated_gradients[self._get_variable_index(v)] for v in variables
        ]
        totals = [g + tf.convert_to_tensor(s) for g, s in zip(grads, sums, strict=True)]
        untouched = {id(v) for v in self._accumulated_gradients}
        untouched |= {id(self._iterations), id(self._learning_rate)}
        moved = [v for v in [*self.variables, *variables] if id(v) not in untouched]
        before = [tf.convert_to_tensor(v) for v in moved]
        self._update([total / steps for total in totals], variables)
        for variable, old in zip(moved, before, strict=True):
            variable.assign(tf.where(due, tf.convert_to_tensor(variable), old))
        for total, slot in zip(totals, sums, strict=True):
            slot.assign(tf.where(due, tf.zeros_like(total), total))

    def _average(self):
        self._update_model_variables_moving_average(self._trainable_variables)
        every = self.ema_overwrite_frequency
        if not every:
            return
        due = tf.equal((tf.convert_to_tensor(self.iterations) + 1) % every, 0)
        for variable, average in zip(
            self._trainable_variables, self._model_variables_moving_average, strict=True
        ):
            variable.assign(
                tf.where(
                    due, tf.convert_to_tensor(average), tf.convert_to_tensor(variable)
                )
            )


for _name in RESTORED:
    setattr(Functional, _name, getattr(BASE, _name))


def state_kind(cls, variables):
    """A text that is equal for optimisers that can go on from each other's state.

    Parameters
    ----------
    cls : type
        The optimiser's class.
    variables : list of keras.Variable
        The optimiser's variables. The end of a name, such as ``..._momentum``, says
        what the variable holds.
    """
    package = cls.__module__.split(".")[0]
    of_keras = package == "keras"  # the modules of its classes may move
    kinds = dict.fromkeys(variable.name.rsplit("_", 1)[-1] for variable in variables)
    return " ".join([package if of_keras else cls.__module__, cls.__qualname__, *kinds])


@functools.cache
def _functional_class(cls):
    return type(cls.__name__, (cls, Functional), {})


class OptimizerSpec:
    """An optimiser without its learning rate, which each fit passes as data.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
    job : TrainingJob, default=None
        The setting "auto" depends on the job.

    Attributes
    ----------
    key : hashable
        Equal for optimisers that share compiled programs.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule
        The optimiser's own.
    type : type
    supported : bool
        Whether the compiled engine can run it.
    decay_scale : float
        Multiplies the weight decay. Each fit passes it as data, too.
    """

    def __init__(self, optimizer, job=None):
        own_rate, self.decay_scale = None, 1.0
        if optimizer == "auto":
            optimizer = _default()
            own_rate = _default_rate(job)
            self.decay_scale = _weight_decay(job, own_rate)
        elif isinstance(optimizer, str):
            optimizer = _named(optimizer)
        check_described(optimizer)
        _refuse_rate_of_many(optimizer, job)
        self._optimizer = optimizer
        self.learning_rate = own_rate or _own_rate(innermost(optimizer))
        self._undecayed = names_without_decay(optimizer)
        self._config = optimizer.get_config()
        self._config.pop("learning_rate", None)
        self.type = type(optimizer)
        self.supported = not isinstance(optimizer, UNSUPPORTED)
        self.key = identity(self._parts())

    def _parts(self):
        """All that determines the optimiser's steps, except for the learning rate."""
        config = {k: v for k, v in self._config.items() if k != "name"}
        return type(self._optimizer), config, self._undecayed

    def functional(self):
        """A new optimiser with ``stateless_apply`` and a constant rate."""
        return self._new(_functional_class(type(self._optimizer)), 0.001)

    def keras(self, learning_rate):
        """A new optimiser for ``keras.Model.fit``."""
        if isinstance(self._optimizer, _MULTI_OPTIMIZER):
            return made_anew(self._optimizer)
        if isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer):
            inner = OptimizerSpec(self._optimizer.inner_optimizer).keras(learning_rate)
            return type(self._optimizer)(**{**self._config, "inner_optimizer": inner})
        optimizer = self._new(type(self._optimizer), learning_rate)
        if self.decay_scale != 1:
            optimizer.weight_decay *= self.decay_scale
        return optimizer

    def _new(self, cls, learning_rate):
        optimizer = cls.from_config({**self._config, "learning_rate": learning_rate})
        # The configuration does not contain these names.
        exclude_names(optimizer, self._undecayed)
        return optimizer


def innermost(optimizer):
    """The optimiser that takes the steps: that inside of a ``LossScaleOptimizer``."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _refuse_rate_of_many(optimizer, job):
    many = isinstance(optimizer, _MULTI_OPTIMIZER)
    if many and job is not None and job.learning_rate is not None:
        raise ValueError(
            "MultiOptimizer has learning rates of its own. Received learning_rate="
            f"{job.learning_rate}. Set learning_rate=None and give the rates to its "
            "optimizers."
        )


@functools.cache
def _default():
    # The job's `decay_scale` multiplies the weight decay of one.
    return keras.optimizers.AdamW(_RATE, weight_decay=1.0, beta_2=0.99)


def _default_rate(job):
    """The rate of "auto": narrow and shallow networks need larger steps. Measured."""
    spec = job.spec
    if spec.fine_tunes:
        return _FINE_TUNING_RATE
    depth, widths = len(spec.widths), spec.widths
    if depth == 0:
        return 0.05
    rate = min(0.05, _RATE * 2 / depth * math.sqrt(128 / max(widths)))
    return rate * _few_steps_factor(job) if spec.only_averages else rate


def _few_steps_factor(job):
    """The factor of the learning rate for networks that average token vectors.

    A step moves only the vectors of tokens that occur in its batch. So where steps are
    few, they must be larger. Measured on sets of 120 to 16,000 texts.
    """
    if job.planned_epochs is None:
        return 1.0
    n_steps = job.steps_per_epoch * job.planned_epochs
    return min(_MOST_FEW_STEPS_FACTOR, max(1.0, math.sqrt(_ENOUGH_STEPS / n_steps)))


def _weight_decay(job, own_rate):
    """The weight decay of "auto", with the same total effect in short and long fits.

    It is proportional to one over the number of steps (Wang and Aitchison, 2024,
    https://arxiv.org/abs/2405.13698). A larger learning rate does not increase the
    decay of a step.
    """
    rate = own_rate if job.learning_rate is None else job.learning_rate
    if callable(job.schedule):
        rate = job.schedule
    rate = float(rate(0)) if callable(rate) else rate
    decay = _PARTIAL_DECAY
    if job.planned_epochs is not None:
        # The mean rate of a cosine schedule is half of the first rate.
        mean_rate = _RATE / 2 if job.schedule else _RATE
        n_steps = job.steps_per_epoch * job.planned_epochs
        decay = min(_MOST_DECAY, _WHOLE_DECAY / (n_steps * mean_rate))
    return decay * _RATE / max(rate, _RATE)


@functools.cache
def _named(name):
    # keras.optimizers.get does not know Lamb.
    names = {attribute.lower(): attribute for attribute in dir(keras.optimizers)}
    if name.lower() not in names:
        raise ValueError(
            f"Keras {keras.__version__} has no optimizer {name!r}, which newer ones "
            "have. Upgrade Keras, or set another optimizer."
        )
    return getattr(keras.optimizers, names[name.lower()])()


def _own_rate(optimizer):
    rate = getattr(optimizer, "_learning_rate", None)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return rate
    try:
        return float(optimizer.learning_rate)
    except (AttributeError, TypeError, ValueError):
        return 0.001

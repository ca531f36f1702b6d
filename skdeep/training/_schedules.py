"""Learning rates as arrays with a number per step: a new rate compiles nothing."""

import keras
import numpy as np
import tensorflow as tf

_ELEMENTWISE = (
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PolynomialDecay",
)
_SINGLE = np.finfo(np.float32)
# The named schedules, and their arguments where Keras has no default.
_NAMED = {
    "cosine_decay": ("CosineDecay", {}),
    "exponential_decay": ("ExponentialDecay", {"decay_rate": 0.01}),
    "inverse_time_decay": ("InverseTimeDecay", {"decay_rate": 9.0}),
    "polynomial_decay": ("PolynomialDecay", {"end_learning_rate": 0.0}),
}


class LearningRates:
    """The learning rate of every step.

    Parameters
    ----------
    rate : float or LearningRateSchedule
    schedule : str, LearningRateSchedule or None
        A named schedule reaches its end after ``total_steps``. None keeps ``rate``.
    total_steps : int
    start : int, default=0
        Steps that the optimiser has taken in earlier fits. Schedule objects go on from
        there, named schedules begin anew.
    """

    @classmethod
    def of_job(cls, job, optimizer, start=0):
        """The learning rates of a :class:`TrainingJob`."""
        rate = job.learning_rate
        if rate is None:
            rate = optimizer.learning_rate
        total_steps = job.steps_per_epoch * job.epochs
        return cls(rate, job.schedule, total_steps, start)

    def __init__(self, rate, schedule, total_steps, start=0):
        self._start = 0 if isinstance(schedule, str) else start
        if isinstance(schedule, str):
            name, options = _NAMED[schedule]
            cls = getattr(keras.optimizers.schedules, name)
            schedule = cls(self._first(rate), max(1, total_steps), **options)
        self._schedule = schedule if schedule is not None else rate
        self._call = None
        if self.constant:
            _check_single(self._schedule)

    @staticmethod
    def _first(rate):
        return float(rate(0)) if callable(rate) else rate

    @property
    def constant(self):
        return not callable(self._schedule)

    def override(self, rate):
        """Go on with ``rate``, a number or a schedule that a callback has set."""
        self._schedule = rate if callable(rate) else float(rate)
        self._call = None  # it belonged to the schedule before

    def of(self, first, count):
        """Rates of the steps ``first`` to ``first + count``, shape (count,)."""
        if self.constant:
            return np.full(count, self._schedule, dtype=np.float32)
        steps = np.arange(count, dtype=np.int64) + first + self._start
        return self._of_schedule(steps)

    def _of_schedule(self, steps):
        if self._call is None:
            self._call = _for_many_steps(self._schedule)
        return np.asarray(self._call(steps), dtype=np.float32)


def _check_single(rate):
    """Refuse a rate that single precision turns into infinity or zero."""
    size, least = abs(float(rate)), float(_SINGLE.smallest_subnormal)
    if not size <= float(_SINGLE.max) or 0 < size < least:
        raise ValueError(
            "learning_rate must be a number that single precision holds, from "
            f"{least:.2g} to {_SINGLE.max:.2g}. Received {rate!r}. Pass one like 0.001."
        )


def _for_many_steps(schedule):
    """``schedule`` as a function of an array of steps, traced once at most."""
    schedules = keras.optimizers.schedules
    plain = type(schedule) in {getattr(schedules, name) for name in _ELEMENTWISE}
    if plain and not getattr(schedule, "warmup_steps", 0):
        return lambda steps: schedule(tf.constant(steps))

    def one(step):
        return tf.cast(schedule(step), tf.float32)

    # Without AutoGraph, which would write files, a Python "if" in a user's schedule
    # cannot be traced. Then it is called once per step.
    steps = tf.TensorSpec([None], tf.int64)
    try:
        return tf.function(
            lambda steps: tf.map_fn(one, steps, fn_output_signature=tf.float32),
            autograph=False,
        ).get_concrete_function(steps)
    except Exception:  # an error of the user's schedule will be raised again
        return lambda steps: [one(step) for step in tf.constant(steps)]

"""Keeps the learning rate that callbacks see up to date."""

import keras

from skdeep.training._optimizers import innermost


class RateKeeper:
    """Sets the learning rate of optimisers to the engine's, and notices assignments.

    If a callback assigns a rate, be it the same, training goes on with that rate.

    Parameters
    ----------
    rates : LearningRates
        The engine's learning rates.
    steps_per_epoch : int
    """

    def __init__(self, rates, steps_per_epoch):
        self._rates = rates
        self._n_ahead = steps_per_epoch
        self._first, self._ahead = 0, ()
        self._kept = []

    def watch(self, optimizer):
        """Keep the rate of ``optimizer``, too.

        An optimiser with a schedule of its own or with several rates
        (``MultiOptimizer``) stays as it is.
        """
        optimizer = innermost(optimizer)
        if any(optimizer is kept.optimizer for kept in self._kept):
            return
        if isinstance(getattr(optimizer, "learning_rate", None), keras.Variable):
            self._kept.append(_KeptOptimizer(optimizer))

    def set_rate_after(self, n_steps):
        """Set the rate of the next step, after ``n_steps`` steps of this fit."""
        if not self._kept:
            return
        if not self._first <= n_steps < self._first + len(self._ahead):
            self._first = n_steps
            self._ahead = self._rates.of(n_steps, self._n_ahead)
        for kept in self._kept:
            kept.set_rate(float(self._ahead[n_steps - self._first]))

    def adopt_assigned(self):
        """Go on with the rate that a callback has assigned, if any."""
        for kept in self._kept:
            rate = kept.assigned()
            if rate is not None:
                self._rates.override(rate)
                self._ahead = ()

    def release(self):
        """Give the optimisers' learning rates their own ``assign`` back."""
        for kept in self._kept:
            del kept.variable.assign


class _KeptOptimizer:
    """One optimiser whose rate is kept."""

    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.variable = optimizer.learning_rate
        self._assign = self.variable.assign
        # Replaces the method, because an assignment of the same value changes nothing
        # that could be noticed afterwards.
        self.variable.assign = self._note_assignment
        self._last_set, self._was_assigned = None, False

    def _note_assignment(self, value):
        self._was_assigned = True
        return self._assign(value)

    def set_rate(self, rate):
        if rate != self._last_set:
            self._assign(rate)
            self._last_set = rate
        self._was_assigned = False

    def assigned(self):
        """The rate or schedule assigned since :meth:`set_rate`, or None."""
        given = self.optimizer._learning_rate
        if given is not self.variable:  # a schedule in place of a rate
            self.optimizer._learning_rate = self.variable
            return given
        if not self._was_assigned and float(self.variable) == self._last_set:
            return None
        self._last_set = None
        return float(self.variable)

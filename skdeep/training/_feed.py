"""The rows of the next steps, gathered for the compiled engine."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skdeep.networks._traced import shared
from skdeep.training._program import Chunk


class Plan(NamedTuple):
    """The batches of some epochs; the first axis is the step.

    Attributes
    ----------
    order : ndarray of shape (n_steps, batch_size)
        Indices of rows. The last batch of an epoch is filled up with some row.
    weight : ndarray of shape (n_steps, batch_size)
        As in :class:`Chunk`.
    rows : ndarray of shape (n_steps,)
        The number of rows of each batch, without those that fill it up.
    rates : ndarray of shape (n_steps,)
        Learning rates.
    """

    order: np.ndarray
    weight: np.ndarray
    rows: np.ndarray
    rates: np.ndarray


class Feed:
    """Gathers the rows of the next batches into buffers of a fixed size."""

    def __init__(self, job, program, decay_scale):
        self.job = job
        steps, batch = job.steps_per_epoch, job.batch_size
        self.rows = np.full(steps, batch, dtype=np.int32)
        self.rows[-1] = len(job.train) - (steps - 1) * batch
        dtype = job.spec.array_dtype
        self.scaling = (
            tf.constant(job.outputs.mean, dtype),
            tf.constant(job.outputs.scale, dtype),
        )
        self.decay_scale = tf.constant(decay_scale, tf.float32)
        self.size = program.chunk_steps(steps * job.epochs, batch * job.train.width)
        self._divide = not program.loss_is_sum
        self._reused = None

    def plan(self, orders, rates, first):
        """The batches of the epochs ``orders``, whose first step is ``first``."""
        steps, batch = len(self.rows), self.job.batch_size
        order = np.zeros((len(orders), steps * batch), dtype=np.intp)
        for row, permutation in zip(order, orders, strict=True):
            row[: len(permutation)] = permutation
        order = order.reshape(-1, batch)
        rows = np.tile(self.rows, len(orders))
        weight = self.job.train.weight[order]
        weight[np.arange(batch) >= rows[:, None]] = 0
        if self._divide:
            weight /= rows[:, None]
        return Plan(order, weight, rows, rates.of(first, len(order)))

    def chunk(self, plan, start):
        """The batches of ``plan`` from the step ``start`` on, as a :class:`Chunk`."""
        if self._reused is None:
            self._reused = self.buffers(self.size)
        order, weight, rows, rates = (p[start : start + self.size] for p in plan)
        (X, Y), count = self._reused, len(order)
        self.job.train.gather(order, X[:count], Y[:count])
        if self.job.path == "xla":
            # Compiled code needs fixed shapes. It ignores steps from n_steps on.
            missing = len(X) - count
            weight = np.pad(weight, ((0, missing), (0, 0)))
            rows, rates = np.pad(rows, (0, missing)), np.pad(rates, (0, missing))
        else:
            X, Y = X[:count], Y[:count]
        parts = [tf.constant(part) for part in (weight, rows, rates, count)]
        X, Y = shared(X), shared(Y)
        return Chunk(X, Y, *parts, *self.scaling, self.decay_scale)

    def buffers(self, *leading):
        """Empty arrays for samples and targets; ``leading`` axes precede the batch."""
        job = self.job
        return job.train.buffers(*leading, job.batch_size, dtypes=job.spec.row_dtypes)

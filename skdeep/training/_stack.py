"""Stacked tensors of members that are trained together; the first axis is theirs."""

import numpy as np
import tensorflow as tf

from skdeep.training._epochs import room_for, write_validation

# Larger validation data are not stacked.
_EVALUATION_BYTES = 16 * 2**20


class Stack:
    """States and metric variables of the members of one call.

    Parameters
    ----------
    values : tuple
        Nested tensors whose first axis is the member.
    """

    def __init__(self, values):
        self.values = values
        self._rows = None

    def __len__(self):
        return len(tf.nest.flatten(self.values)[0])

    def row(self, number):
        """One member's state and metric variables."""
        if self._rows is None:
            # The rows of all members are taken in one call, because a call takes longer
            # than the copy.
            self._rows = [tf.unstack(part) for part in tf.nest.flatten(self.values)]
        parts = [part[number] for part in self._rows]
        return tf.nest.pack_sequence_as(self.values, parts)


def stacked_constants(members):
    """The members' constants, stacked: a tensor for each constant."""
    return [tf.stack(parts) for parts in zip(*members, strict=True)]


def may_be_stacked(members):
    """Whether the validation data of all members are small enough to be stacked."""
    rows = [member.run.job.validation for member in members]
    size = len(rows) * max(map(len, rows)) * rows[0].width
    itemsize = np.dtype(members[0].run.job.spec.array_dtype).itemsize
    return size * itemsize <= _EVALUATION_BYTES


def validation_batch(members):
    """Stacked validation samples, targets, weights, and means and scales of targets."""
    job = members[0].run.job
    longest = max(len(member.run.job.validation) for member in members)
    longest = room_for(longest, job)
    dtypes = job.spec.row_dtypes
    X, Y = job.validation.buffers(len(members), longest, dtypes=dtypes)
    weight = np.zeros((len(members), longest), Y.dtype)
    for row, member in enumerate(members):
        write_validation(member.run.job.validation, X[row], Y[row], weight[row])
    parts = [tf.constant(part) for part in (X, Y, weight)]
    return [*parts, *stacked_constants(m.run.feed.scaling for m in members)]

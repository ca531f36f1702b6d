"""Several epochs in one call, each with its metrics and its evaluation.

Between the epochs of a call nothing comes back to Python, whose calls would take longer
than the epochs of a small network.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skdeep.networks._layers import lowering
from skdeep.networks._traced import Compiled, shared, traced
from skdeep.training._program import Chunk

# The largest number of epochs in a call. If early stopping ends the training within a
# call, its epochs after the best one were in vain, and its epochs up to the best one
# are trained a second time.
_MOST_EPOCHS = 16
_MOST_WITH_PATIENCE = 8
# The most bytes of a call's batches, and the most values of the validation data, for
# several epochs in a call. Epochs on more data take so long that the time of a call
# does not matter.
_MOST_BYTES = 4 * 2**20
_MOST_VALUES = 2**20
# The sizes of a call are rounded up to these multiples. So the folds of a
# cross-validation, which differ by a row, share compiled code.
_STEPS_MULTIPLE = 8
_ROWS_MULTIPLE = 32


class EpochsTaken(NamedTuple):
    """The result of a call of :class:`EpochsProgram`.

    Attributes
    ----------
    state : State
        After the last epoch.
    losses : ndarray of shape (n_epochs, n_steps)
    metrics : list of list
        For each epoch what :meth:`Program.read` gives.
    evaluations : list of tuple
        For each epoch the sum of validation losses, the penalty, and what
        :meth:`Program.read` gives. None without validation data.
    """

    state: object
    losses: np.ndarray
    metrics: list
    evaluations: list | None = None


class EpochsProgram:
    """Several epochs of a :class:`Program`.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program):
        self._program = program
        self._compiled = Compiled(self._run_lowered)
        state, metrics, chunk = program.signature
        self._signature = state, metrics, signature_by_epoch(chunk)
        self._validation = program.evaluation_signature[2:5]
        self._traced = {
            (path, validates): self._graph(path, validates)
            for path in ("plain", "graph")
            for validates in (True, False)
        }
        self.compiled = False

    def __len__(self):
        return 1 + len(self._compiled)

    def run(self, state, chunk, validation, *, path):
        """Train the epochs of ``chunk``.

        Parameters
        ----------
        state : State
        chunk : Chunk
            The first axis of the first five fields is the epoch, the second the step.
            ``n_steps`` holds the number of epochs and the number of steps of an epoch.
        validation : list of Tensor
            Samples, targets and weights; empty without validation data.
        path : {"plain", "graph", "xla"}
            See :attr:`TrainingJob.path`.

        Returns
        -------
        EpochsTaken
        """
        program = self._program
        arguments = state, program.metric_state(), chunk, validation
        self.compiled |= path == "xla"
        if path == "xla":
            shapes = *chunk.shape, *(tuple(part.shape) for part in validation)
            results = self._compiled(shapes, *arguments)
        else:
            results = self._traced[path, bool(validation)](*arguments)
        return _taken(results, *chunk.n_steps.numpy())

    def _graph(self, path, validates):
        """The graph, which is made at its first use."""
        run = self._run if path == "plain" else self._run_graph
        parts = self._validation if validates else []
        return traced(run, signature=[*self._signature, parts])

    def _run_graph(self, *arguments):
        return self._run(*arguments, update=self._program.compiled_update)

    def _run_lowered(self, *arguments):
        with lowering():
            return self._run(*arguments)

    def _run(self, state, start, chunk, validation, update=None):
        n_epochs, n_steps = tf.unstack(chunk.n_steps)
        mean, scale, _ = chunk.per_fit

        def one_epoch(number, state):
            batches = [part[number] for part in chunk.per_step]
            epoch = Chunk(*batches, n_steps, *chunk.per_fit)
            state, metrics, losses = self._program.steps(state, start, epoch, update)
            results = [losses, read(metrics)]
            if validation:
                *sums, metrics = self._program.evaluation(
                    state, start, *validation, mean, scale
                )
                results += [*sums, read(metrics)]
            return state, results

        read = self._program.read
        zero = tf.zeros([], self._program.spec.array_dtype)
        results = [tf.zeros_like(chunk.rates[0], zero.dtype), read(start)]
        if validation:
            results += [zero, zero, read(start)]
        return in_epochs(one_epoch, state, results, n_epochs, tf.shape(chunk.rates)[0])


def in_epochs(one_epoch, state, results, n_epochs, size):
    """The graph of a loop over epochs.

    Parameters
    ----------
    one_epoch : callable
        Takes the number of the epoch and the state. Returns the next state, and results
        like ``results``.
    state : State
    results : nest of Tensor
        Tensors of the shapes and dtypes of the results.
    n_epochs, size : Tensor
        Epochs to run, and epochs for which the results have room.

    Returns
    -------
    state : State
    results : nest of Tensor
        With an axis of ``size`` epochs in front.
    """
    arrays = [
        tf.TensorArray(part.dtype, size, element_shape=part.shape)
        for part in tf.nest.flatten(results)
    ]

    def body(number, state, arrays):
        state, found = one_epoch(number, state)
        written = zip(arrays, tf.nest.flatten(found), strict=True)
        return number + 1, state, [array.write(number, part) for array, part in written]

    _, state, arrays = tf.while_loop(
        lambda number, *_: number < n_epochs, body, (tf.constant(0), state, arrays)
    )
    stacked = [array.stack() for array in arrays]
    return state, tf.nest.pack_sequence_as(results, stacked)


def _taken(results, n_epochs, n_steps):
    """The results of a call, cut to the epochs and steps that were trained."""
    state, (losses, metrics, *evaluations) = results
    per_epoch = [by_epoch(metrics, n_epochs)]
    if evaluations:
        *sums, variables = evaluations
        sums = [np.asarray(part)[:n_epochs] for part in sums]
        per_epoch.append(zip(*sums, by_epoch(variables, n_epochs), strict=True))
    losses = np.asarray(losses)[:n_epochs, :n_steps]
    return EpochsTaken(state, losses, *map(list, per_epoch))


def split_members(states, results, counts):
    """The results of a :class:`FusedEpochs`, as an :class:`EpochsTaken` per member.

    Parameters
    ----------
    states : Stack
    results : list
    counts : ndarray of shape (n_members, 2)
        Epochs and steps of each member.
    """
    arrays = tf.nest.map_structure(lambda part: part.numpy(), results)
    losses, *others = arrays
    return [
        _taken(
            (
                states.row(row),
                [
                    losses[..., row],
                    *tf.nest.map_structure(lambda part, row=row: part[:, row], others),
                ],
            ),
            *count,
        )
        for row, count in enumerate(counts)
    ]


def by_epoch(metrics, n_epochs):
    """What :meth:`Program.read` gives for each epoch."""
    arrays = [[np.asarray(part) for part in variables] for variables in metrics]
    return [
        [[part[epoch] for part in variables] for variables in arrays]
        for epoch in range(n_epochs)
    ]


def signature_by_epoch(chunk):
    """A :class:`Chunk` of TensorSpecs with an axis of epochs in front."""
    parts = [tf.TensorSpec([None, *spec.shape], spec.dtype) for spec in chunk.per_step]
    return Chunk(*parts, tf.TensorSpec([2], "int32"), *chunk.per_fit)


def room_for(n_rows, job):
    """The number of validation rows in a call, with rows that fill it up.

    Metrics may count rows of weight zero, so with metrics no rows fill it up.
    """
    if job.path != "xla" or job.metrics:
        return n_rows
    return -(-n_rows // _ROWS_MULTIPLE) * _ROWS_MULTIPLE


def write_validation(rows, X, Y, weight):
    """Write validation rows into arrays; more rows get the weight zero."""
    # Copies of the first row fill the arrays up.
    order = np.zeros(len(X), np.intp)
    order[: len(rows)] = np.arange(len(rows))
    rows.gather(order, X, Y)
    weight[: len(rows)] = rows.weight


def empty_parts(shape, batch, dtype):
    """Arrays for weights, numbers of rows and rates, with the axes ``shape``."""
    return (
        np.zeros((*shape, batch), dtype),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.float32),
    )


class EpochsFeed:
    """Makes the arguments of the calls for one run.

    Parameters
    ----------
    job : TrainingJob
    feed : Feed
    """

    def __init__(self, job, feed):
        self._job, self._feed = job, feed
        self._reused = self._evaluated = None
        steps = job.steps_per_epoch
        self._steps = -(-steps // _STEPS_MULTIPLE) * _STEPS_MULTIPLE
        self.n_epochs = self._epochs_of_a_call() if self._suits() else 1

    def _suits(self):
        """Whether nothing but training and evaluation happens between epochs."""
        job, rows = self._job, self._job.validation
        if not job.watched or job.hooks or job.keras_callbacks:
            return False
        if rows is None:
            return True
        most = min(job.spec.execution.rows_at_once, _MOST_VALUES // rows.width)
        return len(rows) <= most

    def _epochs_of_a_call(self):
        job = self._job
        most = _MOST_EPOCHS
        if job.stopping is not None and job.stopping.patience is not None:
            most = min(_MOST_WITH_PATIENCE, job.stopping.patience)
        values = self._steps * job.batch_size * job.train.width
        n_bytes = values * np.dtype(job.spec.input_dtype).itemsize
        most = min(most, _MOST_BYTES // n_bytes, job.epochs)
        return 2 ** (max(1, most).bit_length() - 1)

    @property
    def shape(self):
        """Epochs and steps for which a call has room."""
        return self.n_epochs, self._steps

    def chunk(self, plan):
        """The batches of ``plan``, a :class:`Plan` of whole epochs, for a call."""
        if self._reused is None:
            self._reused = self._feed.buffers(*self.shape)
        batch, dtype = self._job.batch_size, plan.weight.dtype
        parts = empty_parts(self.shape, batch, dtype)
        size = self.fill(plan, *self._reused, *parts)
        X, Y = map(shared, self._reused)
        parts = [tf.constant(part) for part in (*parts, np.array(size, np.int32))]
        return Chunk(X, Y, *parts, *self._feed.scaling, self._feed.decay_scale)

    def fill(self, plan, X, Y, *parts):
        """Write the batches of ``plan`` into arrays; returns its epochs and steps."""
        steps = self._job.steps_per_epoch
        n_epochs = len(plan.order) // steps
        order = plan.order.reshape(n_epochs, steps, -1)
        for epoch, rows in enumerate(order):
            self._job.train.gather(rows, X[epoch, :steps], Y[epoch, :steps])
        for array, part in zip(parts, plan[1:], strict=True):
            array[:n_epochs, :steps] = part.reshape(n_epochs, steps, *part.shape[1:])
        return n_epochs, steps

    def validation(self):
        """Validation samples, targets and weights, filled up by rows of weight zero."""
        rows = self._job.validation
        if rows is None:
            return []
        if self._evaluated is None:
            size = room_for(len(rows), self._job)
            X, Y = rows.buffers(size, dtypes=self._job.spec.row_dtypes)
            weight = np.zeros(size, Y.dtype)
            write_validation(rows, X, Y, weight)
            self._evaluated = [tf.constant(part) for part in (X, Y, weight)]
        return self._evaluated

"""The compiled engine: epochs, validation, early stopping."""

import numpy as np
import tensorflow as tf

from skdeep.networks import Weights
from skdeep.training._divergence import is_sound
from skdeep.training._history import History
from skdeep.training._job import Outcome
from skdeep.training._program import Chunk, program_for
from skdeep.training._schedules import LearningRates
from skdeep.training._stopping import EarlyStopping

_EVALUATION_ROWS = 8192
# Bounds of what one uninterrupted stretch of epochs holds and takes.
_ORDER_ROWS = 1_000_000
_ORDER_STEPS = 4096


def train_compiled(job, optimizer):
    """Train one network.

    Parameters
    ----------
    job : TrainingJob
    optimizer : OptimizerSpec

    Returns
    -------
    Outcome
    """
    run = _Run(job, optimizer)
    interrupted = False
    try:
        run.epochs()
    except KeyboardInterrupt:
        if not run.history:
            raise
        interrupted = True
    finally:
        run.close()
    return run.outcome(interrupted)


class _Run:
    def __init__(self, job, optimizer):
        self.job = job
        self.program = program_for(job.spec, job.head, optimizer, job.metrics)
        self.history = History()
        self.state = self._first_state()
        self.done = job.resume.n_steps if job.resume else 0
        total_steps = job.steps_per_epoch * job.epochs
        rate = (
            optimizer.learning_rate if job.learning_rate is None else job.learning_rate
        )
        self.rates = LearningRates(
            rate, job.learning_rate_schedule, total_steps, self.done
        )
        self.stopping = EarlyStopping(job.patience) if job.patience else None
        self.feed = _Feed(job, self.program)
        self.diverged_at = None
        self.callbacks = None
        if job.keras_callbacks:
            from skdeep.training._callbacks import KerasCallbacks

            self.callbacks = KerasCallbacks(job, optimizer, self.rates, self.weights)

    def _first_state(self):
        job = self.job
        state = self.program.initial_state(job.initial_seeds, job.inputs, job.resume)
        if job.resume is None or job.resume.optimizer is None:
            return state
        slots = [tf.convert_to_tensor(v) for v in job.resume.optimizer]
        if [v.shape for v in slots] != [v.shape for v in state.optimizer]:
            raise ValueError(
                f"optimizer={job.optimizer!r} cannot go on from the state of another "
                "optimiser. Keep the optimiser, or call fit with warm_start=False."
            )
        return state._replace(optimizer=slots)

    def epochs(self):
        if not self.job.watched:
            self._quiet_epochs()
            return
        for epoch in range(self.job.epochs):
            if self._begin(epoch):
                break
            record = self._one_epoch(epoch)
            if record is None:
                self.diverged_at = epoch + 1
                break
            self.history.append(record)
            if self._end(epoch, record):
                break

    def _quiet_epochs(self):
        """Many epochs a call: nobody looks between them."""
        job = self.job
        by_rows = _ORDER_ROWS // len(job.train)
        at_once = max(1, min(by_rows, _ORDER_STEPS // job.steps_per_epoch))
        epoch = 0
        while epoch < job.epochs and self.diverged_at is None:
            last = min(epoch + at_once, job.epochs)
            orders = [job.order(number) for number in range(epoch, last)]
            before = self.state
            losses = self._train(orders)
            finite = self._finite_epochs(losses)
            while finite and (finite < len(losses) or not self._sound()):
                # The steps are deterministic: do the sound epochs once more.
                finite = min(finite, len(losses) - 1)
                self.state = before
                losses = self._train(orders[:finite]) if finite else losses[:0]
            if finite < len(orders):
                self.state = before if finite == 0 else self.state
                self.diverged_at = epoch + finite + 1
            for loss in losses[:finite]:
                self.history.append({"loss": float(loss)})
            epoch += finite
            self.done += finite * job.steps_per_epoch

    def _one_epoch(self, epoch):
        before = self.state
        metrics = self.program.metric_state()
        losses, metrics = self._train([self.job.order(epoch)], metrics)
        if not self._finite_epochs(losses) or not self._sound():
            self.state = before
            return None
        self.done += self.job.steps_per_epoch
        record = {"loss": float(losses[0]), **self.program.metric_results(metrics)}
        if self.job.validation is not None:
            record |= self._validate()
        return record

    def _train(self, orders, metrics=None):
        """Mean loss per epoch; with metric variables, those too."""
        state, losses = self.state, []
        variables = metrics or []
        first = len(self.history) * self.job.steps_per_epoch
        for chunk in self.feed.chunks(orders, self.rates, first):
            state, variables, chunk_losses = self.program.run(
                state, variables, chunk, short=self.job.short
            )
            losses.append(chunk_losses.numpy()[: int(chunk.n_steps)])
        self.state = state
        losses = np.concatenate(losses).reshape(len(orders), -1)
        means = np.average(losses, axis=1, weights=self.feed.rows)
        return means if metrics is None else (means, variables)

    def _finite_epochs(self, losses):
        """How many epochs came before the first whose loss is not finite."""
        finite = np.isfinite(losses)
        return len(losses) if finite.all() else int(finite.argmin())

    def _sound(self):
        return is_sound(self.job, self.weights())

    def _validate(self):
        program, rows = self.program, self.job.validation
        variables, total = program.metric_state(), 0.0
        penalty = 0.0
        scaling = self.feed.scaling
        for X, Y, weight in rows.chunks(_EVALUATION_ROWS):
            loss, penalty, variables = program.evaluate(
                self.state, variables, X, Y, weight, *scaling
            )
            total += float(loss)
        record = {"val_loss": total / float(rows.weight.sum()) + float(penalty)}
        return record | program.metric_results(variables, prefix="val_")

    def _begin(self, epoch):
        stop = any([hook.epoch_begin(epoch) for hook in self.job.hooks])
        if self.callbacks is not None:
            stop |= self.callbacks.epoch_begin(epoch)
        return stop

    def _end(self, epoch, record):
        stop = False
        if self.stopping is not None:
            stop = self.stopping.update(record["val_loss"], self.state)
        if self.callbacks is not None:
            stop |= self.callbacks.epoch_end(epoch, record)
        for hook in self.job.hooks:
            stop |= bool(hook.epoch_end(epoch, record, self.weights))
        return stop

    def weights(self):
        """The current weights as NumPy arrays."""
        state = self.program.finalize(self.state)
        return Weights(*[[v.numpy() for v in part] for part in state], self.done)

    def close(self):
        if self.callbacks is not None:
            self.callbacks.close()

    def outcome(self, interrupted):
        if self.stopping is not None and self.stopping.best_state is not None:
            self.state = self.stopping.best_state
        return Outcome(
            self.weights(),
            self.history.records,
            self.history.best_epoch,
            self.diverged_at,
            interrupted,
        )


class _Feed:
    """Gathers the rows of the next batches into buffers of a fixed size."""

    def __init__(self, job, program):
        self.job = job
        steps, batch = job.steps_per_epoch, job.batch_size
        self.rows = np.full(steps, batch, dtype=np.int32)
        self.rows[-1] = len(job.train) - (steps - 1) * batch
        dtype = job.spec.dtype
        self.scaling = (
            tf.constant(job.outputs.mean, dtype),
            tf.constant(job.outputs.scale, dtype),
        )
        shape_X, shape_Y = job.train.X.shape[1:], job.train.Y.shape[1:]
        width = int(np.prod(shape_X) + np.prod(shape_Y))
        size = program.chunk_steps(steps * job.epochs, batch, width)
        self._X = np.empty((size, batch, *shape_X), dtype)
        self._Y = np.empty((size, batch, *shape_Y), dtype)
        self._divide = not program.sums

    def chunks(self, orders, rates, first):
        """Yield the batches of the epochs ``orders`` as :class:`Chunk`."""
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
        all_rates = rates.of(first, len(order))
        for start in range(0, len(order), len(self._X)):
            piece = slice(start, start + len(self._X))
            yield self._chunk(
                order[piece], weight[piece], rows[piece], all_rates[piece]
            )

    def _chunk(self, order, weight, rows, rates):
        count = len(order)
        X, Y = self._X[:count], self._Y[:count]
        self.job.train.gather(order, X, Y)
        if not self.job.short:
            # Compiled code has fixed shapes; what is behind n_steps is not read.
            X, Y = self._X, self._Y
            missing = len(X) - count
            weight = np.pad(weight, ((0, missing), (0, 0)))
            rows, rates = np.pad(rows, (0, missing)), np.pad(rates, (0, missing))
        parts = [tf.constant(part) for part in (X, Y, weight, rows, rates)]
        return Chunk(*parts, tf.constant(count), *self.scaling)

"""The compiled engine: epochs, validation, early stopping."""

import contextlib
import threading
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skdeep.networks import Weights
from skdeep.training._divergence import network_is_finite, weights_are_finite
from skdeep.training._epochs import EpochsFeed, EpochsProgram
from skdeep.training._feed import Feed, Plan
from skdeep.training._history import History
from skdeep.training._initial_values import State
from skdeep.training._job import Outcome
from skdeep.training._program import program_for
from skdeep.training._schedules import LearningRates
from skdeep.training._stopping import EarlyStopping

# The most rows and steps of a request for epochs between which no Python code runs.
_ORDER_ROWS = 1_000_000
_ORDER_STEPS = 4096


class TrainRequest(NamedTuple):
    """Asks for the steps of some epochs. The answer is a :class:`StepsTaken`.

    Attributes
    ----------
    orders : list of ndarray of shape (n_samples,)
        The order of the rows in each epoch.
    first : int
        The number of the first step.
    """

    orders: list
    first: int


class EpochsRequest(NamedTuple):
    """Asks for epochs, each with its evaluation. The answer is an :class:`EpochsTaken`.

    Attributes
    ----------
    orders : list of ndarray of shape (n_samples,)
    first : int
        The number of the first step.
    """

    orders: list
    first: int


class Snapshot(NamedTuple):
    """A state of training: ``state``, after which the epochs ``orders`` were trained.

    Attributes
    ----------
    state : State
    done : int
        Steps that the optimiser has taken.
    orders : list of ndarray of shape (n_samples,), default=()
        Epochs that have to be trained again, which gives the same weights as before.
    first : int, default=0
        The number of their first step.
    """

    state: State
    done: int
    orders: list = ()
    first: int = 0


class EvaluateRequest(NamedTuple):
    """Asks for an evaluation. The answer is a dict of validation loss and metrics."""


def train_compiled(job, optimizer, calling=contextlib.nullcontext):
    """Train one network.

    Parameters
    ----------
    job : TrainingJob
    optimizer : OptimizerSpec
    calling : callable
        Returns a context manager that is entered around callbacks.

    Returns
    -------
    Outcome
    """
    run = Run(job, optimizer, calling)
    try:
        requests, answer = run.requests(), None
        while (request := advance(requests, answer)) is not None:
            answer = perform(run, request)
    except KeyboardInterrupt:
        run.interrupt()
    finally:
        run.close()
    return run.outcome()


def advance(requests, answer):
    """Send an answer to a run; returns its next request, or None at its end."""
    try:
        return requests.send(answer)
    except StopIteration:
        return None


def perform(run, request):
    """Compute what ``run`` requests; returns the answer."""
    if isinstance(request, EvaluateRequest):
        return evaluate(run)
    if isinstance(request, EpochsRequest):
        return run_epochs(run, request)
    plan = run.plan(request)
    taken = StepsTaken(run.state, run.program.metric_state(), np.zeros(0, np.float32))
    rewind = EpochRewind(run, plan)
    try:
        while taken.n_steps < len(plan.order):
            after = take_steps(run, plan, taken)
            rewind.note_call(after.n_steps, lambda before=taken: before)
            taken = after
    except KeyboardInterrupt:
        return rewind.to_whole_epochs()
    return taken


_lock = threading.Lock()


def run_epochs(run, request):
    """Train and evaluate the epochs that are asked for, in one call."""
    program, feed = run.program, run.epochs_feed
    with _lock:
        if program.epochs is None:
            program.epochs = EpochsProgram(program)
    chunk = feed.chunk(run.plan(request))
    return program.epochs.run(run.state, chunk, feed.validation(), path=run.job.path)


class StepsTaken(NamedTuple):
    """State, metric variables and losses after the first steps of a plan."""

    state: State
    variables: list
    losses: np.ndarray

    @property
    def n_steps(self):
        return len(self.losses)


def take_steps(run, plan, taken, stop=None):
    """Call the program once: it takes the next steps of ``plan``, up to ``stop``."""
    chunk = run.feed.chunk(Plan(*(part[:stop] for part in plan)), taken.n_steps)
    state, variables, losses = run.program.run(
        taken.state, taken.variables, chunk, path=run.job.path
    )
    losses = losses.numpy()[: int(chunk.n_steps)]
    return StepsTaken(state, variables, np.concatenate([taken.losses, losses]))


class EpochRewind:
    """After an interruption, goes back to the end of the last whole epoch.

    A call may end in the middle of an epoch. Then its steps are taken once more, up to
    the end of the epoch before.
    """

    def __init__(self, run, plan):
        self._run, self._plan = run, plan
        self._last = 0, None

    def note_call(self, n_steps, before):
        """Note a call after which ``n_steps`` are taken.

        ``before`` returns the :class:`StepsTaken` from which the call started.
        """
        n_epochs = n_steps // self._run.job.steps_per_epoch
        if n_epochs > self._last[0]:
            self._last = n_epochs, before

    def to_whole_epochs(self):
        """The :class:`StepsTaken` of the whole epochs.

        Raises
        ------
        KeyboardInterrupt
            If not even one epoch is whole.
        """
        n_epochs, before = self._last
        if not n_epochs:
            raise KeyboardInterrupt
        self._run.interrupted, taken = True, before()
        stop = n_epochs * self._run.job.steps_per_epoch
        while taken.n_steps < stop:
            taken = take_steps(self._run, self._plan, taken, stop)
        return taken


def evaluate(run):
    """Loss and metrics on the validation data, by their names in the history."""
    program, rows = run.program, run.job.validation
    variables, total, penalty = program.metric_state(), 0.0, 0.0
    spec = run.job.spec
    for X, Y, weight in rows.chunks(
        spec.execution.rows_at_once, dtype=spec.input_dtype
    ):
        loss, penalty, variables = program.evaluate(
            run.state, variables, X, Y, weight, *run.feed.scaling
        )
        total += float(loss)
    metrics = program.metric_results(variables, prefix="val_")
    return validation_record(run, total, penalty, metrics)


def validation_record(run, total, penalty, metrics):
    """The record of an evaluation; ``total`` is the weighted sum of losses."""
    loss = total / float(run.job.validation.weight.sum()) + float(penalty)
    return {"val_loss": loss} | metrics


class Run:
    """One network in training.

    :meth:`requests` is a generator. It yields requests for steps and evaluations, and
    gets their results by ``send``. So the same code trains one network alone, and many
    networks whose steps are computed together.
    """

    def __init__(self, job, optimizer, calling=contextlib.nullcontext):
        self.job = job
        self._calling = calling
        self.program = program_for(job.spec, job.head, optimizer, job.metrics)
        self.history = History()
        self.stopping = None
        if job.stopping is not None:
            validated = job.validation is not None
            self.stopping = EarlyStopping(job.stopping, self.program.metrics, validated)
        self.state, self.done = self._first_state()
        self.rates = LearningRates.of_job(job, optimizer, self.done)
        self.feed = Feed(job, self.program, optimizer.decay_scale)
        self.epochs_feed = EpochsFeed(job, self.feed)
        self.diverged_at = None
        self.interrupted = False
        self._before_epoch = None
        self.callbacks, self._begun = None, False
        if job.keras_callbacks:
            from skdeep.training._callbacks import KerasCallbacks
            from skdeep.training._models import ShownModel
            from skdeep.training._rate_keeper import RateKeeper

            with calling():
                shown = ShownModel(job, self.program.model, optimizer)
                rate = RateKeeper(self.rates, job.steps_per_epoch)
                rate.watch(shown.model.optimizer)
                self.callbacks = KerasCallbacks(job, shown, rate)

    def _first_state(self):
        """The initial state, and the number of steps that the optimiser has taken."""
        job = self.job
        state = self.program.initial_state(
            job.initial_seeds, job.inputs, job.resume, job.pretrained
        )
        slots = self.program.slots_of(job.resume)
        if slots is None:
            return state, 0
        slots = [tf.convert_to_tensor(v) for v in slots]
        return state._replace(optimizer=slots), job.resume.n_steps

    def requests(self):
        """Yield the requests of all epochs."""
        if self.callbacks is not None:
            with self._calling():
                self._call_back("on_train_begin")
            self._begun = True
        if not self.job.watched:
            yield from self._unwatched_epochs()
            return
        if self.stopping is not None and self.job.resume is not None:
            yield from self._compare_with_earlier_best()
        size = self.epochs_feed.n_epochs
        for first in range(0, self.job.epochs, size):
            epochs = range(first, min(first + size, self.job.epochs))
            stop = yield from (
                self._each_epoch(epochs) if size == 1 else self._epochs_at_once(epochs)
            )
            if stop:
                break
        yield from self._reach_best()

    def _each_epoch(self, epochs):
        """One epoch after another; returns whether to stop."""
        for epoch in epochs:
            if self._begin_epoch(epoch):
                return True
            record = yield from self._one_epoch(epoch)
            if record is None:
                self.diverged_at = epoch + 1
                return True
            self.history.append(record)
            self._before_epoch = None
            if self._end_epoch(epoch, record) or self.interrupted:
                return True
        return False

    def _epochs_at_once(self, epochs):
        """Epochs between which nothing happens in Python; returns whether to stop."""
        before = Snapshot(self.state, self.done)
        self._before_epoch = before.state, before.done
        orders = [self.job.order(epoch) for epoch in epochs]
        first = len(self.history) * self.job.steps_per_epoch
        taken = yield EpochsRequest(orders, first)
        records = self._records(taken)
        self.state = taken.state
        if not self._are_finite(records):
            self.state = before.state
            return (yield from self._each_epoch(epochs))
        self._before_epoch = None
        for number, record in enumerate(records, start=1):
            self.history.append(record)
            self.done += self.job.steps_per_epoch
            if self.stopping is None:
                continue
            snapshot = before._replace(
                done=self.done, orders=orders[:number], first=first
            )
            if number == len(records):
                snapshot = Snapshot(self.state, self.done)
            if self.stopping.update(record, snapshot):
                if self.stopping.best_state is None:  # no epoch was better than another
                    yield from self._reach(snapshot)
                return True
        return False

    def _are_finite(self, records):
        """Whether losses are finite, and the network is after the last epoch.

        Where there is an evaluation, its loss stands for the outputs.
        """
        losses = [
            record[name]
            for record in records
            for name in ("loss", "val_loss")
            if name in record
        ]
        if not np.isfinite(losses).all():
            return False
        if self.job.validation is not None:
            return weights_are_finite(self.weights())
        return self._is_finite()

    def _records(self, taken):
        """The history's records of epochs that were trained in one call."""
        losses = np.average(taken.losses, axis=1, weights=self.feed.rows)
        records = []
        for number, (loss, metrics) in enumerate(
            zip(losses, taken.metrics, strict=True)
        ):
            record = {"loss": float(loss), **self.program.read_results(metrics)}
            if taken.evaluations is not None:
                total, penalty, metrics = taken.evaluations[number]
                metrics = self.program.read_results(metrics, prefix="val_")
                record |= validation_record(self, float(total), penalty, metrics)
            records.append(record)
        return records

    def _reach_best(self):
        """Train the epochs again that lead to the best state, if there are any."""
        best = self.stopping and self.stopping.best_state
        if best and best.orders:
            yield from self._reach(best)
            self.stopping.best_state = Snapshot(self.state, best.done)

    def _reach(self, snapshot):
        """Train the epochs of ``snapshot`` again."""
        if snapshot.orders:
            self.state = snapshot.state
            taken = yield EpochsRequest(snapshot.orders, snapshot.first)
            self.state = taken.state

    def _compare_with_earlier_best(self):
        """Let the weights of an earlier fit compete for the best, on the new data."""
        record = dict(self.job.stopping.before)
        if self.job.validation is not None:
            record |= yield EvaluateRequest()
        self.stopping.begin(record, Snapshot(self.state, self.done))

    def _unwatched_epochs(self):
        """Many epochs for each request, because nothing looks at single epochs."""
        job = self.job
        by_rows = _ORDER_ROWS // len(job.train)
        at_once = max(1, min(by_rows, _ORDER_STEPS // job.steps_per_epoch))
        epoch = 0
        while epoch < job.epochs and not (self.diverged_at or self.interrupted):
            last = min(epoch + at_once, job.epochs)
            orders = [job.order(number) for number in range(epoch, last)]
            before = self.state
            losses, _ = yield from self._train(orders)
            orders = orders[: len(losses)]  # fewer after an interruption
            finite = self._n_finite_epochs(losses)
            while finite and (finite < len(losses) or not self._is_finite()):
                # Steps are deterministic, so the finite epochs can be trained again.
                finite = min(finite, len(losses) - 1)
                self.state = before
                losses = losses[:0]
                if finite:
                    losses, _ = yield from self._train(orders[:finite])
            if finite < len(orders):
                self.state = before if finite == 0 else self.state
                self.diverged_at = epoch + finite + 1
            for loss in losses[:finite]:
                self.history.append({"loss": float(loss)})
            epoch += finite
            self.done += finite * job.steps_per_epoch

    def _one_epoch(self, epoch):
        before = self.state
        self._before_epoch = before, self.done
        losses, metrics = yield from self._train([self.job.order(epoch)])
        if not self._n_finite_epochs(losses) or not self._is_finite():
            self.state = before
            return None
        self.done += self.job.steps_per_epoch
        record = {"loss": float(losses[0]), **self.program.metric_results(metrics)}
        if self.job.validation is not None:
            record |= yield EvaluateRequest()
        return record

    def _train(self, orders):
        """The mean loss of each epoch, and the metric variables."""
        first = len(self.history) * self.job.steps_per_epoch
        self.state, variables, losses = yield TrainRequest(orders, first)
        losses = losses.reshape(-1, self.job.steps_per_epoch)
        return np.average(losses, axis=1, weights=self.feed.rows), variables

    def plan(self, request):
        """The batches that ``request`` asks for."""
        return self.feed.plan(request.orders, self.rates, request.first)

    def _n_finite_epochs(self, losses):
        """The number of epochs before the first whose loss is not finite."""
        finite = np.isfinite(losses)
        return len(losses) if finite.all() else int(finite.argmin())

    def _is_finite(self):
        return network_is_finite(self.job, self.weights())

    def _begin_epoch(self, epoch):
        with self._calling():
            stop = any([hook.epoch_begin(epoch) for hook in self.job.hooks])
            if self.callbacks is not None:
                self._call_back("on_epoch_begin", epoch)
                stop |= self.callbacks.stops
        return stop

    def _end_epoch(self, epoch, record):
        stop = False
        if self.stopping is not None:
            stop = self.stopping.update(record, Snapshot(self.state, self.done))
        with self._calling():
            if self.callbacks is not None:
                self._call_back("on_epoch_end", epoch, record)
                stop |= self.callbacks.stops
            for hook in self.job.hooks:
                stop |= bool(hook.epoch_end(epoch, record, self.weights))
        return stop

    def weights(self):
        """The current weights as NumPy arrays."""
        state = self.program.finalize(self.state)
        parts = [[v.numpy() for v in part] for part in state]
        return Weights(*parts, self.done, self.program.state_kind)

    def close(self):
        """Tell the callbacks that training has ended, also after an error."""
        if self.callbacks is None:
            return
        try:
            if self._begun:
                with self._calling():
                    self._call_back("on_train_end")
        finally:
            self.callbacks.close()

    def _call_back(self, hook, *arguments):
        """Call a hook of the callbacks; they may set other weights in it."""
        n_steps = len(self.history) * self.job.steps_per_epoch
        self.callbacks.call(hook, n_steps, self.weights, self._set_weights, *arguments)

    def _set_weights(self, *weights):
        parts = [[tf.constant(w) for w in part] for part in weights]
        self.state = self.program.with_weights(self.state, *parts)

    def interrupt(self):
        """Keep the epochs so far; without any, raise the interruption again."""
        if not self.history:
            raise
        if self._before_epoch is not None:  # the epoch was interrupted
            self.state, self.done = self._before_epoch
        self.interrupted = True

    def outcome(self):
        best_epoch = self.history.best_epoch
        if self.stopping is not None and self.stopping.best_state is not None:
            best = self.stopping.best_state
            self.state, self.done = best.state, best.done
            if best.orders:  # after an interruption
                self.state = run_epochs(self, best).state
            best_epoch = self.stopping.best_epoch
        return Outcome(
            self.weights(),
            self.history.records,
            best_epoch,
            self.diverged_at,
            self.interrupted,
        )

"""Trains many networks of one template together, with :class:`FusedProgram`."""

import threading

import numpy as np
import tensorflow as tf

from skdeep.networks._traced import shared
from skdeep.training._epochs import empty_parts, split_members
from skdeep.training._fused_program import FusedEpochs, FusedProgram
from skdeep.training._job import MOST_MEMBERS
from skdeep.training._loop import (
    EpochRewind,
    EpochsRequest,
    EvaluateRequest,
    Run,
    StepsTaken,
    advance,
    evaluate,
    perform,
    take_steps,
    validation_record,
)
from skdeep.training._program import Chunk
from skdeep.training._shared_time import SharedTime
from skdeep.training._stack import (
    Stack,
    may_be_stacked,
    stacked_constants,
    validation_batch,
)

# Bytes of the batches of one call.
_CHUNK_BYTES = 16 * 2**20


_lock = threading.Lock()


def _fused_program(program):
    with _lock:
        if program.fused is None:
            program.fused = FusedProgram(program)
        return program.fused


def _fused_epochs(program):
    with _lock:
        if program.fused_epochs is None:
            program.fused_epochs = FusedEpochs(program)
        return program.fused_epochs


def _pays(fused, run, size):
    """Whether one program for all members is faster than one for each.

    Parameters
    ----------
    fused : callable
        Returns the program for all members, given the program of one.
    run : Run
        Of one of the members.
    size : tuple of (int, int)
        The number of members, and the number of steps that each has left.
    """
    execution = run.job.spec.execution
    if run.job.path == "xla":
        return execution.fuses and fused(run.program).pays(*size)
    return execution.vectorizes and fused(run.program).pays_without_xla(*size)


class Member:
    """One network among others in training.

    Parameters
    ----------
    ticket : Ticket
        Holds the job, and gets the outcome or the error.
    clock : SharedTime
    """

    def __init__(self, ticket, clock):
        self.ticket = ticket
        self._clock, self._begun = clock, clock.now()
        self.run = Run(ticket.job, ticket.optimizer, ticket.calling)
        self.live = True
        self.place = None
        self.taken, self._rewind = 0, None
        self._requests = self.run.requests()
        self.resume_with(None)

    def resume_with(self, answer):
        """Hand the answer to the run, and get its next request or its end."""
        self.evaluating, self.epochs_request = False, None
        try:
            request = advance(self._requests, answer)
            self.evaluating = isinstance(request, EvaluateRequest)
            if isinstance(request, EpochsRequest):
                self.epochs_request, self.taken = request, 0
                self.place = self._rewind = None
            elif request is not None and not self.evaluating:
                self.plan, self.taken, self._losses = self.run.plan(request), 0, ()
                self._values = self.run.state, self.run.program.metric_state()
                self._rewind = EpochRewind(self.run, self.plan)
        except BaseException as error:
            self._end(error)
        else:
            if request is None:
                self._end()

    def _end(self, error=None):
        self.live = False
        try:
            self.run.close()
            outcome = self.run.outcome()
        except BaseException as another:
            error = error or another
        self.ticket.seconds = self._clock.now() - self._begun
        if error is None:
            self.ticket.resolve(outcome)
        else:
            self.ticket.fail(error)

    def interrupt(self):
        """Stop with the epochs so far."""
        try:
            if self._rewind is None:  # no epoch has begun
                raise KeyboardInterrupt
            if self.evaluating:  # the epoch is complete, but for the validation
                answer, self.run.interrupted = evaluate(self.run), True
            else:
                answer = self._rewind.to_whole_epochs()
        except BaseException as error:
            kept = isinstance(error, KeyboardInterrupt) and self.run.history
            self.run.interrupted = bool(kept)
            self._end(None if kept else error)
        else:
            self.resume_with(answer)

    def current(self):
        """State and metric variables in the middle of a request."""
        return _current(self.place, self._values)

    def _taken_at(self, place, values, losses):
        return StepsTaken(*_current(place, values), _joined(losses))

    @property
    def steps_on(self):
        """Whether it takes steps, and neither evaluates nor trains whole epochs."""
        return not self.evaluating and self.epochs_request is None

    @property
    def left(self):
        """The number of steps of the request that are left."""
        return len(self.plan.order) - self.taken

    @property
    def steps_left(self):
        """The number of steps that may still come in all epochs."""
        job = self.run.job
        return (job.epochs - self.epochs) * job.steps_per_epoch

    @property
    def epochs(self):
        """The number of completed epochs."""
        return len(self.run.history) + self.taken // self.run.job.steps_per_epoch

    def note_steps(self, losses, values=None, place=None):
        """Take in the result of a call.

        Parameters
        ----------
        losses : ndarray of shape (n_steps,)
        values : tuple, default=None
            State and metric variables, if they are not stacked.
        place : tuple of (Stack, int), default=None
            Where the state and the metric variables are stacked.
        """
        before = self.place, self._values, self._losses
        self.taken += len(losses)
        self._rewind.note_call(self.taken, lambda: self._taken_at(*before))
        self._losses = *self._losses, losses
        self._values, self.place = values, place
        if self.left:
            return
        state, metrics = self.current()
        self.resume_with(StepsTaken(state, metrics, _joined(self._losses)))
        if metrics or self.run.state is not state:
            # The next request starts from other values than the stacked ones.
            self.place = None

    def step_alone(self):
        """Take the next steps with the program for one network."""
        try:
            before = self._taken_at(self.place, self._values, self._losses)
            state, variables, losses = take_steps(self.run, self.plan, before)
        except BaseException as error:
            self._end(error)
            return
        losses = losses[self.taken :]
        _fused_program(self.run.program).note_steps_in_turns(len(losses))
        self.note_steps(losses, values=(state, variables))

    def answer_alone(self, request):
        """Compute what the run asks for with the program for one network."""
        try:
            answer = perform(self.run, request)
        except BaseException as error:
            self._end(error)
        else:
            self.resume_with(answer)


def _current(place, values):
    """State and metric variables: ``values``, or those at ``place`` in a stack."""
    if place is None:
        return values
    stack, row = place
    return stack.row(row)


def _joined(losses):
    return np.concatenate([np.zeros(0, np.float32), *losses])


class TrainingGroup:
    """Trains members together. When one finishes, it admits a new one.

    Parameters
    ----------
    next_tickets : callable
        Takes a number, and returns at most so many tickets that wait for this template.
    report : callable
        Called after every call of a program, with the members' completed epochs.
    fuses : bool, default=True
        Whether several networks may be trained as one program. If not, each network
        is computed as if it were alone.
    """

    def __init__(self, next_tickets, report, *, fuses=True):
        self._next_tickets = next_tickets
        self._report = report
        self._members = []
        self._clock = SharedTime()
        self._buffers = {}
        self._validation = None
        self._may_fuse = fuses

    def train(self, tickets):
        """Train until no member and no ticket is left.

        Parameters
        ----------
        tickets : list of Ticket
            For the first members.
        """
        try:
            self._admit(tickets)
            while self._members:
                self._evaluate([m for m in self._members if m.evaluating])
                self._run_epochs([m for m in self._members if m.epochs_request])
                self._step([m for m in self._members if m.steps_on])
                self._report_epochs()
                self._admit(self._next_tickets(MOST_MEMBERS - len(self._members)))
        except BaseException as error:
            # After any error every ticket must be settled, or its thread waits on.
            for member in self._members:
                member.ticket.fail(error)
            raise

    def _report_epochs(self):
        self._report([member.epochs for member in self._members])

    def _admit(self, tickets):
        """Make members of new tickets, and end members that were interrupted."""
        self._clock.share(len(self._members) + len(tickets))
        for ticket in tickets:
            try:
                member = Member(ticket, self._clock)
            except BaseException as error:
                ticket.fail(error)
            else:
                self._members.append(member)
        for member in self._members:
            if member.live and member.ticket.interrupted:
                member.interrupt()
        self._drop_finished()

    def _drop_finished(self):
        self._members = [member for member in self._members if member.live]
        self._clock.share(len(self._members))

    def _run_epochs(self, members):
        """Train the epochs of members that evaluate after each of them."""
        answers = self._epochs_together(members)
        if answers is None:
            for member in members:
                member.answer_alone(member.epochs_request)
                self._report_epochs()
        else:
            for member, answer in zip(members, answers, strict=True):
                member.resume_with(answer)
        self._drop_finished()

    def _epochs_together(self, members):
        """The results for each member, computed together; None if that does not pay."""
        if len(members) < 2 or not self._may_fuse:
            return None
        run, size = members[0].run, (len(members), _steps_left(members))
        validates = [member.run.job.validation is not None for member in members]
        if len(set(validates)) > 1 or (validates[0] and not may_be_stacked(members)):
            return None
        program, xla = _fused_epochs(run.program), run.job.path == "xla"
        if not _pays(_fused_epochs, run, size):
            if not xla:
                program.note_steps_in_turns(_steps_of_requests(members))
            return None
        try:
            size = program.call_size(*size) if xla else len(members)
            return self._fused_epochs(program, members, size, validates[0], xla)
        except Exception as error:
            self._stop_fusing(error)
            return None

    def _fused_epochs(self, program, members, size, validates, xla):
        run = members[0].run
        validation = []
        if validates:
            key = members, size
            if self._validation is None or self._validation[0] != key:
                self._validation = key, validation_batch(_padded(members, size))
            validation = self._validation[1][:3]
        starts = tf.nest.map_structure(
            lambda start: tf.stack([start] * size), run.program.metric_state()
        )
        states = [member.run.state for member in _padded(members, size)]
        states = tf.nest.map_structure(lambda *rows: tf.stack(rows), *states)
        chunk, counts = self._chunk_of_epochs(members, size)
        states, results = program.run(states, starts, chunk, validation, xla=xla)
        return split_members(Stack(states), results, counts)

    def _chunk_of_epochs(self, members, size):
        feeds = [member.run.epochs_feed for member in members]
        shape = size, *map(max, zip(*(feed.shape for feed in feeds), strict=True))
        feed = members[0].run.feed
        if shape not in self._buffers:
            self._buffers = {shape: feed.buffers(*shape)}
        X, Y = self._buffers[shape]
        parts = empty_parts(shape, feed.job.batch_size, Y.dtype)
        counts = np.zeros((size, 2), np.int32)
        for row, member in enumerate(members):
            plan = member.run.plan(member.epochs_request)
            arrays = [part[row] for part in (X, Y, *parts)]
            counts[row] = member.run.epochs_feed.fill(plan, *arrays)
        constants = [tf.constant(part) for part in (*parts, counts)]
        per_fit = _constants_of_fits(members, size)
        chunk = Chunk(shared(X), shared(Y), *constants, *per_fit)
        return chunk, counts[: len(members)]

    def _step(self, members):
        if self._together(members):
            try:
                self._step_together(members)
            except Exception as error:
                self._stop_fusing(error)
        else:
            for member in members:
                member.step_alone()
                self._report_epochs()
        self._drop_finished()

    def _together(self, members):
        if len(members) < 2 or not self._may_fuse:
            return False
        size = len(members), _steps_left(members)
        return _pays(_fused_program, members[0].run, size)

    def _evaluate(self, members):
        """Evaluate the validation data of these members."""
        if self._evaluates_together(members):
            try:
                records = self._records(members)
            except Exception as error:
                self._stop_fusing(error)
            else:
                for member, record in zip(members, records, strict=True):
                    member.resume_with(record)
        for member in members:
            if member.evaluating:
                member.answer_alone(EvaluateRequest())
        self._drop_finished()

    def _evaluates_together(self, members):
        if len(members) < 2 or not self._may_fuse:
            return False
        job = members[0].run.job
        if not job.spec.execution.vectorizes or not may_be_stacked(members):
            return False
        return job.path == "xla" or self._together(members)

    def _records(self, members):
        """The result of :func:`evaluate` for each member, computed together."""
        if self._validation is None or self._validation[0] != members:
            self._validation = members, validation_batch(members)
        program = members[0].run.program
        states = [
            (member.run.state._replace(optimizer=[]), program.metric_state())
            for member in members
        ]
        states = tf.nest.map_structure(lambda *rows: tf.stack(rows), *states)
        losses, penalties, variables = _fused_program(program).evaluate(
            *states, *self._validation[1]
        )
        losses, penalties = losses.numpy(), penalties.numpy()
        variables = Stack(variables)
        return [
            validation_record(
                member.run,
                float(losses[row]),
                penalties[row],
                program.metric_results(
                    variables.row(row) if program.metrics else [], prefix="val_"
                ),
            )
            for row, member in enumerate(members)
        ]

    def _stop_fusing(self, error):
        self._may_fuse = False
        for member in self._members:
            member.ticket.warn(
                f"Networks could not be trained together: {error!r}. They were "
                "trained one by one, which takes longer and has the same result."
            )

    def _step_together(self, members):
        run = members[0].run
        xla = run.job.path == "xla"
        program = _fused_program(run.program)
        size = len(members)
        if xla:
            size = program.call_size(size, _steps_left(members))
        n_steps = _steps_of_a_call(members, size)
        chunk, counts = self._chunk(members, size, n_steps)
        *values, losses = program.run(*_stacked_values(members, size), chunk, xla=xla)
        losses, stack = losses.numpy(), Stack(tuple(values))
        for row, (member, count) in enumerate(zip(members, counts, strict=True)):
            member.note_steps(losses[:count, row], place=(stack, row))

    def _chunk(self, members, size, n_steps):
        """The next batches of the members, and the number of steps of each member."""
        feed = members[0].run.feed
        if (size, n_steps) not in self._buffers:
            self._buffers = {(size, n_steps): feed.buffers(size, n_steps)}
        X, Y = self._buffers[size, n_steps]
        batch = X.shape[2]
        weight = np.zeros((size, n_steps, batch), Y.dtype)
        rows = np.zeros((size, n_steps), np.int32)
        rates = np.zeros((size, n_steps), np.float32)
        counts = np.zeros(size, np.int32)
        for row, member in enumerate(members):
            piece = slice(member.taken, member.taken + n_steps)
            order, *parts = (part[piece] for part in member.plan)
            counts[row] = count = len(order)
            member.run.job.train.gather(order, X[row, :count], Y[row, :count])
            for array, part in zip((weight, rows, rates), parts, strict=True):
                array[row, :count] = part
        parts = [tf.constant(part) for part in (weight, rows, rates, counts)]
        per_fit = _constants_of_fits(members, size)
        chunk = Chunk(shared(X), shared(Y), *parts, *per_fit)
        return chunk, counts[: len(members)]


def _steps_left(members):
    """The largest number of steps that a member may still take."""
    return max((member.steps_left for member in members), default=0)


def _steps_of_a_call(members, size):
    """The number of steps of a call. Compiled code takes a few numbers only."""
    run = members[0].run
    job = run.job
    longest = max(member.run.job.steps_per_epoch for member in members)
    epochs = max(member.run.job.epochs for member in members)
    limit = run.program.chunk_steps(
        longest * epochs,
        job.batch_size * job.train.width * size,
        max_bytes=_CHUNK_BYTES,
    )
    if job.path != "xla":
        return min(limit, max(member.left for member in members))
    return limit


def _padded(members, size):
    """The members, filled up with the first one to ``size``."""
    return members + members[:1] * (size - len(members))


def _stacked_values(members, size):
    """Stacked states and metric variables of the members, filled up to ``size``."""
    places = [member.place for member in members]
    if None not in places:
        stack = places[0][0]
        expected = [(stack, row) for row in range(len(places))]
        if places == expected and len(stack) == size:
            return stack.values
    values = [member.current() for member in _padded(members, size)]
    return tf.nest.map_structure(lambda *rows: tf.stack(rows), *values)


def _constants_of_fits(members, size):
    """Stacked means and scales of targets, and scales of the weight decay."""
    return stacked_constants(
        (*member.run.feed.scaling, member.run.feed.decay_scale)
        for member in _padded(members, size)
    )


def _steps_of_requests(members):
    """The steps of all the epochs that the members ask for."""
    return sum(
        len(member.epochs_request.orders) * member.run.job.steps_per_epoch
        for member in members
    )

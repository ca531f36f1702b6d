"""Trains many networks of one template as one program.

The networks, the members, have their states stacked. ``tf.vectorized_map`` maps the
training step, optimiser included, over the stack. Each member has its own rows, order,
weights and learning rates. A member without steps left keeps its state.
"""

import threading

import numpy as np
import tensorflow as tf

from skdeep.networks._layers import lowering
from skdeep.networks._traced import Compiled, shared, traced
from skdeep.training._job import MOST_MEMBERS
from skdeep.training._loop import (
    EpochRewind,
    EvaluateRequest,
    Run,
    StepsTaken,
    advance,
    evaluate,
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

# Networks with more weights do not fit into a core's cache when many are trained
# together. With fewer members the gain is smaller than the time to compile. Measured on
# two cores.
_MOST_WEIGHTS = 20_000
_FEWEST_MEMBERS = 8
# A compilation takes about as long as this many steps of one network.
_COMPILATION_STEPS = 50_000
# Without XLA, tracing the mapped steps takes as long as this many steps of one network.
# Mapped steps then take half the time of steps in turns. Measured on two cores.
_MAPPING_STEPS = 12_000
# Bytes of the batches of one call.
_CHUNK_BYTES = 16 * 2**20


class FusedProgram:
    """The training steps of a :class:`Program` for many members at once.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program):
        self._program = program
        self._step = program.step
        n_weights = sum(np.prod(v.shape) for v in program.model.trainable_variables)
        self._fits_caches = n_weights <= _MOST_WEIGHTS or _has_gpu()
        self._dtype = program.spec.array_dtype
        self._evaluation = program.evaluation
        self._sizes = frozenset()  # replaced, never changed: workers share it
        self._mapped = False
        self._steps_in_turns = 0
        self._compiled = Compiled(self._run_lowered)
        self._plain = traced(self._run, signature=_stacked(program.signature))
        state, *others = program.evaluation_signature
        # An evaluation does not need the state of the optimiser.
        signature = _stacked([state._replace(optimizer=[]), *others])
        self.evaluate = traced(self._evaluate, signature=signature)

    @property
    def n_compiled(self):
        """The number of shapes for which the program is compiled."""
        return len(self._compiled)

    def note_steps_in_turns(self, n_steps):
        """Count steps that members took one after another."""
        self._steps_in_turns += n_steps

    def pays_without_xla(self, n_members, n_steps):
        """Whether there are enough steps to map them over the members, without XLA."""
        expected = self._steps_in_turns + n_members * n_steps
        return self._mapped or expected >= _MAPPING_STEPS

    def pays(self, n_members, n_steps):
        """Whether one compiled call for all members is faster than one for each."""
        if not self._fits_caches:
            return False
        if n_members >= _FEWEST_MEMBERS:
            return True
        size = self._compiled_for(n_members)
        if size is None or self._program.compiled:
            return size is not None and size <= 2 * n_members
        return (size - n_members) * n_steps <= _COMPILATION_STEPS

    def call_size(self, n_members, n_steps):
        """The number of members of a call, with a compiled program if one will do.

        Room that no member takes costs time; so does compiling for another size.
        """
        size = self._compiled_for(n_members)
        if size is None or (size - n_members) * n_steps > _COMPILATION_STEPS:
            size = n_members
            self._sizes |= {size}
        return size

    def _compiled_for(self, n_members):
        return min((size for size in self._sizes if size >= n_members), default=None)

    def run(self, states, metric_states, chunk, *, xla):
        """Run the steps of ``chunk``. The first axis of all its parts is the member.

        Parameters
        ----------
        states : State
            Stacked.
        metric_states : list of list of Tensor
            Stacked.
        chunk : Chunk
        xla : bool
            Whether to compile with XLA.

        Returns
        -------
        states, metric_states, losses
            ``losses`` of shape (n_steps, n_members).
        """
        self._mapped |= not xla
        if xla:
            return self._compiled(chunk.shape, states, metric_states, chunk)
        return self._plain(states, metric_states, chunk)

    def _run_lowered(self, states, metric_states, chunk):
        with lowering(unroll=True):
            return self._run(states, metric_states, chunk)

    def _run(self, states, metric_states, chunk):
        def body(number, states, metric_states, losses):
            batches = [tf.gather(part, number, axis=1) for part in chunk.per_step]
            active = number < chunk.n_steps
            *new, loss = tf.vectorized_map(
                self._member,
                (active, states, metric_states, *batches, *chunk.per_fit),
                warn=False,
            )
            # vectorized_map loses static shapes, which the loop needs.
            new = tf.nest.map_structure(
                lambda after, before: tf.ensure_shape(after, before.shape),
                tuple(new),
                (states, metric_states),
            )
            return number + 1, *new, losses.write(number, loss)

        n_members, n_steps = tf.shape(chunk.rows)[0], tf.shape(chunk.rows)[1]
        static = chunk.rows.shape[0]
        losses = tf.TensorArray(self._dtype, size=n_steps, element_shape=[static])
        # Steps that no member takes have a loss of zero.
        losses = losses.unstack(tf.zeros([n_steps, n_members], self._dtype))
        _, states, metric_states, losses = tf.while_loop(
            lambda number, *_: number < tf.reduce_max(chunk.n_steps),
            body,
            (tf.constant(0), states, metric_states, losses),
        )
        return states, metric_states, losses.stack()

    def _member(self, arguments):
        active, state, metric_state, *rest = arguments
        new, new_metrics, loss = self._step(state, metric_state, *rest)
        # Adam moves weights also at a zero gradient, so an inactive member gets its old
        # state back.
        kept, kept_metrics = tf.nest.map_structure(
            lambda after, before: tf.where(active, after, before),
            (new, new_metrics),
            (state, metric_state),
        )
        return kept, kept_metrics, loss

    def _evaluate(self, *arguments):
        return tf.vectorized_map(
            lambda parts: self._evaluation(*parts), arguments, warn=False
        )


def _has_gpu():
    return bool(tf.config.list_physical_devices("GPU"))


def _stacked(signature):
    """``signature`` with an axis of members in front."""
    return tf.nest.map_structure(
        lambda spec: tf.TensorSpec([None, *spec.shape], spec.dtype), signature
    )


_lock = threading.Lock()


def _fused_program(program):
    with _lock:
        if program.fused is None:
            program.fused = FusedProgram(program)
        return program.fused


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
        self.evaluating = False
        try:
            request = advance(self._requests, answer)
            self.evaluating = isinstance(request, EvaluateRequest)
            if request is not None and not self.evaluating:
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

    def evaluate_alone(self):
        """Evaluate the validation data with the program for one network."""
        try:
            record = evaluate(self.run)
        except BaseException as error:
            self._end(error)
        else:
            self.resume_with(record)


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
    """

    def __init__(self, next_tickets, report):
        self._next_tickets = next_tickets
        self._report = report
        self._members = []
        self._clock = SharedTime()
        self._buffers = {}
        self._validation = None
        self._may_fuse = True

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
                self._step()
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

    def _step(self):
        if self._together():
            try:
                self._step_together()
            except Exception as error:
                self._stop_fusing(error)
        else:
            for member in self._members:
                if not member.evaluating:
                    member.step_alone()
                    self._report_epochs()
        self._drop_finished()

    def _together(self):
        members = self._members
        if len(members) < 2 or not self._may_fuse:
            return False
        run, size = members[0].run, (len(members), self._steps_left())
        if run.job.path != "xla":
            return run.job.spec.execution.vectorizes and _fused_program(
                run.program
            ).pays_without_xla(*size)
        return run.job.spec.execution.fuses and _fused_program(run.program).pays(*size)

    def _steps_left(self):
        return max((member.steps_left for member in self._members), default=0)

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
                member.evaluate_alone()
        self._drop_finished()

    def _evaluates_together(self, members):
        if len(members) < 2 or not self._may_fuse:
            return False
        job = members[0].run.job
        if not job.spec.execution.vectorizes or not may_be_stacked(members):
            return False
        return job.path == "xla" or self._together()

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
                variables.row(row) if program.metrics else [],
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

    def _step_together(self):
        members = self._members
        run = members[0].run
        xla = run.job.path == "xla"
        program = _fused_program(run.program)
        size = len(members)
        if xla:
            size = program.call_size(size, self._steps_left())
        n_steps = self._n_steps(size)
        chunk, counts = self._chunk(size, n_steps)
        *values, losses = program.run(*self._stacked(size), chunk, xla=xla)
        losses, stack = losses.numpy(), Stack(tuple(values))
        for row, (member, count) in enumerate(zip(members, counts, strict=True)):
            member.note_steps(losses[:count, row], place=(stack, row))

    def _n_steps(self, size):
        """The number of steps of a call. Compiled code takes a few numbers only."""
        run = self._members[0].run
        job = run.job
        longest = max(member.run.job.steps_per_epoch for member in self._members)
        epochs = max(member.run.job.epochs for member in self._members)
        limit = run.program.chunk_steps(
            longest * epochs,
            job.batch_size * job.train.width * size,
            max_bytes=_CHUNK_BYTES,
        )
        if job.path != "xla":
            return min(limit, max(member.left for member in self._members))
        return limit

    def _padded(self, size):
        """The members, filled up with the first one to ``size``."""
        return self._members + self._members[:1] * (size - len(self._members))

    def _stacked(self, size):
        """Stacked states and metric variables of the members, filled up to ``size``."""
        places = [member.place for member in self._members]
        if None not in places:
            stack = places[0][0]
            expected = [(stack, row) for row in range(len(places))]
            if places == expected and len(stack) == size:
                return stack.values
        values = [member.current() for member in self._padded(size)]
        return tf.nest.map_structure(lambda *rows: tf.stack(rows), *values)

    def _chunk(self, size, n_steps):
        """The next batches of the members, and the number of steps of each member."""
        feed = self._members[0].run.feed
        if (size, n_steps) not in self._buffers:
            self._buffers = {(size, n_steps): feed.buffers(size, n_steps)}
        X, Y = self._buffers[size, n_steps]
        batch = X.shape[2]
        weight = np.zeros((size, n_steps, batch), Y.dtype)
        rows = np.zeros((size, n_steps), np.int32)
        rates = np.zeros((size, n_steps), np.float32)
        counts = np.zeros(size, np.int32)
        for row, member in enumerate(self._members):
            piece = slice(member.taken, member.taken + n_steps)
            order, *parts = (part[piece] for part in member.plan)
            counts[row] = count = len(order)
            member.run.job.train.gather(order, X[row, :count], Y[row, :count])
            for array, part in zip((weight, rows, rates), parts, strict=True):
                array[row, :count] = part
        parts = [tf.constant(part) for part in (weight, rows, rates, counts)]
        per_fit = stacked_constants(
            (*member.run.feed.scaling, member.run.feed.decay_scale)
            for member in self._padded(size)
        )
        chunk = Chunk(shared(X), shared(Y), *parts, *per_fit)
        return chunk, counts[: len(self._members)]

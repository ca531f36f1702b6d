"""Many networks of one template as one program.

The networks, the members, have their states stacked. ``tf.vectorized_map`` maps the
training step, optimiser included, over the stack. Each member has its own rows, order,
weights and learning rates. A member without steps left keeps its state.
"""

import numpy as np
import tensorflow as tf

from skdeep.networks._layers import lowering
from skdeep.networks._traced import Compiled, traced
from skdeep.training._epochs import in_epochs, signature_by_epoch
from skdeep.training._program import Chunk

# Networks of more weights than the first number do not fit into a core's cache when
# many are trained together. With fewer members than the second number, less time is
# gained than the compilation takes. Both were measured on two cores.
_MOST_WEIGHTS = 20_000
_FEWEST_MEMBERS = 8
# A compilation takes about as long as this many steps of one network.
_COMPILATION_STEPS = 50_000
# Without XLA: tracing the program takes as long as this many steps of one network, and
# its steps take half the time of the members' own steps. Measured on two cores.
_MAPPING_STEPS = 12_000


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
        if size is None or self._alone_is_compiled:
            return size is not None and size <= 2 * n_members
        return (size - n_members) * n_steps <= _COMPILATION_STEPS

    @property
    def _alone_is_compiled(self):
        """Whether the program for one network is compiled."""
        return self._program.compiled

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


class FusedEpochs(FusedProgram):
    """Epochs of many members, each with its metrics and its evaluation.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program):
        super().__init__(program)
        self._compiled = Compiled(self._epochs_lowered)
        state, metrics, chunk = program.signature
        signature = state, metrics, signature_by_epoch(chunk)
        self._signature = _stacked(signature)
        self._validation = _stacked(program.evaluation_signature[2:5])
        self._traced = {
            validates: traced(
                self._epochs,
                signature=[*self._signature, self._validation if validates else []],
            )
            for validates in (True, False)
        }

    def run(self, states, metric_states, chunk, validation, *, xla):
        """Train the epochs of ``chunk``; the first axis of all is the member.

        Parameters
        ----------
        states : State
            Stacked.
        metric_states : list of list of Tensor
            Stacked; each epoch starts with them.
        chunk : Chunk
            As for :class:`EpochsProgram`, with an axis of members in front.
        validation : list of Tensor
            Stacked samples, targets and weights; empty without validation data.
        xla : bool

        Returns
        -------
        states : State
        results : list
            Losses, metric variables and, with validation data, sums of losses,
            penalties and metric variables. The first axis is the epoch. That of members
            is the last one of the losses, and the second one of the others.
        """
        arguments = states, metric_states, chunk, validation
        if xla:
            shapes = *chunk.shape, *(tuple(part.shape) for part in validation)
            return self._compiled(shapes, *arguments)
        self._mapped = True
        return self._traced[bool(validation)](*arguments)

    @property
    def _alone_is_compiled(self):
        epochs = self._program.epochs
        return epochs is not None and epochs.compiled

    def _epochs_lowered(self, *arguments):
        with lowering(unroll=True):
            return self._epochs(*arguments)

    def _read(self, metrics):
        """What :meth:`Program.read` gives for each member."""
        if not metrics or not self._program.reads_in_graph:
            return metrics
        # vectorized_map loses static shapes.
        shape = metrics[0][0].shape[:1]
        read = tf.vectorized_map(self._program.read, metrics, warn=False)
        return tf.nest.map_structure(lambda part: tf.ensure_shape(part, shape), read)

    def _epochs(self, states, starts, chunk, validation):
        mean, scale, _ = chunk.per_fit

        def one_epoch(number, states):
            batches = [tf.gather(part, number, axis=1) for part in chunk.per_step]
            n_epochs, n_steps = tf.unstack(chunk.n_steps, axis=1)
            n_steps = tf.where(number < n_epochs, n_steps, 0)
            epoch = Chunk(*batches, n_steps, *chunk.per_fit)
            states, metrics, losses = self._run(states, starts, epoch)
            results = [losses, self._read(metrics)]
            if validation:
                without = states._replace(optimizer=[])
                *sums, metrics = self._evaluate(
                    without, starts, *validation, mean, scale
                )
                results += [*sums, self._read(metrics)]
            return states, results

        n_members = tf.shape(chunk.rates)[0]
        empty = tf.zeros([], self._dtype)
        by_member = tf.broadcast_to(empty, [n_members])
        by_member = tf.ensure_shape(by_member, chunk.rates.shape[:1])
        losses = tf.broadcast_to(empty, tf.stack([tf.shape(chunk.rates)[2], n_members]))
        losses = tf.ensure_shape(losses, chunk.rates.shape[2:] + chunk.rates.shape[:1])
        results = [losses, self._read(starts)]
        if validation:
            results += [by_member, by_member, self._read(starts)]
        n_epochs = tf.reduce_max(chunk.n_steps[:, 0])
        size = tf.shape(chunk.rates)[1]
        return in_epochs(one_epoch, states, results, n_epochs, size)

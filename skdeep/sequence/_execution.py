"""How networks for sequences are trained and computed fastest."""

from skdeep.networks._execution import Execution, rows_of_values
from skdeep.networks._limits import ASSUMED_STEPS, MOST_UNROLLED

# Up to this number of multiply-adds NumPy predicts faster than TensorFlow.
_MOST_FOR_NUMPY = 20_000_000
# Largest number of values in a layer's output that an evaluation holds at once.
_VALUES_AT_ONCE = 2**22
# Updating this many weights takes as long as a dense network's step, without XLA.
_UPDATED_AS_A_STEP = 2**20


class SequenceExecution(Execution):
    """The engine's choices for a :class:`SequenceSpec`."""

    vectorizes = False

    @property
    def rows_at_once(self):
        spec = self.spec
        n_steps = spec.input_shape[0] or ASSUMED_STEPS
        widest = max([spec.n_channels, *spec.cell_units]) * max(spec.kernel_size, 4)
        widest = max(widest, spec.units * spec.return_sequences)
        return rows_of_values(n_steps * widest, most=_VALUES_AT_ONCE)

    @property
    def plain_step_cost(self):
        spec = self.spec
        vectors = spec.n_tokens * spec.embedding_dim / _UPDATED_AS_A_STEP
        return vectors + (4 if spec.recurrent else 1)

    @property
    def fuses(self):
        # Long recurrent layers run in a loop, which cannot be vectorised over networks.
        n_steps = self.spec.input_shape[0]
        is_unrolled = n_steps is not None and n_steps <= MOST_UNROLLED
        return is_unrolled or not self.spec.recurrent

    def suits_numpy(self, n_rows):
        return n_rows * self.spec.multiply_adds <= _MOST_FOR_NUMPY

"""How convolutional networks are trained and computed fastest."""

from math import prod

from skdeep.networks._execution import Execution, rows_of_values
from skdeep.networks._limits import MOST_FOR_XLA

# Up to this number of multiply-adds NumPy predicts faster than TensorFlow.
_MOST_FOR_NUMPY = 20_000_000
# Largest number of values in a layer's output that an evaluation holds at once.
_VALUES_AT_ONCE = 2**21
_BACKBONE_ROWS = 32


class ConvExecution(Execution):
    """The engine's choices for a :class:`ConvSpec`."""

    vectorizes = False

    @property
    def rows_at_once(self):
        if self.spec.backbone:
            return _BACKBONE_ROWS
        largest = max(prod(shape) for shape in self.spec.shapes_of_layers())
        return rows_of_values(largest, most=_VALUES_AT_ONCE)

    def suits_xla(self, batch_size):
        if self.spec.augment or not self._is_plain:
            return False
        return self.spec.multiply_adds * batch_size <= MOST_FOR_XLA

    def suits_numpy(self, n_rows):
        return self._is_plain and n_rows * self.spec.multiply_adds <= _MOST_FOR_NUMPY

    @property
    def _is_plain(self):
        return not self.spec.backbone and self.spec.dtype != "mixed_bfloat16"

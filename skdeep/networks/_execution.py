"""How a network is trained and computed fastest, and for how many rows at once."""

from skdeep.networks._limits import MOST_FOR_XLA


class Execution:
    """What the engine chooses for a network, as for dense networks.

    Other families have subclasses. The choices change speed and memory, never results.

    Parameters
    ----------
    spec : NetworkSpec
    """

    # Whether one graph trains many networks faster than turns do, without XLA.
    vectorizes = True
    # How many times as long as a dense network's a step without XLA takes.
    plain_step_cost = 1
    # Whether XLA can compile many networks as one.
    fuses = True
    # For how many samples at once the layers' outputs may be held in memory.
    rows_at_once = 8192

    def __init__(self, spec):
        self.spec = spec

    def suits_xla(self, batch_size):
        """Whether a training step is faster with XLA, not counting the compilation."""
        return True

    def suits_numpy(self, n_rows):
        """Whether NumPy predicts ``n_rows`` samples faster than TensorFlow."""
        return True


class GivenExecution(Execution):
    """What the engine chooses for a network with layers of the user's."""

    vectorizes = False

    @property
    def fuses(self):
        return self.spec.network.fuses

    @property
    def rows_at_once(self):
        values = max(1, self.spec.network.largest)
        return rows_of_values(values, most=_VALUES_AT_ONCE)

    def suits_xla(self, batch_size):
        spec, network = self.spec, self.spec.network
        if spec.dtype == "mixed_bfloat16" or getattr(spec, "augment", ()):
            return False
        return network.compiles and network.multiply_adds * batch_size <= MOST_FOR_XLA

    def suits_numpy(self, n_rows):
        return False


# Values that the layers' outputs of an evaluation may have.
_VALUES_AT_ONCE = 2**21


def rows_of_values(values, *, most):
    """How many samples of so many ``values`` have ``most`` values together."""
    return max(1, min(Execution.rows_at_once, most // values))

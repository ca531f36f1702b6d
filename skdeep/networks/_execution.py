"""How a network is trained and computed fastest, and for how many rows at once."""

from skdeep.networks._limits import MOST_FOR_XLA


class Execution:
    """What the engine chooses for a network; here for dense networks.

    Other families have subclasses. The choices change speed and memory, never results.

    Parameters
    ----------
    spec : NetworkSpec
    """

    # Whether, without XLA, one graph that trains many networks at once is faster than a
    # graph that trains them one after another.
    vectorizes = True
    # How long a step without XLA takes, as a multiple of a dense network's step.
    plain_step_cost = 1
    # Whether XLA can compile many networks as one.
    fuses = True
    # The most samples whose outputs of all layers are held in memory at once.
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
    """What the engine chooses for a network with layers of the user."""

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


# The most values of all layers' outputs that an evaluation holds in memory.
_VALUES_AT_ONCE = 2**21


def rows_of_values(values, *, most):
    """The number of samples that have ``most`` values, if each has ``values``."""
    return max(1, min(Execution.rows_at_once, most // values))

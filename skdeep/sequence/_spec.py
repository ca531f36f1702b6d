"""The description of networks for sequences, as plain data."""

from dataclasses import dataclass

from skdeep._rules import is_bool, is_count, is_share, is_size, is_sizes, one_of
from skdeep.networks._given_spec import WithNetwork
from skdeep.networks._limits import ASSUMED_STEPS
from skdeep.networks._spec import NetworkSpec, is_activation
from skdeep.sequence._execution import SequenceExecution

# Kernels of a recurrent unit: one for each gate, one for the new content.
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass(frozen=True, eq=False)
class SequenceSpec(NetworkSpec):
    """Recurrent or convolutional layers along time, then dense layers.

    Attributes
    ----------
    input_shape : tuple of (int or None, int)
        Steps and channels; None where sequences differ in length.
    masked : bool
        Whether the last channel is a mask: ones for steps, zeros for padding.
    n_tokens : int
        Rows of the embedding; 0 if the inputs are numbers.
    embedding_dim : int
        Length of a token's vector.
    frozen_embedding : bool
        Whether the tokens' vectors are not trained.
    cell : {"lstm", "gru", "rnn", "conv", "average"}
        The kind of the layers along time. "average" has none, only the mean over steps.
    cell_activation : str, callable or keras.layers.Layer
        Activation of recurrent layers; all other layers have ``activation``.
    cell_units : tuple of int
        Units of each layer along time.
    kernel_size : int
        Number of steps in the kernel of a convolution.
    return_sequences : bool
        Whether there is an output for each step.
    """

    masked: bool = False
    n_tokens: int = 0
    embedding_dim: int = 0
    frozen_embedding: bool = False
    cell: str = "lstm"
    cell_activation: object = "tanh"
    cell_units: tuple = (32,)
    bidirectional: bool = False
    recurrent_dropout: float = 0.0
    kernel_size: int = 7
    return_sequences: bool = False

    _execution = SequenceExecution
    _without_layers = {
        **NetworkSpec._without_layers,
        "cell": "average",
        "cell_units": (),
    }
    field_rules = {
        **NetworkSpec.field_rules,
        "masked": is_bool,
        "n_tokens": is_count,
        "embedding_dim": is_count,
        "frozen_embedding": is_bool,
        "cell": one_of("lstm", "gru", "rnn", "conv", "average"),
        "cell_activation": is_activation,
        "cell_units": is_sizes,
        "bidirectional": is_bool,
        "recurrent_dropout": is_share,
        "kernel_size": is_size,
        "return_sequences": is_bool,
    }

    def body(self, kit, x):
        from skdeep.sequence._layers import layers_along_time

        return layers_along_time(self, kit, x)

    def forward(self, layers, X):
        from skdeep.sequence._forward import forward_sequence

        return forward_sequence(self, layers, X)

    def _layout_names(self):
        names = "masked", "n_tokens", "embedding_dim", "frozen_embedding", "cell"
        more = "cell_units", "bidirectional", "kernel_size", "return_sequences"
        return (*super()._layout_names(), *names, *more)

    @property
    def widths(self):
        # With no layers along time, the embedding counts as the first layer.
        vectors = (self.embedding_dim,) if self.only_averages else ()
        return (*vectors, *self.cell_units, *self.hidden_layer_sizes)

    @property
    def recurrent(self):
        return self.cell in _GATES

    @property
    def activations(self):
        along_time = self.cell_activation if self.recurrent else self.activation
        used = [along_time] * bool(self.cell_units)
        return *used, *([self.activation] if self.hidden_layer_sizes else [])

    @property
    def n_directions(self):
        """In how many directions a layer goes through a sequence."""
        return 2 if self.recurrent and self.bidirectional else 1

    @property
    def body_shape(self):
        return self.input_shape[0], self.n_channels

    @property
    def output_shape(self):
        return (*self.input_shape[: self.return_sequences], self.units)

    @property
    def n_channels(self):
        """Channels of the first layer along time: embedded tokens, or inputs."""
        return self.embedding_dim or self.input_shape[1] - self.masked

    @property
    def multiply_adds(self):
        """Multiply-adds of the forward pass of one sequence."""
        width = total = self.n_channels
        for units in self.cell_units:
            if self.recurrent:
                total += self.n_directions * _GATES[self.cell] * units * (width + units)
            else:
                total += self.kernel_size * width * units
            width = units * self.n_directions
        return self._steps * total

    @property
    def _steps(self):
        return self.input_shape[0] or ASSUMED_STEPS

    @property
    def only_averages(self):
        return self.n_tokens > 0 and not self.cell_units


@dataclass(frozen=True, eq=False)
class SequenceWithNetwork(WithNetwork, SequenceSpec):
    """A network for sequences whose hidden layers come from ``network=``."""

    def body(self, kit, x):
        from skdeep.sequence._layers import given_layers

        return given_layers(self, kit, x)


SequenceSpec._of_given_layers = SequenceWithNetwork

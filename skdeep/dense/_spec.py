"""The description of dense networks, as plain data."""

from dataclasses import dataclass
from itertools import pairwise

from skdeep.networks._given_spec import WithNetwork
from skdeep.networks._spec import NetworkSpec


@dataclass(frozen=True, eq=False)
class DenseWithNetwork(WithNetwork):
    """A network for tables whose hidden layers come from ``network=``."""


@dataclass(frozen=True, eq=False)
class DenseSpec(NetworkSpec):
    """A stack of dense layers."""

    _of_given_layers = DenseWithNetwork

    def forward(self, layers, X):
        from skdeep.dense._forward import forward_dense

        return forward_dense(self, layers, X)

    @property
    def dense_layer_names(self):
        hidden = range(1, len(self.hidden_layer_sizes) + 1)
        return [*(f"dense_{number}" for number in hidden), "output"]

    @property
    def array_shapes(self):
        if not isinstance(self.activation, str):
            return None
        if len(self.input_shape) != 1 or self.input_shape[0] is None:
            return [], []  # of a damaged file: these shapes fit no weights
        widths = (*self.input_shape, *self.hidden_layer_sizes)
        trainable, fixed = [], [self.input_shape] * 2 if self.normalize else []
        for before, after in pairwise(widths):
            n_others = 2 if self.batch_norm else int(self.use_bias)
            trainable += [(before, after), *[(after,)] * n_others]
            fixed += [(after,), (after,)] if self.batch_norm else []
            fixed += [(2,)] if self.dropout else []  # the state of a random generator
        last = (widths[-1], self.units), *[(self.units,)] * self.use_bias
        return [*trainable, *last], fixed

"""The description of networks with layers of the user, as plain data."""

from dataclasses import dataclass, fields
from functools import cached_property

from skdeep.networks._execution import GivenExecution
from skdeep.networks._identity import identity
from skdeep.networks._spec import NetworkSpec


@dataclass(frozen=True, eq=False)
class GivenModel:
    """A Keras model as plain data, without its weights.

    Attributes
    ----------
    description : str
        The architecture in JSON.
    objects : tuple of (str, type or callable)
        Classes and functions in the description that are not Keras's own.
    policy : str
        Keras's dtype policy when the user's function was called. Layers that a user's
        layer makes are built with this policy again.
    widths : tuple of int
        Units or filters of the layers that have weights.
    input_shape, output_shape : tuple of int or None
        Shapes of one sample.
    multiply_adds : int
        Multiplications in the products of the layers for one sample.
    largest : int
        Number of values in the largest output of a layer for one sample.
    compiles : bool
        Whether XLA compiles all of its layers well.
    fuses : bool
        Whether many such models can be compiled as one.
    mixes_rows : tuple of str
        Names of layers whose output for a row may depend on other rows of the batch.
    counts_padding : tuple of str
        Names of layers whose outputs may depend on masked steps.
    """

    description: str
    objects: tuple
    policy: str
    widths: tuple
    input_shape: tuple
    output_shape: tuple
    multiply_adds: int
    largest: int
    compiles: bool
    fuses: bool
    mixes_rows: tuple = ("network",)
    counts_padding: tuple = ()

    @cached_property
    def key(self):
        """Equal for models that share compiled programs."""
        return tuple(identity(getattr(self, field.name)) for field in fields(self))

    def __getstate__(self):
        # Without the key, which holds within one process only.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __eq__(self, other):
        return isinstance(other, GivenModel) and self.key == other.key

    def __hash__(self):
        return hash(self.key)

    def __repr__(self):
        return f"<a network from {self.input_shape} to {self.output_shape}>"


@dataclass(frozen=True, eq=False)
class WithNetwork(NetworkSpec):
    """A network with layers of the user.

    Attributes
    ----------
    network : GivenModel
    """

    network: GivenModel | None = None

    _execution = GivenExecution

    def _layout_names(self):
        return (*super()._layout_names(), "network")

    @property
    def widths(self):
        return self.network.widths

    @property
    def activations(self):
        return ()

    @property
    def only_averages(self):
        return False

    @property
    def mixes_rows(self):
        return (*super().mixes_rows, *self.network.mixes_rows)

    def body(self, kit, x):
        from skdeep.networks._rebuilt import applied

        return applied(self, kit, x)


@dataclass(frozen=True, eq=False)
class GivenSpec(WithNetwork):
    """A network whose layers are all the user's."""

    @property
    def output_shape(self):
        return self.network.output_shape

    def connected(self, kit, x, *, linear):
        return self.body(kit, x)


def with_network(spec, network):
    """A family's spec with the user's layers in place of its own.

    Parameters
    ----------
    spec : NetworkSpec
        The spec of a family that has the parameter ``network``.
    network : GivenModel

    Returns
    -------
    WithNetwork
    """
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    values |= spec._without_layers
    return spec._of_given_layers(**values, network=network)

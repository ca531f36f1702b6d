"""What is known of a network, or of a part of one, that the user gave."""

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
        What the description names that is not Keras's.
    policy : str
        Keras's setting of what layers compute in: those within the user's layers are
        made anew with it.
    widths : tuple of int
        Units or filters of the layers that have weights.
    input_shape, output_shape : tuple of int or None
        Of one sample.
    multiply_adds : int
        Of the products for one sample.
    largest : int
        Values that its largest layer gives for one sample.
    compiles : bool
        Whether XLA compiles all of its layers well.
    fuses : bool
        Whether many such models can be compiled as one.
    mixes_rows : tuple of str
        Layers in which a row may change what the others in its batch get, by name.
    counts_padding : tuple of str
        Layers whose outputs may depend on masked steps, by name.
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
        # Without the key: that is for one process only.
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __eq__(self, other):
        return isinstance(other, GivenModel) and self.key == other.key

    def __hash__(self):
        return hash(self.key)

    def __repr__(self):
        return f"<a network from {self.input_shape} to {self.output_shape}>"


@dataclass(frozen=True, eq=False)
class WithNetwork(NetworkSpec):
    """A network that is the user's, or has a part of the user's.

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
        return self.network.mixes_rows

    def body(self, kit, x):
        from skdeep.networks._rebuilt import applied

        return applied(self, kit, x)


@dataclass(frozen=True, eq=False)
class GivenSpec(WithNetwork):
    """A network that is the user's from the inputs to the outputs."""

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
        Of a family with the parameter ``network``.
    network : GivenModel

    Returns
    -------
    WithNetwork
    """
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    values |= spec._without_layers
    return spec._of_given_layers(**values, network=network)

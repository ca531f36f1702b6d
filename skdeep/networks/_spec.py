"""Network specs: plain data that define a network, its cache keys and its files."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

from skdeep._rules import (
    either,
    is_a,
    is_arrays,
    is_bool,
    is_count,
    is_penalty,
    is_shape,
    is_share,
    is_size,
    is_sizes,
    one_of,
    or_none,
)
from skdeep.networks._execution import Execution
from skdeep.networks._identity import identity
from skdeep.networks._names import ACTIVATIONS, INITIALIZERS
from skdeep.networks._portable import portable

# A rule for the activation of hidden layers: a name, a function or a Keras layer.
is_activation = either(one_of(*ACTIVATIONS), callable)

_LAYOUT = "input_shape", "hidden_layer_sizes", "units", "output"
_LAYOUT += "batch_norm", "use_bias"


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """The fields that all networks have; each family adds its own.

    Networks whose specs have the same :attr:`key` share compiled programs. The methods
    below "What a family defines" say how a family differs from a stack of dense layers.

    Attributes
    ----------
    input_shape : tuple of int
        The shape of one sample.
    units : int
        Units of the output layer.
    output : str or None
        Activation of the output layer. None is for a network without an output layer,
        which computes features.
    hidden_layer_sizes : tuple of int
    use_bias : bool
        Whether hidden layers and the output layer have biases.
    normalize : bool
        Whether the inputs are standardised.
    clips : bool
        Whether the standardised inputs are smoothly clipped; see
        :func:`skdeep.networks.clipped`.
    dtype : {"float32", "float64", "mixed_bfloat16"}
    double_inputs : bool
        Whether the inputs are standardised in double precision, whatever the dtype of
        the layers.
    """

    input_shape: tuple
    units: int
    output: str | None
    hidden_layer_sizes: tuple = ()
    activation: object = "relu"
    use_bias: bool = True
    kernel_initializer: object = "glorot_uniform"
    dropout: float = 0.0
    batch_norm: bool = False
    l1: float = 0.0
    l2: float = 0.0
    normalize: bool = True
    dtype: str = "float32"
    double_inputs: bool = False
    clips: bool = False

    @cached_property
    def key(self):
        values = (identity(getattr(self, field.name)) for field in fields(self))
        return type(self), *values

    @property
    def layout(self):
        """The fields, by name, that decide which arrays the network has."""
        layout = {name: getattr(self, name) for name in self._layout_names()}
        if self.clips:
            layout["normalize"] = "clip"
        return {**layout, "dropout": self.dropout > 0, "dtype": self.dtype}

    def _layout_names(self):
        return (*_LAYOUT, "normalize")

    @property
    def array_dtype(self):
        """The dtype of the weights and of the output."""
        return "float32" if self.dtype == "mixed_bfloat16" else self.dtype

    @property
    def input_dtype(self):
        """The dtype of the input."""
        return "float64" if self.double_inputs else self.array_dtype

    @property
    def row_dtypes(self):
        """The dtypes of the input and of the targets."""
        return self.input_dtype, self.array_dtype

    @property
    def body_shape(self):
        """The shape of one sample as the layers get it."""
        return self.input_shape

    @property
    def output_shape(self):
        """The shape of the output for one sample."""
        return (self.units,)

    @property
    def hidden_bias(self):
        """Whether hidden layers have biases.

        Batch normalisation has a shift of its own, which makes biases superfluous.
        """
        return self.use_bias and not self.batch_norm

    @property
    def gives_values(self):
        """Whether outputs are continuous values instead of probabilities."""
        return self.output in ("linear", "exponential")

    @property
    def widths(self):
        """Units or filters of the hidden layers."""
        return self.hidden_layer_sizes

    @property
    def activations(self):
        """The activations of the hidden layers."""
        return (self.activation,) if self.widths else ()

    @property
    def fine_tunes(self):
        """Whether pretrained layers are trained further."""
        return False

    @property
    def only_averages(self):
        """Whether the network only averages token vectors that it learns."""
        return False

    @property
    def mixes_rows(self):
        """Names of layers in which the rows of a batch may change each other.

        A batch with such layers must not be filled up with more rows.
        """
        return ()

    @cached_property
    def execution(self):
        """How the network is trained and computed fastest, an :class:`Execution`."""
        return self._execution(self)

    # What a family defines, where its networks differ from a stack of dense layers

    _execution = Execution
    # The values of fields that only some families have, for all other families.
    masked = False
    n_tokens = 0
    backbone = None
    network = None
    return_sequences = False
    tied = False
    recurrent = False
    # Fields of the layers that ``network=`` replaces, and their values then.
    _without_layers = {
        "hidden_layer_sizes": (),
        "activation": "linear",
        "dropout": 0.0,
        "batch_norm": False,
    }
    # The family's spec with the user's layers, a subclass of WithNetwork; None for
    # families without the parameter ``network``.
    _of_given_layers = None
    # Rules for the values of the fields that a file may hold; see :mod:`skdeep._rules`.
    field_rules = {
        "input_shape": is_shape,
        "units": is_size,
        "output": or_none(one_of(*ACTIVATIONS)),
        "hidden_layer_sizes": is_sizes,
        "activation": is_activation,
        "dropout": is_share,
        "batch_norm": is_bool,
        "use_bias": is_bool,
        "kernel_initializer": either(one_of(*INITIALIZERS), callable),
        "l1": is_penalty,
        "l2": is_penalty,
        "normalize": one_of(True, False, "auto"),
        "dtype": one_of("float32", "float64", "mixed_bfloat16"),
        "double_inputs": is_bool,
        "clips": is_bool,
    }

    def augmented(self, kit, x):
        """The raw inputs ``x`` after augmentation, which acts in training only.

        Parameters
        ----------
        kit : Kit
            The layer classes to build with.
        x : KerasTensor
        """
        return x

    def body(self, kit, x):
        """The scaled inputs ``x`` after the layers before the hidden dense layers."""
        return x

    def connected(self, kit, x, *, linear):
        """The scaled inputs ``x`` after all layers.

        Parameters
        ----------
        kit : Kit
        x : KerasTensor
        linear : bool
            Leave out the activation of the output layer.
        """
        from skdeep.networks._parts import stacked

        return stacked(self, kit, x, linear)

    def halves(self, weights):
        """The networks that this one applies one after another.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        halves : list of (NetworkSpec, Weights, str or None)
            The string is the activation of the output layer, to be applied after the
            network; None leaves it out.
        """
        return [(self, weights, None)]

    def forward(self, layers, X):
        """The output of the last layer before its activation, computed by NumPy.

        Called only where :meth:`Execution.suits_numpy` returns True.

        Parameters
        ----------
        layers : FoldedLayers
            The network's arrays.
        X : {ndarray, CSR} of shape (n_samples, *self.input_shape)

        Returns
        -------
        output : ndarray of shape (n_samples, *self.output_shape)
        """
        raise NotImplementedError(f"{type(self).__name__} is not computed by NumPy.")

    def stock_arrays(self, trainable):
        """Trainable arrays of a model of stock layers, from those of the template."""
        return trainable

    def template_arrays(self, trainable):
        """The inverse of :meth:`stock_arrays`."""
        return trainable

    @property
    def of_images(self):
        """Whether samples have height, width and channels."""
        return len(self.input_shape) == 3

    @property
    def dense_layer_names(self):
        """Layer names of a dense network; None for others: Keras's model has them."""
        return None

    @property
    def array_shapes(self):
        """Shapes of trainable arrays and of others; None if only Keras knows them."""
        return None

    def __copy__(self):
        return self  # a spec never changes

    def __getstate__(self):
        # Only fields: cached properties are computed from them anew.
        return {f.name: portable(getattr(self, f.name)) for f in fields(self)}

    def __eq__(self, other):
        return isinstance(other, NetworkSpec) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


@dataclass(eq=False)
class Weights:
    """A network's arrays and, to go on training, its optimiser's state.

    Attributes
    ----------
    trainable, non_trainable : list of ndarray
        In the order of the Keras model's variables.
    optimizer : list of ndarray or None
    n_steps : int
        Steps that the optimiser has taken.
    optimizer_kind : str or None
        The kind of optimiser that the state belongs to, if it is known.
    """

    trainable: list
    non_trainable: list
    optimizer: list | None = None
    n_steps: int = 0
    optimizer_kind: str | None = None

    field_rules: ClassVar = {
        "trainable": is_arrays,
        "non_trainable": is_arrays,
        "optimizer": or_none(is_arrays),
        "n_steps": is_count,
        "optimizer_kind": or_none(is_a(str)),
    }


def is_weight(array):
    """Whether an array of a network is a weight, no state of a random generator."""
    return array.dtype.kind == "f" or array.shape != (2,)

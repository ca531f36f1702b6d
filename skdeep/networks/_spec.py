"""What a network is, as plain data: the key of every cache and of every file."""

from dataclasses import dataclass, fields
from functools import cached_property

from skdeep._rules import (
    is_a,
    is_bool,
    is_penalty,
    is_shape,
    is_share,
    is_size,
    is_sizes,
    one_of,
    or_none,
)
from skdeep.networks._identity import identity
from skdeep.networks._portable import portable

_LAYOUT = "input_shape", "hidden_layer_sizes", "units", "output"
_LAYOUT += "batch_norm", "use_bias"


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """What all networks have; each family adds its own.

    Two specs with the same :attr:`key` share compiled programs. What the engine asks
    of a family are the methods under "What a family defines", below.

    Attributes
    ----------
    input_shape : tuple of int
        Of one sample.
    units : int
        Width of the output.
    output : str or None
        Activation of the output layer; None for a network without one, which gives
        features.
    hidden_layer_sizes : tuple of int
    use_bias : bool
        Whether hidden layers and the output layer have biases.
    normalize : bool
        Whether the inputs are standardised.
    dtype : {"float32", "float64", "mixed_bfloat16"}
    double_inputs : bool
        Whether the inputs are centred in double precision, whatever the layers
        compute in.
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

    @cached_property
    def key(self):
        values = (identity(getattr(self, field.name)) for field in fields(self))
        return type(self), *values

    @property
    def layout(self):
        """What decides which arrays the network has, by name."""
        layout = {name: getattr(self, name) for name in self._layout_names()}
        return {**layout, "dropout": self.dropout > 0, "dtype": self.dtype}

    def _layout_names(self):
        return (*_LAYOUT, "normalize")

    @property
    def array_dtype(self):
        """Of the weights and of what comes out."""
        return "float32" if self.dtype == "mixed_bfloat16" else self.dtype

    @property
    def input_dtype(self):
        """Of what goes in."""
        return "float64" if self.double_inputs else self.array_dtype

    @property
    def row_dtypes(self):
        """Of inputs and of targets."""
        return self.input_dtype, self.array_dtype

    @property
    def body_shape(self):
        """Of one sample where the layers get it."""
        return self.input_shape

    @property
    def output_shape(self):
        """Of one sample's output."""
        return (self.units,)

    @property
    def hidden_bias(self):
        """Whether layers that come before an activation have biases.

        A batch normalisation in between has a shift of its own.
        """
        return self.use_bias and not self.batch_norm

    @property
    def gives_values(self):
        """Whether outputs are values, which have units; others are probabilities."""
        return self.output in ("linear", "exponential")

    @property
    def widths(self):
        """Units or filters of the hidden layers."""
        return self.hidden_layer_sizes

    @property
    def activations(self):
        """Those that the layers have."""
        return (self.activation,) if self.widths else ()

    @property
    def fine_tunes(self):
        """Whether layers are trained that come with weights."""
        return False

    @property
    def only_averages(self):
        """Whether the network is a mean of vectors that it learns."""
        return False

    @property
    def rows_at_once(self):
        """How many samples an evaluation may hold the layers' outputs of."""
        return 8192

    def suits_xla(self, batch_size):
        """Whether a step is faster with XLA, however long compiling takes."""
        return True

    def suits_numpy(self, n_rows):
        """Whether NumPy predicts so many samples faster than TensorFlow."""
        return True

    @property
    def plain_step_cost(self):
        """How long a step without XLA takes, next to a dense network's."""
        return 1

    @property
    def fuses(self):
        """Whether XLA can compile many networks as one."""
        return True

    @property
    def mixes_rows(self):
        """Layers in which rows that fill up a batch may change others, by name."""
        return ()

    @property
    def vectorizes(self):
        """Whether many networks in one plain graph are faster than one by one."""
        return True

    # What a family defines, where its networks differ from a stack of dense layers

    # What a family without such fields has in them.
    masked = False
    n_tokens = 0
    backbone = None
    network = None
    return_sequences = False
    tied = False
    recurrent = False
    # Fields whose values are of layers that ``network=`` takes the place of.
    _without_layers = {
        "hidden_layer_sizes": (),
        "activation": "linear",
        "dropout": 0.0,
        "batch_norm": False,
    }
    # The family's spec with layers of the user's, a subclass of WithNetwork; None where
    # there is no such parameter.
    _of_given_layers = None
    # What a file may hold in the fields; see :mod:`skdeep._rules`.
    field_rules = {
        "input_shape": is_shape,
        "units": is_size,
        "output": or_none(is_a(str)),
        "hidden_layer_sizes": is_sizes,
        "dropout": is_share,
        "batch_norm": is_bool,
        "use_bias": is_bool,
        "l1": is_penalty,
        "l2": is_penalty,
        "normalize": one_of(True, False, "auto"),
        "dtype": one_of("float32", "float64", "mixed_bfloat16"),
        "double_inputs": is_bool,
    }

    def augmented(self, kit, x):
        """The raw inputs ``x`` as training changes them, before they are scaled.

        Parameters
        ----------
        kit : Kit
            The layer classes to build with.
        x : KerasTensor
        """
        return x

    def body(self, kit, x):
        """The scaled inputs ``x`` after the layers before the hidden dense ones."""
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
        """Networks that come one after another.

        Parameters
        ----------
        weights : Weights

        Returns
        -------
        halves : list of (NetworkSpec, Weights, str or None)
            The last are activations that follow, those of output layers.
        """
        return [(self, weights, None)]

    def forward(self, layers, X):
        """The output of the last layer before its activation, by NumPy.

        Called only where :meth:`suits_numpy` says so.

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
        """Trainable arrays of the template, as a model of stock layers has them."""
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
        """Names of the layers of a dense network; None of others, which ask Keras."""
        return None

    @property
    def array_shapes(self):
        """Shapes of the trainable arrays and of the others; None asks Keras."""
        return None

    def __copy__(self):
        return self  # it never changes

    def __getstate__(self):
        # Without what is computed from the fields.
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
        Steps that this optimiser has done.
    optimizer_kind : str or None
        Names the optimiser whose state that is, where it is known.
    """

    trainable: list
    non_trainable: list
    optimizer: list | None = None
    n_steps: int = 0
    optimizer_kind: str | None = None


def is_weight(array):
    """Whether an array of a network is no state of a random generator."""
    return array.dtype.kind == "f" or array.shape != (2,)

"""Parameters and attributes of networks for sequences."""

from skdeep._compat import StrOptions
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, COUNTS, SHARE, own_layers
from skdeep.networks import ACTIVATIONS

INPUTS = """
X may be

- an array of shape (n_samples, steps, channels), or (n_samples, steps) for one
  channel;
- a list of arrays of shape (steps, channels) or (steps,), whose lengths may
  differ: they are padded to the longest and masked inside;
- with ``embedding_dim``, tokens in place of one channel: integers from 0;
- with ``window=k``, one long series: rows in the order of time, one target for
  each. Row t sees rows t-k+1 to t of the X that is passed, and nothing later. The
  first k-1 rows of each X, for training and for prediction, see only the rows that
  X has; the missing rows before them are masked.

With a list or a window, the Keras model in ``model_``, and the model that ``export``
writes, take one more channel: the mask, ones for steps and zeros for padding.

Targets are one value or label per sequence, several columns (a horizon, say) or,
with ``return_sequences``, one value or label per step, of shape
(n_samples, steps).
"""

# Texts for the parameter `network`: which parameters have no effect with it, and how
# its layers see padding.
REPLACED = "``cell``, ``units``, ``hidden_layer_sizes``, ``dropout`` and the like"
MASKED = (
    "are zeros and masked, as by ``keras.layers.Masking``. Convolutions and operators "
    "like ``+`` lose the mask; if padding then changes predictions, there is a warning."
)

# The layers along time, for sequences and for texts.
LAYERS = {
    "units": Parameter(
        "array-like of int or int",
        COUNTS,
        'Units, or filters, of each layer along time; "average" has none.',
    ),
    "bidirectional": Parameter(
        "bool",
        ["boolean"],
        "Whether each recurrent layer goes through the sequence both ways.",
    ),
    "recurrent_dropout": Parameter(
        "float",
        [SHARE],
        """
        Share of a recurrent layer's outputs that is not fed back, in [0, 1). The same
        units are left out in all steps.
        """,
    ),
    "kernel_size": Parameter("int", [COUNT], "Number of steps in a kernel."),
    "hidden_layer_sizes": Parameter(
        "array-like of int or int",
        COUNTS,
        "Widths of the dense layers after the layers along time.",
    ),
    "activation": Parameter(
        "str, callable, keras.layers.Layer or None",
        [StrOptions({"auto", *ACTIVATIONS}), callable, None],
        """
        Activation of all layers but the output layer: a name or function of
        ``keras.activations``, or a layer such as ``keras.layers.LeakyReLU(0.1)``.
        "auto" is "tanh" in recurrent layers and "silu" in others. None is linear.
        """,
    ),
    "batch_norm": Parameter(
        "bool",
        ["boolean"],
        """
        Whether there is batch normalisation after recurrent layers, and between other
        layers and their activation. Its momentum is 0.9: Keras's 0.99 is for fits of
        thousands of steps. A sample counts by its weight in means and variances; with
        ``engine="keras"``, which uses Keras's own layers, all samples count alike.
        """,
    ),
}

SEQUENCE = {
    **LAYERS,
    "cell": Parameter(
        '{"lstm", "gru", "rnn", "conv", "average"}',
        [StrOptions({"lstm", "gru", "rnn", "conv", "average"})],
        """
        The kind of the layers along time: long short-term memories, gated recurrent
        units, simple recurrent layers, convolutions with a mean over all steps at the
        end, or no layers, only the mean over all steps.
        """,
    ),
    "network": own_layers(
        inputs="scaled inputs (or the tokens' vectors)",
        shape="``(steps, channels)``, with None for steps where sequences differ in "
        "length",
        outputs="one vector for each sequence or, with ``return_sequences``, for each "
        "step",
        gone=REPLACED,
        padding="Padded steps of short sequences, and missing rows of windows, "
        f"{MASKED}",
    ),
    "return_sequences": Parameter(
        "bool",
        ["boolean"],
        """
        Whether there is one target per step, for sequences of equal length.
        Bidirectional layers and convolutions also see the steps after the target's.
        """,
    ),
    "window": Parameter(
        "int or None",
        [COUNT, None],
        """
        Number of rows of one long series that each prediction sees: its own row and
        the rows before it. Early stopping then holds out the last rows. None takes X as
        many sequences.
        """,
    ),
    "embedding_dim": Parameter(
        "int or None",
        [COUNT, None],
        """
        Length of the vectors that tokens become. Tokens above the largest of ``fit``
        share one vector. None takes X as numbers.
        """,
    ),
}

SHAPE = {
    "sequence_shape_": Attribute(
        "tuple of (int or None, int)", "Steps and channels; None where lengths differ."
    ),
}

"""Parameters and attributes of autoencoders."""

from numbers import Real

from skdeep._compat import StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, COUNTS, NOT_NEGATIVE
from skdeep.conv._parameter_table import IMAGES
from skdeep.networks import ACTIVATIONS, RECONSTRUCTION_LOSSES

AUTOENCODER = {
    "n_components": Parameter("int", [COUNT], "Number of values in a code."),
    "hidden_layer_sizes": Parameter(
        'array-like of int, int or "auto"',
        [StrOptions({"auto"}), *COUNTS],
        """
        Widths of the encoder's dense layers; the decoder has the same widths in reverse
        order. "auto" is ``(256,)`` for tables and ``()`` for images. ``()`` is a linear
        model for tables.
        """,
    ),
    "image_shape": Parameter(
        "tuple of (height, width) or (height, width, channels), or None",
        IMAGES["image_shape"].constraint,
        """
        Shape of images that come as rows of numbers. None takes rows as a table.
        """,
    ),
    "rescale": IMAGES["rescale"],
    "filters": Parameter(
        "array-like of int or int",
        COUNTS,
        """
        Filters of the convolutions. Each convolution of the encoder halves height and
        width, each of the decoder doubles them. For images only.
        """,
    ),
    "kernel_size": Parameter(
        "int or (int, int)",
        COUNTS,
        "Height and width of the convolutions. For images only.",
    ),
    "code_activation": Parameter(
        "str or None",
        [StrOptions(set(ACTIVATIONS)), None],
        "Activation of the code, a name of ``keras.activations``; None is linear.",
    ),
    "output_activation": Parameter(
        "str or None",
        [StrOptions(set(ACTIVATIONS)), None],
        """
        Activation of the output, a name of ``keras.activations``: "sigmoid" for numbers
        from 0 to 1, "tanh" for numbers from -1 to 1, "relu" or "softplus" for numbers
        that are not negative. With an activation the targets are X itself (pixels times
        ``rescale``), and ``normalize`` is for the inputs only. A warning says if X
        holds values that the activation cannot give. None is linear, or the activation
        that ``loss`` needs: "sigmoid" for "binary_crossentropy".
        """,
    ),
    "noise": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="both")],
        """
        Standard deviation of Gaussian noise, from 0 to 1, that is added to the
        standardised inputs in training, so that the network learns to remove it
        (denoising autoencoder; Vincent, Larochelle, Bengio and Manzagol, 2008).
        """,
    ),
    "code_l1": Parameter(
        "float",
        [NOT_NEGATIVE],
        """
        Penalty on the code (sparse autoencoder). The loss of a sample grows by this
        number times the sum of the absolute values of the code. Useful values lie
        between 0.005 and 0.02. Codes get zeros with ``code_activation="relu"`` and
        either ``tied=True`` or ``l2``. Without ``tied`` and ``l2`` the decoder grows as
        the code shrinks.
        """,
    ),
    "tied": Parameter(
        "bool",
        ["boolean"],
        """
        Whether the kernels of the decoder are the transposed kernels of the encoder.
        For dense layers only.
        """,
    ),
    "contamination": Parameter(
        '"auto" or float',
        [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        """
        Share of outliers in the training data, in (0, 0.5]. With "auto", an outlier is
        a sample whose reconstruction error is more than 1.5 interquartile ranges above
        the upper quartile (Tukey's rule). Validation data, if there is any, gives the
        errors, because errors on training data are smaller than on new data. If early
        stopping holds out a part of X, a share still refers to all rows of X.
        """,
    ),
    "loss": Parameter(
        "str, callable or keras.losses.Loss",
        [StrOptions({"auto", *RECONSTRUCTION_LOSSES}), callable],
        """
        "auto" is the mean squared error. Otherwise a loss of ``keras.losses`` by name
        or as an object, or a function of (y_true, y_pred). Squared, absolute, Huber,
        log-cosh and quantile losses are computed on standardised inputs (see
        ``normalize``), all others on X itself. With ``output_activation`` all losses
        are computed on X itself, pixels times ``rescale``. "binary_crossentropy" is for
        numbers from 0 to 1, "poisson" needs an activation that is never negative.
        """,
    ),
    "normalize": Parameter(
        '"auto", "common" or bool',
        ["boolean", StrOptions({"auto", "common"})],
        """
        True centres each feature inside the network and divides it by its standard
        deviation. "common" divides all features by the standard deviation of an average
        feature, so that features of one unit, like pixels, keep their relative weight.
        "auto" is "common" if the median of the features' standard deviations is at
        least a tenth of the largest, else True. Channels of images are standardised
        unless this is False. Squared, absolute, Huber, log-cosh and quantile losses in
        ``history_`` are in standardised units, other losses in units of X. With
        ``output_activation`` only the encoder's inputs are standardised.
        """,
    ),
}

CODES = {
    "offset_": Attribute(
        "float",
        """
        The score below which a sample is an outlier, from the data of the last call of
        ``fit`` or ``partial_fit``.
        """,
    ),
    "encoder_": Attribute(
        "keras.Model", "The first half of ``model_``: from raw inputs to codes."
    ),
    "decoder_": Attribute(
        "keras.Model", "The second half of ``model_``: from codes to raw outputs."
    ),
    "image_shape_": Attribute(
        "tuple of (int, int, int)", "Height, width and channels, if X holds images."
    ),
}

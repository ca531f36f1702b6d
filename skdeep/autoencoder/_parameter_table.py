"""Parameters and attributes of autoencoders."""

from numbers import Real

from skdeep._compat import StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, COUNTS, NOT_NEGATIVE
from skdeep.conv._parameter_table import IMAGES
from skdeep.networks import ACTIVATIONS, RECONSTRUCTION_LOSSES

AUTOENCODER = {
    "n_components": Parameter("int", [COUNT], "Width of the code."),
    "hidden_layer_sizes": Parameter(
        'array-like of int, int or "auto"',
        [StrOptions({"auto"}), *COUNTS],
        """
        Widths of the encoder's dense layers; the decoder has the same in reverse
        order. "auto" is ``(256,)`` for tables and ``()`` for images. ``()`` makes a
        linear model of tables.
        """,
    ),
    "image_shape": Parameter(
        "tuple of (height, width) or (height, width, channels), or None",
        IMAGES["image_shape"].constraint,
        """
        Shape of images that come as rows of numbers. None takes such rows as a table.
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
        that are not negative. With an activation the network learns to give X as it is
        (pixels times ``rescale``), whatever ``normalize`` makes of the inputs. A
        warning says where X holds values that the activation cannot give. None is
        linear, or what ``loss`` needs: "sigmoid" for "binary_crossentropy".
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
        a sample whose reconstruction error is more than 1.5 quartile distances above
        the upper quartile (Tukey's rule). With validation data, the errors on that data
        count: errors on the training data are smaller than those on new data. Where
        early stopping holds out a part of X, a share is one of the whole X.
        """,
    ),
    "loss": Parameter(
        "str, callable or keras.losses.Loss",
        [StrOptions({"auto", *RECONSTRUCTION_LOSSES}), callable],
        """
        "auto" is the mean squared error. Else a loss of ``keras.losses`` by name or as
        an object, or a function of (y_true, y_pred). Squared, absolute, Huber, log-cosh
        and quantile losses are those of inputs as ``normalize`` makes them, all others
        those of inputs as they are. With ``output_activation`` all losses are those of
        inputs as they are, pixels times ``rescale``. "binary_crossentropy" is for
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
        "auto" is "common" where the middle feature's standard deviation is at least a
        tenth of the largest. Channels of images are standardised, unless this is False.
        The outputs of the network are its inputs, so squared, absolute, Huber, log-cosh
        and quantile losses in ``history_`` are in these units, others in those of the
        inputs. With ``output_activation`` this is for the encoder only.
        """,
    ),
}

CODES = {
    "offset_": Attribute(
        "float",
        """
        The score under which a sample is an outlier, from the data of the last call of
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
        "tuple of (int, int, int)", "Height, width and channels, where X are images."
    ),
}

"""Parameters and attributes of networks for images."""

import os
from numbers import Integral, Real

import joblib

from skdeep._compat import HasMethods, StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, COUNTS, batch_size, own_layers
from skdeep.networks import AUGMENTATIONS, BACKBONES

# Parameters of all estimators that take images.
IMAGES = {
    "image_shape": Parameter(
        "tuple of (height, width) or (height, width, channels), or None",
        [tuple, list, None],
        """
        Shape of images that come as rows of numbers. With None, each row is a square
        grey image if the root of its length is an integer, else one row of pixels.
        """,
    ),
    "rescale": Parameter(
        '"auto", float or None',
        [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither"), None],
        """
        The factor by which pixels are multiplied. "auto" divides integers from 0 to
        255, of any dtype, by 255 and leaves floats as they are. All data must then be
        of the same kind, integers or floats, as in ``fit``. None leaves all pixels as
        they are.
        """,
    ),
}

CONV = {
    **IMAGES,
    "filters": Parameter(
        "array-like of int or int",
        COUNTS,
        "Number of filters in the convolutions of each block.",
    ),
    "kernel_size": Parameter(
        "int or (int, int)", COUNTS, "Height and width of the convolutions."
    ),
    "convs_per_block": Parameter(
        "int",
        [COUNT],
        """
        Number of convolutions before each pooling; 2 gives stacks as in VGG (Simonyan
        and Zisserman, 2015, https://arxiv.org/abs/1409.1556).
        """,
    ),
    "strides": Parameter(
        "int or (int, int)", COUNTS, "Strides of the first convolution of each block."
    ),
    "padding": Parameter(
        '{"same", "valid"}',
        [StrOptions({"same", "valid"})],
        """
        "same" pads each image with zeros, so that a convolution with ``strides=1``
        keeps its size. "valid" does not pad.
        """,
    ),
    "pooling": Parameter(
        '{"max", "average"} or None',
        [StrOptions({"max", "average"}), None],
        "Pooling at the end of each block; None leaves it out.",
    ),
    "pool_size": Parameter(
        "int or (int, int)",
        COUNTS,
        """
        Height and width of the pooling's window, which are also its strides. A window
        larger than its input is cut to the size of the input.
        """,
    ),
    "global_pooling": Parameter(
        '{"average", "max"} or None',
        [StrOptions({"average", "max"}), None],
        "Pools each filter to one number after the last block; None flattens instead.",
    ),
    "hidden_layer_sizes": Parameter(
        "array-like of int or int",
        COUNTS,
        "Widths of the dense layers after the convolutions, ``()`` for none.",
    ),
    "augment": Parameter(
        '{"flip", "shift", "rotate", "zoom"}, keras.layers.Layer, list of these or '
        "None",
        [StrOptions(set(AUGMENTATIONS)), list, tuple, callable, None],
        """
        Random changes of the training images: horizontal flips, shifts and zooms by
        up to 10 %, rotations by up to 14 degrees, or layers of Keras. The layers get
        the pixels as they are in X, before scaling; ``random_state`` seeds them.
        ``keras.Model.fit`` trains with layers that look at several images, such as
        ``MixUp``, and with classes of your own that lack ``mixes_rows = False``.
        """,
    ),
    "backbone": Parameter(
        "str, keras.Model or None",
        [StrOptions(set(BACKBONES)), HasMethods(["get_weights"]), None],
        """
        A network in place of the blocks: a name of ``keras.applications``, with its own
        preprocessing, or a model that takes the images as they are. ``normalize`` has
        no effect on its inputs, and ``global_pooling=None`` means "average". Networks
        of ``keras.applications`` take pixels from 0 to 255: floats up to 1 are
        multiplied by 255.
        """,
    ),
    "backbone_weights": Parameter(
        '"imagenet", path-like or None',
        [str, os.PathLike, None],
        """
        Weights to start with. Keras downloads "imagenet". A path is that of a weights
        file of Keras. None keeps the weights of a model, and gives random weights to a
        name. A backbone computes in its own precision, not in ``dtype``.
        """,
    ),
    "fine_tune": Parameter(
        "int",
        [Interval(Integral, 0, None, closed="left")],
        "Number of the backbone's last layers that are trained.",
    ),
    "network": own_layers(
        inputs="scaled images",
        shape="``(height, width, channels)``",
        outputs="one vector for each image",
        gone="the parameters of the blocks, ``hidden_layer_sizes``, ``backbone``, "
        "``activation``, ``dropout``, ``batch_norm``",
    ),
    "batch_size": batch_size(64),
    "dtype": Parameter(
        '{"float32", "float64", "mixed_bfloat16"}',
        [StrOptions({"float32", "float64", "mixed_bfloat16"})],
        """
        Precision of the weights and the training. Predictions have this precision or
        the precision of X, whichever is higher; X of integers counts as float64.
        "mixed_bfloat16" is Keras's policy: layers compute in 16 bits, weights and
        outputs have 32. It is faster on processors with instructions for it.
        """,
    ),
}

EMBEDDER = {
    **IMAGES,
    "backbone": Parameter(
        "str or keras.Model",
        [StrOptions(set(BACKBONES)), HasMethods(["get_weights"])],
        "A name of ``keras.applications``, with its own preprocessing, or a model.",
    ),
    "backbone_weights": Parameter(
        '"auto", "imagenet" or path-like',
        [str, os.PathLike],
        """
        Keras downloads "imagenet". A path is that of a weights file of Keras. "auto" is
        "imagenet" for a name; a model keeps its weights.
        """,
    ),
    "pooling": Parameter(
        '{"average", "max"} or None',
        [StrOptions({"average", "max"}), None],
        "Pools each channel of the backbone's output to one number; None flattens.",
    ),
    "memory": Parameter(
        "str, joblib.Memory or None",
        [str, joblib.Memory, None],
        """
        A folder that keeps the features of all images, as in scikit-learn's pipelines.
        The features of an image are computed once, in whichever folds, candidates or
        processes it occurs.
        """,
    ),
}

LOADER = {
    "size": Parameter(
        "tuple of (height, width) or int",
        [tuple, list, COUNT],
        "The height and width to which every image is resized.",
    ),
    "color": Parameter(
        '{"rgb", "rgba", "gray"}',
        [StrOptions({"rgb", "rgba", "gray"})],
        "Three channels, four or one.",
    ),
    "crop_to_aspect_ratio": Parameter(
        "bool",
        ["boolean"],
        """
        Whether an image is cropped to the aspect ratio of ``size`` before it is
        resized. Otherwise resizing distorts it.
        """,
    ),
    "verbose": Parameter(
        "int",
        ["verbose"],
        "1 shows a progress bar if loading takes more than two seconds.",
    ),
}

SHAPE = {
    "image_shape_": Attribute(
        "tuple of (int, int, int)", "Height, width and channels."
    ),
}
EMBEDDED = {
    "network_": Attribute("object", "The network as plain arrays."),
    **SHAPE,
    "n_features_in_": Attribute("int", "Number of values per image."),
}

"""The names of Keras's activations, losses and so on that parameters accept.

They are written down here, so that a wrong name is refused before TensorFlow is
imported. A test compares them with the installed Keras.
"""

import difflib

ACTIVATIONS = frozenset(
    [
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "linear",
        "log_sigmoid",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "soft_shrink",
        "softmax",
        "softplus",
        "softsign",
        "sparse_plus",
        "sparse_sigmoid",
        "sparsemax",
        "squareplus",
        "swish",
        "tanh",
        "tanh_shrink",
    ]
)
# Two are left out: the gated linear unit "glu" halves the width of its layer, and
# "threshold" has no defaults.

# Keras's classes, and the names of functions that older versions of Keras had.
_INITIALIZER_CLASSES = {
    "GlorotNormal": "glorot_normal",
    "GlorotUniform": "glorot_uniform",
    "HeNormal": "he_normal",
    "HeUniform": "he_uniform",
    "Identity": "identity",
    "LecunNormal": "lecun_normal",
    "LecunUniform": "lecun_uniform",
    "Ones": "ones",
    "Orthogonal": "orthogonal",
    "RandomNormal": "random_normal",
    "RandomUniform": "random_uniform",
    "TruncatedNormal": "truncated_normal",
    "VarianceScaling": "variance_scaling",
    "Zeros": "zeros",
}
_OLD_INITIALIZERS = "normal", "one", "uniform", "zero"
INITIALIZERS = frozenset(
    [*_INITIALIZER_CLASSES, *_INITIALIZER_CLASSES.values(), *_OLD_INITIALIZERS]
)

OPTIMIZERS = frozenset(
    [
        "adadelta",
        "adafactor",
        "adagrad",
        "adam",
        "adamax",
        "adamw",
        "ftrl",
        "lamb",
        "lion",
        "muon",
        "nadam",
        "rmsprop",
        "schedulefreeadamw",
        "sgd",
    ]
)

SCHEDULES = frozenset(
    ["cosine_decay", "exponential_decay", "inverse_time_decay", "polynomial_decay"]
)

AUGMENTATIONS = frozenset(["flip", "rotate", "shift", "zoom"])

BACKBONES = frozenset(
    [
        "ConvNeXtBase",
        "ConvNeXtLarge",
        "ConvNeXtSmall",
        "ConvNeXtTiny",
        "ConvNeXtXLarge",
        "DenseNet121",
        "DenseNet169",
        "DenseNet201",
        "EfficientNetB0",
        "EfficientNetB1",
        "EfficientNetB2",
        "EfficientNetB3",
        "EfficientNetB4",
        "EfficientNetB5",
        "EfficientNetB6",
        "EfficientNetB7",
        "EfficientNetV2B0",
        "EfficientNetV2B1",
        "EfficientNetV2B2",
        "EfficientNetV2B3",
        "EfficientNetV2L",
        "EfficientNetV2M",
        "EfficientNetV2S",
        "InceptionResNetV2",
        "InceptionV3",
        "MobileNet",
        "MobileNetV2",
        "MobileNetV3Large",
        "MobileNetV3Small",
        "NASNetLarge",
        "NASNetMobile",
        "ResNet101",
        "ResNet101V2",
        "ResNet152",
        "ResNet152V2",
        "ResNet50",
        "ResNet50V2",
        "VGG16",
        "VGG19",
        "Xception",
    ]
)

# Keras's classes of losses, and the functions that they compute.
_LOSS_CLASSES = {
    "BinaryCrossentropy": "binary_crossentropy",
    "BinaryFocalCrossentropy": "binary_focal_crossentropy",
    "CTC": "ctc",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "CategoricalFocalCrossentropy": "categorical_focal_crossentropy",
    "CategoricalGeneralizedCrossEntropy": "categorical_generalized_cross_entropy",
    "CategoricalHinge": "categorical_hinge",
    "Circle": "circle",
    "CosineSimilarity": "cosine_similarity",
    "Dice": "dice",
    "Hinge": "hinge",
    "Huber": "huber",
    "KLDivergence": "kl_divergence",
    "LogCosh": "log_cosh",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredError": "mean_squared_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "Poisson": "poisson",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "SquaredHinge": "squared_hinge",
    "Tversky": "tversky",
}
_LOSS_ALIASES = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
LOSS_NAMES = {
    **_LOSS_CLASSES,
    **_LOSS_ALIASES,
    **{alias.upper(): name for alias, name in _LOSS_ALIASES.items()},
    "QuantileLoss": "quantile",
}


def _losses(*names):
    """All names by which Keras knows these functions."""
    return frozenset(names) | {n for n, of in LOSS_NAMES.items() if of in names}


REGRESSION_LOSSES = _losses(
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
)

RECONSTRUCTION_LOSSES = REGRESSION_LOSSES | _losses("binary_crossentropy")

CLASSIFICATION_LOSSES = _losses(
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "dice",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
)


# Activations that scikit-learn's MLP and Keras call by different names.
_OF_SCIKIT_LEARN = {"identity": "linear", "logistic": "sigmoid"}


def closest(name, known):
    """The question "Did you mean ...?" with the most similar known name, or "".

    For scikit-learn's name of an activation, it has Keras's name of that activation.

    Parameters
    ----------
    name : str
    known : iterable of str
    """
    lower = {other.lower(): other for other in sorted(known)}
    if _OF_SCIKIT_LEARN.get(name) in lower:
        return f" Did you mean {_OF_SCIKIT_LEARN[name]!r}?"
    found = difflib.get_close_matches(name.lower(), lower, 1)
    return f" Did you mean {lower[found[0]]!r}?" if found else ""

"""The parameters and attributes that several families share, each described once."""

import textwrap
from numbers import Integral, Real

from skdeep._compat import HasMethods, StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameters import AnyCase
from skdeep.networks import (
    ACTIVATIONS,
    CLASSIFICATION_LOSSES,
    INITIALIZERS,
    OPTIMIZERS,
    REGRESSION_LOSSES,
    SCHEDULES,
)

COUNT = Interval(Integral, 1, None, closed="left")
COUNTS = ["array-like", COUNT]
SHARE = Interval(Real, 0, 1, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")


def batch_size(auto):
    """The parameter ``batch_size``, whose "auto" each family measures for itself."""
    return Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        f"""
        Rows of the training data for each step. "auto" is {auto} with
        ``optimizer="auto"`` and ``learning_rate=None``, Keras's 32 with an optimiser or
        a rate of your own, and all samples where there are fewer; up to 64 samples are
        one batch.
        """,
    )


# Of every network.
NETWORK = {
    "activation": Parameter(
        "str, callable, keras.layers.Layer or None",
        [StrOptions(set(ACTIVATIONS)), callable, None],
        """
        Activation of the hidden layers: a name or function of
        ``keras.activations``, or a layer such as ``keras.layers.LeakyReLU(0.1)``. None
        is linear.
        """,
    ),
    "use_bias": Parameter(
        "bool",
        ["boolean"],
        """
        Whether the layers, the last one included, have biases. False leaves the shift
        of ``batch_norm`` and the centring by ``normalize`` as they are.
        """,
    ),
    "kernel_initializer": Parameter(
        "str or keras.initializers.Initializer",
        [StrOptions(set(INITIALIZERS)), callable],
        "Initial weights. An initialiser with a seed of its own keeps it.",
    ),
    "dropout": Parameter(
        "float",
        [SHARE],
        "Share of the hidden units that each step leaves out, in [0, 1).",
    ),
    "batch_norm": Parameter(
        "bool",
        ["boolean"],
        """
        Whether there is batch normalisation between each hidden layer and its
        activation. Its momentum is 0.9: Keras's 0.99 is for fits of thousands of steps.
        A row counts by its weight in the means and variances; with ``engine="keras"``,
        which uses Keras's own layers, all rows count alike.
        """,
    ),
    "l1": Parameter(
        "float",
        [NOT_NEGATIVE],
        "Penalty on the absolute values of the kernel weights.",
    ),
    "l2": Parameter(
        "float",
        [NOT_NEGATIVE],
        "Penalty on the squares of the kernel weights.",
    ),
    "optimizer": Parameter(
        "str or keras.optimizers.Optimizer",
        [
            StrOptions({"auto"}),
            AnyCase(set(OPTIMIZERS)),
            HasMethods(["apply_gradients", "get_config"]),
        ],
        """
        A name or an object of ``keras.optimizers``. "auto" is AdamW with
        ``beta_2=0.99``, a learning rate of 0.003 for two hidden layers of 128 units
        (more for narrow and shallow networks, 0.05 for linear models, more in short
        fits of networks that average tokens), and a weight decay that depends on the
        number of steps: see the user guide, "Defaults". An optimiser object is a
        recipe: it is never changed. The candidates of a search have copies that Keras
        makes, and these copies forget ``exclude_from_weight_decay``. Call it in the
        ``__init__`` of a subclass of the optimiser, and search over objects of that
        subclass.
        """,
    ),
    "learning_rate": Parameter(
        "float, keras.optimizers.schedules.LearningRateSchedule or None",
        [
            Interval(Real, 0, None, closed="neither"),
            HasMethods(["__call__", "get_config"]),
            None,
        ],
        "Learning rate. None keeps the optimiser's own.",
    ),
    "learning_rate_schedule": Parameter(
        "str, keras.optimizers.schedules.LearningRateSchedule or None",
        [StrOptions({"auto", *SCHEDULES}), callable, None],
        """
        How the learning rate changes in the course of a fit. "cosine_decay",
        "exponential_decay", "inverse_time_decay" and "polynomial_decay" are stretched
        over the fit. "auto" is the cosine with ``optimizer="auto"`` and
        ``learning_rate=None``; an optimiser or a rate of your own stays as it is given.
        None adds no schedule. :meth:`partial_fit` keeps named schedules at their first
        value.
        """,
    ),
    "batch_size": Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        """
        Rows of the training data for each step. "auto" is ``min(32, n_samples)``.
        """,
    ),
    "epochs": Parameter("int", [COUNT], "Passes over the training data."),
    "early_stopping": Parameter(
        "bool",
        ["boolean"],
        """
        Whether training stops when ``monitor`` has not improved for ``patience``
        epochs. The weights of the best epoch are kept.
        """,
    ),
    "validation_fraction": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="neither")],
        """
        Share of the training data, shuffled, that early stopping holds out when ``fit``
        gets no ``X_val``.
        """,
    ),
    "patience": Parameter(
        "int or None",
        [COUNT, None],
        """
        Epochs without improvement that early stopping waits. None trains all epochs
        and keeps the best.
        """,
    ),
    "monitor": Parameter(
        "str",
        [str],
        """
        The column of ``history_`` that early stopping watches: "val_loss",
        "val_accuracy" with ``metrics=["accuracy"]``, ... The metric decides whether a
        larger or a smaller value is better. A name without ``val_`` is of the training
        data, and nothing is held out.
        """,
    ),
    "min_delta": Parameter(
        "float",
        [NOT_NEGATIVE],
        """
        By how much ``monitor`` must improve to count for ``patience``. The weights that
        are kept are those of the best epoch, however small the improvement.
        """,
    ),
    "callbacks": Parameter(
        "list of keras.callbacks.Callback or None",
        [list, tuple, None],
        """
        Keras's callbacks. They see a compiled model of stock layers with the current
        weights and learning rate; weights and rates that they set count. Batch hooks
        make ``engine="auto"`` choose Keras. See ``set_callbacks`` for scikit-learn's
        callbacks.
        """,
    ),
    "metrics": Parameter(
        "list of str, callable or keras.metrics.Metric, or None",
        [list, tuple, None],
        """
        Metrics for ``history_``, weighted like the loss, with Keras's names: "acc",
        "auc" (of a second one in the list "auc_1"), "f1_score" (the mean over classes
        or labels).
        """,
    ),
    "dtype": Parameter(
        '{"float32", "float64"}',
        [StrOptions({"float32", "float64"})],
        """
        Precision of the weights and the training. Predictions come in this precision
        or in that of X, whichever is higher; X of integers counts as float64.
        """,
    ),
    "warm_start": Parameter(
        "bool",
        ["boolean"],
        """
        Whether ``fit`` goes on from the weights and the optimiser's state of the last
        fit; another optimiser starts anew. Early stopping holds out the same rows of
        the same data again, and keeps the best epoch of all these fits.
        """,
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        ["random_state"],
        """
        Seed of the initial weights, the order of the samples, the held-out part
        and dropout.
        """,
    ),
    "verbose": Parameter(
        "int",
        ["verbose"],
        """
        1 prints a line per epoch, and before the first epoch what takes long. Ctrl-C
        ends a fit and keeps the complete epochs; it waits until a compilation is done.
        """,
    ),
    "engine": Parameter(
        '{"auto", "compiled", "keras"}',
        [StrOptions({"auto", "compiled", "keras"})],
        """
        "compiled" trains whole epochs as one program, "keras" calls
        ``keras.Model.fit``; both give the same weights within rounding. "auto" is
        "compiled" where it can train the network.
        """,
    ),
}

# Of classifiers.
CLASSIFIER = {
    "loss": Parameter(
        "str, callable or keras.losses.Loss",
        [StrOptions({"auto", *CLASSIFICATION_LOSSES}), callable],
        """
        "auto" is the cross-entropy. Else a loss of ``keras.losses`` by name or as an
        object, or a function of (y_true, y_pred). The output layer follows from it:
        sigmoids or a softmax. It is linear with ``from_logits=True`` and for hinge
        losses, which learn margins (``decision_function``) and no probabilities.
        """,
    ),
    "label_smoothing": Parameter(
        'float or "auto"',
        [StrOptions({"auto"}), SHARE],
        """
        Share of the probability that is spread over all classes, in [0, 1). "auto" is
        0.1 with ``loss="auto"`` and 0 with others.
        """,
    ),
    "validation_fraction": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="neither")],
        """
        Share of the training data, shuffled and stratified by label, that early
        stopping holds out when ``fit`` gets no ``X_val``.
        """,
    ),
    "class_weight": Parameter(
        'dict, list of dict, "balanced" or None',
        [dict, list, StrOptions({"balanced"}), None],
        """
        Weights of the classes by label, as in scikit-learn. For targets with a column
        for each label, a list has a dict for each column. "balanced" takes the
        frequencies in the training data, also for validation data; ``partial_fit``
        refuses it. Rows of a class of weight zero are left out, but its label is known.
        """,
    ),
    "multilabel": Parameter(
        '{"auto", True, False}',
        [StrOptions({"auto"}), "boolean"],
        """
        The meaning of y with a column of 0 and 1 for each label. False: each row has
        exactly one class (one-hot rows, as ``to_categorical`` makes them),
        probabilities sum to one, and ``predict`` gives one-hot rows. True: each row may
        have any number of labels. "auto" is False if every row of y in ``fit`` has
        exactly one 1, else True. ``partial_fit`` does not guess: it needs True or False
        for one-hot rows.
        """,
    ),
    "normalize": Parameter(
        "bool",
        ["boolean"],
        """
        Whether the inputs are standardised inside the network. Numbers far from zero,
        like times in milliseconds, are centred in double precision.
        """,
    ),
}

# Of regressors.
REGRESSOR = {
    "loss": Parameter(
        "str, callable or keras.losses.Loss",
        [StrOptions({"auto", *REGRESSION_LOSSES}), callable],
        """
        "auto" is the mean squared error. Else a loss of ``keras.losses`` by name or as
        an object, or a function of (y_true, y_pred). The output layer is linear; for
        "poisson" it is the exponential, and y must not be negative. With ``normalize``
        the network learns standardised values. Squared, absolute, Huber, log-cosh and
        quantile losses are those of standardised values, too, so that a delta counts in
        standard deviations; all others ("msle", "mape", functions) see y and
        predictions in the units of y.
        """,
    ),
    "normalize": Parameter(
        "bool",
        ["boolean"],
        """
        Whether the inputs and the targets are standardised inside the network. Squared,
        absolute, Huber, log-cosh and quantile losses in ``history_`` are then in
        standardised units, others in those of the targets. Numbers far from zero, like
        times in milliseconds, are centred in double precision.
        """,
    ),
}


def own_layers(*, inputs, shape, outputs, gone, padding=""):
    """The parameter ``network``, in the words of a family.

    Parameters
    ----------
    inputs : str
        The inputs of the layers.
    shape : str
        The shape of one sample.
    outputs : str
        The outputs of the layers.
    gone : str
        The parameters without effect.
    padding : str, default=""
        What the layers see of padding.
    """
    text = f"""\
        Makes other layers in place of all between the {inputs} and the output layer.
        ``network(input_shape)`` gets the shape of one sample, {shape}, and returns a
        list of Keras layers, one layer, or a sequential or functional ``keras.Model``,
        which gives {outputs}. Every fit calls it once, with Keras's random numbers set
        by ``random_state``, and starts from the weights that the layers have;
        ``warm_start`` and ``partial_fit`` go on with the trained ones. Parameters of
        the layers that are replaced ({gone}) must have their defaults then;
        ``use_bias``, ``kernel_initializer``, ``l1`` and ``l2`` are of the output layer
        only. ``skdeep.save`` refuses functions; pickles take those of modules. See the
        user guide, "Layers of your own". {padding}"""
    text = textwrap.fill(" ".join(text.split()), 80)
    return Parameter("callable or None", [callable, None], text)


# Attributes of classifiers.
CLASSES = {
    "classes_": Attribute(
        "ndarray of shape (n_classes,)",
        "Labels; for multilabel targets the numbers of the columns.",
    ),
}
# Attributes of every fitted network.
TRAINING = {
    "history_": Attribute(
        "DataFrame",
        "A row per epoch: ``loss``, metrics, ``val_loss`` and ``val_`` metrics.",
    ),
    "n_epochs_": Attribute("int", "Epochs trained; ``n_iter_`` is the same."),
    "loss_curve_": Attribute(
        "list of float", "The training loss of each epoch; ``loss_`` is the last."
    ),
    "best_loss_": Attribute(
        "float or None", "The lowest training loss; None with validation data."
    ),
    "validation_scores_": Attribute(
        "list of float or None",
        """
        Of each epoch with validation data: accuracy or R2 if ``metrics`` has it, else
        the validation loss times -1. ``best_validation_score_`` is the highest.
        """,
    ),
    "best_epoch_": Attribute(
        "int",
        """
        The epoch, from one, with the lowest validation loss; the last without
        validation data. With early stopping, the epoch whose weights are kept.
        """,
    ),
    "model_": Attribute(
        "keras.Model", "The network as a Keras model, built when asked for."
    ),
    "network_": Attribute("object", "The network as plain arrays."),
    "n_outputs_": Attribute("int", "Number of outputs."),
}
# Attributes of networks for rows of numbers.
FEATURES = {
    "n_features_in_": Attribute("int", "Number of features."),
    "feature_names_in_": Attribute(
        "ndarray of shape (`n_features_in_`,)",
        "Names of the features, where X had any.",
    ),
}

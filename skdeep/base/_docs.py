"""The common parameters' documentation, written once."""

import textwrap

HIDDEN_LAYER_SIZES = """\
    hidden_layer_sizes : array-like of int or int, default=(128, 128)
        Widths of the hidden layers; ``()`` is a linear model.
"""

_OWN_LAYERS = """\
Makes other layers in place of all between the {inputs} and the output layer. \
``network(input_shape)`` gets the shape of one sample, {shape}, and returns a list of \
Keras layers, one layer, or a sequential or functional ``keras.Model``, which gives \
{outputs}. Every fit calls it once, with Keras's random numbers set by \
``random_state``, and starts from the weights that the layers have; ``warm_start`` and \
``partial_fit`` go on with the trained ones. Parameters of the layers that are gone \
({gone}) must have their defaults then; ``use_bias``, ``kernel_initializer``, ``l1`` \
and ``l2`` are of the output layer only. ``skdeep.save`` refuses functions; pickles \
take those of modules. See the user guide, "Layers of your own".{more}"""
_MASKED = """\
are zeros and masked, as by ``keras.layers.Masking``. Convolutions and operators like \
``+`` lose the mask; where padding then counts, there is a warning."""


def _own_layers(inputs, shape, outputs, gone, more=""):
    """The documentation of ``network``."""
    text = _OWN_LAYERS.format(
        inputs=inputs, shape=shape, outputs=outputs, gone=gone, more=more
    )
    indent = " " * 8
    lines = textwrap.wrap(text, 88, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(["    network : callable, default=None", *lines, ""])


DENSE_LAYERS = _own_layers(
    "scaled inputs",
    "``(n_features,)``",
    "one vector for each sample",
    "``hidden_layer_sizes``, ``activation``, ``dropout``, ``batch_norm``",
)
CONV_LAYERS = _own_layers(
    "scaled images",
    "``(height, width, channels)``",
    "one vector for each image",
    "those of the blocks, ``hidden_layer_sizes``, ``backbone``, ``activation``, "
    "``dropout``, ``batch_norm``",
)
_OF_CELLS = "``cell``, ``units``, ``hidden_layer_sizes``, ``dropout`` and the like"
SEQUENCE_OWN_LAYERS = _own_layers(
    "scaled inputs (or the tokens' vectors)",
    "``(steps, channels)``, with None for steps where sequences differ in length",
    "one vector for each sequence or, with ``return_sequences``, for each step",
    _OF_CELLS,
    " Steps that are not there, in sequences of different lengths and in windows, "
    + _MASKED,
)
TEXT_OWN_LAYERS = _own_layers(
    "tokens' vectors",
    "``(None, embedding_dim)``",
    "one vector for each text",
    _OF_CELLS,
    " Where texts are shorter than others, tokens that are not there " + _MASKED,
)

CONV = """\
    filters : array-like of int or int, default=(32, 64)
        Filters of each block's convolutions.
    kernel_size : int or (int, int), default=3
        Height and width of the convolutions.
    convs_per_block : int, default=1
        Convolutions before each pooling; 2 gives stacks as in VGG (Simonyan and
        Zisserman, 2015, https://arxiv.org/abs/1409.1556).
    strides : int or (int, int), default=1
        Step of the first convolution of each block.
    padding : {"same", "valid"}, default="same"
        Whether the convolutions see zeros around the image.
    pooling : {"max", "average"} or None, default="max"
        What ends each block.
    pool_size : int or (int, int), default=2
        Height and width of the pooling's window, and its step. It is cut to what it
        pools, where that is smaller.
    global_pooling : {"average", "max"} or None, default=None
        One number per filter after the last block; None keeps all.
"""

CONV_HIDDEN = """\
    hidden_layer_sizes : array-like of int or int, default=(128,)
        Widths of the dense layers after the convolutions, ``()`` for none.
"""

IMAGES = """\
    image_shape : tuple of (height, width) or (height, width, channels), default=None
        Of images that come as rows of numbers. None takes a square grey image where
        the number has a whole root, and one row of pixels otherwise.
    rescale : "auto", float or None, default="auto"
        What pixels are multiplied with. "auto" divides integers from 0 to 255, of
        whatever dtype, by 255 and leaves floats; then all data must be of the kind
        that ``fit`` has seen.
"""

AUGMENT = """\
    augment : {"flip", "shift", "rotate", "zoom"}, keras.layers.Layer, list of these \
or None, default=None
        Random changes of the training images: horizontal flips, shifts and zooms by
        up to 10 %, rotations by up to 14 degrees, or Keras's own layers, which see
        the pixels as they came, with random numbers of ``random_state``.
"""

BACKBONE = """\
    backbone : str or keras.Model, default=None
        Takes the place of the blocks: a name of ``keras.applications``, with its own
        preprocessing, or a model that takes the images as they are. ``normalize`` has
        no effect on its inputs, and ``global_pooling=None`` means "average". Named
        ones want pixels from 0 to 255: floats up to 1 are multiplied by 255.
    backbone_weights : "imagenet", path-like or None, default=None
        "imagenet" is downloaded by Keras; a path is of a file that Keras wrote. None
        keeps the weights of a model, and is random weights for a name. A backbone
        computes in its own precision, whatever ``dtype``.
    fine_tune : int, default=0
        How many of the backbone's last layers are trained.
"""

SEQUENCES = """\
X may be

    - an array of shape (n_samples, steps, channels), or (n_samples, steps) for one
      channel;
    - a list of arrays of shape (steps, channels) or (steps,), whose lengths may
      differ: they are padded to the longest and masked inside;
    - with ``embedding_dim``, tokens in place of one channel: integers from 0;
    - with ``window=k``, one long series: rows in the order of time, one target for
      each. Row t sees rows t-k+1 to t of the X that is passed, and nothing later. The
      first k-1 rows of each X, be it for training or for prediction, see only the
      rows that X has; what is before them is masked.

    With a list or a window, the Keras model in ``model_``, and what ``export`` writes,
    takes one channel more: ones for steps that are there, zeros for the others.

    Targets are one value or label per sequence, several columns (a horizon, say) or,
    with ``return_sequences``, one value or label per step, of shape
    (n_samples, steps).
"""

_SEQUENCE_LAYERS = """\
    units : array-like of int or int, default=(32,)
        Units, or filters, of each layer along time; "average" has none.
    bidirectional : bool, default=False
        Whether each recurrent layer goes through the sequence both ways.
    recurrent_dropout : float, default=0.0
        Share of a recurrent layer's outputs that is not fed back, in [0, 1), the same
        units in all steps.
    kernel_size : int, default=7
        Steps that a convolution sees.
    hidden_layer_sizes : array-like of int or int, default=()
        Widths of the dense layers after those along time.
"""

SEQUENCE = f"""\
    cell : {{"lstm", "gru", "rnn", "conv", "average"}}, default="lstm"
        What goes along time: long short-term memories, gated recurrent units, simple
        recurrent layers, convolutions with a mean over all steps at the end, or only
        that mean.
{_SEQUENCE_LAYERS}\
    return_sequences : bool, default=False
        Whether there is one target per step, for sequences of equal length.
        Bidirectional layers and convolutions then see what comes after a step, too.
    window : int, default=None
        Rows that each row of one long series sees, itself included. Early stopping
        then holds out the last rows.
    embedding_dim : int, default=None
        Width of the vectors that tokens become. Tokens beyond those of ``fit`` share
        one vector.
"""

TOKENS = """\
    analyzer : {"word", "char", "subword"}, default="word"
        What a token is: a word or a punctuation mark, a character, or a sequence of
        bytes that is frequent in the texts (byte pair encoding; Sennrich, Haddow and
        Birch, 2016, https://arxiv.org/abs/1508.07909), which knows every text. In
        scripts without spaces every character counts as a word.
    vocabulary : dict or array-like of str, default=None
        The tokens, where they are known beforehand: with their numbers, as in
        ``vocabulary_``, or in their order. ``max_tokens`` and ``min_frequency`` have no
        effect then.
    min_frequency : int, default=1
        How often a token must occur in the texts of ``fit``.
    lowercase : bool, default=True
        Whether letters are made small.
    strip_accents : bool, default=False
        Whether accents are removed.
"""

LENGTH = """\
    max_length : int or None, default=256
        Tokens to which longer texts are cut.
    truncation : {"post", "pre"}, default="post"
        Which end is cut off.
"""

SEQUENCE_ATTRIBUTES = """\
    sequence_shape_ : tuple of (int or None, int)
        Steps and channels; None where lengths differ.
"""

IMAGE_ATTRIBUTES = """\
    image_shape_ : tuple of (int, int, int)
        Height, width and channels.
"""

LABEL_SMOOTHING = """\
    label_smoothing : float or "auto", default=0.0
        Share of the probability that is spread over all classes, in [0, 1). "auto" is
        0.1 with ``loss="auto"`` and 0 with others.
"""
LABEL_SMOOTHING_AUTO = LABEL_SMOOTHING.replace("0.0", '"auto"')

CLASS_WEIGHT = """\
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, as in scikit-learn: by label, for targets with a column
        per label a list with a dict for each column. "balanced" makes them of the
        frequencies in the training data, also for validation; not in ``partial_fit``.
        Rows of classes of weight zero are left out, their label stays known.
    multilabel : {"auto", True, False}, default="auto"
        What y with a column of 0 and 1 for each label means. False: the columns are
        classes, of which each row has exactly one (one-hot rows, as ``to_categorical``
        makes them); probabilities sum to one, and ``predict`` gives such rows back.
        True: each row may have any number of labels. "auto": classes, if every row of
        y in ``fit`` has exactly one 1. ``partial_fit`` does not guess from such rows.
"""

NETWORK = """\
    activation : str, callable, keras.layers.Layer or None, default="silu"
        Activation of the hidden layers: a name or function of
        ``keras.activations``, or a layer such as ``keras.layers.LeakyReLU(0.1)``.
    use_bias : bool, default=True
        Whether the layers, the last one included, have biases. False leaves the shift
        of ``batch_norm`` and what standardisation centres as they are.
    kernel_initializer : str or keras.initializers.Initializer, \
default="glorot_uniform"
        Initial weights. An initialiser with a seed of its own keeps it.
    dropout : float, default=0.0
        Share of the hidden units that each step leaves out, in [0, 1).
    batch_norm : bool, default=False
        Batch normalisation between each hidden layer and its activation, with a
        momentum of 0.9: Keras's 0.99 is for fits of thousands of steps. A row counts
        by its weight in the means and variances; with ``engine="keras"``, which uses
        Keras's own layers, all rows count alike.
    l1, l2 : float, default=0.0
        Penalties on the absolute and on the squared kernel weights.
    loss : str, callable or keras.losses.Loss, default="auto"
        "auto" is the mean squared error for values and the cross-entropy for labels.
        A loss of ``keras.losses`` by name or as an object, or a function of (y_true,
        y_pred). The output layer follows from it: for labels sigmoids or a softmax,
        linear with ``from_logits=True`` and for hinge losses, which learn margins
        (``decision_function``) and no probabilities; for values linear, for "poisson"
        the exponential (then y must not be negative). With ``normalize`` the network
        learns standardised values. Squared, absolute, Huber, log-cosh and quantile
        losses are those of standardised values, too, so that a delta counts in
        standard deviations; all others ("msle", "mape", functions) see y and
        predictions in the units of y.
"""

SEQUENCE_NETWORK = NETWORK.replace(
    """keras.layers.Layer or None, default="silu"
        Activation of the hidden layers: a name""",
    """keras.layers.Layer or None, default="auto"
        Activation of all layers but the last: "auto" is "tanh" in recurrent ones and
        "silu" in the others; else a name""",
).replace(
    """        Batch normalisation between each hidden layer and its activation, with a
        momentum of 0.9: Keras's 0.99 is for fits of thousands of steps. A row counts
        by its weight in the means and variances; with ``engine="keras"``, which uses
        Keras's own layers, all rows count alike.""",
    """        Batch normalisation after recurrent layers, and between others and their
        activation, with a momentum of 0.9: Keras's 0.99 is for fits of thousands of
        steps. A row counts by its weight in the means and variances; with
        ``engine="keras"``, which uses Keras's own layers, all rows count alike.""",
)

_TRAINING = """\
    optimizer : str or keras.optimizers.Optimizer, default="auto"
        "auto" is AdamW with ``beta_2=0.99``, a learning rate of 0.003 for two hidden
        layers of 128 units (more for narrow and shallow networks, 0.05 for linear
        models; averages of tokens take more in short fits), and a weight decay that
        depends on the number of steps: see the user guide, "Defaults". An
        optimiser object is a recipe: it is never changed. Candidates of a search are
        copies that Keras makes, which forget ``exclude_from_weight_decay``: call it in
        the ``__init__`` of a subclass to search over such optimisers.
    learning_rate : float, keras.optimizers.schedules.LearningRateSchedule or None, \
default=None
        Learning rate. None keeps the optimiser's own.
    learning_rate_schedule : str, \
keras.optimizers.schedules.LearningRateSchedule or None, default="auto"
        "cosine_decay", "exponential_decay", "inverse_time_decay" and
        "polynomial_decay" are stretched over the fit. "auto" is the cosine with
        ``optimizer="auto"`` and ``learning_rate=None``; an optimiser or a rate of your
        own stays as it is given. None adds no schedule. :meth:`partial_fit` keeps
        named schedules at their first value.
    batch_size : int or "auto", default="auto"
        "auto" is {auto_batch}.
    epochs : int, default={epochs}
        Passes over the training data.
    early_stopping : bool, default=False
        Stop when ``monitor`` has not improved for ``patience`` epochs, and keep the
        weights of the best epoch.
    validation_fraction : float, default=0.1
        Share of the training data, shuffled (and stratified by label), that early
        stopping holds out when ``fit`` gets no ``X_val``.
    patience : int or None, default=10
        Epochs without improvement that early stopping waits. None trains all epochs
        and keeps the best.
    monitor : str, default="val_loss"
        What early stopping watches, a column of ``history_``: "val_loss",
        "val_accuracy" with ``metrics=["accuracy"]``, ... The metric says whether more
        is better. Without "val_" nothing is held out: "loss" is that of training.
    min_delta : float, default=0.0
        By how much ``monitor`` must improve to count for ``patience``. The best epoch
        is the best, by however little.
"""
_SMALL_BATCH = "``min(32, n_samples)``"
_AUTO_BATCH = """{} with ``optimizer="auto"`` and ``learning_rate=None``, Keras's
        32 with an optimiser or a rate of your own, and all samples where there are
        fewer; up to 64 samples are one batch"""
TRAINING = _TRAINING.format(auto_batch=_AUTO_BATCH.format(200), epochs=100)
SEQUENCE_TRAINING = _TRAINING.format(auto_batch=_SMALL_BATCH, epochs=100)
TEXT_NETWORK = SEQUENCE_NETWORK.replace(
    """dropout : float, default=0.0
        Share of the hidden units""",
    """dropout : float, default=0.5
        Share of the units after each layer along time, of the mean of "average" and
        of the hidden units""",
)
TEXT_TRAINING = _TRAINING.format(auto_batch=_SMALL_BATCH, epochs=15)
CONV_TRAINING = _TRAINING.format(auto_batch=_AUTO_BATCH.format(64), epochs=30)

TEXTS = """\
X is a list, an array or a Series of str. The vocabulary is learnt from the texts of
    ``fit``, as by :class:`TokenSequences`; tokens become vectors, and these go through
    the layers. A text without any token counts as one unknown token. Bytes, None and
    NaN are refused. What early stopping holds out counts for the vocabulary, unless it
    comes as ``X_val``; ``partial_fit`` keeps that of its first call.

    The Keras model in ``model_``, and what ``export`` writes, takes token numbers and
    a second channel: ones where there is a token, zeros where there is padding.
"""

TEXT = (
    """\
    cell : {"lstm", "gru", "rnn", "conv", "average"}, default="average"
        What the tokens' vectors go through: recurrent layers, convolutions with a mean
        over all tokens at the end, or only that mean (as in fastText; Joulin, Grave,
        Bojanowski and Mikolov, 2017, https://arxiv.org/abs/1607.01759).
"""
    + TOKENS.replace(
        "    vocabulary",
        """    max_tokens : int, default=20000
        Most tokens in the vocabulary, padding and unknown included.
    vocabulary""",
    )
    + LENGTH
    + """\
    embedding_dim : int or "auto", default="auto"
        Width of the tokens' vectors; "auto" is 64, or that of ``embedding_weights``.
    embedding_weights : path-like, dict, DataFrame or array-like, default=None
        Pretrained vectors: a file of lines "word number number ..." (GloVe, and
        word2vec or fastText as text), vectors by word, or an array with a row for each
        token of ``vocabulary_``. Tokens that have none start with random numbers. They
        count where a network starts, not where ``warm_start`` goes on.
        ``skdeep.save`` takes all forms but the DataFrame.
    train_embedding : bool, default=True
        Whether the tokens' vectors are trained.
"""
    + _SEQUENCE_LAYERS
)

_REST = """\
    callbacks : list of keras.callbacks.Callback, default=None
        They see a compiled model of stock layers with the current weights and learning
        rate, and are obeyed if they set others. Batch hooks make ``engine="auto"``
        choose Keras. See ``set_callbacks`` for scikit-learn's callbacks.
    metrics : list of str, callable or keras.metrics.Metric, default=None
        Metrics for ``history_``, weighted like the loss, with Keras's names: "acc",
        "auc" (of a second one in the list "auc_1"), "f1_score" (the mean over classes
        or labels).
    normalize : bool, default=True
        Standardise the inputs inside the network, and the targets of regressors.
        Squared, absolute, Huber, log-cosh and quantile losses in ``history_`` are in
        standardised units then, others in those of the targets. Numbers far from zero,
        like times in milliseconds, are centred in double precision.
{dtype}    warm_start : bool, default=False
        Go on from the weights and the optimiser's state of the last fit; another
        optimiser starts anew. Early stopping holds out the same rows of the same data
        again, and keeps the best epoch of all these fits.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the samples, the held-out part
        and dropout.
    verbose : int, default=0
        Print a line per epoch, and first what takes long. Ctrl-C keeps the whole
        epochs so far; while a network is compiled, it waits for the compilation.
    engine : {"auto", "compiled", "keras"}, default="auto"
        "compiled" trains whole epochs as one program, "keras" calls
        ``keras.Model.fit``; both give the same weights within rounding.
"""
_DTYPE = """\
    dtype : {"float32", "float64"}, default="float32"
        Precision of the weights and the training. Predictions come in this precision
        or in that of X, whichever is higher; X of integers counts as float64.
"""
_CONV_DTYPE = """\
    dtype : {"float32", "float64", "mixed_bfloat16"}, default="float32"
        Precision of the weights and the training. Predictions come in this precision
        or in that of X, whichever is higher; X of integers counts as float64.
        "mixed_bfloat16" computes the layers in 16 bits, but keeps weights and outputs
        in 32: Keras's policy, faster on processors that have instructions for it.
"""
REST = _REST.replace("{dtype}", _DTYPE)
_NORMALIZE = REST[REST.index("    normalize") : REST.index("    dtype")]
TEXT_REST = REST.replace(_NORMALIZE, "")
TEXT_TARGET_REST = REST.replace(
    _NORMALIZE,
    """\
    normalize : bool, default=True
        Standardise the targets. Squared, absolute, Huber, log-cosh and quantile losses
        in ``history_`` are in these units then, others in those of the targets.
""",
)
CONV_REST = _REST.replace("{dtype}", _CONV_DTYPE)

ATTRIBUTES = """\
    history_ : DataFrame
        A row per epoch: ``loss``, metrics, ``val_loss`` and ``val_`` metrics.
    n_epochs_ : int
        Epochs trained; ``n_iter_`` is the same.
    loss_curve_ : list of float
        The training loss of each epoch; ``loss_`` is the last.
    best_loss_ : float or None
        The lowest training loss; None with validation data.
    validation_scores_ : list of float or None
        Of each epoch with validation data: accuracy or R2 if ``metrics`` has it, else
        the validation loss times -1. ``best_validation_score_`` is the highest.
    best_epoch_ : int
        The epoch, from one, with the lowest validation loss; the last without
        validation data. With early stopping, the epoch whose weights are kept.
    model_ : keras.Model
        The network as a Keras model, built when asked for.
    network_ : object
        The network as plain arrays.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where X had any.
    n_outputs_ : int
        Number of outputs.
"""
DENSE_ATTRIBUTES = (
    """\
    coefs_ : list of ndarray of shape (n_inputs, n_units)
        The kernels of the layers, as scikit-learn's MLP has them. What is standardised
        (``normalize``) and normalised comes first: the first kernel is for
        standardised inputs, and batch normalisation is folded in.
    intercepts_ : list of ndarray of shape (n_units,)
        The biases of the layers; zeros with ``use_bias=False``, but for what batch
        normalisation shifts.
"""
    + ATTRIBUTES
)
_OF_TABLES = ATTRIBUTES[
    ATTRIBUTES.index("    n_features_in_") : ATTRIBUTES.index("    n_outputs_")
]
TEXT_ATTRIBUTES = """\
    vocabulary_ : dict
        The number of each token: 0 is the padding, 1 what ``fit`` has not seen.
""" + ATTRIBUTES.replace(_OF_TABLES, "")

GENERATOR_TOKENS = TOKENS.replace("default=1\n", "default=2\n").replace(
    "must occur in the texts of ``fit``.",
    """must occur in the texts of ``fit``. With 1, the model
        never sees an unknown one.""",
)
GENERATOR_NETWORK = (
    _SEQUENCE_LAYERS[
        _SEQUENCE_LAYERS.index("    recurrent_dropout") : _SEQUENCE_LAYERS.index(
            "    kernel_size"
        )
    ]
    + """\
    activation : str, callable, keras.layers.Layer or None, default="tanh"
        Activation of the recurrent layers.
"""
    + NETWORK[NETWORK.index("    use_bias") : NETWORK.index("    loss")]
    .replace("dropout : float, default=0.0", "dropout : float, default=0.5")
    .replace("Share of the hidden", "Share of the")
    .replace("between each hidden layer and its activation", "after each layer")
)
GENERATOR_TRAINING = (
    _TRAINING.format(auto_batch=_SMALL_BATCH, epochs=20)
    .replace("patience : int or None, default=10", "patience : int or None, default=3")
    .replace(
        """training data, shuffled (and stratified by label), that early
        stopping holds out""",
        """stream, the last pieces and two at least, that early stopping
        holds out""",
    )
)
GENERATOR_REST = TEXT_REST.replace(
    "the order of the samples, the held-out part\n        and dropout",
    "the order of the pieces and dropout",
)
GENERATOR_ATTRIBUTES = TEXT_ATTRIBUTES.replace(
    "0 is the padding, 1 what", "0 is the end of a text, 1 what"
)

AUTOENCODER_NETWORK = (
    NETWORK[: NETWORK.index('        "auto" is the mean squared error')]
    + """\
        "auto" is the mean squared error. A loss of ``keras.losses`` by name or as an
        object, or a function of (y_true, y_pred). Squared, absolute, Huber, log-cosh
        and quantile losses are those of inputs as ``normalize`` makes them, all others
        those of inputs as they are. With ``output_activation`` all losses are those of
        inputs as they are, pixels times ``rescale``. "binary_crossentropy" is for
        numbers from 0 to 1, "poisson" needs an activation that is never negative.
"""
)
AUTOENCODER_TRAINING = _TRAINING.format(auto_batch=_SMALL_BATCH, epochs=100).replace(
    " (and stratified by label)", ""
)
AUTOENCODER_REST = REST.replace(
    _NORMALIZE,
    """\
    normalize : "auto", "common" or bool, default="auto"
        Centre each feature inside the network and divide it by its standard deviation
        (True), or all by that of an average feature ("common"), so that features of
        one unit, like pixels, keep their relative weight. "auto" is "common" where the
        middle feature's standard deviation is at least a tenth of the largest. Channels
        of images are standardised, unless this is False. The network gives what it
        gets, so squared, absolute, Huber, log-cosh and quantile losses in ``history_``
        are in these units, others in those of the inputs. With ``output_activation``
        this is for the encoder only.
""",
)

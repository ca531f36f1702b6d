"""Parameters and attributes of estimators for texts."""

import os
from numbers import Integral, Real

from skdeep._compat import StrOptions
from skdeep._numbers import Interval
from skdeep.base._documented import Attribute, Parameter
from skdeep.base._parameter_table import COUNT, COUNTS, SHARE, own_layers
from skdeep.networks import ACTIVATIONS
from skdeep.sequence._parameter_table import LAYERS, MASKED, REPLACED

INPUTS = """
X is a list, an array or a Series of str. The vocabulary is learnt from the texts of
``fit``, as by :class:`TokenSequences`; tokens become vectors, and these go through
the layers. A text without any token counts as one unknown token. Bytes, None and
NaN are refused. The texts that early stopping holds out count for the vocabulary,
unless they come as ``X_val``; ``partial_fit`` keeps the vocabulary of its first call.

The Keras model in ``model_``, and what ``export`` writes, takes token numbers and
a second channel: ones where there is a token, zeros where there is padding.
"""

# What the tokens are.
TOKENS = {
    "analyzer": Parameter(
        '{"word", "char", "subword"}',
        [StrOptions({"word", "char", "subword"})],
        """
        What a token is: a word or a punctuation mark, a character, or a sequence of
        bytes that is frequent in the texts (byte pair encoding; Sennrich, Haddow and
        Birch, 2016, https://arxiv.org/abs/1508.07909), which knows every text. In
        scripts without spaces every character counts as a word.
        """,
    ),
    "max_tokens": Parameter(
        "int",
        [Interval(Integral, 3, None, closed="left")],
        "Most tokens in the vocabulary, padding and unknown included.",
    ),
    "vocabulary": Parameter(
        "dict, array-like of str or None",
        ["array-like", dict, None],
        """
        The tokens, where they are known beforehand: with their numbers, as in
        ``vocabulary_``, or in their order. ``max_tokens`` and ``min_frequency`` have no
        effect then. None learns them from the texts of ``fit``.
        """,
    ),
    "min_frequency": Parameter(
        "int", [COUNT], "How often a token must occur in the texts of ``fit``."
    ),
    "lowercase": Parameter(
        "bool", ["boolean"], "Whether capital letters become small ones."
    ),
    "strip_accents": Parameter("bool", ["boolean"], "Whether accents are removed."),
}

# How long the sequences of tokens are.
LENGTH = {
    "max_length": Parameter(
        "int or None",
        [COUNT, None],
        "Tokens to which longer texts are cut; None cuts none.",
    ),
    "truncation": Parameter(
        '{"post", "pre"}',
        [StrOptions({"post", "pre"})],
        'Whether the end ("post") or the beginning ("pre") of a long text is cut off.',
    ),
}

TOKEN_SEQUENCES = {
    **TOKENS,
    **LENGTH,
    "padding": Parameter(
        '{"post", "pre"} or None',
        [StrOptions({"post", "pre"}), None],
        """
        None gives sequences of different lengths, which :class:`SequenceClassifier`
        takes as they are. "post" and "pre" fill them with zeros behind or in front,
        up to ``max_length`` or, without it, up to the longest text of ``fit``.
        """,
    ),
}

TEXT = {
    **LAYERS,
    **TOKENS,
    **LENGTH,
    "cell": Parameter(
        '{"lstm", "gru", "rnn", "conv", "average"}',
        [StrOptions({"lstm", "gru", "rnn", "conv", "average"})],
        """
        The kind of the layers that the tokens' vectors go through: recurrent layers,
        convolutions with a mean over all tokens at the end, or only that mean (as in
        fastText; Joulin, Grave, Bojanowski and Mikolov, 2017,
        https://arxiv.org/abs/1607.01759).
        """,
    ),
    "embedding_dim": Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        """
        Width of the tokens' vectors; "auto" is 64, or that of ``embedding_weights``.
        """,
    ),
    "embedding_weights": Parameter(
        "path-like, dict, DataFrame, array-like or None",
        ["array-like", dict, str, os.PathLike, None],
        """
        Pretrained vectors: a file of lines "word number number ..." (GloVe, and
        word2vec or fastText as text), vectors by word, or an array with a row for each
        token of ``vocabulary_``. Tokens that have none start with random numbers. The
        vectors count where a network starts, not where ``warm_start`` goes on.
        ``skdeep.save`` takes all forms but the DataFrame.
        """,
    ),
    "train_embedding": Parameter(
        "bool", ["boolean"], "Whether the tokens' vectors are trained."
    ),
    "network": own_layers(
        inputs="tokens' vectors",
        shape="``(None, embedding_dim)``",
        outputs="one vector for each text",
        gone=REPLACED,
        padding="Where texts are shorter than others, tokens that are not there "
        f"{MASKED}",
    ),
    "dropout": Parameter(
        "float",
        [SHARE],
        """
        Share of the units that each step leaves out, in [0, 1): after each layer along
        time, of the mean of "average" and in the hidden layers.
        """,
    ),
}

TEXT_REGRESSOR = {
    **TEXT,
    "normalize": Parameter(
        "bool",
        ["boolean"],
        """
        Whether the targets are standardised. Squared, absolute, Huber, log-cosh and
        quantile losses in ``history_`` are in these units then, others in those of the
        targets.
        """,
    ),
}

GENERATOR = {
    **TOKENS,
    "cell": Parameter(
        '{"lstm", "gru", "rnn"}',
        [StrOptions({"lstm", "gru", "rnn"})],
        "Long short-term memories, gated recurrent units, or simple recurrent layers.",
    ),
    "window": Parameter("int", [COUNT], "Tokens that a prediction sees, at most."),
    "units": Parameter(
        "array-like of int or int", COUNTS, "Units of each recurrent layer."
    ),
    "embedding_dim": Parameter("int", [COUNT], "Width of the tokens' vectors."),
    "max_tokens": Parameter(
        "int",
        [Interval(Integral, 3, None, closed="left")],
        "Most tokens in the vocabulary, end and unknown included.",
    ),
    "min_frequency": Parameter(
        "int",
        [COUNT],
        """
        How often a token must occur in the texts of ``fit``. With 1, the model never
        sees an unknown one.
        """,
    ),
    "recurrent_dropout": LAYERS["recurrent_dropout"],
    "activation": Parameter(
        "str, callable, keras.layers.Layer or None",
        [StrOptions(set(ACTIVATIONS)), callable, None],
        """
        Activation of the recurrent layers: a name or function of
        ``keras.activations``, or a layer. None is linear.
        """,
    ),
    "dropout": Parameter(
        "float", [SHARE], "Share of the units that each step leaves out, in [0, 1)."
    ),
    "batch_norm": Parameter(
        "bool",
        ["boolean"],
        """
        Whether there is batch normalisation after each layer. Its momentum is 0.9:
        Keras's 0.99 is for fits of thousands of steps. A row counts by its weight in
        the means and variances; with ``engine="keras"``, which uses Keras's own layers,
        all rows count alike.
        """,
    ),
    "validation_fraction": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="neither")],
        """
        Share of the stream, the last pieces and two at least, that early stopping holds
        out when ``fit`` gets no ``X_val``.
        """,
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        ["random_state"],
        "Seed of the initial weights, the order of the pieces and dropout.",
    ),
}

VOCABULARY = {
    "vocabulary_": Attribute(
        "dict",
        "The number of each token: 0 is the padding, 1 what ``fit`` has not seen.",
    ),
}
GENERATOR_VOCABULARY = {
    "vocabulary_": Attribute(
        "dict",
        """
        The number of each token: 0 is the end of a text, 1 what ``fit`` has not seen.
        """,
    ),
}
LENGTHS = {
    "length_": Attribute("int or None", "Numbers per text, where they are padded."),
}

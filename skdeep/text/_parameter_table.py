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
``fit``, as by :class:`TokenSequences`. Tokens become vectors, which go through the
layers. A text without any token counts as one unknown token. Bytes, None and NaN are
refused. Texts that early stopping holds out are used for the vocabulary, but not texts
in ``X_val``. ``partial_fit`` keeps the vocabulary of its first call.

The Keras model in ``model_``, and the model that ``export`` writes, take token numbers
and a second channel, the mask: ones for tokens, zeros for padding.
"""

# The parameters that decide what the tokens are; `_tokens.Tokens` keeps their values.
TOKENS = {
    "analyzer": Parameter(
        '{"word", "char", "subword"}',
        [StrOptions({"word", "char", "subword"})],
        """
        What a token is. "word": a word or a punctuation mark; in scripts without spaces
        every character counts as a word. "char": a character. "subword": a sequence of
        bytes that is frequent in the texts (byte pair encoding; Sennrich, Haddow and
        Birch, 2016, https://arxiv.org/abs/1508.07909); no text has unknown tokens then.
        """,
    ),
    "max_tokens": Parameter(
        "int",
        [Interval(Integral, 3, None, closed="left")],
        "Largest size of the vocabulary, padding and unknown included.",
    ),
    "vocabulary": Parameter(
        "dict, array-like of str or None",
        ["array-like", dict, None],
        """
        The tokens, if they are known beforehand: a dict with their numbers, like
        ``vocabulary_``, or a list in order. ``max_tokens`` and ``min_frequency`` have
        no effect then. None learns the tokens from the texts of ``fit``.
        """,
    ),
    "min_frequency": Parameter(
        "int",
        [COUNT],
        "Tokens that occur less often in the texts of ``fit`` count as unknown.",
    ),
    "lowercase": Parameter(
        "bool", ["boolean"], "Whether capital letters become small ones."
    ),
    "strip_accents": Parameter("bool", ["boolean"], "Whether accents are removed."),
}

# The parameters that decide how long the sequences of tokens are.
LENGTH = {
    "max_length": Parameter(
        "int or None",
        [COUNT, None],
        "Largest number of tokens; longer texts are cut. None cuts no text.",
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
        "post" fills sequences with zeros behind their tokens, "pre" before them, up to
        ``max_length`` or, if that is None, up to the longest text of ``fit``. None
        gives sequences of different lengths, which :class:`SequenceClassifier` takes.
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
        convolutions with a mean over all tokens at the end, or no layers, only the mean
        over all tokens (as in fastText; Joulin, Grave, Bojanowski and Mikolov, 2017,
        https://arxiv.org/abs/1607.01759).
        """,
    ),
    "embedding_dim": Parameter(
        'int or "auto"',
        [StrOptions({"auto"}), COUNT],
        """
        Length of the tokens' vectors. "auto" is 64, or the length of the vectors in
        ``embedding_weights``.
        """,
    ),
    "embedding_weights": Parameter(
        "path-like, dict, DataFrame, array-like or None",
        ["array-like", dict, str, os.PathLike, None],
        """
        Pretrained vectors: a file of lines "word number number ..." (GloVe, and
        word2vec or fastText as text), vectors by word, or an array with a row for each
        token of ``vocabulary_``. Tokens without a vector start with random numbers. The
        vectors are used when a network is made, not when ``warm_start`` goes on with
        one. ``skdeep.save`` takes all forms but the DataFrame.
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
        padding=f"Padded steps of short texts {MASKED}",
    ),
    "dropout": Parameter(
        "float",
        [SHARE],
        """
        Share of the units that each step leaves out, in [0, 1): after each layer along
        time (for "average", after the mean) and in the hidden layers.
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
        quantile losses in ``history_`` then are in standardised units, other losses in
        units of the targets.
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
    "window": Parameter("int", [COUNT], "Most tokens that a prediction sees."),
    "units": Parameter(
        "array-like of int or int", COUNTS, "Units of each recurrent layer."
    ),
    "embedding_dim": Parameter("int", [COUNT], "Length of the tokens' vectors."),
    "max_tokens": Parameter(
        "int",
        [Interval(Integral, 3, None, closed="left")],
        "Largest size of the vocabulary, end and unknown included.",
    ),
    "min_frequency": Parameter(
        "int",
        [COUNT],
        """
        Tokens that occur less often in the texts of ``fit`` count as unknown. With 1,
        training has no unknown token, so the model learns nothing about them.
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
        Keras's 0.99 is for fits of thousands of steps.
        """,
    ),
    "validation_fraction": Parameter(
        "float",
        [Interval(Real, 0, 1, closed="neither")],
        """
        Share of the stream that early stopping holds out when ``fit`` gets no
        ``X_val``: the last pieces, at least two.
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
        "The number of each token: 0 is the padding, 1 stands for unknown tokens.",
    ),
}
GENERATOR_VOCABULARY = {
    "vocabulary_": Attribute(
        "dict",
        """
        The number of each token: 0 is the end of a text, 1 stands for unknown tokens.
        """,
    ),
}
LENGTHS = {
    "length_": Attribute(
        "int or None", "Length of the padded sequences; None without padding."
    ),
}

"""TokenSequences: a transformer from texts to the numbers of their tokens."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import _fit_context
from skdeep._numbers import plain
from skdeep._rules import is_a, is_size, one_of, or_none
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.text._parameter_table import (
    LENGTHS,
    TOKEN_SEQUENCES,
    VOCABULARY,
)
from skdeep.text._tokenizer import Tokenizer, checked_texts
from skdeep.text._tokens import (
    TakesTexts,
    Tokens,
)


@documented(
    parameters=(TOKEN_SEQUENCES,),
    attributes=(VOCABULARY, LENGTHS),
)
class TokenSequences(
    Parameters,
    ClassNamePrefixFeaturesOutMixin,
    TakesTexts,
    TransformerMixin,
    Stored,
    BaseEstimator,
):
    """Turns texts into sequences of token numbers.

    The vocabulary is learnt from the texts of ``fit``, so in a pipeline each fold has
    its own. Number 0 is the padding, number 1 stands for tokens that ``fit`` has not
    seen; words and characters are in the order of their frequency. A text without any
    token becomes one unknown token, because a network needs at least one step.

    Texts are brought into Unicode's composed form (NFC). The package ``tokenizers``
    (https://github.com/huggingface/tokenizers) splits them into tokens; the extra
    ``skdeep[text]`` installs it.

    See Also
    --------
    SequenceClassifier : A network that takes the sequences.
    TextClassifier : A network that takes texts as they are.

    Examples
    --------
    >>> from skdeep import TokenSequences
    >>> texts = ["To be, or not to be", "that is the question"]
    >>> tokens = TokenSequences(max_length=7, padding="post").fit(texts)
    >>> tokens.transform(["To be is the answer"])
    array([[ 3,  2,  5, 10,  1,  0,  0]])
    >>> tokens.inverse_transform([[3, 2, 4, 7, 3, 2]])
    array(['to be, or to be'], dtype=object)
    """

    _stored_types = Tokenizer, Tokens
    _stored_attributes = {
        "_padding": one_of("post", "pre", None),
        "_tokens": is_a(Tokens),
        "length_": or_none(is_size),
    }

    def __init__(
        self,
        max_tokens=20_000,
        *,
        analyzer="word",
        vocabulary=None,
        min_frequency=1,
        lowercase=True,
        strip_accents=False,
        max_length=256,
        truncation="post",
        padding=None,
    ):
        store_parameters(self, locals())

    def _trial_samples(self):
        return ["a"]

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : iterable of str
            Texts: a list, an array, a Series, or a generator. Texts of a generator are
            kept in memory only for ``padding`` without ``max_length``.
        y : None
            Ignored.

        Returns
        -------
        self : TokenSequences
            The fitted estimator.

        Raises
        ------
        ValueError
            If X holds anything but texts (bytes, None, NaN), or no token.
        ImportError
            If the package ``tokenizers`` is missing.
        """
        texts, length = checked_texts(X), plain(self.max_length)
        pads_to_longest = self.padding is not None and length is None
        texts = list(texts) if pads_to_longest else texts
        tokens = Tokens.of(self)
        tokens.learn(texts, self.vocabulary)
        if pads_to_longest:
            length = max(map(len, tokens.sequences(texts, None)))
        self._tokens, self._padding = tokens, self.padding
        self.length_ = None if self.padding is None else length
        return self

    def fit_transform(self, X, y=None):
        """:meth:`fit`, then :meth:`transform`; X may be a generator.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : None
            Ignored.

        Returns
        -------
        tokens : ndarray
            See :meth:`transform`.

        Raises
        ------
        ValueError
            If X holds anything but texts (bytes, None, NaN), or no token.
        ImportError
            If the package ``tokenizers`` is missing.
        """
        texts = list(checked_texts(X))
        return self.fit(texts).transform(texts)

    def transform(self, X):
        """The tokens of each text.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        tokens : ndarray of shape (n_samples, `length_`), or of shape (n_samples,), \
of arrays
            Numbers of tokens.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X holds anything but texts.
        """
        check_is_fitted(self)
        padded = self.length_ is not None
        max_length = self.length_ if padded else self._tokens.max_length
        sequences = self._tokens.sequences(list(checked_texts(X)), max_length)
        if not padded:
            ragged = np.empty(len(sequences), dtype=object)
            for number, sequence in enumerate(sequences):
                ragged[number] = sequence
            return ragged
        tokens = np.zeros((len(sequences), self.length_), dtype=int)
        for row, sequence in zip(tokens, sequences, strict=True):
            if self._padding == "pre":
                row[-len(sequence) :] = sequence
            else:
                row[: len(sequence)] = sequence
        return tokens

    @available_if(lambda self: vars(self).get("_padding", self.padding) is not None)
    def get_feature_names_out(self, input_features=None):
        """Names of the columns; only with ``padding``.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str of shape (`length_`,)
            ``tokensequences0``, ``tokensequences1``, ...
        """
        return super().get_feature_names_out(input_features)

    @property
    def _n_features_out(self):
        return self.length_

    def inverse_transform(self, X):
        """Texts of these tokens.

        Sub-words and characters give back the text, except for changes by ``lowercase``
        and ``strip_accents``. Words are joined by spaces, but not with punctuation.

        Parameters
        ----------
        X : array-like of shape (n_samples, length), or of arrays
            Numbers of tokens.

        Returns
        -------
        texts : ndarray of shape (n_samples,) of str
            A text for each sequence.

        Raises
        ------
        ValueError
            If a number stands for no token.
        """
        check_is_fitted(self)
        X = X.to_numpy() if hasattr(X, "to_numpy") else X
        texts = [self._tokenizer.decode(_integers(sequence)) for sequence in X]
        return np.array(texts, dtype=object)

    def __sklearn_is_fitted__(self):
        return "_tokens" in vars(self)


def _integers(sequence):
    numbers = np.asarray(sequence)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ValueError(
            "X must hold sequences of integers, one for each text. Received "
            f"{sequence!r:.60}. Pass what transform has made."
        )
    return numbers.tolist()

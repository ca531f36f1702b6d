"""TokenSequences: from texts to the numbers of their tokens."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep._numbers import plain
from skdeep._rules import is_a, is_size, or_none
from skdeep.base._documented import documented, store_parameters
from skdeep.base._learnt import LearntParameters
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.text._parameter_table import (
    LENGTH,
    LENGTHS,
    TOKEN_SEQUENCES,
    TOKENS,
    VOCABULARY,
)
from skdeep.text._tokenizer import Tokenizer, checked_texts, cut

_LEAST_SUBWORDS = 258  # all bytes, padding and unknown


class TokenSettings(LearntParameters):
    """Needs the parameters of TOKENS."""

    _stored_types = (Tokenizer,)
    _stored_attributes = {
        "_learnt_settings": is_a(dict),
        "_tokenizer": is_a(Tokenizer),
    }

    def _token_settings(self):
        """The parameters that decide what the tokens are."""
        settings = {name: getattr(self, name) for name in TOKENS}
        if self.vocabulary is not None:
            settings["vocabulary"] = list(self.vocabulary)
        return settings

    def _compare_token_settings(self):
        """To go on with a network is to go on with its tokens."""
        old, new = self._learnt_settings, self._token_settings()
        changed = [name for name in old if old[name] != new[name]]
        if changed:
            raise ValueError(
                "warm_start and partial_fit go on with the same tokens. They had "
                f"{ {name: old[name] for name in changed} }. Received "
                f"{ {name: new[name] for name in changed} }. Call fit with "
                "warm_start=False to start anew."
            )

    def _refuse_unknown(self, sequences):
        """Where the vocabulary was given, and the texts are others."""
        if max(np.max(sequence) for sequence in sequences) <= 1:
            raise ValueError(
                "No token of the texts is in the vocabulary. Received "
                f"vocabulary={self.vocabulary!r:.80}. Pass that of such texts, or None."
            )

    def _learn_tokenizer(self, texts):
        self._learnt_settings = self._token_settings()
        if self.vocabulary is not None:
            for _ in texts:  # each is checked when it comes
                pass
            return Tokenizer.of_vocabulary(
                self.vocabulary,
                analyzer=self.analyzer,
                lowercase=bool(self.lowercase),
                strip_accents=bool(self.strip_accents),
            )
        if self.analyzer == "subword" and self.max_tokens < _LEAST_SUBWORDS:
            raise ValueError(
                "analyzer='subword' needs a token for each of 256 bytes: max_tokens "
                f"must be at least {_LEAST_SUBWORDS}. Received "
                f"max_tokens={self.max_tokens}. Raise it, or use analyzer='char'."
            )
        return Tokenizer.of(
            texts,
            analyzer=self.analyzer,
            max_tokens=int(self.max_tokens),
            min_frequency=int(self.min_frequency),
            lowercase=bool(self.lowercase),
            strip_accents=bool(self.strip_accents),
        )

    def _sequences(self, tokenizer, texts, max_length):
        """A list of arrays of int, none of them empty."""
        return [
            np.array(cut(tokens, max_length, self._as_learnt("truncation")))
            for tokens in tokenizer.encode(texts)
        ]

    @property
    def vocabulary_(self):
        """The number of each token: 0 is the padding, 1 what ``fit`` has not seen."""
        if "_tokenizer" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'vocabulary_' before fit."
            )
        return self._tokenizer.vocabulary

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.one_d_array = True
        return tags


@documented(
    parameters=(TOKEN_SEQUENCES,),
    attributes=(VOCABULARY, LENGTHS),
)
class TokenSequences(
    Parameters,
    ClassNamePrefixFeaturesOutMixin,
    TokenSettings,
    TransformerMixin,
    Stored,
    BaseEstimator,
):
    """Texts to sequences of token numbers.

    The vocabulary is that of the texts that ``fit`` gets, so in a pipeline no fold
    learns from another. Number 0 is the padding, number 1 every token that ``fit``
    has not seen; words and characters are in the order of their frequency. A text
    without any token becomes one unknown token, for a network needs at least one step.

    Texts are brought into Unicode's composed form (NFC). The tokens are those of the
    package ``tokenizers`` (https://github.com/huggingface/tokenizers), which the extra
    ``skdeep[text]`` installs.

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

    _stored_attributes = {"length_": or_none(is_size)}

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
            Texts: a list, an array, a Series, or a generator, whose texts are kept in
            memory only for ``padding`` without ``max_length``.
        y : None
            Ignored.

        Returns
        -------
        self : TokenSequences

        Raises
        ------
        ValueError
            If X holds anything but texts (bytes, None, NaN), or no token.
        ImportError
            If the package ``tokenizers`` is missing.
        """
        texts, longest = checked_texts(X), plain(self.max_length)
        measured = self.padding is not None and longest is None
        texts = list(texts) if measured else texts
        tokenizer = self._learn_tokenizer(texts)
        self._learn_parameters(*LENGTH, "padding")
        if measured:
            longest = max(map(len, self._sequences(tokenizer, texts, None)))
        self._tokenizer = tokenizer
        self.length_ = None if self.padding is None else longest
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
            As :meth:`transform` gives them.
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
        tokens : ndarray of shape (n_samples, length_), or of shape (n_samples,), \
of arrays
            Numbers of tokens.
        """
        check_is_fitted(self)
        padded = self.length_ is not None
        longest = self.length_ if padded else self._as_learnt("max_length")
        sequences = self._sequences(self._tokenizer, list(checked_texts(X)), longest)
        if not padded:
            ragged = np.empty(len(sequences), dtype=object)
            for number, sequence in enumerate(sequences):
                ragged[number] = sequence
            return ragged
        tokens = np.zeros((len(sequences), self.length_), dtype=int)
        for row, sequence in zip(tokens, sequences, strict=True):
            if self._as_learnt("padding") == "pre":
                row[-len(sequence) :] = sequence
            else:
                row[: len(sequence)] = sequence
        return tokens

    @available_if(lambda self: self._as_learnt("padding") is not None)
    def get_feature_names_out(self, input_features=None):
        """Names of the tokens' places, where all texts have as many.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str of shape (length_,)
            ``tokensequences0``, ``tokensequences1``, ...
        """
        return super().get_feature_names_out(input_features)

    @property
    def _n_features_out(self):
        return self.length_

    def inverse_transform(self, X):
        """Texts of these tokens.

        Sub-words and characters give back the text, as far as ``lowercase`` and
        ``strip_accents`` left it; words are joined by spaces, but for punctuation.

        Parameters
        ----------
        X : array-like of shape (n_samples, length), or of arrays
            Numbers of tokens.

        Returns
        -------
        texts : ndarray of shape (n_samples,) of str

        Raises
        ------
        ValueError
            If a number is none of a token.
        """
        check_is_fitted(self)
        X = X.to_numpy() if hasattr(X, "to_numpy") else X
        texts = [self._tokenizer.decode(_integers(sequence)) for sequence in X]
        return np.array(texts, dtype=object)

    def __sklearn_is_fitted__(self):
        return "_tokenizer" in self.__dict__


def _integers(sequence):
    numbers = np.asarray(sequence)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise ValueError(
            "X must hold sequences of integers, one for each text. Received "
            f"{sequence!r:.60}. Pass what transform has made."
        )
    return numbers.tolist()

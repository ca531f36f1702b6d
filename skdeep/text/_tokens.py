"""How estimators turn texts into numbers of tokens."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from skdeep._numbers import plain
from skdeep._rules import is_a, is_size, one_of, or_none
from skdeep.text._parameter_table import LENGTH, TOKENS
from skdeep.text._tokenizer import Tokenizer, cut

_LEAST_SUBWORDS = 258  # 256 bytes, padding and unknown


@dataclass(eq=False)
class Tokens:
    """The tokens of an estimator's texts.

    Parameters
    ----------
    settings : dict
        The estimator's parameters that decide what the tokens are; see TOKENS.
    max_length : int or None
    truncation : {"post", "pre"} or None
        The estimator's parameters, if it has them.
    tokenizer : Tokenizer or None
        None before :meth:`learn`.
    """

    field_rules: ClassVar = {
        "settings": lambda value: isinstance(value, dict) and set(value) == set(TOKENS),
        "max_length": or_none(is_size),
        "truncation": one_of("post", "pre", None),
        "tokenizer": is_a(Tokenizer),
    }

    settings: dict
    max_length: int | None = None
    truncation: str | None = None
    tokenizer: Tokenizer | None = None

    @classmethod
    def of(cls, estimator):
        """An object that reads texts for this estimator; it has not seen any yet."""
        return cls(_settings(estimator)).with_lengths(estimator)

    def with_lengths(self, estimator):
        """The same tokens, with the estimator's present ``max_length``."""
        names = [name for name in LENGTH if hasattr(estimator, name)]
        return replace(
            self, **{name: plain(getattr(estimator, name)) for name in names}
        )

    def learn(self, texts, vocabulary):
        """Learn the vocabulary.

        Parameters
        ----------
        texts : iterable of str
        vocabulary : iterable of str, dict or None
            The estimator's parameter.
        """
        settings = self.settings
        analyzer, max_tokens = settings["analyzer"], settings["max_tokens"]
        changes = {
            name: bool(settings[name]) for name in ("lowercase", "strip_accents")
        }
        if vocabulary is not None:
            for _ in texts:  # reading the generator checks each text
                pass
            self.tokenizer = Tokenizer.of_vocabulary(
                vocabulary, analyzer=analyzer, **changes
            )
            return
        if analyzer == "subword" and max_tokens < _LEAST_SUBWORDS:
            raise ValueError(
                "analyzer='subword' needs a token for each of 256 bytes: max_tokens "
                f"must be at least {_LEAST_SUBWORDS}. Received "
                f"max_tokens={max_tokens}. Raise it, or use analyzer='char'."
            )
        self.tokenizer = Tokenizer.of(
            texts,
            analyzer=analyzer,
            max_tokens=int(max_tokens),
            min_frequency=int(settings["min_frequency"]),
            **changes,
        )

    def compare(self, estimator):
        """Refuse other settings of the tokens when training goes on."""
        old, new = self.settings, _settings(estimator)
        changed = [name for name in old if old[name] != new[name]]
        if changed:
            raise ValueError(
                "warm_start and partial_fit go on with the same tokens. They had "
                f"{ {name: old[name] for name in changed} }. Received "
                f"{ {name: new[name] for name in changed} }. Call fit with "
                "warm_start=False to start anew."
            )

    def refuse_unknown(self, sequences):
        """Refuse texts of which the vocabulary knows no token."""
        if max(np.max(sequence) for sequence in sequences) <= 1:
            raise ValueError(
                "No token of the texts is in the vocabulary. Received "
                f"vocabulary={self.settings['vocabulary']!r:.80}. Pass a vocabulary of "
                "texts of this kind, or None."
            )

    def sequences(self, texts, max_length):
        """A list of arrays of int, none of them empty.

        Parameters
        ----------
        texts : list of str
        max_length : int or None
        """
        return [
            np.array(cut(tokens, max_length, self.truncation))
            for tokens in self.tokenizer.encode(texts)
        ]


def _settings(estimator):
    settings = {name: getattr(estimator, name) for name in TOKENS}
    if settings["vocabulary"] is not None:
        settings["vocabulary"] = list(settings["vocabulary"])
    return settings


class TakesTexts:
    """The vocabulary and scikit-learn's tags of estimators that take texts.

    A fitted estimator must have ``_tokens``, a :class:`Tokens`.
    """

    @property
    def vocabulary_(self):
        """The number of each token; 1 stands for tokens that ``fit`` has not seen."""
        return self._tokenizer.vocabulary

    @property
    def _tokenizer(self):
        if not self.__sklearn_is_fitted__():
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'vocabulary_' before fit."
            )
        return self._tokens.tokenizer

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        tags.input_tags.one_d_array = True
        return tags

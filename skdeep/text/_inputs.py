"""How networks read texts: as sequences of tokens, which an embedding takes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils import check_consistent_length

from skdeep._compat import _check_sample_weight, _check_y, _safe_indexing
from skdeep._numbers import plain
from skdeep._rules import is_a, is_size, require
from skdeep.base._inputs import check_same
from skdeep.sequence._inputs import Sequences
from skdeep.sequence._sequences import padded
from skdeep.text._tokenizer import checked_texts
from skdeep.text._tokens import Tokens
from skdeep.text._vectors import token_vectors

_EMBEDDING_DIM = 64


@dataclass(eq=False)
class Texts(Sequences):
    """Reads texts.

    Parameters
    ----------
    tokens : Tokens

    Attributes
    ----------
    vectors : ndarray of shape (n_tokens, embedding_dim) or None
        Pretrained vectors, until the network has them.
    """

    field_rules: ClassVar = {**Sequences.field_rules, "embedding_dim": is_size}
    field_rules |= {"tokens": is_a(Tokens)}

    tokens: Tokens | None = None
    vectors: ClassVar = None

    @classmethod
    def of(cls, estimator):
        return cls(dtype=estimator.dtype, tokens=Tokens.of(estimator))

    def without_zero_weights(self, X, y, sample_weight):
        # Texts of weight zero count as absent: the vocabulary is learnt without them.
        X = list(checked_texts(X))
        check_consistent_length(X, y)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        present = np.flatnonzero(weight)
        if 0 < len(present) < len(X):
            X, y = (_safe_indexing(part, present) for part in (X, y))
            weight = weight[present]
        return X, y, weight

    def read(self, estimator, X, y, *, learn):
        texts = list(checked_texts(X))
        numeric = estimator._estimator_type_ == "regressor"
        y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=estimator)
        check_consistent_length(texts, y)
        if learn:
            self._learn(estimator, texts)
        else:
            self.tokens.compare(estimator)
            self._check_same_width(estimator)
            self.tokens = self.tokens.with_lengths(estimator)
        columns = self._columns(texts)
        if learn:
            self.tokens.refuse_unknown(columns)
        return padded(columns), y

    def samples(self, estimator, X):
        return self._columns(list(checked_texts(X)))

    def prediction_dtype(self, samples, own):
        return "float64"  # the dtype of scikit-learn's own features of texts

    def _learn(self, estimator, texts):
        self.tokens.learn(texts, estimator.vocabulary)
        self.shape = (None, 1)
        self.n_tokens = self.tokens.tokenizer.n_tokens
        width = plain(estimator.embedding_dim)
        pretrained = estimator.embedding_weights
        if pretrained is None:
            self.embedding_dim = _EMBEDDING_DIM if width == "auto" else width
            return
        vocabulary = self.tokens.tokenizer.vocabulary
        vectors = token_vectors(pretrained, vocabulary, self.embedding_rows)
        if width not in ("auto", vectors.shape[1]):
            raise ValueError(
                f"embedding_dim={width} differs from the length of the vectors in "
                f"embedding_weights, {vectors.shape[1]}. Leave it at 'auto'."
            )
        self.vectors, self.embedding_dim = vectors, vectors.shape[1]

    def _check_same_width(self, estimator):
        """Refuse another width of the vectors when training goes on."""
        is_auto = estimator.embedding_dim == "auto"
        if is_auto and estimator.embedding_weights is not None:
            return  # the width of the pretrained vectors
        if not (is_auto and self.embedding_dim == _EMBEDDING_DIM):
            check_same(estimator, "embedding_dim", self.embedding_dim)

    def take_vectors(self):
        """Hand over the pretrained vectors, or None; they are not kept here."""
        return vars(self).pop("vectors", None)

    def _columns(self, texts):
        """The tokens of each text, an array of shape (length, 1)."""
        sequences = self.tokens.sequences(texts, self.tokens.max_length)
        return [tokens[:, None].astype(self.dtype) for tokens in sequences]

    # From files

    def check_stored(self, estimator, shape):
        super().check_stored(estimator, shape)
        known = self.tokens.tokenizer.n_tokens
        require(known == self.n_tokens, "Texts", "n_tokens", self.n_tokens)

    def feature_shape(self, shape):
        return ()

    def trial_samples(self, estimator):
        return ["a"]

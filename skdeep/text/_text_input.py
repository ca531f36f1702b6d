"""What networks for texts share: their tokens, and the vectors of these."""

import numpy as np
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, _check_y

from skdeep._numbers import plain
from skdeep.sequence._estimators import BaseSequence
from skdeep.sequence._sequences import padded
from skdeep.text._parameter_table import LENGTH
from skdeep.text._token_sequences import TokenSettings
from skdeep.text._tokenizer import checked_texts
from skdeep.text._vectors import token_vectors

_EMBEDDING_DIM = 64


class TextInput(TokenSettings, BaseSequence):
    """Needs the parameters of TEXT."""

    window = None
    return_sequences = False

    def _check_stored_shape(self, shape):
        pass  # texts have none

    def _trial_samples(self):
        return ["a"]

    def _check_rows(self, X, y, sample_weight, *, reset):
        # Texts without a weight are no texts: the vocabulary is that of the others.
        X = list(checked_texts(X))
        check_consistent_length(X, y)
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        present = np.flatnonzero(weight)
        if 0 < len(present) < len(X):
            X, y = (_safe_indexing(part, present) for part in (X, y))
            weight = weight[present]
        return super()._check_rows(X, y, weight, reset=reset)

    def _check_training_data(self, X, y, *, reset):
        texts = list(checked_texts(X))
        numeric = self._estimator_type_ == "regressor"
        y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=self)
        check_consistent_length(texts, y)
        if reset:
            self._learn_texts(texts)
        else:
            self._compare_token_settings()
        self._learn_parameters(*LENGTH, "dtype")
        columns = self._columns(texts)
        if reset:
            self._refuse_unknown(columns)
        return padded(columns), y

    def _learn_texts(self, texts):
        self._tokenizer = self._learn_tokenizer(texts)
        self.sequence_shape_ = (None, 1)
        if self.embedding_weights is not None:
            self._vectors = self._learn_vectors()  # until the network has them

    @property
    def _n_tokens(self):
        return self._tokenizer.n_tokens

    def _learn_vectors(self):
        vectors = token_vectors(
            self.embedding_weights, self.vocabulary_, self._embedding_rows
        )
        if self.embedding_dim not in ("auto", vectors.shape[1]):
            raise ValueError(
                f"embedding_dim={self.embedding_dim} differs from the length of the "
                f"vectors in embedding_weights, {vectors.shape[1]}. Leave it at 'auto'."
            )
        return vectors

    def _pretrained(self, spec):
        vectors = self.__dict__.pop("_vectors", None)
        return None if vectors is None else [vectors.astype(self.dtype)]

    def _embedding_width(self):
        if "_vectors" in self.__dict__:
            return self._vectors.shape[1]
        if self.embedding_weights is not None and self.embedding_dim == "auto":
            return self.network_.spec.embedding_dim  # to go on with it
        auto = self.embedding_dim == "auto"
        return _EMBEDDING_DIM if auto else plain(self.embedding_dim)

    @property
    def _frozen_embedding(self):
        return not self.train_embedding

    def _check_samples(self, X):
        return self._columns(list(checked_texts(X)))

    def _precision_of(self, samples):
        return "float64"  # as of what scikit-learn makes of texts

    def _columns(self, texts):
        """The tokens of each text, an array of shape (length, 1)."""
        longest, dtype = self._as_learnt("max_length"), self._as_learnt("dtype")
        sequences = self._sequences(self._tokenizer, texts, longest)
        return [tokens[:, None].astype(dtype) for tokens in sequences]

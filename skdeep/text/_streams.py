"""How a language model reads texts: as a stream of tokens that is cut into pieces."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep._numbers import plain
from skdeep._rules import is_a, is_size, require
from skdeep.base._inputs import Inputs
from skdeep.text._tokenizer import checked_texts
from skdeep.text._tokens import Tokens

END, UNKNOWN = 0, 1


@dataclass(eq=False)
class Streams(Inputs):
    """Reads texts for a language model.

    Parameters
    ----------
    tokens : Tokens
    window : int
        Number of tokens in a piece.
    """

    field_rules: ClassVar = {"tokens": is_a(Tokens), "window": is_size}

    tokens: Tokens
    window: int

    def read(self, estimator, X, y, *, learn):
        """Pieces of the stream, and the targets: for each token the next one."""
        texts = list(checked_texts(X))
        self.window = plain(estimator.window)
        if learn:
            self.tokens.learn(texts, estimator.vocabulary)
            self._refuse_single_token()
        else:
            self.tokens.compare(estimator)
        streams = [[*tokens, END] for tokens in self.tokens.tokenizer.encode(texts)]
        stream = np.concatenate([[END], *streams])
        if learn:
            self.tokens.refuse_unknown(streams)
        window, n_targets = self.window, len(stream) - 1
        if n_targets < window:
            raise ValueError(
                f"window={window} needs texts of at least so many tokens. "
                f"Received {n_targets}, ends of texts included. Pass more text at "
                "once, or lower it."
            )
        starts = np.arange(0, n_targets - window + 1, window)
        if n_targets % window:
            starts = np.append(starts, n_targets - window)
        pieces = starts[:, None] + np.arange(window)
        dtype = estimator.dtype
        inputs, targets = (stream[pieces + shift][:, :, None] for shift in (0, 1))
        return inputs.astype(dtype), targets.astype(dtype)

    def _refuse_single_token(self):
        tokenizer = self.tokens.tokenizer
        if tokenizer.n_tokens <= UNKNOWN + 2:
            tokens = list(tokenizer.vocabulary)[UNKNOWN + 1 :]
            raise ValueError(
                "A language model needs at least two different tokens. Received texts "
                f"with {tokens} only. Pass more texts, lower min_frequency or raise "
                "max_tokens."
            )

    def split(self, y, n_val, strata, rng):
        # Two at least: the last piece may overlap the one before it.
        n_val = max(2, n_val)
        if n_val >= len(y):
            raise ValueError(
                f"early_stopping=True holds out at least two pieces of {self.window} "
                f"tokens. Received texts of {len(y)} pieces. Pass X_val or more text, "
                "lower window, or set early_stopping=False."
            )
        return np.split(np.arange(len(y)), [len(y) - n_val])

    def scales(self, normalize):
        return False

    def scaling(self, rows, normalize):
        return super().scaling(rows, False)

    def check_stored(self, estimator, shape):
        super().check_stored(estimator, shape)
        known, spec = self.tokens.tokenizer.n_tokens, estimator.network_.spec
        require(known == spec.n_tokens, "Streams", "tokens", self.tokens)

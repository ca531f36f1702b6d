"""How estimators read sequences: arrays, lists of different lengths, one series."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils import check_consistent_length

from skdeep._compat import _check_y
from skdeep._numbers import plain
from skdeep._rules import (
    is_bool,
    is_count,
    is_shape,
    is_size,
    one_of,
    or_none,
    require,
)
from skdeep.base._input_checks import (
    NO_TARGET,
    check_axes,
    is_alone,
    refuse_data_sets,
)
from skdeep.base._inputs import Inputs, check_same
from skdeep.base._row_order import warn_about_gaps
from skdeep.base._stored import mean_samples, with_feature_names
from skdeep.encoding import Standardization, accepted_dtypes
from skdeep.inference import forward
from skdeep.sequence._sequences import (
    as_sequences,
    bucket,
    is_ragged,
    padded,
    trailing_windows,
    with_mask,
)

# Single precision, in which tokens reach the network, holds all integers up to here.
_MOST_TOKENS = 2**24 - 1
# Sizes of vocabularies are rounded up by at most an eighth.
_TOKEN_PARTS = 8


@dataclass(eq=False)
class Sequences(Inputs):
    """Reads sequences.

    Parameters
    ----------
    window, embedding_dim : int or None
    return_sequences : bool
    dtype : str
        The estimator's parameters.
    shape : tuple of (int or None, int)
        Steps and channels; None where sequences differ in length.
    n_tokens : int
        Size of the vocabulary; 0 if X holds numbers.
    """

    field_rules: ClassVar = {
        "window": or_none(is_size),
        "embedding_dim": or_none(is_size),
        "return_sequences": is_bool,
        "dtype": one_of("float32", "float64"),
        "shape": is_shape,
        "n_tokens": is_count,
    }

    window: int | None = None
    embedding_dim: int | None = None
    return_sequences: bool = False
    dtype: str = "float32"
    shape: tuple = ()
    n_tokens: int = 0

    @classmethod
    def of(cls, estimator):
        """An object that reads X for this estimator; it has not seen X yet."""
        return cls(
            plain(estimator.window),
            plain(estimator.embedding_dim),
            bool(estimator.return_sequences),
            estimator.dtype,
        )

    @property
    def any_length(self):
        """Whether sequences differ in length."""
        return self.shape[0] is None

    @property
    def masked(self):
        """Whether the last channel is a mask: ones for steps, zeros for padding."""
        return self.window is not None or self.any_length

    @property
    def embedding_rows(self):
        """Rows of the embedding: ``n_tokens``, rounded up.

        Folds have vocabularies of about the same size. With the same rounded size they
        share a compiled program.
        """
        return bucket(self.n_tokens, _TOKEN_PARTS)

    def read(self, estimator, X, y, *, learn):
        numeric = estimator._estimator_type_ == "regressor"
        if not learn:
            self._check_same_settings(estimator)
        if self.window is not None:
            warn_about_gaps(X, y, self.window)
        y, y_shape = self._flat_targets(y)
        X = self._stacked(X)
        if is_ragged(X):
            self._refuse_ragged()
            X = self._ragged(estimator, X, learn=learn)
            y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=estimator)
            check_consistent_length(X, y)
            X = padded(X) if self.any_length else X
        else:
            X, y = self._regular(estimator, X, y, numeric=numeric, learn=learn)
        return X, self._targets_per_step(y, y_shape)

    def samples(self, estimator, X):
        """An array, or a list where sequences differ in length."""
        X = self._stacked(X)
        if is_ragged(X):
            return self._ragged(estimator, X, learn=False)
        return self._regular(estimator, X, learn=False)

    def as_rows(self, samples):
        return padded(samples) if isinstance(samples, list) else samples

    def forward(self, network, samples):
        if not isinstance(samples, list):
            return super().forward(network, samples)
        # Sequences of about the same length are padded to one length, and predicted
        # together.
        buckets = {}
        for number, sequence in enumerate(samples):
            buckets.setdefault(bucket(len(sequence)), []).append(number)
        output = np.empty((len(samples), network.spec.units))
        for numbers in buckets.values():
            rows = padded([samples[number] for number in numbers])
            output[numbers] = forward(network.spec, network.weights, rows)
        return output

    def split(self, y, n_val, strata, rng):
        if self.window is None:
            return super().split(y, n_val, strata, rng)
        # The last rows are held out: training may not see the future of validation.
        train, held_out = np.split(np.arange(len(y)), [len(y) - n_val])
        if strata is not None:
            new = np.setdiff1d(y[held_out], y[train])
            if len(new):
                raise ValueError(
                    "early_stopping with a window holds out the last rows. Received y "
                    f"with labels that only these have: {new}. Pass X_val and y_val, "
                    "or set early_stopping=False."
                )
        return train, held_out

    def scales(self, normalize):
        return bool(normalize) and self.embedding_dim is None

    def scaling(self, rows, normalize):
        if not (self.scales(normalize) and self.masked):
            return super().scaling(rows, self.scales(normalize))
        overlapping = self.window is not None
        return Standardization.of_masked(rows.X, rows.weight, overlapping=overlapping)

    # X as arrays

    def _stacked(self, X):
        """A list of arrays of one shape as an array, where only an array is allowed."""
        if not (self.window or self.return_sequences):
            return X
        shapes = {np.shape(item) for item in X} if is_ragged(X) else ()
        return np.stack(list(X)) if len(shapes) == 1 else X

    def _regular(self, estimator, X, y=NO_TARGET, *, numeric=False, learn):
        """X as an array of shape (n_samples, steps, channels), and y if it is given.

        If the network is masked, the last channel is the mask.
        """
        refuse_data_sets(X)
        options = {"dtype": ["float64", "float32"]}
        if not is_alone(y):
            options = {"multi_output": True, "y_numeric": numeric}
            options["dtype"] = accepted_dtypes(X, self.dtype)
        X = np.asarray(X) if isinstance(X, (list, tuple)) else X
        is_table = getattr(X, "ndim", 2) <= 2
        if self.window is None:
            is_table = is_table and (learn or not self.any_length)
        elif not is_table:
            raise ValueError(
                f"window={self.window} takes one series: X of shape (n_rows, "
                f"n_features), in the order of time. Received shape {X.shape}. "
                "Set window=None for sequences that are samples."
            )
        X, y = check_axes(estimator, X, y, table=is_table, reset=learn, **options)
        if self.window is None:
            X = self._panel(estimator, X, learn)
        elif learn:
            self.shape = (self.window, X.shape[1])
        X = self._tokens(X, learn)
        if self.window is not None:
            X = trailing_windows(X, self.window)
        elif self.any_length:
            X = with_mask(X)
        return X if is_alone(y) else (X, y)

    def _check_same_settings(self, estimator):
        """Refuse other parameters when training goes on."""
        for name in ("window", "embedding_dim", "return_sequences"):
            check_same(estimator, name, getattr(self, name))

    def _panel(self, estimator, X, learn):
        """X of shape (n_samples, steps, channels)."""
        if X.ndim > 3:
            raise ValueError(
                "X must have shape (n_samples, steps) or (n_samples, steps, channels). "
                f"Received shape {X.shape}. Reshape it."
            )
        if 0 in X.shape:
            raise ValueError(
                f"Sequences need at least one step and one channel. Received X of "
                f"shape {X.shape}. Leave the empty ones out."
            )
        has_channels = X.ndim == 3
        X = X if has_channels else X[:, :, None]
        if learn:
            self.shape = X.shape[1:]
            if has_channels:
                _set_unnamed_features(estimator, int(np.prod(X.shape[1:])))
        self._check_shape(estimator, X.shape[1:])
        return X

    def _ragged(self, estimator, X, *, learn):
        """A list of arrays of shape (steps, channels)."""
        if self.window is not None:
            raise ValueError(
                f"window={self.window} takes one series: an array of shape (n_rows, "
                "n_features). Received a list of sequences. Set window=None."
            )
        sequences = as_sequences(X, self.dtype)
        if learn:
            self.shape = (None, sequences[0].shape[1])
            _set_unnamed_features(estimator, sequences[0].shape[1])
            self._tokens(np.concatenate(sequences)[None], learn=True)
        for sequence in sequences:
            self._check_shape(estimator, sequence.shape)
        sequences = [self._tokens(s[None], learn=False)[0] for s in sequences]
        return sequences if self.any_length else np.stack(sequences)

    def _check_shape(self, estimator, shape):
        steps, channels = self.shape
        if shape[1] != channels or steps not in (None, shape[0]):
            known = "any number of" if steps is None else steps
            raise ValueError(
                f"{type(estimator).__name__} was fitted on sequences of {known} steps "
                f"and {channels} channels. Received {shape[0]} steps and {shape[1]} "
                "channels. Sequences that differ in length are fitted as a list of "
                "arrays."
            )

    def _refuse_ragged(self):
        if self.return_sequences:
            raise ValueError(
                "return_sequences=True takes sequences of equal length, an array of "
                "shape (n_samples, steps, channels). Received a list of sequences. "
                "Cut them into pieces of one length."
            )

    # Tokens

    def _tokens(self, X, learn):
        """Checked tokens; all that ``fit`` has not seen become the last token.

        Without ``embedding_dim``, X holds numbers and stays as it is.
        """
        width = self.embedding_dim
        if width is None:
            return X
        if X.shape[-1] != 1:
            raise ValueError(
                f"embedding_dim={width} takes one token per step. "
                f"Received {X.shape[-1]} channels. Pass one, or embedding_dim=None."
            )
        wrong = (X < 0) | (np.floor(X) != X)
        if wrong.any():
            raise ValueError(
                f"embedding_dim={width} takes tokens, integers from 0. "
                f"Received {X[wrong][0]}. Set embedding_dim=None for numbers."
            )
        if learn:
            self._learn_tokens(X.max())
        return np.minimum(X, self.n_tokens - 1)

    def _learn_tokens(self, largest):
        if largest >= _MOST_TOKENS:
            raise ValueError(
                f"embedding_dim={self.embedding_dim} makes a vector for each token, "
                f"which must be below {_MOST_TOKENS}. Received {largest:.0f}. "
                "Number the tokens from 0, as sklearn's OrdinalEncoder does."
            )
        self.n_tokens = int(largest) + 2  # the last token stands for unknown ones

    # One target per step

    def _flat_targets(self, y):
        """``y`` with two axes, as scikit-learn's checks need it, and its old shape.

        The shape is that of one sample; it is None unless there is a target per step.
        """
        if not self.return_sequences:
            return y, None
        if self.window is not None:
            raise ValueError(
                "return_sequences=True has one target per step of a sequence, window="
                f"{self.window} one per row. Use one of them."
            )
        y = np.asarray(y)
        if y.ndim not in (2, 3):
            raise ValueError(
                "return_sequences=True takes y of shape (n_samples, steps) or "
                f"(n_samples, steps, n_outputs). Received shape {y.shape}. Pass a "
                "target per step, or return_sequences=False."
            )
        return y.reshape(len(y), -1), y.shape[1:]

    def _targets_per_step(self, y, shape):
        """The inverse of :meth:`_flat_targets`."""
        if shape is None:
            return y
        if shape[0] != self.shape[0]:
            raise ValueError(
                "return_sequences=True takes a target for every step. Received X with "
                f"{self.shape[0]} steps and y with {shape[0]}. Cut one of them."
            )
        return y.reshape(len(y), *shape)

    # From files

    def check_stored(self, estimator, shape):
        super().check_stored(estimator, shape)
        spec, name = estimator.network_.spec, type(self).__name__
        require(self.n_tokens <= spec.n_tokens, name, "n_tokens", self.n_tokens)
        same = self.return_sequences == spec.return_sequences
        require(same, name, "return_sequences", self.return_sequences)

    def feature_shape(self, shape):
        is_fixed = self.window is None and not self.any_length
        return self.shape if is_fixed else self.shape[1:]

    def trial_samples(self, estimator):
        steps, channels = self.shape
        if self.window is not None:
            return with_feature_names(
                estimator, mean_samples(estimator, (steps, channels), channels)
            )
        if steps is None:
            X = mean_samples(estimator, (1, channels), channels)
            return X if X is None else [X, X]
        n_features = vars(estimator).get("n_features_in_")
        if n_features == steps * channels and channels == 1:
            return with_feature_names(
                estimator, mean_samples(estimator, (1, steps), channels)
            )
        return mean_samples(estimator, (1, steps, channels), channels)


def _set_unnamed_features(estimator, n_features):
    """Set the number of features, and remove their names."""
    estimator.n_features_in_ = n_features
    vars(estimator).pop("feature_names_in_", None)

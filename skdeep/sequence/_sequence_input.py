"""What estimators of sequences share: the forms of X, and one target per step."""

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_y, check_is_fitted

from skdeep._rules import is_count, is_shape
from skdeep.base._input_checks import NO_TARGET, check_axes, is_alone, refuse_data_sets
from skdeep.base._learnt import LearntParameters
from skdeep.base._row_order import warn_about_gaps
from skdeep.base._stored import named, usual
from skdeep.encoding import Standardization, precisions
from skdeep.inference import forward
from skdeep.sequence._sequences import (
    as_sequences,
    bucket,
    is_ragged,
    padded,
    trailing_windows,
    with_mask,
)

# Single precision holds integers up to here.
_MOST_TOKENS = 2**24 - 1
# What samples are read with, in training and in prediction.
_OF_SAMPLES = "window", "embedding_dim", "return_sequences", "dtype"


class SequenceInput(LearntParameters):
    """Needs the parameters ``window``, ``embedding_dim`` and ``return_sequences``."""

    _stored_attributes = {"_n_tokens": is_count, "sequence_shape_": is_shape}

    def _check_stored_shape(self, shape):
        steps, channels = self.sequence_shape_
        whole = self._as_learnt("window") is None and steps is not None
        super()._check_stored_shape((steps, channels) if whole else (channels,))

    def _trial_samples(self):
        steps, channels = self.sequence_shape_
        if self._as_learnt("window") is not None:
            return named(self, usual(self, (steps, channels), channels))
        if steps is None:
            X = usual(self, (1, channels), channels)
            return X if X is None else [X, X]
        if vars(self).get("n_features_in_") == steps * channels and channels == 1:
            return named(self, usual(self, (1, steps), channels))
        return usual(self, (1, steps, channels), channels)

    def _network_rows(self, X):
        rows = self._check_samples(X)
        return padded(rows) if isinstance(rows, list) else rows

    def _check_training_data(self, X, y, *, reset):
        numeric = self._estimator_type_ == "regressor"
        if reset:
            self._learn_parameters(*_OF_SAMPLES)
        else:
            self._compare_window()
        if self.window is not None:
            warn_about_gaps(X, y, self.window)
        y, per_step = self._flat(y)
        X = self._stacked(X)
        if is_ragged(X):
            self._refuse_ragged()
            X = self._ragged(X, reset=reset)
            y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=self)
            check_consistent_length(X, y)
            X = padded(X) if self._any_length else X
        else:
            X, y = self._regular(X, y, numeric=numeric, reset=reset)
        return X, self._per_step(y, per_step)

    def _check_samples(self, X):
        """An array, or a list where sequences differ in length."""
        X = self._stacked(X)
        if is_ragged(X):
            return self._ragged(X, reset=False)
        return self._regular(X, reset=False)

    # The forms of X

    def _stacked(self, X):
        """A list of equal arrays as one array, where only an array will do."""
        if not (self._as_learnt("window") or self._as_learnt("return_sequences")):
            return X
        shapes = {np.shape(item) for item in X} if is_ragged(X) else ()
        return np.stack(list(X)) if len(shapes) == 1 else X

    def _regular(self, X, y=NO_TARGET, *, numeric=False, reset):
        """X of shape (n_samples, steps, channels), with a mask if the network has one;
        and y, if given.
        """
        refuse_data_sets(X)
        window = self._as_learnt("window")
        options = {"dtype": ["float64", "float32"]}
        if not is_alone(y):
            options = {"multi_output": True, "y_numeric": numeric}
            options["dtype"] = precisions(X, self._as_learnt("dtype"))
        X = np.asarray(X) if isinstance(X, (list, tuple)) else X
        table = getattr(X, "ndim", 2) <= 2
        if window is None:
            table = table and (reset or not self._any_length)
        elif not table:
            raise ValueError(
                f"window={window} takes one series: X of shape (n_rows, "
                f"n_features), in the order of time. Received shape {X.shape}. "
                "Set window=None for sequences that are samples."
            )
        X, y = check_axes(self, X, y, table=table, reset=reset, **options)
        if window is None:
            X = self._panel(X, reset)
        elif reset:
            self.sequence_shape_ = (window, X.shape[1])
        X = self._tokens(X, reset)
        if window is not None:
            X = trailing_windows(X, window)
        elif self._any_length:
            X = with_mask(X)
        return X if is_alone(y) else (X, y)

    def _compare_window(self):
        """To go on with a network is to go on with its windows."""
        learnt = self._as_learnt("window")
        if self.window != learnt:
            raise ValueError(
                f"{type(self).__name__} was fitted with window={learnt}. Received "
                f"window={self.window}. Call fit with warm_start=False to start anew."
            )

    def _panel(self, X, reset):
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
        three = X.ndim == 3
        X = X if three else X[:, :, None]
        if reset:
            self.sequence_shape_ = X.shape[1:]
            if three:
                self.n_features_in_ = int(np.prod(X.shape[1:]))
                self.__dict__.pop("feature_names_in_", None)
        self._compare(X.shape[1:])
        return X

    def _ragged(self, X, *, reset):
        """A list of arrays of shape (steps, channels)."""
        window = self._as_learnt("window")
        if window is not None:
            raise ValueError(
                f"window={window} takes one series: an array of shape (n_rows, "
                "n_features). Received a list of sequences. Set window=None."
            )
        sequences = as_sequences(X, self._as_learnt("dtype"))
        if reset:
            self.sequence_shape_ = (None, sequences[0].shape[1])
            self.n_features_in_ = sequences[0].shape[1]
            self.__dict__.pop("feature_names_in_", None)
            whole = np.concatenate(sequences)
            self._tokens(whole[None], reset=True)
        for sequence in sequences:
            self._compare(sequence.shape)
        sequences = [self._tokens(s[None], reset=False)[0] for s in sequences]
        return sequences if self._any_length else np.stack(sequences)

    @property
    def _any_length(self):
        return self.sequence_shape_[0] is None

    def _compare(self, shape):
        steps, channels = self.sequence_shape_
        if shape[1] != channels or steps not in (None, shape[0]):
            known = "any number of" if steps is None else steps
            raise ValueError(
                f"{type(self).__name__} was fitted on sequences of {known} steps and "
                f"{channels} channels. Received {shape[0]} steps and {shape[1]} "
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

    def _tokens(self, X, reset):
        """Checked tokens, those that ``fit`` has not seen as one; other X as it is."""
        width = self._as_learnt("embedding_dim")
        if width is None:
            if reset:
                self._n_tokens = 0
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
        if reset:
            self._learn_tokens(X.max())
        return np.minimum(X, self._n_tokens - 1)

    def _learn_tokens(self, largest):
        if largest >= _MOST_TOKENS:
            raise ValueError(
                f"embedding_dim={self.embedding_dim} makes a vector for each token, "
                f"which must be below {_MOST_TOKENS}. Received {largest:.0f}. "
                "Number the tokens from 0, as sklearn's OrdinalEncoder does."
            )
        self._n_tokens = int(largest) + 2  # the last stands for unknown ones

    # Scaling

    def _scales(self, data):
        return bool(self.normalize) and self.embedding_dim is None

    def _input_scaling(self, rows):
        if not self._scales(rows):
            return Standardization.none(rows.X.shape[-1])
        if not self._masked:
            return super()._input_scaling(rows)
        overlapping = self.window is not None
        return Standardization.of_masked(rows.X, rows.weight, overlapping=overlapping)

    @property
    def _masked(self):
        return self.window is not None or self._any_length

    def _split_rows(self, y, n_val, rng):
        if self.window is None:
            return super()._split_rows(y, n_val, rng)
        # The last ones: training may not see what comes after them.
        train, held_out = np.split(np.arange(len(y)), [len(y) - n_val])
        if self._estimator_type_ == "classifier" and y.ndim == 1:
            new = np.setdiff1d(y[held_out], y[train])
            if len(new):
                raise ValueError(
                    "early_stopping with a window holds out the last rows. Received y "
                    f"with labels that only these have: {new}. Pass X_val and y_val, "
                    "or set early_stopping=False."
                )
        return train, held_out

    # One target per step

    def _flat(self, y):
        """y of two axes for scikit-learn's checks, and the shape it had."""
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

    @property
    def _targets_per_step(self):
        return self.return_sequences

    def _has_columns(self, y):
        if not self.return_sequences:
            return super()._has_columns(y)
        return np.ndim(y) == 3 and np.shape(y)[2] > 1

    def _form(self, y, previous, **options):
        if self.return_sequences:
            y = self._steps_as_samples(y)
        return super()._form(y, previous, **options)

    def _read(self, form, y):
        if form is None or not self.return_sequences:
            return super()._read(form, y)
        read = super()._read(form, self._steps_as_samples(y))
        return read.reshape(len(y), -1, *read.shape[1:])

    def _per_step(self, y, shape):
        if shape is None:
            return y
        if shape[0] != self.sequence_shape_[0]:
            raise ValueError(
                "return_sequences=True takes a target for every step. Received X with "
                f"{self.sequence_shape_[0]} steps and y with {shape[0]}. Cut one of "
                "them."
            )
        return y.reshape(len(y), *shape)

    def _steps_as_samples(self, y):
        steps = self.sequence_shape_[0]
        y = y.reshape(len(y) * steps, *y.shape[2:])
        return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y

    def _learn_targets(self, y, weight, classes):
        if self.return_sequences:
            weight = np.repeat(weight, self.sequence_shape_[0])
            y = self._steps_as_samples(y)
        return super()._learn_targets(y, weight, classes)

    def _encode_targets(self, targets, y):
        if not self.return_sequences:
            return super()._encode_targets(targets, y)
        encoded = super()._encode_targets(targets, self._steps_as_samples(y))
        return encoded.reshape(len(y), -1, encoded.shape[-1])

    # Prediction

    def _forward(self, samples):
        if not isinstance(samples, list):
            return super()._forward(samples)
        # Those of about the same length together.
        buckets, network = {}, self.network_
        for number, sequence in enumerate(samples):
            buckets.setdefault(bucket(len(sequence)), []).append(number)
        output = np.empty((len(samples), network.spec.units))
        for numbers in buckets.values():
            piece = padded([samples[number] for number in numbers])
            output[numbers] = forward(network.spec, network.weights, piece)
        return output

    def _decode(self, decode, output):
        if not self.network_.spec.return_sequences:
            return decode(output)
        decoded = decode(output.reshape(-1, output.shape[-1]))
        return decoded.reshape(*output.shape[:2], *decoded.shape[1:])

    def score(self, X, y, sample_weight=None):
        """Mean accuracy of a classifier, coefficient of determination of a regressor.

        Parameters
        ----------
        X : array-like or list of array-like
            Sequences.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or, with \
``return_sequences``, (n_samples, steps)
            True targets. Every step counts as a sample.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        if not self.network_.spec.return_sequences:
            return super().score(X, y, sample_weight)
        predicted = self.predict(X)
        y = np.asarray(y)
        if y.ndim == 3 and y.shape[2] == 1:
            y = y[:, :, 0]
        if y.shape != predicted.shape:
            raise ValueError(
                f"score takes y of the shape of the predictions, {predicted.shape}. "
                f"Received shape {y.shape}."
            )
        if sample_weight is not None:
            sample_weight = np.repeat(sample_weight, predicted.shape[1])
        pair = self._steps_as_samples(y), self._steps_as_samples(predicted)
        metric = r2_score if self._estimator_type_ == "regressor" else accuracy_score
        return metric(*pair, sample_weight=sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

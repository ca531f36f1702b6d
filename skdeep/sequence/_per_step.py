"""One target per step of a sequence: every step counts as a sample."""

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted


class TargetsPerStep:
    """Targets of an estimator with the parameter ``return_sequences``.

    Targets are encoded per sample. So each step becomes a sample before they are
    encoded, and the results get their axis of steps back.
    """

    @property
    def _targets_per_step(self):
        return self.return_sequences

    def _has_columns(self, y):
        if not self.return_sequences:
            return super()._has_columns(y)
        return np.ndim(y) == 3 and np.shape(y)[2] > 1

    def _indicator(self, y, previous, **options):
        if self.return_sequences:
            y = self._steps_as_samples(y)
        return super()._indicator(y, previous, **options)

    def _read_labels(self, indicator, y):
        if indicator is None or not self.return_sequences:
            return super()._read_labels(indicator, y)
        read = super()._read_labels(indicator, self._steps_as_samples(y))
        return read.reshape(len(y), -1, *read.shape[1:])

    def _steps_as_samples(self, y):
        y = y.reshape(-1, *y.shape[2:])
        return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y

    def _learn_targets(self, y, weight, classes):
        if self.return_sequences:
            weight = np.repeat(weight, y.shape[1])
            y = self._steps_as_samples(y)
        return super()._learn_targets(y, weight, classes)

    def _encode_targets(self, targets, y):
        if not self.return_sequences:
            return super()._encode_targets(targets, y)
        encoded = super()._encode_targets(targets, self._steps_as_samples(y))
        return encoded.reshape(len(y), -1, encoded.shape[-1])

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
            Accuracy of classifiers, R2 of regressors.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or y not the shape
            of the predictions.
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

"""One target per step of a sequence: every step counts as a sample."""

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_is_fitted

from skdeep.base._target_steps import steps_as_samples


class TargetsPerStep:
    """Targets of an estimator with the parameter ``return_sequences``."""

    @property
    def _targets_per_step(self):
        return self.return_sequences

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
        pair = steps_as_samples(y), steps_as_samples(predicted)
        metric = r2_score if self._estimator_type_ == "regressor" else accuracy_score
        return metric(*pair, sample_weight=sample_weight)

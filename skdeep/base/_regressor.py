"""The base of regressors: continuous targets in their own units."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.callback import with_callbacks

from skdeep._compat import _fit_context
from skdeep._rules import is_a
from skdeep.base._network import BaseNetwork
from skdeep.encoding import ContinuousTargets, check_numbers
from skdeep.networks import (
    NOT_NEGATIVE,
    POSITIVE,
    loss_name,
    loss_rule,
    regression_head,
)


class BaseNetworkRegressor(RegressorMixin, BaseNetwork):
    """Base of the regressors; not for direct use."""

    _estimator_type_ = "regressor"
    _stored_types = (ContinuousTargets,)
    _stored_attributes = {"_targets": is_a(ContinuousTargets)}

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch, going on from the weights and the optimiser's state.

        The first call decides on the standardisation.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, or X and y do not fit the first call.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X):
        """Predict values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Values in the units of the training targets and in the precision of X. For
            targets that are far from zero compared with their spread, always float64,
            because single precision would lose digits.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, holds missing
            values, or leads to numbers that are too large for the network's ``dtype``.
        """
        return self._decoded("decode", X)

    def _head(self, targets):
        return regression_head(targets.n_outputs, self.loss)

    def _learn_targets(self, y, weight, classes):
        return ContinuousTargets.of(
            y,
            weight,
            standardize=bool(self.normalize),
            dtype=self._array_dtype,
            positive=loss_rule(self.loss).values == POSITIVE,
        )

    def _encode_targets(self, targets, y):
        if loss_name(self.loss) in NOT_NEGATIVE and np.min(y) < 0:
            raise ValueError(
                f"loss={self.loss!r} needs targets y that are not negative. Received a "
                f"smallest value of {np.min(y):g}. Use loss='auto'."
            )
        return targets.encode(y, dtype=self._array_dtype)

    def _prepared_targets(self, y):
        check_numbers(y)
        return y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

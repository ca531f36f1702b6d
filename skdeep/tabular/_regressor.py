"""TabularRegressor."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skdeep._rules import is_a, require
from skdeep.base._documented import documented, store_parameters
from skdeep.dense import DenseRegressor
from skdeep.tabular._ensemble import BaseTabular, conformal_bound, conformal_quantile
from skdeep.tabular._parameter_table import FITTED, OF_REGRESSOR, TABULAR


@documented(parameters=(TABULAR,), attributes=(FITTED, OF_REGRESSOR))
class TabularRegressor(RegressorMixin, BaseTabular):
    """An ensemble for tables that needs no settings: values and intervals.

    Dense networks are trained, each without one fold of the rows. The fold
    chooses the epoch whose weights are kept. The predictions of the networks are
    averaged, and stay within the range of the training targets.

    See Also
    --------
    DenseRegressor : One network, with all settings.
    TabularClassifier : The same for labels.
    sklearn.ensemble.HistGradientBoostingRegressor : Trees for the same tables.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep import TabularRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> regressor = TabularRegressor(random_state=0).fit(X[::2], y[::2])
    >>> lower, upper = regressor.predict_interval(X[1::2], coverage=0.8).T
    >>> bool(0.7 < ((lower < y[1::2]) & (y[1::2] < upper)).mean() < 0.9)
    True
    """

    _member_class = DenseRegressor
    _stored_attributes = {"_range": is_a(tuple)}

    def __init__(
        self,
        n_members=8,
        *,
        hidden_layer_sizes=(128, 128),
        dropout=0.0,
        learning_rate=0.003,
        weight_decay=0.1,
        batch_size="auto",
        epochs="auto",
        categorical_features="from_dtype",
        n_bins="auto",
        cv=None,
        random_state=None,
    ):
        store_parameters(self, locals())

    def _decode(self, member, output):
        return member._targets.decode(output)

    def _unseen(self, decoded, targets, train):
        return np.clip(decoded, *_range(targets[train]))

    def _measured(self, members, predicted, rows, known):
        targets = np.asarray(rows.targets, dtype=np.float64)
        return {
            "unseen": predicted,
            "_errors": targets[known] - predicted,
            "_range": _range(targets),
        }

    def _check_stored_member(self, first, member):
        super()._check_stored_member(first, member)
        name, shape = type(self).__name__, self.oof_prediction_.shape[1:]
        ends = [np.asarray(end, float) for end in self._range]
        fits = len(ends) == 2 and all(end.shape == shape for end in ends)
        fits = fits and bool(np.isfinite(ends).all()) and (ends[0] <= ends[1]).all()
        require(fits, name, "_range", self._range)
        require(self._errors is not None, name, "_errors", self._errors)

    def predict(self, X, return_std=False):
        """Predict values.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        return_std : bool, default=False
            Whether to return standard deviations, too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Values, within the range of the training targets.
        std : ndarray, of the shape of y
            With ``return_std=True``. Its square is the variance of the members'
            predictions plus the mean squared error for rows that were held out.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        values, dtype = self._of_members(X)
        values = np.clip(values, *self._range)
        mean = values.mean(axis=0).astype(dtype)
        if not return_std:
            return mean
        variance = values.var(axis=0) + (self._errors**2).mean(axis=0)
        return mean, np.sqrt(variance).astype(dtype)

    def predict_interval(self, X, coverage=0.9):
        """Predict intervals that hold the true value about as often as asked for.

        As in split conformal prediction (Lei et al., 2018, "Distribution-Free
        Predictive Inference for Regression"), here with the errors of each network for
        the rows that it has not been trained on. Each row counts once, whatever its
        weight. Cross-validation shows the coverage for new rows.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        coverage : float, default=0.9
            The share of values that shall lie within their intervals, in (0, 1).

        Returns
        -------
        intervals : ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper ends.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If too few rows were held out for so high a coverage.
        """
        check_is_fitted(self)
        half = conformal_bound(np.abs(self._errors), coverage)
        values = self.predict(X)
        return np.stack([values - half, values + half], axis=-1)

    def predict_quantiles(self, X, quantiles=(0.1, 0.5, 0.9)):
        """Predict values that the true value falls below about as often as asked for.

        They are the predictions plus quantiles of the errors for rows that the networks
        have not been trained on, as in :meth:`predict_interval`. So they never cross,
        and are equally far apart for all samples.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        quantiles : array-like of shape (n_quantiles,), default=(0.1, 0.5, 0.9)
            Shares of values that shall lie below, in (0, 1).

        Returns
        -------
        values : ndarray of shape (n_samples, n_quantiles) or \
                (n_samples, n_outputs, n_quantiles)
            In the order of ``quantiles``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If too few rows were held out for a quantile so close to 0 or 1.
        """
        check_is_fitted(self)
        quantiles = check_array(quantiles, ensure_2d=False, input_name="quantiles")
        if quantiles.ndim != 1:
            raise ValueError(
                "quantiles must be a list of numbers. Received an array of shape "
                f"{quantiles.shape}."
            )
        shifts = [
            conformal_quantile(self._errors, level) for level in quantiles.tolist()
        ]
        return self.predict(X)[..., np.newaxis] + np.stack(shifts, axis=-1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _range(targets):
    return targets.min(axis=0), targets.max(axis=0)

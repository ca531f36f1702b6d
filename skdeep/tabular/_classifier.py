"""TabularClassifier."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skdeep._rules import is_a, require
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameter_table import CLASSES
from skdeep.base._target_steps import read_labels
from skdeep.dense import DenseClassifier
from skdeep.encoding import ClassWeights, numeric_columns
from skdeep.tabular._ensemble import BaseTabular, conformal_bound
from skdeep.tabular._parameter_table import FITTED, OF_CLASSIFIER, TABULAR
from skdeep.tabular._temperature import fitted_temperature, log_tempered


@documented(parameters=(TABULAR,), attributes=(CLASSES, FITTED, OF_CLASSIFIER))
class TabularClassifier(ClassifierMixin, BaseTabular):
    """An ensemble for tables that needs no settings: labels and probabilities.

    Dense networks are trained, each without one fold of the rows. The fold chooses the
    epoch whose weights are kept. The probabilities of the networks are averaged, and
    made as certain as fits the rows that the networks have not been trained on.

    See Also
    --------
    DenseClassifier : One network, with all settings.
    TabularRegressor : The same for continuous targets.
    sklearn.ensemble.HistGradientBoostingClassifier : Trees for the same tables.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skdeep import TabularClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> classifier = TabularClassifier(random_state=0).fit(X[::2], y[::2])
    >>> bool(classifier.score(X[1::2], y[1::2]) > 0.9)
    True
    """

    _member_class = DenseClassifier
    _stored_attributes = {
        "classes_": is_a(np.ndarray),
        "temperature_": lambda value: isinstance(value, float) and 0 < value < np.inf,
    }

    def __init__(
        self,
        n_members=8,
        *,
        hidden_layer_sizes=(128, 128),
        dropout=0.0,
        label_smoothing=0.05,
        learning_rate=0.003,
        weight_decay=0.1,
        batch_size="auto",
        epochs="auto",
        class_weight=None,
        multilabel="auto",
        categorical_features="from_dtype",
        n_bins="auto",
        cv=None,
        random_state=None,
    ):
        store_parameters(self, locals())

    def _member_parameters(self):
        return {
            **super()._member_parameters(),
            "label_smoothing": self.label_smoothing,
            "multilabel": self.multilabel,
        }

    def _read_targets(self, template, y):
        indicator = template._indicator(y, None, more_to_come=False)
        if indicator is None:
            return super()._read_targets(template, y)
        labels = read_labels(indicator, y, per_step=False)
        template.multilabel = not indicator.one_hot  # whatever rows are left
        return labels

    def _labels(self, targets):
        return targets if targets.ndim == 1 else None

    def _weights_of_rows(self, targets, weight):
        factors = ClassWeights.of(self.class_weight, targets, weight)
        return weight if factors is None else factors.times(targets, weight)

    def _decode(self, member, output):
        return member._targets.probabilities(output)

    def _measured(self, members, predicted, rows, known):
        classes, one_label = members[0].classes_, rows.targets.ndim == 1
        targets, weight = rows.targets[known], rows.weight[known]
        ones = _ones(classes, targets)
        temperature = fitted_temperature(predicted, ones, weight, one_label=one_label)
        logarithms, _ = log_tempered(predicted, temperature, one_label=one_label)
        unseen = np.exp(logarithms)
        return {
            "classes_": classes,
            "temperature_": temperature,
            "unseen": unseen,
            "_errors": 1 - unseen[ones == 1] if one_label else None,
        }

    def _log_probabilities(self, X):
        """Logarithms of probabilities, and their dtype."""
        probabilities, dtype = self._of_members(X)
        mean = probabilities.mean(axis=0)
        one_label = self._errors is not None
        return log_tempered(mean, self.temperature_, one_label=one_label)[0], dtype

    def _error_shape(self, shape):
        return ()

    def _check_stored_member(self, first, member):
        super()._check_stored_member(first, member)
        name = type(self).__name__
        fits = np.array_equal(member.classes_, self.classes_)
        require(fits, name, "classes_", self.classes_)
        fits = member._targets.kind == first._targets.kind
        require(fits, name, "estimators_", member)
        has_errors = self._errors is not None
        one_label = member._targets.kind != "multilabel-indicator"
        fits = has_errors == one_label
        if fits and has_errors:
            fits = isinstance(self._errors, np.ndarray) and np.all(self._errors <= 1)
        require(fits, name, "_errors", self._errors)

    def predict_proba(self, X):
        """Predict probabilities.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``. Rows sum to one, except for targets with
            several labels per row.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        logarithms, dtype = self._log_probabilities(X)
        return np.exp(logarithms).astype(dtype)

    def predict_log_proba(self, X):
        """Predict the logarithms of probabilities; see :meth:`predict_proba`.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; always finite.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        logarithms, dtype = self._log_probabilities(X)
        return logarithms.astype(dtype)

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels, in the form of the targets of ``fit``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        logarithms, _ = self._log_probabilities(X)
        targets = self.estimators_[0]._targets
        return targets.labels(np.exp(logarithms) - 0.5)

    def predict_set(self, X, coverage=0.9):
        """Predict sets of labels that hold the true one about as often as asked for.

        A label is in the set if its probability is high enough, as in split conformal
        prediction (Sadinle et al., 2019, "Least Ambiguous Set-Valued Classifiers with
        Bounded Error Levels"), here with the probabilities of each network for the rows
        that it has not been trained on.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        coverage : float, default=0.9
            The share of samples whose label shall be in the set, in (0, 1).

        Returns
        -------
        sets : ndarray of shape (n_samples, n_classes), dtype=bool
            Whether each label of ``classes_`` is in the set. A set may be empty.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            For targets with several labels per row, or if too few rows were held out
            for so high a coverage.
        """
        check_is_fitted(self)
        if self._errors is None:
            raise ValueError(
                "Sets are of labels of which each row has one. Received targets with "
                "several labels per row in fit. Use predict_proba."
            )
        bound = conformal_bound(self._errors, coverage)
        return 1 - self.predict_proba(X) <= bound

    def score(self, X, y, sample_weight=None):
        """Mean accuracy; with a column per label, all labels of a row must be right.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True labels, in any form that ``fit`` takes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            The share of samples whose predicted labels are all right.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen.
        """
        return super().score(X, numeric_columns(y), sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _ones(classes, targets):
    """Ones for the labels of each row, of shape (n_rows, n_classes)."""
    if targets.ndim == 1:
        return np.eye(len(classes))[np.searchsorted(classes, targets)]
    return np.asarray(targets, dtype=np.float64)

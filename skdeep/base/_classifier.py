"""The base of classifiers: classes, class weights, probabilities."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.callback import with_callbacks
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from skdeep._compat import _check_partial_fit_first_call, _fit_context
from skdeep._numbers import plain
from skdeep._rules import is_a
from skdeep.base._network import BaseNetwork
from skdeep.encoding import (
    ClassTargets,
    ClassWeights,
    Indicator,
    check_labels,
    has_columns,
    numeric_columns,
    refuse_balanced,
)
from skdeep.networks import (
    classification_head,
    learns_margins,
    loss_name,
)

_SMOOTHING = 0.1


def _has_probabilities(estimator):
    """True if it learns, or has learnt, probabilities; else an AttributeError."""
    targets = vars(estimator).get("_targets")
    margins = learns_margins(estimator.loss) if targets is None else targets.margins
    if margins:
        raise AttributeError(
            "Probabilities are not available for hinge losses, which learn margins. "
            f"Received loss={estimator.loss!r}. Use decision_function, or wrap the "
            "estimator in sklearn.calibration.CalibratedClassifierCV."
        )
    return True


class BaseNetworkClassifier(ClassifierMixin, BaseNetwork):
    """Base of the classifiers; not for direct use."""

    _estimator_type_ = "classifier"
    _stored_types = ClassTargets, Indicator
    _stored_attributes = {
        "_targets": is_a(ClassTargets),
        "classes_": is_a(np.ndarray),
    }

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, *, classes=None):
        """Train for one epoch, going on from the weights and the optimiser's state.

        The first call decides on the standardisation and the set of classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call may bring. Needed in the first call, unless y has a
            column for each label (see ``multilabel``).

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, if X and y do not fit the first call,
            or if the first call needs ``classes`` and gets none.
        """
        refuse_balanced(self.class_weight)
        classes = self._check_classes(y, classes)
        return self._partial_fit(X, y, sample_weight, classes)

    def _check_classes(self, y, classes):
        # With a column per label all labels are known.
        if has_columns(y, axis=2 if self._targets_per_step else 1):
            return None
        if self._is_fitted or classes is not None:
            known = getattr(self, "classes_", None)
            if known is not None and classes is not None:
                _check_partial_fit_first_call(self, classes)
            return classes
        raise ValueError(
            "classes must be passed on the first call to partial_fit: later calls "
            "may bring labels that the first one lacks. Received classes=None."
        )

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels. If the targets had a column for each label, so have the predictions:
            rows of 0 and 1, with exactly one 1 if the columns are classes.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, holds missing
            values, or leads to numbers that are too large for the network's ``dtype``.
        """
        return self._decoded("labels", X)

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Predict probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_`` and in the precision of X. Rows sum to one,
            except for multilabel targets.

        Raises
        ------
        AttributeError
            For hinge losses, which learn margins.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, holds missing
            values, or leads to numbers that are too large for the network's ``dtype``.
        """
        return self._decoded("probabilities", X)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Predict the logarithms of probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_`` and in the precision of X. They are finite even
            if a probability is so small that its dtype rounds it to zero.

        Raises
        ------
        AttributeError
            For hinge losses, which learn margins.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, holds missing
            values, or leads to numbers that are too large for the network's ``dtype``.
        """
        return self._decoded("log_probabilities", X)

    def decision_function(self, X):
        """Compute logits; with a hinge loss margins, beyond 1 or -1 for sure labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column for binary targets; positive means ``classes_[1]``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, holds missing
            values, or leads to numbers that are too large for the network's ``dtype``.
        """
        return self._decoded("decision", X)

    def score(self, X, y, sample_weight=None):
        """Mean accuracy; with a column per label, all labels of a row must be right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
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
            If X or y has not the form of the data that ``fit`` has seen.
        """
        return super().score(X, numeric_columns(y), sample_weight)

    def _head(self, targets):
        smoothing = plain(self.label_smoothing)
        if smoothing == "auto":
            smoothing = _SMOOTHING if loss_name(self.loss) == "auto" else 0.0
        return classification_head(
            targets.kind, len(targets.classes), self.loss, smoothing
        )

    def _learn_targets(self, y, weight, classes):
        targets = ClassTargets.of(y, classes)
        targets.margins = learns_margins(self.loss)
        return targets

    def _prepared_targets(self, y):
        check_labels(y)
        return numeric_columns(y)

    def _indicator(self, y, previous, *, more_to_come):
        given = self.multilabel
        multilabel = given if isinstance(given, str) else bool(given)
        if previous is None:
            indicator = Indicator.of(y, multilabel, more_to_come=more_to_come)
            if indicator is not None and indicator.one_hot and not more_to_come:
                self._refuse_one_class(indicator.read(y))
            return indicator
        indicator = self._targets.indicator
        one_hot = indicator is not None and indicator.one_hot
        if multilabel is one_hot and has_columns(y):
            raise ValueError(
                f"multilabel={multilabel} does not go on with a fit for which the "
                f"columns of y were {'classes' if one_hot else 'labels'}. Set "
                "multilabel='auto', or call fit with warm_start=False."
            )
        return indicator

    @staticmethod
    def _refuse_one_class(numbers):
        if (numbers == numbers[0]).all():
            raise ValueError(
                "A classifier needs at least two classes, but all rows of y have their "
                f"1 in column {numbers[0]}. Rows whose weight is zero do not count."
            )

    def _encode_targets(self, targets, y):
        head = self._head(targets)
        return targets.encode(
            y, units=head.units, as_index=head.sparse, dtype=self._array_dtype
        )

    def _strata(self, y):
        check_classification_targets(y)
        return y if y.ndim == 1 else None

    def _class_weight(self, targets, y, weight):
        known = targets.classes if y.ndim == 1 else None
        return ClassWeights.of(self.class_weight, y, weight, known)

    def _fitted_attributes(self, network, targets, data=None):
        attributes = super()._fitted_attributes(network, targets, data)
        return {**attributes, "classes_": targets.classes}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

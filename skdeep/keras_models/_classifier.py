"""KerasClassifier: a classifier around any Keras model."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import _check_partial_fit_first_call
from skdeep.base._documented import documented
from skdeep.base._input_checks import one_column
from skdeep.encoding import ClassWeights, refuse_balanced
from skdeep.keras_models._checks import check_output, last_activation, warn_of_split
from skdeep.keras_models._data import present
from skdeep.keras_models._labels import (
    KerasLabelEncoder,
    gives_margins,
    linear_scores,
    log_of,
    log_probabilities,
    logits,
    of_margins,
    probabilities,
)
from skdeep.keras_models._parameter_table import (
    CLASSES,
    CLASSIFIER,
    FITTED,
    KERAS,
    NOTES,
)
from skdeep.keras_models._stored import StoredModel
from skdeep.keras_models._wrapper import BaseWrapper
from skdeep.networks._losses import takes_logits

_ONE_HOT = "multiclass-onehot"


def _has_labels_as_they_are(classifier):
    """Whether the labels are encoded by skdeep, not by a user's ``target_encoder``."""
    return type(classifier).target_encoder is KerasClassifier.target_encoder


@documented(parameters=(KERAS, CLASSIFIER), attributes=(CLASSES, FITTED), notes=NOTES)
class KerasClassifier(ClassifierMixin, StoredModel, BaseWrapper):
    """A classifier around a Keras model of your own.

    See Also
    --------
    KerasRegressor : The same for continuous targets.
    DenseClassifier : A dense network that needs no Keras.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from skdeep import KerasClassifier
    >>> def build(meta, hidden=16):
    ...     return keras.Sequential(
    ...         [
    ...             keras.Input(meta["X_shape_"][1:]),
    ...             keras.layers.Dense(hidden, "relu"),
    ...             keras.layers.Dense(meta["n_classes_"], "softmax"),
    ...         ]
    ...     )
    >>> classifier = KerasClassifier(
    ...     build,
    ...     hidden=32,
    ...     loss="sparse_categorical_crossentropy",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.05,
    ...     epochs=20,
    ...     random_state=0,
    ... )
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(cross_val_score(classifier, X, y, cv=3).mean() > 0.8)
    True
    >>> classifier.fit(X, y).predict_proba(X[:1]).shape
    (1, 3)
    """

    _fit_kwargs = BaseWrapper._fit_kwargs - {"class_weight"}
    scorer = staticmethod(accuracy_score)
    score = BaseWrapper.score

    def __init__(
        self,
        model=None,
        *,
        build_fn=None,
        warm_start=False,
        random_state=None,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        verbose=0,
        callbacks=None,
        validation_split=0.0,
        shuffle=True,
        run_eagerly=False,
        epochs=1,
        class_weight=None,
        **kwargs,
    ):
        self._store(locals())

    @property
    def target_encoder(self):
        """The unfitted transformer of the labels; override it for your own.

        Its ``inverse_transform`` must take ``return_proba``, too.
        """
        known = getattr(self, "classes_", None)
        return KerasLabelEncoder(categories="auto" if known is None else [known])

    def _initialize(self, X, y=None):
        self.classes_ = vars(self).pop("_known_classes", None)
        return super()._initialize(X, y)

    def partial_fit(self, X, y=None, classes=None, sample_weight=None, **kwargs):
        """Train for one epoch, going on from the weights and the optimiser's state.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Training data. For a model with several inputs a list of such arrays in
            the order of the inputs, or a dict of them by the inputs' names.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that any call may bring. Needed in the first call, unless its y
            holds all of them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one. A weight of zero removes the sample.
        **kwargs : dict
            Further arguments of ``keras.Model.fit``.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, if they do not fit the first call, or
            if y holds labels that no call has named.
        TypeError
            If ``epochs`` or ``initial_epoch`` is passed, or X is a data set or a
            generator.
        """
        refuse_balanced(self._given_class_weight(kwargs))
        with self._restored_on_error():
            if classes is not None and _check_partial_fit_first_call(self, classes):
                self._known_classes = self.classes_
            return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def predict_proba(self, X, **kwargs):
        """Predict probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        **kwargs : dict
            Arguments of ``keras.Model.predict``.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            The model's outputs, in the order of ``classes_``; in float64 for X of
            float64, else in the model's dtype.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, is not clearly one
            array or a list of several, or holds missing values.
        """
        output = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(output, return_proba=True)

    @available_if(_has_labels_as_they_are)
    def predict_log_proba(self, X, **kwargs):
        """Predict the logarithms of probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        **kwargs : dict
            Arguments of ``keras.Model.predict``.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``, and finite also where a probability is zero:
            of the logits of a model that is trained with ``from_logits=True``, else of
            the smallest number that the dtype has.

        Raises
        ------
        AttributeError
            If the class has a ``target_encoder`` of its own.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, is not clearly one
            array or a list of several, or holds missing values.
        """
        check_is_fitted(self)
        loss = self.model_.loss
        if self.n_classes_ == 1 or not takes_logits(loss):
            return log_of(self.predict_proba(X, **kwargs))
        output = super()._predict_raw(X, **kwargs)
        return log_probabilities(output, loss, self.target_type_)

    @available_if(_has_labels_as_they_are)
    def decision_function(self, X, **kwargs):
        """Compute logits; with a hinge loss the margins.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        **kwargs : dict
            Arguments of ``keras.Model.predict``.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One column for binary targets; positive means ``classes_[1]``. Of several
            classes, logarithms of probabilities; of multilabel targets, log-odds. With
            a hinge loss the model's own margins. Other outputs of a linear or tanh
            layer are scores as they are.

        Raises
        ------
        AttributeError
            If the class has a ``target_encoder`` of its own.
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the model has several outputs.
        ValueError
            If X has not the form of the data that ``fit`` has seen, is not clearly one
            array or a list of several, or holds missing values.
        """
        check_is_fitted(self)
        if self._gives_margins:
            margins = super()._predict_raw(X, **kwargs)
            return margins[:, 0] if margins.shape[1] == 1 else margins
        unbounded = last_activation(self.model_) in ("linear", "tanh")
        if unbounded and not takes_logits(self.model_.loss):
            return linear_scores(super()._predict_raw(X, **kwargs), self.target_type_)
        return logits(self.predict_proba(X, **kwargs), self.target_type_)

    def _predict_raw(self, X, **kwargs):
        output = super()._predict_raw(X, **kwargs)
        if self._gives_margins:
            return of_margins(output)
        return probabilities(output, getattr(self.model_, "loss", None))

    @property
    def _gives_margins(self):
        loss = getattr(self.model_, "loss", None)
        one = self.target_type_ == "binary" and self._output_shapes == [(None, 1)]
        several = self.target_type_ == "multilabel-indicator"
        return (one or several) and gives_margins(loss, last_activation(self.model_))

    def _type_of_target(self, y):
        kind = type_of_target(y)
        if kind == "binary" and self.classes_ is not None:
            return type_of_target(self.classes_)  # y may lack some of them
        return kind

    def _check_target(self, y, reset):
        if y.ndim == 2 and y.shape[1] == 1:
            y = one_column(y)
        return super()._check_target(y, reset)

    def _learn_class_weight(self, y, weight, arguments, goes_on):
        given, self._class_weights = self._given_class_weight(arguments), None
        if given is None:
            return
        labels = self._weighed_labels(y)
        known = vars(self).get("_known_classes", self.classes_ if goes_on else None)
        known = known if np.ndim(y) == 1 else None
        weight = np.ones(len(labels)) if weight is None else weight
        self._class_weights = ClassWeights.of(given, labels, weight, known)
        if self._class_weights.leave_out and np.ndim(y) == 1 and not goes_on:
            # Their labels are known all the same.
            self._known_classes = np.unique(labels) if known is None else known

    def _given_class_weight(self, arguments):
        given = getattr(self, "fit__class_weight", self.class_weight)
        return arguments.get("class_weight", given)

    def _weighted_by_class(self, X, y, weight, rows="the training data"):
        if self._class_weights is None:
            return X, y, weight
        labels = self._weighed_labels(y)
        weight = np.ones(len(labels)) if weight is None else weight
        return present(X, y, self._class_weights.times(labels, weight, rows))

    def _weighed_labels(self, y):
        """Labels, or an indicator if a sample may have any number of them."""
        labels = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        if labels.ndim == 2 and labels.shape[1] == 1:
            return labels[:, 0]
        one_hot = labels.ndim == 2 and self._type_of_target(labels) == _ONE_HOT
        return labels.argmax(axis=1) if one_hot else labels

    def _fit_arguments(self, kwargs):
        arguments = super()._fit_arguments(kwargs)
        # Already part of the sample weights.
        arguments.pop("class_weight", None)
        return arguments

    def _check_split(self, fraction, y, y_val):
        encoder, kinds = self.target_encoder_, ("binary", "multiclass")
        if not isinstance(encoder, KerasLabelEncoder):
            return
        # Rows of labels that may come together have no class of their own.
        one_class = all((np.sum(part, axis=-1) == 1).all() for part in (y, y_val))
        if self.target_type_ in kinds or (y.ndim == 2 and one_class):
            trained, held_out = (encoder.counts(part) for part in (y, y_val))
            warn_of_split(fraction, self.classes_, trained, held_out)

    def _ensure_compiled_model(self):
        super()._ensure_compiled_model()
        shapes = self._output_shapes
        if isinstance(self.target_encoder_, KerasLabelEncoder) and len(shapes) == 1:
            self.target_encoder_.expect(shapes[0][1:], self.model_.loss)
            check_output(self.model_, shapes[0][1:])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        # A user's model, trained for one epoch by default, may be poor.
        tags.classifier_tags.poor_score = True
        return tags

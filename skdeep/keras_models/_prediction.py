"""Predictions of estimators around Keras models."""

import keras
import numpy as np
from keras import tree
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.inference._keras_model import as_inputs, has_own_prediction
from skdeep.keras_models._checks import check_parameters
from skdeep.keras_models._data import n_rows_at_once
from skdeep.keras_models._scikeras import route_params


def _has_scorer(estimator):
    return hasattr(estimator, "scorer")


class KerasPrediction:
    """Predicts by one compiled call, or by ``keras.Model.predict``."""

    def _predict_raw(self, X, **kwargs):
        """The model's outputs for X, in double precision if X is."""
        check_is_fitted(self)
        check_parameters(self, "predict", kwargs)
        X, _ = self._validate_data(X)
        outputs = self._outputs(self.feature_encoder_.transform(X), kwargs)
        if any(array.dtype == np.float64 for array in tree.flatten(X)):
            return tree.map_structure(_in_double, outputs)
        return outputs

    def _outputs(self, X, kwargs):
        params = route_params(
            self.get_params(), "predict", self._predict_kwargs, strict=True
        )
        params = {k: v for k, v in params.items() if not k.startswith("callbacks")}
        arguments = {**params, **kwargs}
        size = n_rows_at_once(arguments.pop("batch_size", None), X)
        callbacks = self._callbacks_for_prediction(arguments.pop("callbacks", None))
        model = self.model_
        if not (arguments or callbacks or has_own_prediction(model)):
            return self._held.predict(X, size)
        arguments = {"verbose": 0, **arguments, "batch_size": size}
        return model.predict(as_inputs(model, X), callbacks=callbacks, **arguments)

    def _callbacks_for_prediction(self, more):
        """The callbacks that override a hook of predictions."""
        if not any("callbacks" in name for name in self._set_params()) and not more:
            return []
        stand_in = object.__new__(type(self))
        vars(stand_in).update(vars(self))  # predictions must change no attribute
        stand_in._initialize_callbacks()
        callbacks = [*stand_in._predict_callbacks, *(more or ())]
        return [c for c in tree.flatten(callbacks) if _acts_in_prediction(c)]

    def _set_params(self):
        """Names of the parameters that are not None."""
        return [k for k, v in self.get_params(deep=False).items() if v is not None]

    def predict(self, X, **kwargs):
        """Predict, and turn the outputs back into targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        **kwargs : dict
            Arguments of ``keras.Model.predict``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The model's outputs, decoded by ``target_encoder_``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, is not clearly one
            array or a list of several, or holds missing values.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs)

    @available_if(_has_scorer)
    def score(self, X, y, sample_weight=None):
        """Score the predictions by ``scorer``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            The accuracy of a classifier, R^2 of a regressor.

        Raises
        ------
        AttributeError
            If the class has no ``scorer``.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X or y has not the form of the data that ``fit`` has seen.
        """
        check_is_fitted(self)
        _, y = self._validate_data(y=y)
        options = route_params(self.get_params(), "score")
        return self.scorer(y, self.predict(X), sample_weight=sample_weight, **options)


def _in_double(output):
    return output.astype(np.float64) if output.dtype.kind == "f" else output


def _acts_in_prediction(callback):
    base = keras.callbacks.Callback
    return any(
        getattr(type(callback), name) is not getattr(base, name)
        for name in dir(base)
        if name.startswith("on_predict")
    )

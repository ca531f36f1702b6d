"""The base of KerasClassifier and KerasRegressor."""

import contextlib

import numpy as np
from keras import tree
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skdeep._forked import refuse_if_forked
from skdeep._numbers import plain
from skdeep.base._documented import documented
from skdeep.base._hooks import Printer
from skdeep.base._network import BaseNetwork
from skdeep.inference._keras_model import PicklableModel, as_inputs, as_targets
from skdeep.keras_models._building import SEEDS, KerasBuilding
from skdeep.keras_models._checks import (
    check_parameters,
)
from skdeep.keras_models._data import KerasData, mean_one, n_rows_at_once
from skdeep.keras_models._inputs import as_given
from skdeep.keras_models._parameter_table import FITTED, KERAS, NOTES
from skdeep.keras_models._parameters import KerasParameters
from skdeep.keras_models._prediction import KerasPrediction
from skdeep.keras_models._scikeras import route_params
from skdeep.networks._frozen_keras import (
    put_back,
    state_of,
)
from skdeep.training._keras_fit import FitOptions, split
from skdeep.training._user_model import fit_user_model

_BATCH_SIZE = 32  # Keras's own


@documented(parameters=(KERAS,), attributes=(FITTED,), notes=NOTES)
class BaseWrapper(KerasBuilding, KerasPrediction, KerasData, KerasParameters):
    """Any Keras model as an estimator; of other kinds by subclassing.

    Its predictions are the model's outputs. Subclasses have a ``_keras_build_fn``, or
    are given a ``model``; they add what makes them transformers, for instance.

    See Also
    --------
    KerasClassifier : For labels.
    KerasRegressor : For continuous targets.

    Examples
    --------
    >>> import keras
    >>> from sklearn.base import TransformerMixin
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import BaseWrapper
    >>> class Codes(TransformerMixin, BaseWrapper):
    ...     def _keras_build_fn(self, n_codes=2):
    ...         code = keras.layers.Dense(n_codes, name="code")
    ...         output = keras.layers.Dense(self.n_features_in_)
    ...         inputs = keras.Input((self.n_features_in_,))
    ...         return keras.Model(inputs, output(code(inputs)))
    ...     def transform(self, X):
    ...         code = self.model_.get_layer("code").output
    ...         return keras.Model(self.model_.inputs, code).predict(X, verbose=0)
    >>> X, _ = load_iris(return_X_y=True)
    >>> Codes(loss="mse", n_codes=3, random_state=0).fit(X, X).transform(X).shape
    (150, 3)
    """

    _restored_on_error = BaseNetwork._restored_on_error

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
        **kwargs,
    ):
        self._store(locals())

    # Fitted state

    @property
    def model_(self):
        """The fitted ``keras.Model``."""
        if not self.initialized_:
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'model_' before fit."
            )
        return self._held.model

    @model_.setter
    def model_(self, model):
        self._held = PicklableModel(model)

    @property
    def initialized_(self):
        """Whether there is a model to predict with."""
        return "_held" in vars(self)

    def __sklearn_is_fitted__(self):
        return self.initialized_

    @property
    def current_epoch(self):
        """Number of epochs in ``history_``."""
        return len(getattr(self, "history_", {}).get("loss", ()))

    # The model

    def initialize(self, X, y=None):
        """Build the model without training it, for a model that is trained already.

        A ``keras.Model`` given as ``model`` is not copied here: ``model_`` is that
        model, and ``partial_fit`` trains it itself, with the layers that it shares
        with other models. ``fit`` begins anew, with a copy.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples, for their shape.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, for their kind.

        Returns
        -------
        self : object
            The estimator, which can predict.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, or if the model does not fit them.
        TypeError
            If the function that builds the model returns no ``keras.Model``.
        """
        refuse_if_forked()
        with self._restored_on_error():
            check_parameters(self, "fit", {})
            X = as_given(X, y)
            self._require_target(y)
            self._shares_model = True
            self._initialize(X, y)
            del self._shares_model
            self._held.is_shared = True
            return self

    # Training

    def fit(self, X, y=None, sample_weight=None, **kwargs):
        """Build the model and train it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Training data. For a model with several inputs a list of such arrays in
            the order of the inputs, or a dict of them by the inputs' names.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one. A weight of zero removes the sample.
        **kwargs : dict
            Further arguments of ``keras.Model.fit``, such as
            ``validation_data=(X_val, y_val)``, which is encoded like X and y.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, an argument, X or y is not valid, or if the model, its loss
            and the data do not fit each other.
        TypeError
            If X is a data set or a generator, or if the function that builds the model
            returns no ``keras.Model``.
        """
        refuse_if_forked()
        with self._restored_on_error():
            check_parameters(self, "fit", kwargs)
            given = getattr(self, "fit__epochs", self.epochs)
            steps = {"epochs": kwargs.pop("epochs", given)}
            steps["initial_epoch"] = kwargs.pop("initial_epoch", 0)
            self._fit(X, y, sample_weight, self.warm_start, **steps, **kwargs)
            return self

    def partial_fit(self, X, y=None, sample_weight=None, **kwargs):
        """Train for one epoch, going on from the weights and the optimiser's state.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Training data. For a model with several inputs a list of such arrays in
            the order of the inputs, or a dict of them by the inputs' names.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
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
            If a parameter, X or y is not valid, or if X and y do not fit the first
            call.
        TypeError
            If ``epochs`` or ``initial_epoch`` is passed, or X is a data set or a
            generator.
        """
        refuse_if_forked()
        with self._restored_on_error():
            check_parameters(self, "fit", kwargs)
            _refuse_epochs(kwargs)
            steps = {"epochs": 1, "initial_epoch": self.current_epoch}
            self._fit(X, y, sample_weight, True, **steps, **kwargs)
            return self

    def _fit(self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs):
        goes_on = (self.warm_start or warm_start) and self.initialized_
        with self._unchanged_by_errors(goes_on):
            X = as_given(X, y, self.X_shape_ if goes_on else None)
            self._require_target(y)
            X, y, weight = self._with_weight(X, y, sample_weight)
            self._learn_class_weight(y, weight, kwargs, goes_on)
            X, y, weight = self._weighted_by_class(X, y, weight)
            X, y = self._validate_data(X, y) if goes_on else self._initialize(X, y)
            self._ensure_compiled_model()
            y = self.target_encoder_.transform(y)
            X = self.feature_encoder_.transform(X)
            self._check_model_compatibility(y)
            self._fit_keras_model(
                X, y, weight, warm_start, epochs, initial_epoch, **kwargs
            )

    @contextlib.contextmanager
    def _unchanged_by_errors(self, goes_on):
        """A context in which an error leaves a model that goes on unchanged."""
        state = state_of(self.model_) if goes_on else None
        try:
            yield
        except BaseException:
            if goes_on:
                put_back(self.model_, state)
            raise

    def _require_target(self, y):
        if y is None and get_tags(self).target_tags.required:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass the targets."
            )

    def _fit_keras_model(
        self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
    ):
        self._check_loss()
        arguments = self._fit_arguments(kwargs)
        data = X, y, sample_weight
        fraction = arguments.pop("validation_split", None)
        validation = arguments.pop("validation_data", None)
        if validation is not None:
            validation = self._encoded_validation(validation)
        elif fraction:
            data, validation = split(*data, plain(fraction))
            if warm_start <= self.warm_start:  # no partial_fit, which has a batch only
                self._check_split(fraction, data[1], validation[1])
        if isinstance(validation, tuple):
            validation = self._for_model(*validation)
        data = self._for_model(*data)
        options = self._options(arguments, data[0], validation, epochs, initial_epoch)
        history = self._train(*data, options)
        self._remember(history, goes_on=warm_start and initial_epoch > 0)

    def _check_split(self, fraction, y, y_val):
        """Warn if the last rows, held out for validation, differ from the others.

        Parameters
        ----------
        fraction : float
            ``validation_split``.
        y, y_val : nest of ndarray
            Encoded targets to train on, and for validation.
        """

    def _train(self, X, y, weight, options):
        """Train ``model_`` in place, and return the history.

        Parameters
        ----------
        X, y : nest of ndarray
            Encoded data in the model's precision.
        weight : ndarray of shape (n_samples,) or None
            Weights of mean one.
        options : FitOptions
        """
        return fit_user_model(self.model_, X, y, weight, options)

    def _for_model(self, X, y, weight):
        model = self.model_
        weight = None if weight is None else as_targets(model, mean_one(weight))
        y = tree.map_structure(_as_numbers, y)
        return as_inputs(model, X), as_targets(model, y), weight

    def _check_loss(self):
        losses = tree.flatten(self.model_.loss)
        if not any(callable(loss) or isinstance(loss, str) for loss in losses):
            raise ValueError(
                "There must be a loss to train with. Received a model compiled with "
                f"loss={self.model_.loss!r}. Provide a `loss`: pass the parameter, or "
                "compile the model with a loss in the function that builds it."
            )

    def export(self, path, format="tf_saved_model"):
        """Write the model in a format for deployment, by Keras's own export.

        Parameters
        ----------
        path : str
            File or folder to write.
        format : {"tf_saved_model", "onnx", "litert"}, default="tf_saved_model"
            "onnx" needs the extra ``skdeep[onnx]``; "litert" needs Keras 3.13 or a
            later version, and a path that ends in ``.tflite``. The file holds
            ``model_``, but no labels, no ``feature_encoder_`` and no
            ``target_encoder_``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``path`` has the ending of another format, or if the format lacks
            operations of the model.
        ImportError
            If a package that the format needs is missing.
        """
        from skdeep.networks._exported import export

        check_is_fitted(self)
        model = self.model_
        model(self._sample, training=False)  # ONNX needs a model that was called
        export(model, path, format)

    def _fit_arguments(self, kwargs):
        """The arguments for ``keras.Model.fit``; arguments of the call win."""
        params = route_params(self.get_params(), "fit", self._fit_kwargs)
        params = {k: v for k, v in params.items() if not k.startswith("callbacks")}
        self._initialize_callbacks()
        self._remember_callbacks()
        callbacks = [*self._fit_callbacks, *(kwargs.pop("callbacks", None) or ())]
        return {**params, **kwargs, "callbacks": callbacks}

    def _options(self, arguments, X, validation, epochs, initial_epoch):
        for name in ("epochs", "initial_epoch", "sample_weight"):
            arguments.pop(name, None)
        size = n_rows_at_once(arguments.pop("batch_size"), X) or _BATCH_SIZE
        validation_size = n_rows_at_once(arguments.pop("validation_batch_size"), X)
        return FitOptions(
            batch_size=size,
            epochs=plain(epochs),
            initial_epoch=plain(initial_epoch),
            shuffle=bool(arguments.pop("shuffle")),
            seed=int(self._generator.randint(SEEDS)),
            validation=validation,
            validation_batch_size=validation_size or size,
            callbacks=arguments.pop("callbacks"),
            verbose=(verbose := arguments.pop("verbose")),
            hooks=[Printer(epochs)] if verbose else [],
            others={name: plain(value) for name, value in arguments.items()},
        )

    def _remember(self, history, *, goes_on):
        before = getattr(self, "history_", {}) if goes_on else {}
        self.history_ = {name: list(values) for name, values in before.items()}
        for name, values in history.items():
            self.history_.setdefault(name, []).extend(values)


def _refuse_epochs(arguments):
    """Refuse arguments that ``partial_fit`` sets itself."""
    for name in ("epochs", "initial_epoch"):
        if name in arguments:
            raise TypeError(
                "partial_fit trains for one epoch from the current one. Received "
                f"{name}={arguments[name]!r}. Leave it out, or call fit with "
                "warm_start=True."
            )


def _as_numbers(y):
    """An array of objects as numbers, if they are numbers; other arrays as they are."""
    if y.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError):
            return y.astype(np.float64)
    return y

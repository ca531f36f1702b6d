"""What KerasClassifier and KerasRegressor share: SciKeras, mended."""

import contextlib
import copy
import random

import keras
import numpy as np
from keras import tree
from scikeras._utils import route_params
from scikeras.utils import metric_name
from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, clone
from sklearn.utils import (
    _safe_indexing,
    check_array,
    check_random_state,
    get_tags,
)
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from skdeep.estimators._base import BaseNetwork
from skdeep.inference._keras_model import HeldModel, as_inputs, has_own_prediction
from skdeep.networks._frozen_keras import (
    FrozenKerasModel,
    copied,
    copy_model,
    zeros_like_row,
)
from skdeep.training._keras_fit import FitOptions, fit_keras_model, split

_MODELS = "model", "build_fn"
_SEEDS = 2**31 - 1
# What scikit-learn's checks refuse in a class, and what BaseEstimator does well.
_LEFT_OUT = {"_more_tags", "_get_param_names", "set_params", "__repr__"}
_LEFT_OUT |= {"__dict__", "__weakref__", "__doc__", "__module__"}

# SciKeras's routing, building and order of steps, as a class without the above.
SciKeras = type(
    "SciKeras",
    (BaseEstimator,),
    {name: value for name, value in vars(BaseWrapper).items() if name not in _LEFT_OUT},
)


@contextlib.contextmanager
def seeded_building(seed):
    """Python's and NumPy's generators are seeded within, and as before after it."""
    states = random.getstate(), np.random.get_state()
    try:
        random.seed(seed)
        np.random.seed(seed)
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


class KerasWrapper(SciKeras):
    """Base of KerasClassifier and KerasRegressor."""

    _routing_prefixes = {*BaseWrapper._routing_prefixes, "callbacks", "score"}
    _predict_kwargs = BaseWrapper._predict_kwargs - {"verbose", "batch_size"}
    _as_before_an_error = BaseNetwork._as_before_an_error

    # Parameters

    def get_params(self, deep=True):
        """Get the parameters, those for the model and the routed ones included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of estimators among them.

        Returns
        -------
        params : dict
        """
        params = super().get_params(deep)
        for name, value in vars(self).items():
            if not name.startswith("_") and not name.endswith("_"):
                params.setdefault(name, value)
        return params

    def set_params(self, **params):
        """Set parameters, routed ones like ``optimizer__learning_rate`` included.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object
        """
        known = self.get_params()
        for name, value in params.items():
            prefix, routed, _ = name.partition("__")
            if routed and prefix in self._routing_prefixes:
                setattr(self, name, value)
            elif prefix in known:
                super().set_params(**{name: value})
            else:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Parameters of "
                    "the function that builds the model must be named in the "
                    f"constructor, {type(self).__name__}({name}=...), or here as "
                    f"model__{name}. Valid parameters are: {sorted(known)}."
                )
        return self

    def __sklearn_clone__(self):
        models = {
            name: value
            for name in _MODELS
            if isinstance(value := getattr(self, name, None), keras.Model)
        }
        if not models:
            return super().__sklearn_clone__()
        # Without them, for a deep copy of a model touches global generators.
        bare = object.__new__(type(self))
        bare.__dict__.update({**vars(self), **dict.fromkeys(models)})
        new = clone(bare)
        for name, model in models.items():
            setattr(new, name, copy_model(model))
        return new

    def __getstate__(self):
        state = dict(super().__getstate__())
        for name in ("_fit_callbacks", "_predict_callbacks"):
            state.pop(name, None)
        for name in _MODELS:
            if isinstance(state.get(name), keras.Model):
                state[name] = FrozenKerasModel.of(state[name])
        return state

    def __setstate__(self, state):
        state = dict(state)
        for name in _MODELS:
            if isinstance(state.get(name), FrozenKerasModel):
                state[name] = state[name].thaw()
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    # Fitted state

    @property
    def model_(self):
        """The fitted ``keras.Model``."""
        if "_held" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'model_' before fit."
            )
        return self._held.model

    @model_.setter
    def model_(self, model):
        self._held = HeldModel(model)

    def __sklearn_is_fitted__(self):
        return self.initialized_

    @property
    def initialized_(self):
        """Whether there is a model to predict with."""
        return "_held" in vars(self)

    # Checks of the data

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        if X is None:
            y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        elif y is None:
            X = validate_data(self, X, allow_nd=True, dtype=None, reset=reset)
        else:
            X, y = validate_data(
                self,
                X,
                y,
                allow_nd=True,
                multi_output=True,
                y_numeric=y_numeric,
                dtype=None,
                reset=reset,
            )
        if X is not None:
            X = self._check_shape(X, reset)
        if y is not None:
            y = self._check_target(y, reset)
        return X, y

    def _check_shape(self, X, reset):
        if X.dtype.kind in "OUS":
            X = check_array(X, dtype=keras.backend.floatx(), allow_nd=True)
        if reset:
            self.X_dtype_ = X.dtype
            self.X_shape_ = X.shape
        elif X.shape[1:] != self.X_shape_[1:]:
            raise ValueError(
                f"X must have shape (n_samples, {str(self.X_shape_[1:])[1:]}, as in "
                f"fit. Received X of shape {X.shape}."
            )
        return X

    def _check_target(self, y, reset):
        if reset:
            self.target_type_ = self._type_of_target(y)
            self.y_dtype_ = y.dtype
            self.y_ndim_ = y.ndim
        elif y.ndim != self.y_ndim_:
            raise ValueError(
                f"y must have {self.y_ndim_} dimensions, as in fit. Received y of "
                f"shape {y.shape}."
            )
        return y

    def _weights(self, X, y, sample_weight):
        """X, y and their weights, or None, without the rows whose weight is zero."""
        if sample_weight is None:
            return X, y, None
        check_consistent_length(X, y)
        weight = _check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        present = np.flatnonzero(weight)
        if len(present) < len(weight):
            X, y = _safe_indexing(X, present), _safe_indexing(y, present)
        return X, y, weight[present]

    @staticmethod
    def _validate_sample_weight(X, y, sample_weight):
        return X, y, sample_weight  # _weights has done it

    # The model

    def _initialize(self, X, y=None):
        seed = check_random_state(self.random_state).randint(_SEEDS)
        self._generator = np.random.RandomState(seed)
        X, y = super()._initialize(X, y)
        self._give_it_its_weights(X)
        return X, y

    def initialize(self, X, y=None):
        """Build the model without training it, for a model that is trained already.

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
        """
        with self._as_before_an_error():
            return super().initialize(X, y)

    def _build_keras_model(self):
        self._random_state = None  # with one, SciKeras would set global seeds
        self._build_seed = self._generator.randint(_SEEDS)
        with seeded_building(self._build_seed):
            model = super()._build_keras_model()
        if not isinstance(model, keras.Model):
            raise TypeError(
                "The function that builds the model must return a keras.Model. "
                f"Received {model!r}."
            )
        return model

    def _give_it_its_weights(self, X):
        """Call models on a row that are not built before they see one."""
        model = self._held.model
        row = zeros_like_row(as_inputs(model, self.feature_encoder_.transform(X[:1])))
        self._held.sample = row
        with seeded_building(self._build_seed):
            if isinstance(model, keras.Sequential) and not model.built:
                model.build((None, *row.shape[1:]))
            if not hasattr(model, "outputs"):
                outputs = model(row, training=False)
                shapes = tree.map_structure(lambda t: tuple(t.shape), outputs)
            else:
                shapes = tree.map_structure(lambda t: tuple(t.shape), model.outputs)
        self._output_shapes = shapes

    def _get_compile_kwargs(self):
        # Instances belong to one model: each fit gets its own.
        return copied(super()._get_compile_kwargs())

    def _ensure_compiled_model(self):
        if any(self.model_ is getattr(self, name, None) for name in _MODELS):
            self._held = HeldModel(
                copy_model(self.model_, self._held.sample), self._held.sample
            )
        super()._ensure_compiled_model()

    # Training

    def fit(self, X, y, sample_weight=None, **kwargs):
        """Build the model and train it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one. A weight of zero removes the sample.
        **kwargs : dict
            Further arguments of ``keras.Model.fit``, such as ``validation_data``.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with self._as_before_an_error():
            return super().fit(X, y, sample_weight=sample_weight, **kwargs)

    def partial_fit(self, X, y, sample_weight=None, **kwargs):
        """Train for one epoch, going on from the weights and the optimiser's state.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Training data.
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
        """
        with self._as_before_an_error():
            return super().partial_fit(X, y, sample_weight=sample_weight, **kwargs)

    def _fit(self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs):
        if y is None and get_tags(self).target_tags.required:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass the targets."
            )
        X, y, weight = self._weights(X, y, sample_weight)
        super()._fit(X, y, weight, warm_start, epochs, initial_epoch, **kwargs)

    def _fit_keras_model(
        self, X, y, sample_weight, warm_start, epochs, initial_epoch, **kwargs
    ):
        self._check_loss()
        arguments = self._fit_arguments(kwargs)
        data = as_inputs(self.model_, X), y, sample_weight
        fraction = arguments.pop("validation_split", 0.0)
        validation = arguments.pop("validation_data", None)
        if validation is not None:
            validation = self._encoded_validation(validation)
        elif fraction:
            data, validation = split(*data, fraction)
        options = self._options(arguments, data[0], validation, epochs, initial_epoch)
        X, y, weight = data
        history = self._train(X, y, _mean_one(weight), options)
        self._remember(history, goes_on=warm_start and initial_epoch > 0)

    def _train(self, X, y, weight, options):
        """Train ``model_`` in place; gives the history of it."""
        return fit_keras_model(self.model_, X, y, weight, options)

    def _check_loss(self):
        if not any(
            callable(loss) or isinstance(loss, str)
            for loss in tree.flatten(self.model_.loss)
        ):
            raise ValueError(
                "There must be a loss to train with. Received a model compiled with "
                f"loss={self.model_.loss!r}. Pass the loss parameter, or compile the "
                "model with a loss in the function that builds it."
            )

    def _fit_arguments(self, kwargs):
        """The arguments for ``keras.Model.fit``, those of the call before the rest."""
        params = route_params(
            self.get_params(), destination="fit", pass_filter=self._fit_kwargs
        )
        params.pop("callbacks", None)
        self._initialize_callbacks()
        callbacks = [*self._fit_callbacks, *(kwargs.pop("callbacks", None) or ())]
        params = {k: v for k, v in params.items() if not k.startswith("callbacks__")}
        return {**params, **kwargs, "callbacks": callbacks}

    def _options(self, arguments, X, validation, epochs, initial_epoch):
        for name in ("epochs", "initial_epoch", "sample_weight"):
            arguments.pop(name, None)
        batch_size = _rows(arguments.pop("batch_size", None), X, "batch_size")
        for_validation = _rows(
            arguments.pop("validation_batch_size", None) or batch_size,
            X,
            "validation_batch_size",
        )
        return FitOptions(
            batch_size=batch_size,
            epochs=epochs,
            initial_epoch=initial_epoch,
            shuffle=bool(arguments.pop("shuffle", True)),
            seed=int(self._generator.randint(_SEEDS)),
            validation=validation,
            validation_batch_size=for_validation,
            callbacks=arguments.pop("callbacks"),
            verbose=arguments.pop("verbose", 0),
            others=arguments,
        )

    def _encoded_validation(self, validation):
        """Validation data as the model takes it; data sets of Keras stay."""
        if not isinstance(validation, (list, tuple)):
            return validation
        if len(validation) not in (2, 3):
            raise ValueError(
                "validation_data must be (X_val, y_val) or (X_val, y_val, "
                f"sample_weight_val). Received {len(validation)} values."
            )
        X, y, *weight = validation
        X, y, weight = self._weights(X, y, weight[0] if weight else None)
        X, y = self._validate_data(X, y)
        y = self.target_encoder_.transform(y)
        X = as_inputs(self.model_, self.feature_encoder_.transform(X))
        return X, y, _mean_one(weight)

    def _remember(self, history, *, goes_on):
        before = self.history_ if goes_on and hasattr(self, "history_") else {}
        self.history_ = {name: list(values) for name, values in before.items()}
        for name, values in history.items():
            if name != "loss" and not name.startswith("val_"):
                with contextlib.suppress(ValueError):  # a metric of the user's
                    name = metric_name(name)
            self.history_.setdefault(name, []).extend(values)

    # Prediction

    def _predict_raw(self, X, **kwargs):
        check_is_fitted(self)
        X, _ = self._validate_data(X)
        X = self.feature_encoder_.transform(X)
        params = self.get_params()
        arguments = route_params(
            params, destination="predict", pass_filter=self._predict_kwargs, strict=True
        )
        arguments = {**arguments, **kwargs}
        batch_size = arguments.pop("batch_size", None)
        if batch_size is not None:
            batch_size = _rows(batch_size, X, "batch_size")
        callbacks = self._callbacks_for_prediction(arguments.pop("callbacks", None))
        if not (arguments or callbacks or has_own_prediction(self.model_)):
            return self._held.predict(X, batch_size)
        arguments = {"verbose": 0, **arguments, "batch_size": batch_size}
        return self.model_.predict(
            as_inputs(self.model_, X), callbacks=callbacks, **arguments
        )

    def _callbacks_for_prediction(self, more):
        """Those that would do something."""
        bare = copy.copy(vars(self))
        stand_in = object.__new__(type(self))
        stand_in.__dict__.update(bare)  # predicting changes no attribute
        stand_in._initialize_callbacks()
        callbacks = [*stand_in._predict_callbacks, *(more or ())]
        return [c for c in tree.flatten(callbacks) if _acts_in_prediction(c)]

    def score(self, X, y, sample_weight=None):
        """What ``scorer`` makes of the predictions.

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
        """
        check_is_fitted(self)
        _, y = self._validate_data(y=y)
        options = route_params(
            self.get_params(), destination="score", pass_filter=set()
        )
        return self.scorer(y, self.predict(X), sample_weight=sample_weight, **options)


def _acts_in_prediction(callback):
    base = keras.callbacks.Callback
    return any(
        getattr(type(callback), name) is not getattr(base, name)
        for name in dir(base)
        if name.startswith("on_predict")
    )


def _mean_one(weight):
    if weight is None:
        return None
    return weight * (len(weight) / weight.sum())


def _rows(batch_size, X, name):
    """The number of rows that ``batch_size`` stands for."""
    if batch_size is None:
        return 32
    if batch_size == -1:
        return len(tree.flatten(X)[0])
    if not batch_size >= 1:
        raise ValueError(
            f"{name} must be a positive integer, or -1 for all rows. Received "
            f"{batch_size!r}."
        )
    return int(batch_size)

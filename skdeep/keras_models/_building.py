"""How estimators around Keras models build and compile them from their parameters."""

import keras
import numpy as np
from keras import tree
from sklearn.utils import check_random_state

from skdeep.inference._keras_model import PicklableModel, as_inputs
from skdeep.keras_models._checks import (
    builder,
    check_inputs,
    check_loss,
    offered,
    warn_of_output,
)
from skdeep.keras_models._inputs import AsGiven, builds_for, first_rows
from skdeep.keras_models._scikeras import (
    get_loss,
    get_metric_class,
    get_optimizer_class,
    names_to_classes,
    route_params,
    with_parameters,
)
from skdeep.networks._frozen_keras import copied, copy_model, zeros_like_row
from skdeep.networks._given import building

SEEDS = 2**31 - 1
# For each argument: a function from names to classes, and SciKeras's ``strict``.
_COMPILED = {
    "optimizer": (get_optimizer_class, True),
    "loss": (get_loss, False),
    "metrics": (get_metric_class, False),
}


class KerasBuilding:
    """The model from the parameters, encoders included."""

    # Within initialize: whether the model is the user's own, not a copy.
    _shares_model = False

    @property
    def feature_encoder(self):
        """The unfitted transformer of X; override it for your own."""
        return AsGiven()

    @property
    def target_encoder(self):
        """The unfitted transformer of y; override it for your own."""
        return AsGiven()

    def _initialize(self, X, y=None):
        """Fit the encoders to the data, and build the model."""
        # A generator of its own, for partial_fit and warm starts to go on with.
        seed = check_random_state(self.random_state).randint(SEEDS)
        self._generator = np.random.RandomState(seed)
        X, y = self._validate_data(X, y, reset=True)
        self._fit_encoders(X, y)
        self.model_ = self._build_keras_model()
        self._initialize_callbacks()
        with building(self._generator.randint(SEEDS)):
            self._sample, self._output_shapes = self._try_out(first_rows(X))
        self._held.sample = self._sample
        return X, y

    def _fit_encoders(self, X, y):
        self.target_encoder_ = self.target_encoder.fit(y)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        for encoder in (self.target_encoder_, self.feature_encoder_):
            vars(self).update(getattr(encoder, "get_metadata", dict)())

    def _check_model_param(self):
        """The function that builds the model."""
        return builder(self)

    def _build_keras_model(self):
        build = self._check_model_param()
        with building(self._generator.randint(SEEDS)), builds_for(self.X_shape_):
            model = build(**self._build_arguments(build))
        if not isinstance(model, keras.Model):
            raise TypeError(
                "The function that builds the model must return a keras.Model. "
                f"Received {model!r}."
            )
        # A model makes its variables when it sees data first. In fit that must happen
        # to a copy, not to the user's model.
        copies = self._is_given(model) and not model.built and not self._shares_model
        return copy_model(model) if copies else model

    def _build_arguments(self, build):
        """The user's parameters for a function, and arguments that skdeep offers."""
        own = getattr(self, "_user_params", ())
        given = route_params(self.get_params(), "model", own, strict=True)
        more = {
            "meta": self._get_metadata,
            "compile_kwargs": self._get_compile_kwargs,
            "params": self.get_params,
        }
        return {**given, **offered(build, more)}

    def _get_metadata(self):
        """The fitted attributes by name."""
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_") and name[-2:] != "__"
        }

    def _get_compile_kwargs(self):
        """The arguments for ``keras.Model.compile``, with new objects for this fit."""
        params = self.get_params()
        arguments = route_params(params, "compile", self._compile_kwargs)
        for name, (by_name, strict) in _COMPILED.items():
            classes = names_to_classes(arguments[name], by_name)
            routed = route_params(params, name, strict=strict)
            arguments[name] = with_parameters(classes, routed)
        if not isinstance(arguments["metrics"], dict | list | None):
            arguments["metrics"] = [arguments["metrics"]]
        # Optimisers and metrics belong to one model: each fit gets its own.
        return copied(arguments)

    def _initialize_callbacks(self):
        params = self.get_params()
        of_both = _callbacks(params, "callbacks")
        self._fit_callbacks = of_both + _callbacks(params, "fit__callbacks")
        self._predict_callbacks = of_both + _callbacks(params, "predict__callbacks")

    def _try_out(self, X):
        """One row in the form that the model takes, and the shapes of the outputs."""
        model = self.model_
        row = zeros_like_row(as_inputs(model, self.feature_encoder_.transform(X)))
        if isinstance(model, keras.Sequential) and not model.built:
            model.build((None, *row.shape[1:]))
        outputs = getattr(model, "outputs", None)
        if outputs is None:
            outputs = model(row, training=False)
        else:
            check_inputs(model, row)
        return row, [tuple(output.shape) for output in tree.flatten(outputs)]

    def _is_given(self, model):
        """Whether a model is a parameter of the estimator."""
        return any(model is given for given in self._given_models.values())

    def _ensure_compiled_model(self):
        if self._is_given(self.model_) and not self._held.is_shared:
            self._held = PicklableModel(
                copy_model(self.model_, self._sample), self._sample
            )
        model = self.model_
        # Optimisers with new names all the time would fill TensorFlow's caches.
        with building(self._generator.randint(SEEDS)):
            if not model.compiled:
                model.compile(**self._get_compile_kwargs())
        for name in ("loss", "optimizer"):
            if not getattr(model, name, None):
                raise ValueError(
                    f"A model needs {name}= to be trained. Received a model that is "
                    f"compiled without it. Pass the parameter {name}, or compile the "
                    "model with it in the function that builds it."
                )
        if len(self._output_shapes) == 1:
            warn_of_output(model)

    def _check_model_compatibility(self, y):
        """Refuse a model that does not fit the encoded targets, or the parameters."""
        expected = getattr(self, "n_outputs_expected_", None)
        if expected and expected != len(self._output_shapes):
            raise ValueError(
                f"The model must have {expected} output for this target. Received a "
                f"model with {len(self._output_shapes)}. For several outputs override "
                "target_encoder with a transformer whose get_metadata() gives "
                "n_outputs_expected_."
            )
        if hasattr(self.model_, "outputs"):
            check_loss(self)


def _callbacks(params, name):
    """New callbacks from a parameter: one, or a list or dict with lists within."""
    given = params.get(name)
    if given is None:
        return []
    made = with_parameters(given, route_params(params, name))
    if isinstance(made, dict):
        made = list(made.values())
    made = made if isinstance(made, list | tuple) else [made]
    if not all(isinstance(c, keras.callbacks.Callback) for c in tree.flatten(made)):
        raise TypeError(
            f"{name} must be callbacks of Keras, objects or classes: one, a list of "
            f"them or of lists, or a dict. Received {given!r}."
        )
    return list(made)

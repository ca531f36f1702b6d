"""Parameters of estimators around Keras models: get, set, clone and pickle them."""

import inspect

import keras
from sklearn.base import clone

from skdeep.base._documented import store_parameters
from skdeep.base._parameters import Parameters
from skdeep.networks._frozen_keras import FrozenKerasModel, copy_model

MODELS = "model", "build_fn"


class KerasParameters(Parameters):
    """Parameters named in ``__init__``, and those from its ``**kwargs``."""

    # Prefixes of routed parameters, before "__".
    _routing_prefixes = frozenset(
        {
            "callbacks",
            "compile",
            "fit",
            "loss",
            "metrics",
            "model",
            "optimizer",
            "predict",
            "score",
        }
    )
    # Parameters of these names are handed to Keras's methods without a prefix.
    _compile_kwargs = frozenset(
        {
            "loss",
            "loss_weights",
            "metrics",
            "optimizer",
            "run_eagerly",
            "weighted_metrics",
        }
    )
    _fit_kwargs = frozenset(
        {
            "batch_size",
            "class_weight",
            "epochs",
            "initial_epoch",
            "sample_weight",
            "shuffle",
            "validation_batch_size",
            "validation_freq",
            "validation_split",
            "validation_steps",
            "verbose",
        }
    )
    _predict_kwargs = frozenset({"steps"})

    def _store(self, arguments):
        """Store the arguments of ``__init__``; each of ``**kwargs`` is a parameter.

        Parameters
        ----------
        arguments : dict
            ``locals()`` in the first line of ``__init__``.
        """
        own = {name: value for name, value in arguments.items() if name != "kwargs"}
        more = arguments["kwargs"]
        store_parameters(self, {**own, **more})
        if more:
            self._user_params = set(more)

    @classmethod
    def _get_param_names(cls):
        # Parameters from **kwargs are attributes of the instance.
        parameters = inspect.signature(cls.__init__).parameters.values()
        kinds = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
        names = {p.name for p in parameters if p.kind not in kinds}
        return sorted(names - {"self"})

    def get_params(self, deep=True):
        """Get all parameters, including routed ones and those of the model.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of estimators among them.

        Returns
        -------
        params : dict
            The values by name.
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
            The new values by name.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If the estimator has no such parameter.
        """
        known = self.get_params()
        for name in params:
            if not self._is_routed(name) and name.partition("__")[0] not in known:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. Parameters of "
                    "the function that builds the model must be named in the "
                    f"constructor, {type(self).__name__}({name}=...), or here as "
                    f"model__{name}. Valid parameters are: {sorted(known)}."
                )
        for name, value in params.items():
            if self._is_routed(name):
                setattr(self, name, value)
            else:
                super().set_params(**{name: value})
        return self

    def _is_routed(self, name):
        prefix, routed, _ = name.partition("__")
        return bool(routed) and prefix in self._routing_prefixes

    @property
    def _given_models(self):
        """Parameters that are models, by name."""
        models = {name: vars(self).get(name) for name in MODELS}
        return {k: v for k, v in models.items() if isinstance(v, keras.Model)}

    def __sklearn_clone__(self):
        models = self._given_models
        if not models:
            return super().__sklearn_clone__()
        # The models are left out: deep copies of models change global generators.
        bare = object.__new__(type(self))
        vars(bare).update({**vars(self), **dict.fromkeys(models)})
        new = clone(bare)
        for name, model in models.items():
            setattr(new, name, copy_model(model))
        return new

    def __getstate__(self):
        state = dict(super().__getstate__())
        for name in ("_fit_callbacks", "_predict_callbacks"):
            state.pop(name, None)  # every fit makes them anew
        for name, model in self._given_models.items():
            state[name] = FrozenKerasModel.of(model)
        return state

    def __setstate__(self, state):
        state = dict(state)
        for name in MODELS:
            if isinstance(state.get(name), FrozenKerasModel):
                state[name] = state[name].thaw()
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

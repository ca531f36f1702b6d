"""The skeleton of all estimators: ``fit`` and ``predict``, step by step."""

import contextlib
import copy
from dataclasses import dataclass
from inspect import signature
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    check_is_fitted,
)

from skdeep._compat import _fit_context
from skdeep._forked import refuse_if_forked
from skdeep._numbers import is_integer, plain
from skdeep._rules import (
    anything,
    is_a,
    is_count,
    is_history,
    is_size,
    or_none,
)
from skdeep._start import start_tensorflow
from skdeep._warn import warn
from skdeep.base._custom_network import check_network, remember_network, with_layers
from skdeep.base._family import Family
from skdeep.base._hooks import Printer, ScikitLearnCallbacks
from skdeep.base._inputs import Inputs
from skdeep.base._insight import NetworkInsight
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.base._training_data import encode
from skdeep.encoding import (
    Standardization,
    dense,
)
from skdeep.exceptions import DivergenceWarning
from skdeep.networks import (
    NetworkSpec,
    Weights,
)
from skdeep.training import History, StoppingRule, TrainingJob, train

# Keras's batch size; it goes with a learning rate or an optimiser that the user chose.
_KERAS_BATCH = 32
# Up to this number of rows, all rows are one batch.
_SINGLE_BATCH = 64


@dataclass
class FittedNetwork:
    """A trained network as plain values, for predictions and pickles.

    Attributes
    ----------
    spec : NetworkSpec
    weights : Weights
    inputs, outputs : Standardization
        The scaling of the inputs and of the outputs.
    """

    spec: NetworkSpec
    weights: Weights
    inputs: Standardization
    outputs: Standardization

    field_rules: ClassVar = {
        "spec": is_a(NetworkSpec),
        "weights": is_a(Weights),
        "inputs": is_a(Standardization),
        "outputs": is_a(Standardization),
    }


class BaseNetwork(
    NetworkInsight,  # adds to the diagram of BaseEstimator, which Parameters is
    Parameters,
    Family,
    CallbackSupportMixin,
    Stored,
):
    """Base of the estimators; not for direct use."""

    _stored_types = FittedNetwork, Inputs, Standardization, Weights
    _stored_attributes = {
        "_history": is_history,
        "_inputs": is_a(Inputs),
        "_kept_epoch": or_none(is_count),
        "_random_state": or_none(is_a(np.random.RandomState, Integral)),
        "_split_seed": or_none(is_count),
        "_targets": anything,
        "best_epoch_": is_count,
        "n_epochs_": is_count,
        "n_outputs_": is_size,
        "network_": is_a(FittedNetwork),
    }

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data. Dense networks take sparse data, which stays sparse.
            Networks for images also take the shapes (n_samples, height, width) and
            (n_samples, height, width, channels). Networks for sequences and texts
            describe their X in the docstring of the class.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one. A weight of zero removes the sample.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data. Without it, ``early_stopping=True`` holds out
            ``validation_fraction`` of the training data.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of the validation data.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the validation data.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, if they do not fit each other, or if
            ``engine="compiled"`` cannot train the network.
        """
        previous = self.network_ if self.warm_start and self._is_fitted else None
        validation = X_val, y_val, sample_weight_val
        with self._restored_on_error():
            return self._fit(X, y, sample_weight, validation, previous)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        previous = self.network_ if self._is_fitted else None
        with self._restored_on_error():
            return self._fit(X, y, sample_weight, None, previous, classes)

    @contextlib.contextmanager
    def _restored_on_error(self):
        """A context in which a fit that fails leaves the estimator as it was."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:
            # These copies stay: the failed fit may have left a callback in a state that
            # cannot be copied, with an open file for instance.
            before |= self._callbacks_to_copy()
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _fit(self, X, y, sample_weight, validation, previous, classes=None):
        refuse_if_forked()
        start_tensorflow(self.verbose)
        is_whole_fit = validation is not None  # else it is a partial_fit
        epochs = plain(self.epochs) if is_whole_fit else 1
        check_network(self)
        context = self._init_callback_context(max_subtasks=epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        rng = self._generator(previous)
        data = self._encode(X, y, sample_weight, validation, previous, classes, rng)
        job = self._job(data, epochs, previous, rng, is_whole_fit)
        job.hooks = self._hooks(context, X, y, data, job)
        outcome = train(job, self.engine)
        self._store_outcome(data, job, outcome, rng, previous)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _encode(self, X, y, sample_weight, validation, previous, classes, rng):
        return encode(self, X, y, sample_weight, validation, previous, classes, rng)

    @property
    def _array_dtype(self):
        return "float32" if self.dtype == "mixed_bfloat16" else self.dtype

    def _generator(self, previous):
        if previous is not None and hasattr(self, "_random_state"):
            return self._random_state
        return check_random_state(self.random_state)

    # Training

    def _job(self, data, epochs, previous, rng, is_whole_fit):
        """All that training needs to know, a :class:`TrainingJob`."""
        spec, custom_weights = self._spec(data, previous, rng)
        pretrained = stopping = None
        if previous is None:
            pretrained = [*(self._pretrained(spec) or ()), *custom_weights] or None
        keras_callbacks = self._keras_callbacks()
        self._remember_callbacks()
        if is_whole_fit and self.early_stopping:
            stopping = self._stopping_rule()
        return TrainingJob(
            spec=spec,
            head=self._head(data.targets),
            train=data.train,
            validation=data.validation,
            inputs=data.inputs,
            outputs=data.outputs,
            optimizer=self.optimizer,
            learning_rate=plain(self.learning_rate),
            learning_rate_schedule=self.learning_rate_schedule,
            metrics=tuple(self.metrics or ()),
            batch_size=self._batch_size(len(data.train)),
            epochs=epochs,
            planned_epochs=epochs if is_whole_fit else None,
            initial_seeds=rng,
            order_seed=int(rng.randint(2**31 - 1)),
            stopping=stopping,
            resume=previous.weights if previous else None,
            pretrained=pretrained,
            keras_callbacks=keras_callbacks,
        )

    def _stopping_rule(self):
        before = {}
        kept = getattr(self, "_kept_epoch", 0)
        if self.warm_start and kept:
            before = self._history[kept - 1]
        return StoppingRule(
            self.monitor, plain(self.min_delta), plain(self.patience), before
        )

    def _keras_callbacks(self):
        callbacks = list(self.callbacks or ())
        for callback in callbacks:
            if isinstance(callback, type):
                raise ValueError(
                    "callbacks must hold instances of keras.callbacks.Callback. "
                    f"Received the class {callback.__name__}. Call it: "
                    f"{callback.__name__}(...)."
                )
            if not hasattr(callback, "set_model"):
                raise ValueError(
                    "callbacks must hold instances of keras.callbacks.Callback. "
                    f"Received {callback!r}. scikit-learn's callbacks go to "
                    "set_callbacks."
                )
        return callbacks

    def _batch_size(self, n_samples):
        if self.batch_size == "auto":
            return self._automatic_batch(n_samples)
        if self.batch_size > n_samples:
            warn(
                f"batch_size={self.batch_size} is larger than the number of training "
                f"samples, {n_samples}: every batch is the whole data.",
            )
        return min(plain(self.batch_size), n_samples)

    def _automatic_batch(self, n_samples):
        # The family's batch size goes with the automatic learning rate. With a rate or
        # an optimiser of the user, Keras's batch size is expected. Small data is one
        # batch, so that a row of weight two has exactly the effect of two equal rows.
        size = self._auto_batch
        user_chose = self.learning_rate is not None or self.optimizer != "auto"
        if user_chose and n_samples > _SINGLE_BATCH:
            size = min(size, _KERAS_BATCH)
        return min(size, n_samples)

    def _hooks(self, context, X, y, data, job):
        hooks = [Printer(job.epochs)] if self.verbose else []
        if context._callbacks:

            def attributes(weights):
                network = FittedNetwork(job.spec, weights, data.inputs, data.outputs)
                return self._fitted_attributes(network, data.targets, data)

            hooks.append(ScikitLearnCallbacks(self, context, X, y, attributes))
        return hooks

    def _store_outcome(self, data, job, outcome, rng, previous):
        """Set all fitted attributes."""
        history = History(self._history if previous is not None else ())
        offset = len(history)
        for record in outcome.records:
            history.append(record)
        network = FittedNetwork(job.spec, outcome.weights, data.inputs, data.outputs)
        attributes = self._fitted_attributes(network, data.targets, data)
        for name, value in attributes.items():
            setattr(self, name, value)
        self.__dict__.pop("_model", None)
        self._history = history.records
        # Copied if it is the user's own generator, which goes on being used elsewhere.
        is_users = isinstance(self.random_state, np.random.RandomState)
        self._random_state = copy.deepcopy(rng) if is_users else rng
        self.n_epochs_ = len(history)
        self._store_best_epoch(job, outcome, history, offset)
        remember_network(self)
        self._warn_about(outcome)

    def _store_best_epoch(self, job, outcome, history, offset):
        """Set the best epoch, and the epoch whose weights were kept."""
        if job.stopping is None:
            self._kept_epoch = len(history)
            validated = job.validation is not None
            self.best_epoch_ = history.best_epoch if validated else len(history)
            return
        before = getattr(self, "_kept_epoch", offset) if offset else 0
        best = outcome.best_epoch
        self._kept_epoch = self.best_epoch_ = offset + best if best else before

    def _warn_about(self, outcome):
        if outcome.diverged_at is not None:
            unscaled = "normalize" in self._get_param_names() and not self.normalize
            remedy = ", set normalize=True or scale the data" if unscaled else ""
            warn(
                f"The loss or the weights became NaN or infinite in epoch "
                f"{outcome.diverged_at}; training stopped with the weights of the "
                f"epoch before. Lower learning_rate{remedy}.",
                DivergenceWarning,
            )
        if outcome.interrupted:
            warn("Training interrupted by user.")

    def _spec(self, data, previous, rng):
        """The network's spec, and the weights that layers of ``network=`` bring."""
        head = self._head(data.targets)
        common = {
            "input_shape": data.train.X.shape[1:],
            "hidden_layer_sizes": self._hidden_widths(),
            "units": head.units,
            "output": head.output,
            "activation": "linear" if self.activation is None else self.activation,
            "kernel_initializer": self.kernel_initializer,
            "dropout": float(self.dropout),
            "use_bias": bool(self.use_bias),
            "batch_norm": bool(self.batch_norm),
            "l1": float(self.l1),
            "l2": float(self.l2),
            "normalize": bool(self._inputs.scales(self.normalize)),
            "dtype": self.dtype,
            "double_inputs": data.double_inputs,
            "clips": self.normalize == "clip",
        }
        spec = self._family_spec(data, common)
        spec, custom_weights = with_layers(self, spec, previous, rng)
        if previous is not None and spec.layout != previous.spec.layout:
            old, new = previous.spec.layout, spec.layout
            names = [n for n in {**old, **new} if old.get(n) != new.get(n)]
            raise ValueError(
                "warm_start and partial_fit go on with the same network. It had "
                f"{ {name: old.get(name) for name in names} }. Received "
                f"{ {name: new.get(name) for name in names} }. Call fit with "
                "warm_start=False to start anew."
            )
        return spec, custom_weights

    def _positive_integers(self, name, *, least=0):
        """The parameter ``name`` as a tuple of at least ``least`` positive integers."""
        value = getattr(self, name)
        sizes = np.atleast_1d(np.asarray(value, dtype=object))
        for size in sizes:
            if not is_integer(size) or size < 1:
                raise ValueError(
                    f"{name} must hold positive integers. Received {name}={value!r}."
                )
        if len(sizes) < least:
            raise ValueError(
                f"{name} must hold at least {least} integer. Received "
                f"{name}={value!r}. Pass {name}=32, say."
            )
        return tuple(int(size) for size in sizes)

    # Prediction

    def _decoded(self, method, X):
        """The network's outputs for X, decoded by this method of the targets.

        Floats have the precision of X, as with scikit-learn's MLP.
        """
        check_is_fitted(self)
        samples = self._inputs.samples(self, X)
        with np.errstate(over="ignore", invalid="ignore"):  # _check_output refuses them
            output = self._inputs.forward(self.network_, samples)
        self._check_output(output, samples)
        decoded = self._in_rows(getattr(self._targets, method), output)
        if method == "labels":
            return decoded
        with np.errstate(over="ignore"):
            decoded = decoded.astype(self._precision_of(samples), copy=False)
        self._check_output(decoded, samples)
        return decoded

    def _in_rows(self, decode, output):
        """Outputs decoded; an output for each step is decoded like one of a sample."""
        if output.ndim == 2:
            return decode(output)
        decoded = decode(output.reshape(-1, output.shape[-1]))
        return decoded.reshape(*output.shape[:2], *decoded.shape[1:])

    def _precision_of(self, samples):
        """The dtype of predictions for these samples."""
        if self._targets.scaling.far:
            return "float64"
        own = self.network_.spec.array_dtype
        return self._inputs.prediction_dtype(samples, own)

    def _check_output(self, output, samples):
        """Refuse outputs that are NaN or infinite."""
        finite = np.isfinite(output)
        if not finite.all():
            row = int(finite.reshape(len(output), -1).all(axis=1).argmin())
            raise ValueError(
                f"The network gives no finite number for row {row} of X: numbers grow "
                f"too large for layers in {self.network_.spec.dtype}. Received "
                f"values up to {np.abs(dense(samples[row])).max():.1e}. Correct X, or "
                "the weights that were set."
            )

    def _network_rows(self, X):
        """``X`` as one array or CSR matrix, in the form that the layers take."""
        return self._inputs.as_rows(self._inputs.samples(self, X))

    # Fitted state

    @property
    def _is_fitted(self):
        return "network_" in self.__dict__

    def __sklearn_is_fitted__(self):
        return self._is_fitted

    @available_if(lambda self: self._is_fitted)
    def export(self, path, format="tf_saved_model"):
        """Write the network in a format for deployment, by Keras's own export.

        Parameters
        ----------
        path : str
            File or folder to write.
        format : {"tf_saved_model", "onnx", "litert"}, default="tf_saved_model"
            "onnx" needs the extra ``skdeep[onnx]``; "litert" needs Keras 3.13 or a
            later version, and a path that ends in ``.tflite``. Scaling is part of the
            exported network. Labels are not: the network of a classifier gives
            probabilities in the order of ``classes_``.

        Raises
        ------
        ValueError
            If ``path`` has the ending of another format, or if the format lacks
            operations of the network.
        ImportError
            If a package that the format needs is missing.
        """
        from skdeep.networks._exported import export

        model = self.model_
        # The export to ONNX needs a model that was called before.
        shape = [size or 1 for size in self.network_.spec.input_shape]
        model(np.zeros((1, *shape), self.network_.spec.input_dtype))
        export(model, path, format)

    @property
    def model_(self):
        """A ``keras.Model`` of stock layers, from raw inputs to raw outputs."""
        self._require("model_")
        refuse_if_forked()
        if "_model" not in self.__dict__:
            self._model = self._build_model()
        return self._model

    def _build_model(self):
        from skdeep.networks._build import build_stock

        network = self.network_
        spec = network.spec
        outputs = network.outputs if spec.gives_values else None
        inputs = network.inputs if spec.normalize else None
        return build_stock(spec, network.weights, inputs, outputs)

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_model", None)
        return state

    def __setstate__(self, state):
        # A pickle of an older version lacks newer parameters.
        parameters = signature(type(self).__init__).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        super().__setstate__({**defaults, **state})

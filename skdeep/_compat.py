"""Every private name of scikit-learn, Keras and TensorFlow that skdeep uses.

Any release of these packages may remove a private name. Each entry says why skdeep
needs the name, and what to do when it is gone. ``NAMES`` holds names that other modules
import from here, ``ATTRIBUTES`` attributes of other packages' objects, ``GLOBALS``
settings that Keras keeps for each thread. ``tests/test_compat.py`` reports names that a
release has removed. It also fails if another module imports a private name, or uses an
attribute that is not listed.

Importing this module imports none of the three packages: a name is looked up when it
is imported from here.
"""

import pkgutil
from typing import NamedTuple


class Private(NamedTuple):
    """A private name.

    Attributes
    ----------
    owner : str
        The module or class that has it.
    reason : str
        What it is needed for.
    instead : str
        What to do when it goes.
    """

    owner: str
    reason: str
    instead: str


_CONSTRAINTS = "sklearn.utils._param_validation"
_CHECKED = "parameters are checked as those of scikit-learn's own estimators"
_OWN_CHECKS = "copy that one module of scikit-learn, whose licence allows it"

NAMES = {
    # scikit-learn
    "HasMethods": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "Interval": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "InvalidParameterError": Private(
        _CONSTRAINTS, "the error of scikit-learn's own estimators", "raise ValueError"
    ),
    "Options": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "StrOptions": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "validate_parameter_constraints": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "validate_params": Private(_CONSTRAINTS, _CHECKED, _OWN_CHECKS),
    "BaseSearchCV": Private(
        "sklearn.model_selection._search",
        "searches are told from other estimators with best_estimator_",
        "look for best_estimator_ and cv_results_",
    ),
    "_changed_params": Private(
        "sklearn.utils._pprint",
        "reports show the parameters that differ from the defaults",
        "compare get_params() with the signature's defaults",
    ),
    "_check_categorical_features": Private(
        "sklearn.utils.validation",
        "categorical_features= is read as by HistGradientBoosting",
        "resolve names, numbers and masks of columns here",
    ),
    "_check_partial_fit_first_call": Private(
        "sklearn.utils.multiclass",
        "classes= of partial_fit is checked as by scikit-learn's classifiers",
        "compare classes with classes_ here",
    ),
    "_check_sample_weight": Private(
        "sklearn.utils.validation",
        "weights are checked as by scikit-learn's estimators",
        "use check_array, and check the length",
    ),
    "_check_y": Private(
        "sklearn.utils.validation",
        "targets beside sequences and texts are checked as by check_X_y",
        "use check_array and column_or_1d",
    ),
    "_fit_context": Private(
        "sklearn.base",
        "fit checks parameters, and skips that inside of another fit",
        "call _validate_params at the beginning of fit",
    ),
    "_num_samples": Private(
        "sklearn.utils.validation",
        "rows are counted in whatever scikit-learn takes",
        "use the first of shape, else len",
    ),
    "_routing_enabled": Private(
        "sklearn.utils.metadata_routing",
        "weights pass to wrapped estimators with and without metadata routing",
        "ask sklearn.get_config()['enable_metadata_routing']",
    ),
    "_safe_indexing": Private(
        "sklearn.utils",
        "rows are taken from data frames, lists and sparse matrices alike",
        "use iloc where it is there, else an array's indices",
    ),
    "_weighted_percentile": Private(
        "sklearn.utils.stats",
        "thresholds of anomalies heed sample weights",
        "use numpy.quantile with weights, method='inverted_cdf'",
    ),
    "check_matplotlib_support": Private(
        "sklearn.utils._optional_dependencies",
        "displays say how to install matplotlib",
        "raise that ImportError here",
    ),
    "is_pandas_na": Private(
        "sklearn.utils._missing",
        "missing texts are found without importing pandas",
        "use pandas.isna",
    ),
    "is_scalar_nan": Private(
        "sklearn.utils._missing", "missing texts are found", "use pandas.isna"
    ),
    # Keras
    "get_object_name": Private(
        "keras.src.utils.naming",
        "metrics that are functions have Keras's names in the history",
        "use __name__, or the class's name in snake case",
    ),
    "global_state": Private(
        "keras.src.backend.common",
        "names, seeds and scopes are those of a thread, and are put back",
        "see where GLOBALS are used",
    ),
    "seed_generator": Private(
        "keras.src.random",
        "seeds that Keras draws come from the fit's random_state, not from Python's "
        "global generator",
        "give every layer and initializer a seed before it is built",
    ),
    # TensorFlow
    "config_pb2": Private(
        "tensorflow.core.protobuf",
        "options of _make_callable_from_options",
        "use tf.compat.v1.Session.make_callable, which is slower",
    ),
    "ops": Private(
        "tensorflow.python.framework",
        "gradient functions of traced graphs are forgotten with the graphs",
        "drop _forget in networks/_traced.py: memory grows with each program",
    ),
}

_OPTIMIZER, _LAYER, _MODEL = "keras.optimizers.Optimizer", "keras.Layer", "keras.Model"
_STATELESS = "the compiled engine runs optimizers as functions of their state"
_NO_ENGINE = "adapt training/_optimizers.py; engine='keras' works meanwhile"
_CONFIGURED = "objects are described by all that they were told"
_BY_CONFIG = "rely on get_config alone"

# Methods that subclasses of other packages' classes define here are among them.
ATTRIBUTES = {
    # scikit-learn
    "_callbacks": Private(
        "sklearn.callback.CallbackContext",
        "fits without callbacks of scikit-learn skip what these would see",
        "always call the hooks",
    ),
    "_get_param_names": Private(
        "sklearn.base.BaseEstimator",
        "wrappers take keyword arguments for the user's model as parameters",
        "override get_params",
    ),
    "_init_callback_context": Private(
        "sklearn.callback.CallbackSupportMixin",
        "fits tell scikit-learn's callbacks of their epochs",
        "follow scikit-learn's guide for callbacks",
    ),
    "_parameter_constraints": Private(
        "sklearn.base.BaseEstimator",
        _CHECKED,
        _OWN_CHECKS,
    ),
    "_scorer": Private(
        "sklearn.metrics",
        "files may hold scikit-learn's scorers",
        "take the classes from sklearn.metrics.get_scorer",
    ),
    "_skl_callbacks": Private(
        "sklearn.callback.CallbackSupportMixin",
        "a display sets a callback of its own beside those of the user's",
        "set its callback alone",
    ),
    "_validate_params": Private(
        "sklearn.base.BaseEstimator",
        "parameters of estimators are checked outside of fit, too",
        _OWN_CHECKS,
    ),
    # Keras: layers and models
    "_auto_config": Private(
        "keras.Operation", "layers are told from other objects", "use isinstance"
    ),
    "_broadcast_shape": Private(
        "keras.layers.Normalization",
        "normalisation has its statistics as weights in compiled programs",
        "compute the shape from axis",
    ),
    "_compile_config": Private(
        _MODEL, "copies are compiled like the model", "use get_compile_config"
    ),
    "_compile_loss": Private(
        _MODEL, "weights of losses need keras.Model.fit", "use get_compile_config"
    ),
    "_compile_metrics": Private(
        _MODEL, "metrics are computed by the engine", "use get_compile_config"
    ),
    "_flatten_layers": Private(
        _LAYER, "layers within layers are looked at", "walk through layer.layers"
    ),
    "_inbound_nodes": Private(
        "keras.Operation",
        "what a layer was called with tells whether it mixes rows",
        "use operation.input and operation.output, which know one use",
    ),
    "_keras_history": Private(
        "keras.KerasTensor",
        "the last activation of a model may be no layer",
        "look at the last layer only",
    ),
    "_moments": Private(
        "keras.layers.BatchNormalization",
        "batch normalisation counts each row by its weight",
        "give the template a layer of its own",
    ),
    "_reduction_axes": Private(
        "keras.layers.BatchNormalization",
        "batch normalisation counts each row by its weight",
        "compute the axes from axis",
    ),
    "_user_loss_weights": Private(
        "keras.Model._compile_loss",
        "weights of losses need keras.Model.fit",
        "use get_compile_config",
    ),
    "_user_metrics": Private(
        "keras.Model._compile_metrics",
        "metrics are computed by the engine",
        "use get_compile_config",
    ),
    "_user_weighted_metrics": Private(
        "keras.Model._compile_metrics",
        "metrics are computed by the engine",
        "use get_compile_config",
    ),
    # Keras: losses, metrics, callbacks
    "_direction": Private(
        "keras.Metric", "early stopping knows where more is better", "list the metrics"
    ),
    "_fn": Private(
        "keras.metrics.MeanMetricWrapper",
        "metrics of differences are computed without the mean of the targets",
        "list the classes",
    ),
    "_fn_kwargs": Private("keras.losses.Loss", _CONFIGURED, _BY_CONFIG),
    "_should_trace": Private(
        "keras.callbacks.TensorBoard",
        "profiles of batches need keras.Model.fit",
        "look at profile_batch",
    ),
    # Keras: optimisers
    "_accumulated_gradients": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_apply_weight_decay": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_backend_apply_gradients": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_backend_update_step": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_clip_by_norm": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_clip_gradients": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_exclude_from_weight_decay": Private(_OPTIMIZER, _CONFIGURED, _BY_CONFIG),
    "_exclude_from_weight_decay_pattern": Private(_OPTIMIZER, _CONFIGURED, _BY_CONFIG),
    "_get_variable_index": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_iterations": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_learning_rate": Private(
        _OPTIMIZER, "rates are data of a program; schedules are seen", _NO_ENGINE
    ),
    "_model_variables_moving_average": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_momentums": Private(
        "keras.optimizers.ScheduleFreeAdamW",
        "its iterate starts at the weights",
        "leave it to keras.Model.fit (UNSUPPORTED in training/_optimizers.py)",
    ),
    "_overwrite_model_variables_with_average_value": Private(
        _OPTIMIZER, _STATELESS, _NO_ENGINE
    ),
    "_trainable_variables": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    "_update_model_variables_moving_average": Private(
        _OPTIMIZER, _STATELESS, _NO_ENGINE
    ),
    "_var_key": Private(_OPTIMIZER, _STATELESS, _NO_ENGINE),
    # TensorFlow
    "_context": Private(
        "tensorflow.python.eager.context",
        "a forked process refuses to wait for TensorFlow for ever",
        "refuse where TensorFlow was imported before the fork",
    ),
    "_context_handle": Private(
        "tensorflow.python.eager.context.Context",
        "a forked process refuses to wait for TensorFlow for ever",
        "refuse where TensorFlow was imported before the fork",
    ),
    "_make_callable_from_options": Private(
        "tensorflow.compat.v1.Session",
        "programs are called without looking at their arguments anew",
        "use make_callable, which is slower",
    ),
    "_registry": Private(
        "tensorflow.python.framework.ops.gradient_registry",
        "gradient functions of traced graphs are forgotten with the graphs",
        "drop _forget in networks/_traced.py: memory grows with each program",
    ),
    # SciKeras
    "_target_type": Private(
        "scikeras.utils.transformers.ClassifierLabelEncoder",
        "labels are encoded as the encoder found them",
        "find the type in KerasLabelEncoder.fit",
    ),
    # NumPy
    "_bit_generator": Private(
        "numpy.random.RandomState",
        "a file's random generators are looked at before they draw",
        "use get_state",
    ),
}

_NAMES_OF_THREAD = "names of layers are counted from the start within own_names()"
GLOBALS = {
    "custom_objects_scope_dict": Private(
        "keras", "tasks of fuse() know their caller's custom objects", "pass them on"
    ),
    "global_seed_generator": Private(
        "keras", "numbers that Keras draws in a fit come from random_state", "seed it"
    ),
    "object_name_uids": Private("keras", _NAMES_OF_THREAD, "give every layer a name"),
    "uninitialized_variables": Private(
        "keras", "files are read without making large variables", "limit their sizes"
    ),
}


def __getattr__(name):
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return pkgutil.resolve_name(f"{NAMES[name].owner}.{name}")

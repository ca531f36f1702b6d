"""Deep learning that behaves like scikit-learn.

Public names are imported on first use, so that ``import skdeep`` costs little
and imports neither TensorFlow nor Keras.
"""

from importlib import import_module

from joblib import register_parallel_backend

from skdeep import _forked  # noqa: F401  from here on it takes note of forks

__version__ = "0.1.0"

_HOME = {
    "Autoencoder": "skdeep.estimators",
    "BaseWrapper": "skdeep.estimators._keras_wrapper",
    "ConvClassifier": "skdeep.estimators",
    "ConvRegressor": "skdeep.estimators",
    "DenseClassifier": "skdeep.estimators",
    "DenseRegressor": "skdeep.estimators",
    "DivergenceWarning": "skdeep.exceptions",
    "FeatureMapDisplay": "skdeep.plotting",
    "FileFormatError": "skdeep.exceptions",
    "FilterDisplay": "skdeep.plotting",
    "ForecastDisplay": "skdeep.plotting",
    "Forecaster": "skdeep.forecasting",
    "HiddenLayers": "skdeep.inspection",
    "HiddenSpaceDisplay": "skdeep.plotting",
    "HistoryDisplay": "skdeep.plotting",
    "ImageEmbedder": "skdeep.estimators",
    "ImageLoader": "skdeep.estimators",
    "NetworkDisplay": "skdeep.plotting",
    "ParameterHistoriesDisplay": "skdeep.plotting",
    "KerasClassifier": "skdeep.estimators._keras_classifier",
    "KerasRegressor": "skdeep.estimators._keras_regressor",
    "QuantileLoss": "skdeep.networks._quantile_loss",
    "ReconstructionDisplay": "skdeep.plotting",
    "SequenceClassifier": "skdeep.estimators",
    "SequenceRegressor": "skdeep.estimators",
    "TextClassifier": "skdeep.estimators",
    "TextGenerator": "skdeep.estimators",
    "TextRegressor": "skdeep.estimators",
    "TokenSequences": "skdeep.estimators",
    "backward_trace": "skdeep.inspection",
    "diagnose": "skdeep.inspection",
    "forward_trace": "skdeep.inspection",
    "fuse": "skdeep.fusion",
    "layer_outputs": "skdeep.inspection",
    "load": "skdeep.persistence",
    "report": "skdeep.reports",
    "rolling_windows": "skdeep.forecasting",
    "save": "skdeep.persistence",
    "training_histories": "skdeep.model_selection",
}
# `from skdeep import *` takes no name that other packages have, too.
# Their modules import Keras.
_OF_KERAS = frozenset(
    ["BaseWrapper", "KerasClassifier", "KerasRegressor", "QuantileLoss"]
)
__all__ = [name for name in sorted(_HOME) if name not in ("load", "save")]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'skdeep' has no attribute {name!r}")
    if name in _OF_KERAS:
        from skdeep._start import start_tensorflow

        start_tensorflow()
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__():
    return [*sorted(_HOME), "__version__"]


def _joblib_backend(**options):
    from skdeep.fusion import FusingBackend

    return FusingBackend(**options)


register_parallel_backend("skdeep", _joblib_backend)

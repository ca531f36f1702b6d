"""What skdeep takes from SciKeras, without what its import does to Keras.

SciKeras gives Keras's models, losses, metrics and optimisers other ways to be pickled
and copied, for everybody in the process: its optimisers' knows no ``Lamb``, for
instance.
"""

import importlib

import keras

_CLASSES = (
    keras.Model,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.optimizers.Optimizer,
)
_METHODS = "__reduce__", "__deepcopy__"


def _imported(name):
    """A module of SciKeras; what its import changed in Keras's classes is undone."""
    before = [dict(vars(cls)) for cls in _CLASSES]
    module = importlib.import_module(name)
    for cls, attributes in zip(_CLASSES, before, strict=True):
        for method in _METHODS:
            if method in attributes:
                setattr(cls, method, attributes[method])
            elif method in vars(cls):
                delattr(cls, method)
    return module


wrappers = _imported("scikeras.wrappers")
BaseWrapper = wrappers.BaseWrapper
KerasClassifier = wrappers.KerasClassifier
KerasRegressor = wrappers.KerasRegressor
RegressorTargetEncoder = wrappers.RegressorTargetEncoder
ClassifierLabelEncoder = wrappers.ClassifierLabelEncoder
loss_name = wrappers.loss_name
metric_name = wrappers.metric_name
route_params = wrappers.route_params

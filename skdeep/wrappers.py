"""The names of ``scikeras.wrappers``, for code that was written for SciKeras."""

from skdeep.estimators._keras_classifier import KerasClassifier
from skdeep.estimators._keras_regressor import KerasRegressor
from skdeep.estimators._keras_wrapper import KerasWrapper as BaseWrapper

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

"""Estimators around any Keras model."""

from skdeep._start import start_tensorflow

start_tensorflow()  # what follows imports Keras

from skdeep.keras_models._classifier import KerasClassifier  # noqa: E402
from skdeep.keras_models._regressor import KerasRegressor  # noqa: E402
from skdeep.keras_models._wrapper import BaseWrapper  # noqa: E402

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

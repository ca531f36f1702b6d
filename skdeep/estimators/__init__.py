"""The estimators: one file per family."""

from skdeep.estimators._dense import DenseClassifier, DenseRegressor

__all__ = ["DenseClassifier", "DenseRegressor"]

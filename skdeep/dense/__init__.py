"""Networks of dense layers, for tables."""

from skdeep.dense._estimators import DenseClassifier, DenseRegressor

__all__ = ["DenseClassifier", "DenseRegressor"]

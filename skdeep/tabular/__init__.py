"""Ensembles of dense networks for tables, which need no settings."""

from skdeep.tabular._classifier import TabularClassifier
from skdeep.tabular._regressor import TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]

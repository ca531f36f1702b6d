"""Recurrent and convolutional networks, for sequences and series."""

from skdeep.sequence._estimators import SequenceClassifier, SequenceRegressor

__all__ = ["SequenceClassifier", "SequenceRegressor"]

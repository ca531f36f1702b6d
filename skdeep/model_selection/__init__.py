"""Choosing hyper-parameters by their training histories."""

from skdeep.model_selection._training_histories import training_histories

__all__ = ["training_histories"]

"""Choosing hyper-parameters by what happens in training."""

from skdeep.model_selection._training_histories import training_histories

__all__ = ["training_histories"]

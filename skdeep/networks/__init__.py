"""Network kinds as Keras models; knows no estimator and no scikit-learn.

Importing this package imports no Keras: the builders are in ``_dense``.
"""

from skdeep.networks._head import (
    STANDARDIZABLE,
    Head,
    classification_head,
    loss_name,
    regression_head,
)
from skdeep.networks._names import (
    ACTIVATIONS,
    CLASSIFICATION_LOSSES,
    INITIALIZERS,
    OPTIMIZERS,
    REGRESSION_LOSSES,
    SCHEDULES,
)
from skdeep.networks._spec import NetworkSpec, Weights, identity

__all__ = [
    "ACTIVATIONS",
    "CLASSIFICATION_LOSSES",
    "INITIALIZERS",
    "OPTIMIZERS",
    "REGRESSION_LOSSES",
    "SCHEDULES",
    "STANDARDIZABLE",
    "Head",
    "NetworkSpec",
    "Weights",
    "classification_head",
    "identity",
    "loss_name",
    "regression_head",
]

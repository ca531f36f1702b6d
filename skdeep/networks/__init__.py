"""Descriptions of networks, and the Keras models that are built from them.

Nothing here imports an estimator. Importing this package imports no Keras: the module
``_build`` does.
"""

from skdeep.networks._clipping import clipped
from skdeep.networks._described import described, readable
from skdeep.networks._given_spec import with_network
from skdeep.networks._head import (
    Head,
    classification_head,
    reconstruction_head,
    regression_head,
)
from skdeep.networks._identity import identity
from skdeep.networks._losses import (
    NOT_NEGATIVE,
    POSITIVE,
    STANDARDIZED,
    learns_margins,
    loss_name,
    loss_rule,
)
from skdeep.networks._names import (
    ACTIVATIONS,
    AUGMENTATIONS,
    BACKBONES,
    CLASSIFICATION_LOSSES,
    INITIALIZERS,
    OPTIMIZERS,
    RECONSTRUCTION_LOSSES,
    REGRESSION_LOSSES,
    SCHEDULES,
    closest,
)
from skdeep.networks._ranges import activation_range, target_range
from skdeep.networks._spec import (
    NetworkSpec,
    Weights,
    is_weight,
)

__all__ = [
    "ACTIVATIONS",
    "AUGMENTATIONS",
    "BACKBONES",
    "CLASSIFICATION_LOSSES",
    "INITIALIZERS",
    "NOT_NEGATIVE",
    "OPTIMIZERS",
    "POSITIVE",
    "RECONSTRUCTION_LOSSES",
    "REGRESSION_LOSSES",
    "SCHEDULES",
    "STANDARDIZED",
    "Head",
    "NetworkSpec",
    "Weights",
    "activation_range",
    "classification_head",
    "clipped",
    "closest",
    "described",
    "identity",
    "is_weight",
    "learns_margins",
    "loss_name",
    "loss_rule",
    "readable",
    "reconstruction_head",
    "regression_head",
    "target_range",
    "with_network",
]

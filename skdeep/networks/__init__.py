"""Network kinds as Keras models; knows no estimator and no scikit-learn.

Importing this package imports no Keras: the builders are in ``_build``.
"""

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
    is_of_margins,
    loss_name,
    rule_of,
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
from skdeep.networks._ranges import range_of, values_for
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
    "classification_head",
    "closest",
    "described",
    "identity",
    "is_of_margins",
    "is_weight",
    "loss_name",
    "range_of",
    "readable",
    "reconstruction_head",
    "regression_head",
    "rule_of",
    "values_for",
    "with_network",
]

"""From tables, images and labels to arrays, and back."""

from skdeep.encoding._class_weights import ClassWeights, refuse_balanced, summable
from skdeep.encoding._indicators import Indicator, has_columns, plain_columns
from skdeep.encoding._inputs import (
    OwnTargets,
    Rows,
    Standardization,
    check_range,
    dense,
    deviations,
    in_precision,
    precision_of,
    precisions,
    select,
    span,
)
from skdeep.encoding._targets import (
    ClassTargets,
    ContinuousTargets,
    check_labels,
    check_numbers,
)

__all__ = [
    "ClassTargets",
    "ClassWeights",
    "ContinuousTargets",
    "Indicator",
    "OwnTargets",
    "Rows",
    "Standardization",
    "check_labels",
    "check_numbers",
    "check_range",
    "dense",
    "deviations",
    "has_columns",
    "in_precision",
    "plain_columns",
    "precision_of",
    "precisions",
    "refuse_balanced",
    "select",
    "span",
    "summable",
]

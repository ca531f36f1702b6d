"""Encodes tables, images and labels as arrays, and decodes predictions."""

from skdeep.encoding._class_weights import (
    ClassWeights,
    refuse_balanced,
    with_finite_sums,
)
from skdeep.encoding._indicators import Indicator, has_columns, numeric_columns
from skdeep.encoding._inputs import (
    EncodedSamples,
    SamplesAsTargets,
    SelectedRows,
    Standardization,
    accepted_dtypes,
    cast_arrays,
    check_range,
    dense,
    deviations,
    prediction_dtype,
    select,
    smallest_and_largest,
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
    "EncodedSamples",
    "Indicator",
    "SamplesAsTargets",
    "SelectedRows",
    "Standardization",
    "accepted_dtypes",
    "cast_arrays",
    "check_labels",
    "check_numbers",
    "check_range",
    "dense",
    "deviations",
    "has_columns",
    "numeric_columns",
    "prediction_dtype",
    "refuse_balanced",
    "select",
    "smallest_and_largest",
    "with_finite_sums",
]

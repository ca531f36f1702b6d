"""From tables, images and labels to arrays, and back."""

from skdeep.encoding._class_weights import ClassWeights, refuse_balanced, summable
from skdeep.encoding._images import (
    INTEGERS,
    compact_pixels,
    holds_bytes,
    image_array,
    infer_image_shape,
)
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
from skdeep.encoding._sequences import (
    as_sequences,
    bucket,
    is_ragged,
    padded,
    trailing_windows,
    with_mask,
)
from skdeep.encoding._targets import (
    ClassTargets,
    ContinuousTargets,
    check_labels,
    check_numbers,
)
from skdeep.encoding._texts import Tokenizer, checked_texts, cut
from skdeep.encoding._vectors import token_vectors

__all__ = [
    "INTEGERS",
    "ClassTargets",
    "ClassWeights",
    "ContinuousTargets",
    "Indicator",
    "OwnTargets",
    "Rows",
    "Standardization",
    "Tokenizer",
    "as_sequences",
    "bucket",
    "check_labels",
    "check_numbers",
    "check_range",
    "checked_texts",
    "compact_pixels",
    "cut",
    "dense",
    "deviations",
    "has_columns",
    "holds_bytes",
    "image_array",
    "in_precision",
    "infer_image_shape",
    "is_ragged",
    "padded",
    "plain_columns",
    "precision_of",
    "precisions",
    "refuse_balanced",
    "select",
    "span",
    "summable",
    "token_vectors",
    "trailing_windows",
    "with_mask",
]

"""From tables, images and labels to arrays, and back."""

from skdeep.encoding._images import image_array, infer_image_shape
from skdeep.encoding._inputs import Rows, Standardization, select
from skdeep.encoding._sequences import (
    as_sequences,
    bucket,
    is_ragged,
    padded,
    trailing_windows,
    with_mask,
)
from skdeep.encoding._targets import ClassTargets, ContinuousTargets

__all__ = [
    "ClassTargets",
    "ContinuousTargets",
    "Rows",
    "Standardization",
    "as_sequences",
    "bucket",
    "image_array",
    "infer_image_shape",
    "is_ragged",
    "padded",
    "select",
    "trailing_windows",
    "with_mask",
]

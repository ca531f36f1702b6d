"""What newer versions of Keras have; with older ones its tests are left out."""

import keras
import pytest

SCHEDULE_FREE = getattr(keras.optimizers, "ScheduleFreeAdamW", None)  # Keras 3.14
# Names of optimisers that this Keras lacks.
MISSING = frozenset() if SCHEDULE_FREE else {"schedulefreeadamw"}
needs_schedule_free = pytest.mark.skipif(
    SCHEDULE_FREE is None, reason="ScheduleFreeAdamW came with Keras 3.14"
)
needs_many_optimizers = pytest.mark.skipif(
    not hasattr(keras.optimizers, "MultiOptimizer"),
    reason="MultiOptimizer came with Keras 3.15",
)

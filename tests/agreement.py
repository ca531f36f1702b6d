"""What tests of several files compare."""

from numpy.testing import assert_allclose


def same_weights(first, second, tolerance=1e-5):
    """Whether two fitted networks have equal trainable weights."""
    pairs = zip(
        first.network_.weights.trainable,
        second.network_.weights.trainable,
        strict=True,
    )
    for a, b in pairs:
        assert_allclose(a, b, rtol=0, atol=tolerance)

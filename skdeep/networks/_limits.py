"""Limits that were measured on two cores."""

# Up to this many multiply-adds per batch, dense products compiled by XLA are faster
# than TensorFlow's convolutions. Measured with images of 8 to 64 pixels and batches of
# 32 to 256.
MOST_FOR_XLA = 30_000_000
# Up to this many steps, unrolled recurrent layers compile in reasonable time.
MOST_UNROLLED = 8
# The number of steps that costs are computed with, where sequences differ in length.
ASSUMED_STEPS = 128

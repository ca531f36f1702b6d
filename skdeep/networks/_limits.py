"""Limits that were measured, on two cores."""

# Multiply-adds of a batch up to which XLA's dense products are faster than the plain
# graph's convolutions: 8 to 64 pixels, batches of 32 to 256.
MOST_FOR_XLA = 30_000_000
# Steps up to which unrolled recurrent layers are compiled in reasonable time.
MOST_UNROLLED = 8
# What stands for the number of steps where sequences differ in length.
ASSUMED_STEPS = 128

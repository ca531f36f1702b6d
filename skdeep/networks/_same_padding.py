"""How many zeros the padding "same" adds."""


def same_padding(shape, window, strides):
    """Numbers of zeros before and after each axis, as TensorFlow's "same" adds them."""
    sides = []
    for size, width, step in zip(shape[:2], window, strides, strict=True):
        total = max(0, (-(-size // step) - 1) * step + width - size)
        sides.append((total // 2, total - total // 2))
    return sides

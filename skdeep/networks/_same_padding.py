"""How much padding "same" means."""


def same_padding(shape, window, strides):
    """Zeros before and after each side for "same", as TensorFlow has them."""
    sides = []
    for size, width, step in zip(shape[:2], window, strides, strict=True):
        total = max(0, (-(-size // step) - 1) * step + width - size)
        sides.append((total // 2, total - total // 2))
    return sides

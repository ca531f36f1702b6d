"""Images as people have them: one shape for all, or an error with the remedy."""

from math import isqrt, prod

import numpy as np
from scipy import sparse

# Most images have one of these; anything else in the last place is suspicious.
_CHANNELS = (1, 2, 3, 4)


def image_array(X):
    """``X`` as an array, flat or with the axes of images; views where possible.

    Raises
    ------
    ValueError
        If the images differ in size, or are names of files.
    """
    if hasattr(X, "iloc") or sparse.issparse(X):
        return X  # not images yet
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise _different_sizes(X) from error
    if array.dtype.kind in "US":
        raise ValueError(_NAMES.format(received=f"dtype {array.dtype}"))
    if array.dtype == object and array.ndim == 1 and len(array):
        if all(isinstance(item, np.ndarray) for item in array):
            raise _different_sizes(array)
        if any(isinstance(item, str) or hasattr(item, "__fspath__") for item in array):
            raise ValueError(_NAMES.format(received=repr(array[0])))
    return array


_NAMES = (
    "X must hold pixels, but it holds names of files: received {received}. Put an "
    "ImageLoader(size=(height, width)) before the network."
)


def _different_sizes(X):
    shapes = sorted({np.shape(image) for image in X})
    return ValueError(
        f"All images must have one shape. Received {len(shapes)} shapes, among them "
        f"{shapes[0]} and {shapes[-1]}. Bring them to one size, for example with "
        "ImageLoader(size=(height, width))."
    )


def infer_image_shape(shape, image_shape):
    """Height, width and channels of the images in an array.

    Parameters
    ----------
    shape : tuple of int
        Of the array: (n, height, width), (n, height, width, channels) or
        (n, n_pixels).
    image_shape : tuple of int or None
        What the user says: (height, width) or (height, width, channels).

    Returns
    -------
    image_shape : tuple of (int, int, int)
    """
    given = None if image_shape is None else _three(image_shape)
    if len(shape) == 2:
        return _of_flat(shape[1], given)
    if len(shape) not in (3, 4):
        raise ValueError(
            "X must have the shape (n, height, width), (n, height, width, channels) "
            f"or (n, n_pixels). Received X of shape {shape}."
        )
    found = _three(shape[1:])
    if len(shape) == 4 and shape[1] in _CHANNELS and shape[3] not in _CHANNELS:
        raise ValueError(
            f"X of shape {shape} has its channels first. Keras on TensorFlow takes "
            "them last: pass np.moveaxis(X, 1, -1)."
        )
    if given is not None and found != given:
        raise ValueError(
            f"image_shape={image_shape} does not match X of shape {shape}. Leave out "
            "image_shape, or bring the images to that shape."
        )
    return found


def _three(shape):
    return (*shape, 1) if len(shape) == 2 else tuple(shape)


def _of_flat(n_values, given):
    if given is not None:
        if prod(given) != n_values:
            raise ValueError(
                f"image_shape={given} has {prod(given)} values per image. Received X "
                f"with {n_values} columns. Correct image_shape."
            )
        return given
    side = isqrt(n_values)
    return (side, side, 1) if side * side == n_values else (1, n_values, 1)

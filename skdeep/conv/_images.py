"""Images in any form as one array; images of several shapes are refused."""

import os
from math import isqrt, prod

import numpy as np
from scipy import sparse

from skdeep._numbers import is_integer

INTEGERS = ("uint8", "int64", "int32", "int16", "int8", "uint16", "uint32", "uint64")
# Usual numbers of channels. Another number on the last axis is suspicious.
_CHANNELS = (1, 2, 3, 4)


def image_array(X):
    """``X`` as an array of images or of flat rows; a view where possible.

    Raises
    ------
    ValueError
        If the images differ in size, or are names of files.
    """
    if sparse.issparse(X):
        return X  # scikit-learn's checks refuse it with a good message
    if hasattr(X, "iloc"):
        values = X.to_numpy() if _holds_objects(X) else None
        if values is None:
            return X  # a table of pixels, whose columns have names
        X = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise _different_sizes(X) from error
    if array.dtype.kind in "US":
        raise ValueError(_FILE_NAMES.format(received=f"dtype {array.dtype}"))
    if array.dtype == object and len(array.shape) and len(array):
        return _object_array(array)
    return array


def holds_bytes(X):
    """Whether all values of an integer array are from 0 to 255."""
    return X.dtype == np.uint8 or (X.min(initial=0) >= 0 and X.max(initial=0) <= 255)


def compact_pixels(X):
    """Integers as bytes if they fit, else as floats; floats as they are.

    Bytes and floats are cast batch by batch, which saves memory.
    """
    if X.dtype.kind not in "iu":
        return X
    if holds_bytes(X):
        return X.astype(np.uint8, copy=False)
    return X.astype(np.result_type(X.dtype, np.float32))


def _holds_objects(table):
    dtypes = table.dtypes if table.ndim == 2 else [table.dtype]
    return any(getattr(dtype, "kind", "O") in "OUS" for dtype in dtypes)


def _object_array(array):
    """An object array of images as one array; scikit-learn converts other objects."""
    first = array.flat[0]
    if isinstance(first, (str, os.PathLike)):
        raise ValueError(_FILE_NAMES.format(received=repr(first)))
    if array.ndim == 1 and isinstance(first, np.ndarray):
        try:
            return np.stack(list(array))
        except ValueError as error:
            raise _different_sizes(array) from error
    return array


_FILE_NAMES = (
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
        Shape of the array: (n, height, width), (n, height, width, channels) or
        (n, n_pixels).
    image_shape : tuple of int or None
        The user's parameter: (height, width) or (height, width, channels).

    Returns
    -------
    image_shape : tuple of (int, int, int)
    """
    if 0 in shape[1:]:
        raise ValueError(
            f"Images must have at least one pixel and one channel. Received X of shape "
            f"{tuple(shape)}. Leave the empty ones out."
        )
    given = None if image_shape is None else _checked_image_shape(image_shape)
    if len(shape) == 2:
        return _shape_of_flat_rows(shape[1], given)
    if len(shape) not in (3, 4):
        raise ValueError(
            "X must have the shape (n, height, width), (n, height, width, channels) "
            f"or (n, n_pixels). Received X of shape {shape}."
        )
    found = _with_channels(shape[1:])
    if given is not None:
        if found != given:
            raise ValueError(
                f"image_shape={image_shape} does not match X of shape {shape}. Leave "
                "out image_shape, or bring the images to that shape."
            )
        return given
    if len(shape) == 4 and shape[1] in _CHANNELS and shape[3] not in _CHANNELS:
        raise ValueError(
            f"X of shape {shape} seems to have its channels first. Keras on TensorFlow "
            "takes them last: pass np.moveaxis(X, 1, -1). If they are last, say so: "
            f"image_shape={found}."
        )
    return found


def _checked_image_shape(image_shape):
    """The user's parameter, with channels."""
    valid = len(image_shape) in (2, 3) and all(
        is_integer(side) and side > 0 for side in image_shape
    )
    if not valid:
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels), "
            f"positive integers. Received image_shape={image_shape!r}."
        )
    return _with_channels(tuple(map(int, image_shape)))


def _with_channels(shape):
    return (*shape, 1) if len(shape) == 2 else tuple(shape)


def _shape_of_flat_rows(n_values, given):
    if given is not None:
        if prod(given) != n_values:
            raise ValueError(
                f"image_shape={given} has {prod(given)} values per image. Received X "
                f"with {n_values} columns. Correct image_shape."
            )
        return given
    side = isqrt(n_values)
    return (side, side, 1) if side * side == n_values else (1, n_values, 1)

"""ImageLoader: a transformer from image files to arrays."""

import contextlib
import os
import time

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from skdeep._compat import _fit_context
from skdeep._numbers import is_integer
from skdeep.base._documented import documented, store_parameters
from skdeep.base._learnt import LearntParameters
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.conv._parameter_table import LOADER

_MODES = {"rgb": "RGB", "rgba": "RGBA", "gray": "L"}
# The progress bar appears after this time.
_SECONDS_WITHOUT_BAR = 2.0
# Errors of Pillow for files that are damaged or no images.
_FILE_ERRORS = OSError, SyntaxError, ValueError


@documented(
    parameters=(LOADER,),
)
class ImageLoader(
    Parameters, LearntParameters, TransformerMixin, Stored, BaseEstimator
):
    """Load image files, or convert images in memory, to one array of bytes.

    Files are opened one after the other, and only when ``transform`` gets them: in a
    pipeline a fold loads its own images only.

    See Also
    --------
    ImageEmbedder : Features of images from a pretrained network.
    ConvClassifier : A network that classifies images.

    Examples
    --------
    >>> import os, matplotlib
    >>> from skdeep import ImageLoader
    >>> folder = os.path.join(matplotlib.get_data_path(), "sample_data")
    >>> paths = [os.path.join(folder, "grace_hopper.jpg")]
    >>> ImageLoader(size=(32, 24)).transform(paths).shape
    (1, 32, 24, 3)
    """

    def __init__(
        self, size=(224, 224), *, color="rgb", crop_to_aspect_ratio=False, verbose=0
    ):
        store_parameters(self, locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the parameters; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Ignored but for its presence.
        y : None
            Ignored.

        Returns
        -------
        self : ImageLoader
            The fitted estimator.
        """
        self._learn_parameters("size", "color", "crop_to_aspect_ratio")
        self._height_and_width()
        return self

    def transform(self, X):
        """Load the images.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths, ``PIL.Image.Image`` objects, or arrays of shape (height, width) or
            (height, width, channels).

        Returns
        -------
        images : ndarray of shape (n_samples, height, width, channels), uint8
            The images, rotated as their EXIF data says.

        Raises
        ------
        FileNotFoundError, ValueError
            If a file is missing, truncated or no image. The error names the file.
        """
        self._validate_params()
        items = _one_dimensional(X)
        _check_items(items)
        height, width = self._height_and_width()
        channels = len(_MODES[self._as_learnt("color")])
        images = np.empty((len(items), height, width, channels), np.uint8)
        for number in self._with_progress(len(items)):
            image = self._loaded(items[number], number)
            images[number] = np.asarray(image).reshape(height, width, channels)
        return images

    def _height_and_width(self):
        size = self._as_learnt("size")
        pair = (size, size) if is_integer(size) else tuple(size)
        if len(pair) != 2 or not all(is_integer(n) and n > 0 for n in pair):
            raise ValueError(
                "size must be (height, width), two positive integers. Received "
                f"size={size!r}."
            )
        return tuple(map(int, pair))

    def _loaded(self, item, number):
        """One image, resized and with the right channels; errors name its file."""
        from PIL import Image

        if isinstance(item, np.ndarray):
            return self._fit_to_size(_of_array(item, number))
        name = repr(str(getattr(item, "filename", item)))
        try:
            with contextlib.ExitStack() as stack:
                if not isinstance(item, Image.Image):
                    item = stack.enter_context(Image.open(item))
                return self._fit_to_size(item)
        except FileNotFoundError:
            raise FileNotFoundError(f"No image file {name}, X[{number}].") from None
        except (*_FILE_ERRORS, Image.DecompressionBombError) as error:
            raise ValueError(
                f"The file {name}, X[{number}], is no image or is damaged: {error}. "
                "Replace it, or leave it out."
            ) from error

    def _fit_to_size(self, image):
        from PIL import Image, ImageOps

        height, width = self._height_and_width()
        image = _as_mode(
            ImageOps.exif_transpose(image), _MODES[self._as_learnt("color")]
        )
        bilinear = Image.Resampling.BILINEAR
        if self._as_learnt("crop_to_aspect_ratio"):
            return ImageOps.fit(image, (width, height), bilinear)
        return image.resize((width, height), bilinear)

    def _with_progress(self, total):
        start, bar = time.monotonic(), None
        for number in range(total):
            yield number
            if bar is None and self.verbose:
                if time.monotonic() - start < _SECONDS_WITHOUT_BAR:
                    continue
                from keras.utils import Progbar

                bar = Progbar(total, unit_name="image")
            if bar is not None:
                bar.update(number + 1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


def _one_dimensional(X):
    """The images or paths as a list."""
    if hasattr(X, "iloc"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUS":
        if X.shape[1] != 1:
            raise ValueError(
                f"X must have one column of paths or images. Received {X.shape[1]} "
                "columns: choose one, for example with a ColumnTransformer."
            )
        X = X[:, 0]
    if isinstance(X, str) or hasattr(X, "__fspath__") or not hasattr(X, "__len__"):
        raise ValueError(
            "X must be a list or array of paths or images. Received a "
            f"{type(X).__name__}: put it into a list."
        )
    return list(X)


def _check_items(items):
    """Refuse items that are neither paths nor images, before any image is loaded."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "ImageLoader needs Pillow: pip install 'skdeep[images]'."
        ) from error
    for number, item in enumerate(items):
        if not isinstance(item, (str, os.PathLike, np.ndarray, Image.Image)):
            raise ValueError(
                "ImageLoader takes paths, images of Pillow and arrays. Received a "
                f"{type(item).__name__}, X[{number}]."
            )


def _of_array(array, number):
    from PIL import Image

    grey = array.ndim == 3 and array.shape[2] == 1
    array = array[:, :, 0] if grey else array
    channels = array.shape[2] if array.ndim == 3 else None
    if array.dtype != np.uint8 or array.ndim < 2 or channels not in (None, 3, 4):
        raise ValueError(
            "Arrays must be uint8 of shape (height, width) or (height, width, 1, 3 or "
            f"4). Received X[{number}] of {array.dtype} and shape {array.shape}."
        )
    return Image.fromarray(array)


def _as_mode(image, mode):
    if image.mode.startswith("I;16"):
        # Pillow would cut 16 bits off at 255.
        from PIL import Image

        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError(
            f"its mode {image.mode!r} has no fixed range of pixels; make it one of "
            "8 or 16 bits first"
        )
    return image if image.mode == mode else image.convert(mode)

"""How estimators read images: their shape, and the range of pixels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep._numbers import plain
from skdeep._rules import (
    either,
    is_bool,
    is_number,
    is_sizes,
    one_of,
    or_none,
    require,
)
from skdeep.base._input_checks import (
    NO_TARGET,
    check_axes,
    is_alone,
    refuse_data_sets,
)
from skdeep.base._inputs import Inputs, check_same
from skdeep.base._stored import mean_samples, zeros
from skdeep.conv._images import (
    INTEGERS,
    compact_pixels,
    holds_bytes,
    image_array,
    infer_image_shape,
)
from skdeep.encoding import Standardization
from skdeep.networks import BACKBONES

_BYTE = 1 / 255


@dataclass(eq=False)
class Images(Inputs):
    """Reads images, also as rows of numbers.

    Parameters
    ----------
    rescale : {"auto", None} or float
        The estimator's parameter.
    backbone : str or None
        The name of the backbone, "a model" for the user's own model, or None.
    shape : tuple of (int, int, int)
        Height, width and channels.
    of_bytes, of_integers : bool
        Whether pixels are integers from 0 to 255, or any integers.
    factor : float
        The factor by which pixels are multiplied.
    normalize : bool
        The estimator's parameter.
    """

    casts_batches: ClassVar = True
    field_rules: ClassVar = {
        "rescale": or_none(either(one_of("auto"), is_number)),
        "backbone": one_of(None, "a model", *BACKBONES),
        "shape": is_sizes,
        "of_bytes": is_bool,
        "of_integers": is_bool,
        "factor": is_number,
        "normalize": is_bool,
    }

    rescale: object = "auto"
    backbone: str | None = None
    shape: tuple = ()
    of_bytes: bool = False
    of_integers: bool = False
    factor: float = 1.0
    normalize: bool = True

    @classmethod
    def of(cls, estimator):
        """An object that reads X for this estimator; it has not seen X yet."""
        backbone = getattr(estimator, "backbone", None)
        named = backbone is None or isinstance(backbone, str)
        return cls(
            estimator.rescale,
            backbone if named else "a model",
            normalize=plain(getattr(estimator, "normalize", True)),
        )

    def read(self, estimator, X, y=NO_TARGET, *, learn):
        if not learn:
            self._check_same_settings(estimator)
        return self._read(estimator, X, y, learn=learn)

    def samples(self, estimator, X):
        return self._read(estimator, X, learn=False)

    def _read(self, estimator, X, y=NO_TARGET, *, learn):
        refuse_data_sets(X)
        X = image_array(X)
        options = {"dtype": ["float32", "float64", *INTEGERS]}
        if not is_alone(y):
            options["multi_output"] = True
            options["y_numeric"] = estimator._estimator_type_ == "regressor"
        is_flat = np.ndim(X) == 2 or not hasattr(X, "ndim")
        X, y = check_axes(estimator, X, y, table=is_flat, reset=learn, **options)
        if learn:
            self.of_integers = X.dtype.kind in "iu"
            X = compact_pixels(X)
            self._learn(estimator, X)
        else:
            self._check_same_kind(estimator, X)
            X = compact_pixels(X)
            self._check_same_shape(estimator, X)
            self._check_same_range(estimator, X)
        X = X.reshape(len(X), *self.shape)
        return X if is_alone(y) else (X, y)

    def _check_same_settings(self, estimator):
        """Refuse other parameters when training goes on."""
        check_same(estimator, "rescale", self.rescale)
        check_same(estimator, "normalize", self.normalize)
        shape = estimator.image_shape
        if shape is not None and tuple(shape) not in (self.shape, self.shape[:2]):
            check_same(estimator, "image_shape", self.shape)

    def scales(self, normalize):
        return self._standardizes(normalize) or self.factor != 1

    def scaling(self, rows, normalize):
        if not self._standardizes(normalize):
            return self.pixel_scaling()
        # Standardised pixels do not depend on the factor.
        return super().scaling(rows, normalize)

    def _standardizes(self, normalize):
        # Backbones have their own preprocessing.
        return bool(normalize) and self.backbone is None

    def pixel_scaling(self):
        """The factor as mean and scale of the network's first layer."""
        n_channels = self.shape[-1]
        scale = np.full(n_channels, 1 / self.factor)
        return Standardization(np.zeros(n_channels), scale)

    def check_stored(self, estimator, shape):
        super().check_stored(estimator, shape)
        require(shape == self.shape, "Images", "shape", self.shape)

    def trial_samples(self, estimator):
        shape = 1, *self.shape
        if self.of_bytes:
            return zeros(shape, "uint8")
        return mean_samples(estimator, shape, shape[-1])

    def _learn(self, estimator, X):
        self.shape = infer_image_shape(X.shape, estimator.image_shape)
        if X.ndim > 2:
            estimator.n_features_in_ = int(np.prod(self.shape))
            vars(estimator).pop("feature_names_in_", None)
        self.of_bytes = X.dtype == np.uint8
        self.factor = self._factor(X)

    def _factor(self, X):
        if self.rescale != "auto":
            return 1.0 if self.rescale is None else float(self.rescale)
        if self.backbone is None:
            return _BYTE if self.of_bytes else 1.0
        # Networks of keras.applications take pixels from 0 to 255. The user's own model
        # takes X as it is.
        if not self._guesses_range:
            return 1.0
        if X.min() < 0 or X.max() <= 0:
            raise ValueError(
                f"backbone={self.backbone!r} wants pixels from 0 to 255, or from 0 to "
                f"1. Received X from {X.min()} to {X.max()}. Pass the images as they "
                "are, without preprocessing, or say the factor: rescale=..."
            )
        return 1 / _BYTE if X.max() <= 1 else 1.0

    @property
    def _guesses_range(self):
        """Whether the maximum of X decides between 0 to 1 and 0 to 255."""
        is_named = self.backbone not in (None, "a model")
        return self.rescale == "auto" and is_named and not self.of_bytes

    def _check_same_kind(self, estimator, X):
        if self.rescale != "auto":
            return
        now = X.dtype.kind in "iu"
        # After fit on integers above 255, which stay as they are, floats are fine.
        if self.of_integers != now and (now or self.of_bytes):
            kinds = {True: "integers", False: "floats"}
            raise ValueError(
                "rescale='auto' has one unit for pixels that are integers from 0 to "
                f"255 and another for floats. {type(estimator).__name__} was fitted on "
                f"{kinds[self.of_integers]}. Received {kinds[now]}. Pass X.astype of "
                "the kind that fit has seen, or say the factor: rescale=1/255 or "
                "rescale=None."
            )
        if self.of_bytes and not holds_bytes(X):
            raise ValueError(
                f"{type(estimator).__name__} was fitted on integers from 0 to 255, "
                f"which rescale='auto' divides by 255. Received X from {X.min()} to "
                f"{X.max()}. Pass the same unit, or say the factor: rescale=1/255 or "
                "rescale=None."
            )

    def _check_same_shape(self, estimator, X):
        if X.ndim == 2:
            return
        shape = X.shape[1:] if X.ndim == 4 else (*X.shape[1:], 1)
        if shape != self.shape:
            raise ValueError(
                f"X has images of shape {shape}, but {type(estimator).__name__} was "
                f"fitted on images of shape {self.shape}. Bring them to that shape."
            )

    def _check_same_range(self, estimator, X):
        if self._guesses_range and self._in_other_range(X.max()):
            raise ValueError(
                "rescale='auto' takes floats up to 1 for shares of 255. "
                f"{type(estimator).__name__} was fitted on floats up to "
                f"{1 if self.factor > 1 else 255}. Received X with a maximum of "
                f"{X.max()}. Pass the same unit, or say the factor: rescale=255 or "
                "rescale=None."
            )

    def _in_other_range(self, maximum):
        if self.factor > 1:
            return maximum > 1
        return 0 < maximum <= 1

"""What estimators of images share: checks, shapes, units of pixels, backbones."""

import numpy as np

from skdeep._rules import is_bool, is_number, is_sizes, require
from skdeep.base._input_checks import NO_TARGET, check_axes, is_alone, refuse_data_sets
from skdeep.base._learnt import LearntParameters
from skdeep.base._stored import usual, zeros
from skdeep.conv._frozen_model import FrozenModel
from skdeep.conv._images import (
    INTEGERS,
    compact_pixels,
    holds_bytes,
    image_array,
    infer_image_shape,
)
from skdeep.encoding import Standardization

_BYTE = 1 / 255


def describe_backbone(backbone):
    """A backbone as plain data, without importing Keras for a name."""
    if backbone is None or isinstance(backbone, str):
        return backbone
    from skdeep.conv._backbones import describe

    return describe(backbone)


class ImageInput(LearntParameters):
    """Needs the parameters ``image_shape``, ``rescale``, perhaps ``backbone``."""

    backbone = None
    _stored_types = (FrozenModel,)
    _stored_attributes = {
        "_bytes": is_bool,
        "_integers": is_bool,
        "_pixel_factor": is_number,
        "image_shape_": is_sizes,
    }

    def __getstate__(self):
        state = dict(super().__getstate__())
        if not isinstance(state.get("backbone"), str | None):
            description = describe_backbone(self.backbone)
            state["backbone"] = FrozenModel(description, self.backbone.get_weights())
        return state

    def __setstate__(self, state):
        if isinstance(state.get("backbone"), FrozenModel):
            state = {**state, "backbone": state["backbone"].thaw()}
        super().__setstate__(state)

    def _check_stored_shape(self, shape):
        if "image_shape_" in vars(self):
            fits = shape == self.image_shape_
            require(fits, type(self).__name__, "image_shape_", self.image_shape_)
        super()._check_stored_shape(shape)

    def _trial_samples(self):
        if "image_shape_" not in vars(self):
            return super()._trial_samples()
        shape = 1, *self.image_shape_
        if vars(self).get("_bytes"):
            return zeros(shape, "uint8")
        return usual(self, shape, shape[-1])

    def _check_images(self, X, y=NO_TARGET, *, reset, **options):
        """X of shape (n_samples, height, width, channels), a view; and y, if given."""
        refuse_data_sets(X)
        X = image_array(X)
        options["dtype"] = ["float32", "float64", *INTEGERS]
        flat = np.ndim(X) == 2 or not hasattr(X, "ndim")
        X, y = check_axes(self, X, y, table=flat, reset=reset, **options)
        if reset:
            self._integers = X.dtype.kind in "iu"
            X = compact_pixels(X)
            self._learn_pixels(X)
        else:
            self._compare_kinds(X)
            X = compact_pixels(X)
            self._compare_pixels(X)
        X = X.reshape(len(X), *self.image_shape_)
        return X if is_alone(y) else (X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _learn_pixels(self, X):
        self.image_shape_ = infer_image_shape(X.shape, self.image_shape)
        if X.ndim > 2:
            self.n_features_in_ = int(np.prod(self.image_shape_))
            self.__dict__.pop("feature_names_in_", None)
        self._bytes = X.dtype == np.uint8
        self._learn_parameters("rescale", "_guesses_unit")
        self._pixel_factor = self._factor(X)

    def _compare_kinds(self, X):
        if self._as_learnt("rescale") != "auto":
            return
        # Files of older versions know of bytes only.
        fitted = self.__dict__.get("_integers", self._bytes)
        now = X.dtype.kind in "iu"
        # Integers above 255 have the unit of floats.
        if fitted != now and (now or self._bytes):
            kinds = {True: "integers", False: "floats"}
            raise ValueError(
                "rescale='auto' has one unit for pixels that are integers from 0 to "
                f"255 and another for floats. {type(self).__name__} was fitted on "
                f"{kinds[fitted]}. Received {kinds[now]}. Pass X.astype of the kind "
                "that fit has seen, or say the factor: rescale=1/255 or rescale=None."
            )
        if self._bytes and not holds_bytes(X):
            raise ValueError(
                f"{type(self).__name__} was fitted on integers from 0 to 255, which "
                f"rescale='auto' divides by 255. Received X from {X.min()} to "
                f"{X.max()}. Pass the same unit, or say the factor: rescale=1/255 or "
                "rescale=None."
            )

    def _compare_pixels(self, X):
        if X.ndim > 2:
            shape = X.shape[1:] if X.ndim == 4 else (*X.shape[1:], 1)
            if shape != self.image_shape_:
                raise ValueError(
                    f"X has images of shape {shape}, but {type(self).__name__} was "
                    f"fitted on images of shape {self.image_shape_}. Bring them to "
                    "that shape."
                )
        if self._as_learnt("_guesses_unit") and self._in_other_unit(X.max()):
            raise ValueError(
                "rescale='auto' takes floats up to 1 for shares of 255. "
                f"{type(self).__name__} was fitted on floats up to "
                f"{1 if self._pixel_factor > 1 else 255}. Received X with a maximum "
                f"of {X.max()}. Pass the same unit, or say the factor: rescale=255 or "
                "rescale=None."
            )

    def _factor(self, X):
        """What pixels are multiplied with."""
        if self.rescale != "auto":
            return 1.0 if self.rescale is None else float(self.rescale)
        if self.backbone is None:
            return _BYTE if self._bytes else 1.0
        # keras.applications want 0 to 255; others know what they want.
        if not self._guesses_unit:
            return 1.0
        if X.min() < 0 or X.max() <= 0:
            raise ValueError(
                f"backbone={self.backbone!r} wants pixels from 0 to 255, or from 0 to "
                f"1. Received X from {X.min()} to {X.max()}. Pass the images as they "
                "are, without preprocessing, or say the factor: rescale=..."
            )
        return 1 / _BYTE if X.max() <= 1 else 1.0

    def _in_other_unit(self, maximum):
        if self._pixel_factor > 1:
            return maximum > 1
        return 0 < maximum <= 1

    @property
    def _guesses_unit(self):
        named = isinstance(self.backbone, str)
        return self.rescale == "auto" and named and not self._bytes

    def _pair(self, name):
        """The parameter ``name``, one number for both sides or one for each."""
        numbers = self._positive_integers(name)
        if len(numbers) not in (1, 2):
            raise ValueError(
                f"{name} must be one integer or two, for height and width. Received "
                f"{name}={getattr(self, name)!r}."
            )
        return numbers if len(numbers) == 2 else numbers * 2

    def _pixel_scaling(self):
        """The factor as the statistics of the network's first layer."""
        n_channels = self.image_shape_[-1]
        scale = np.full(n_channels, 1 / self._pixel_factor)
        return Standardization(np.zeros(n_channels), scale)

"""Common parts of estimators that take images: parameters, ``image_shape_``, tags."""

from skdeep.conv._inputs import Images


class TakesImages:
    """The inputs, ``image_shape_`` and tags of estimators that take images.

    The estimator must have the parameters ``image_shape`` and ``rescale``.
    """

    def _make_inputs(self, X):
        return Images.of(self)

    @property
    def image_shape_(self):
        """Height, width and channels of the images."""
        inputs = vars(self).get("_inputs")
        if not isinstance(inputs, Images):
            raise AttributeError(
                f"{type(self).__name__} has no attribute 'image_shape_' before it was "
                "fitted on images."
            )
        return inputs.shape

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def pair(estimator, name):
    """The parameter ``name`` as a pair: one number stands for height and width.

    Parameters
    ----------
    estimator : BaseNetwork
    name : str
    """
    numbers = estimator._positive_integers(name)
    if len(numbers) not in (1, 2):
        raise ValueError(
            f"{name} must be one integer or two, for height and width. Received "
            f"{name}={getattr(estimator, name)!r}."
        )
    return numbers if len(numbers) == 2 else numbers * 2

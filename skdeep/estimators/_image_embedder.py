"""ImageEmbedder: from images to the features of a pretrained network."""

from dataclasses import replace

import joblib
import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted, check_memory

from skdeep.encoding import Standardization
from skdeep.estimators import _docs
from skdeep.estimators._base import FittedNetwork
from skdeep.estimators._image_input import (
    BACKBONE_CONSTRAINTS,
    IMAGE_CONSTRAINTS,
    ImageInput,
    describe_backbone,
)
from skdeep.inference import forward
from skdeep.networks import ConvSpec, Weights


class ImageEmbedder(
    ClassNamePrefixFeaturesOutMixin, ImageInput, TransformerMixin, BaseEstimator
):
    __doc__ = f"""Features of images from a pretrained network.

    Nothing is trained, so no fold can learn from another.

    Parameters
    ----------
    backbone : str or keras.Model, default="MobileNetV2"
        A name of ``keras.applications``, with its own preprocessing, or a model.
    backbone_weights : "imagenet", path-like or None, default="imagenet"
        "imagenet" is downloaded by Keras. None keeps the weights of a model.
    pooling : {{"average", "max"}} or None, default="average"
        One number per channel of the backbone's output; None keeps all.
{_docs.IMAGES}\
    memory : str, joblib.Memory or None, default=None
        A folder for the features of every image that was ever transformed, as in
        scikit-learn's pipelines. Each image is computed once, whatever fold, candidate
        or process it comes in.

    Attributes
    ----------
    network_ : object
        The network as plain arrays.
{_docs.IMAGE_ATTRIBUTES}\
    n_features_in_ : int
        Numbers per image.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ImageEmbedder
    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)]
    >>> embedder = ImageEmbedder(keras.Sequential(layers), backbone_weights=None)
    >>> embedder.fit_transform(load_digits().images[:10]).shape
    (10, 4)
    """

    _parameter_constraints: dict = {
        **BACKBONE_CONSTRAINTS,
        **IMAGE_CONSTRAINTS,
        "pooling": [StrOptions({"average", "max"}), None],
        "memory": [str, HasMethods(["cache"]), None],
    }

    def __init__(
        self,
        backbone="MobileNetV2",
        *,
        backbone_weights="imagenet",
        pooling="average",
        image_shape=None,
        rescale="auto",
        memory=None,
    ):
        self.backbone = backbone
        self.backbone_weights = backbone_weights
        self.pooling = pooling
        self.image_shape = image_shape
        self.rescale = rescale
        self.memory = memory

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Take the images' shape, and the weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width) or \
(n_samples, height, width, channels)
            Images.
        y : None
            Ignored.

        Returns
        -------
        self : ImageEmbedder

        Raises
        ------
        OSError
            If the weights cannot be downloaded.
        """
        from skdeep.networks._backbones import pretrained_weights
        from skdeep.networks._build import build_template, with_backbone

        self._check_images(X, reset=True)
        arrays = pretrained_weights(
            self.backbone, self.backbone_weights, self.image_shape_
        )
        if arrays is None:
            raise ValueError(
                f"backbone={self.backbone!r} needs weights. Received "
                "backbone_weights=None. Pass 'imagenet' or a path."
            )
        spec = ConvSpec(
            input_shape=self.image_shape_,
            units=0,
            output=None,
            hidden_layer_sizes=(),
            normalize=self._pixel_factor != 1,
            global_pooling=self.pooling,
            backbone=describe_backbone(self.backbone),
        )
        model = build_template(spec)
        spec = replace(spec, units=model.output_shape[1])
        values = [v.numpy() for v in model.non_trainable_variables]
        trainable, fixed = with_backbone(model, arrays, [], values)
        scaling = self._pixel_scaling()
        if spec.normalize:
            fixed[:2] = scaling.mean.astype("float32"), scaling.scale.astype("float32")
        weights = Weights(trainable, fixed)
        self.network_ = FittedNetwork(spec, weights, scaling, Standardization.none(1))
        self._n_features_out = spec.units
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width) or \
(n_samples, height, width, channels)
            Images.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features_out), float32
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        features = self._features if self.memory is None else self._remembered
        return features(X)

    def _features(self, X):
        output = forward(self.network_.spec, self.network_.weights, X)
        return output.astype("float32")

    def _remembered(self, X):
        """The features from memory; of what is not there, they are computed first."""
        keep = check_memory(self.memory).cache(_kept, ignore=["features"])
        network = joblib.hash((self.network_.spec.key, vars(self.network_.weights)))
        keys = [f"{network} {joblib.hash(image)}" for image in X]
        new = [i for i, key in enumerate(keys) if not keep.check_call_in_cache(key, 0)]
        for number, row in zip(new, self._features(X[new]), strict=True):
            keep(keys[number], row)
        rows = [keep(key, None) for key in keys]
        return np.array(rows, dtype="float32").reshape(len(X), -1)

    def predict_top(self, X, top=3):
        """The most probable of ImageNet's 1,000 labels.

        The whole network is loaded, with its output layer: ``backbone`` must be a name,
        and ``backbone_weights="imagenet"``.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width, channels)
            Images.
        top : int, default=3
            How many labels.

        Returns
        -------
        labels : DataFrame
            ``top`` rows for each image, with the columns ``image`` (its number),
            ``rank`` (from one), ``label``, ``probability`` and ``wordnet_id``.

        Raises
        ------
        OSError
            If the weights or the labels cannot be downloaded.
        """
        if not isinstance(self.backbone, str) or self.backbone_weights != "imagenet":
            raise ValueError(
                "predict_top knows the labels of ImageNet only. It needs a backbone by "
                "name and backbone_weights='imagenet'. Received "
                f"backbone={self.backbone!r}, "
                f"backbone_weights={self.backbone_weights!r}."
            )
        from skdeep.networks._backbones import top_labels

        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        return top_labels(self.backbone, X, self._pixel_factor, top)


def _kept(key, features):
    """What joblib keeps for ``key``."""
    return features

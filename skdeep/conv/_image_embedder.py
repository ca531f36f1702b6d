"""ImageEmbedder: a transformer from images to features of a pretrained network."""

from dataclasses import asdict, replace

import joblib
import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, check_memory

from skdeep._compat import _fit_context
from skdeep._numbers import is_integer
from skdeep._rules import is_a
from skdeep.base._documented import documented, store_parameters
from skdeep.base._learnt import LearntParameters
from skdeep.base._network import FittedNetwork
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.conv._backbone_parameter import (
    TakesBackbone,
    describe_backbone,
)
from skdeep.conv._image_parameters import TakesImages
from skdeep.conv._inputs import Images
from skdeep.conv._parameter_table import EMBEDDED, EMBEDDER
from skdeep.conv._spec import ConvSpec
from skdeep.encoding import Standardization
from skdeep.inference import forward
from skdeep.networks import Weights


@documented(
    parameters=(EMBEDDER,),
    attributes=(EMBEDDED,),
)
class ImageEmbedder(
    Parameters,
    ClassNamePrefixFeaturesOutMixin,
    TakesBackbone,
    TakesImages,
    LearntParameters,
    TransformerMixin,
    Stored,
    BaseEstimator,
):
    """Features of images from a pretrained network.

    Nothing is trained, so in cross-validation nothing leaks between folds.

    See Also
    --------
    ConvClassifier : A network whose backbone can be trained further.
    ImageLoader : Files of images as arrays.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ImageEmbedder
    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)]
    >>> embedder = ImageEmbedder(keras.Sequential(layers))
    >>> embedder.fit_transform(load_digits().images[:10]).shape
    (10, 4)
    """

    _stored_types = ConvSpec, FittedNetwork, Images, Standardization, Weights
    _stored_attributes = {"_inputs": is_a(Images), "network_": is_a(FittedNetwork)}

    def __init__(
        self,
        backbone="MobileNetV2",
        *,
        backbone_weights="auto",
        pooling="average",
        image_shape=None,
        rescale="auto",
        memory=None,
    ):
        store_parameters(self, locals())

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the shape of the images, and load the weights; nothing is trained.

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
            The fitted estimator.

        Raises
        ------
        OSError
            If the weights cannot be downloaded.
        """
        from skdeep.conv._backbones import pretrained_weights
        from skdeep.networks._build import build_template, with_pretrained

        inputs = Images.of(self)
        inputs.read(self, X, learn=True)
        self._learn_parameters("backbone_weights")
        arrays = pretrained_weights(self.backbone, self._weights(), inputs.shape)
        spec = ConvSpec(
            input_shape=inputs.shape,
            units=0,
            output=None,
            hidden_layer_sizes=(),
            normalize=inputs.factor != 1,
            global_pooling=self.pooling,
            backbone=describe_backbone(self.backbone),
        )
        model = build_template(spec)
        spec = replace(spec, units=model.output_shape[1])
        values = [v.numpy() for v in model.non_trainable_variables]
        trainable, fixed = with_pretrained(model, arrays, [], values)
        scaling = inputs.pixel_scaling()
        if spec.normalize:
            fixed[:2] = scaling.mean.astype("float32"), scaling.scale.astype("float32")
        weights = Weights(trainable, fixed)
        self._inputs = inputs
        self.network_ = FittedNetwork(spec, weights, scaling, Standardization.none(1))
        return self

    @property
    def _n_features_out(self):
        return self.network_.spec.units

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
            The features of each image.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the images that ``fit`` has seen, or holds missing
            values.
        """
        check_is_fitted(self)
        X = self._inputs.samples(self, X)
        features = self._features if self.memory is None else self._cached_features
        return features(X)

    def _weights(self):
        """The parameter ``backbone_weights``, with "auto" resolved."""
        if self.backbone_weights == "auto":
            return "imagenet" if isinstance(self.backbone, str) else None
        return self.backbone_weights

    def _features(self, X):
        output = forward(self.network_.spec, self.network_.weights, X)
        return output.astype("float32")

    def _cached_features(self, X):
        """The features from ``memory``; missing ones are computed and stored there."""
        cache = check_memory(self.memory).cache(_cached_row, ignore=["features"])
        spec, weights = self.network_.spec, self.network_.weights
        # spec.key would not do: it holds only within one process.
        network = joblib.hash((asdict(spec), vars(weights)))
        keys = [f"{network} {joblib.hash(image)}" for image in X]
        # A damaged file gives None, like a missing one.
        rows = [
            cache(key, None) if cache.check_call_in_cache(key, None) else None
            for key in keys
        ]
        missing = [number for number, row in enumerate(rows) if row is None]
        for number, row in zip(missing, self._features(X[missing]), strict=True):
            cache.call(keys[number], row)
            rows[number] = row
        return np.array(rows, dtype="float32").reshape(len(X), -1)

    def predict_top(self, X, top=3):
        """The most probable of ImageNet's 1,000 labels.

        The network is loaded with its output layer, so ``backbone`` must be a name and
        its weights ImageNet's.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width, channels)
            Images.
        top : int, default=3
            Number of labels.

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
        from skdeep.conv._backbones import is_name, top_labels

        check_is_fitted(self)
        backbone = self.network_.spec.backbone
        weights = self._as_learnt("backbone_weights")
        if not is_name(backbone) or weights not in ("auto", "imagenet"):
            raise ValueError(
                "predict_top knows the labels of ImageNet only. It needs a backbone by "
                "name and backbone_weights='imagenet'. Received "
                f"backbone={self.backbone!r}, backbone_weights={weights!r}."
            )
        if not is_integer(top) or not 1 <= top <= 1000:
            raise ValueError(
                f"top must be an integer from 1 to 1000. Received {top!r}."
            )
        X = self._inputs.samples(self, X)
        return top_labels(backbone, X, self._inputs.factor, int(top))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # always float32
        return tags


def _cached_row(key, features):
    """The features that joblib stores under ``key``."""
    return features

"""Convolutional networks for images: ConvClassifier and ConvRegressor."""

from skdeep._rules import is_a
from skdeep._warn import warn
from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameter_table import (
    CLASSES,
    CLASSIFIER,
    FEATURES,
    NETWORK,
    REGRESSOR,
    TRAINING,
)
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.conv._backbone_parameter import (
    TakesBackbone,
    describe_backbone,
)
from skdeep.conv._image_parameters import TakesImages, pair
from skdeep.conv._inputs import Images
from skdeep.conv._parameter_table import CONV, SHAPE
from skdeep.conv._spec import ConvSpec
from skdeep.networks import AUGMENTATIONS


class _Conv(TakesBackbone, TakesImages):
    """Takes images, and makes the spec of the network."""

    _stored_types = ConvSpec, Images
    _stored_attributes = {"_inputs": is_a(Images)}
    _auto_batch = 64
    _layer_parameters = (
        "filters",
        "kernel_size",
        "convs_per_block",
        "strides",
        "padding",
        "pooling",
        "pool_size",
        "global_pooling",
        "hidden_layer_sizes",
        "backbone",
        "backbone_weights",
        "fine_tune",
        "activation",
        "dropout",
        "batch_norm",
    )

    def _family_spec(self, data, common):
        return ConvSpec(
            **common,
            filters=self._positive_integers("filters"),
            kernel_size=pair(self, "kernel_size"),
            convs_per_block=int(self.convs_per_block),
            strides=pair(self, "strides"),
            padding=self.padding,
            pooling=self.pooling,
            pool_size=pair(self, "pool_size"),
            global_pooling=self._global_pooling(),
            augment=self._augmentations(),
            backbone=describe_backbone(self.backbone),
            fine_tune=int(self.fine_tune) if self.backbone is not None else 0,
        )

    def _global_pooling(self):
        # Without pooling, a backbone gives more features than dense layers can use.
        default = None if self.backbone is None else "average"
        return self.global_pooling or default

    def _augmentations(self):
        """The parameter ``augment`` as a tuple of names and layers."""
        augment = self.augment
        if augment is None:
            return ()
        items = tuple(augment) if isinstance(augment, (list, tuple)) else (augment,)
        for item in items:
            is_name = isinstance(item, str) and item in AUGMENTATIONS
            is_layer = hasattr(item, "compute_output_shape")
            if not is_name and (not is_layer or isinstance(item, type)):
                raise ValueError(
                    f"augment must hold names of {sorted(AUGMENTATIONS)} or Keras "
                    f"layers. Received {item!r}."
                )
        return items

    def _pretrained(self, spec):
        if self.backbone is None:
            self._refuse_options_of_backbones()
            return None
        from skdeep.conv._backbones import pretrained_weights

        arrays = pretrained_weights(
            self.backbone, self.backbone_weights, spec.input_shape
        )
        if arrays is None and self.fine_tune == 0:
            warn(
                f"backbone={self.backbone!r} has random weights and none of its layers "
                "is trained. Pass backbone_weights='imagenet' or a path, or set "
                "fine_tune.",
            )
        return arrays

    def _refuse_options_of_backbones(self):
        for name, default in (("backbone_weights", None), ("fine_tune", 0)):
            value = getattr(self, name)
            if value != default:
                raise ValueError(
                    f"{name} needs a backbone. Received {name}={value!r} with "
                    "backbone=None."
                )


@documented(
    parameters=(NETWORK, CLASSIFIER, CONV),
    attributes=(CLASSES, SHAPE, TRAINING, FEATURES),
)
class ConvClassifier(_Conv, BaseNetworkClassifier):
    """A convolutional network that classifies images.

    See Also
    --------
    ConvRegressor : The same for continuous targets.
    ImageEmbedder : Features of images from a pretrained network.
    ImageLoader : Files of images as arrays.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ConvClassifier
    >>> digits = load_digits()
    >>> classifier = ConvClassifier((8,), hidden_layer_sizes=(), epochs=5)
    >>> classifier.fit(digits.images[:900], digits.target[:900]).image_shape_
    (8, 8, 1)
    >>> bool(classifier.score(digits.images[900:], digits.target[900:]) > 0.7)
    True

    Your own layers:

    >>> from keras import layers
    >>> def network(input_shape):
    ...     return [layers.Conv2D(8, 3, activation="relu"), layers.Flatten()]
    >>> classifier = ConvClassifier(network=network, epochs=5, random_state=0)
    >>> classifier = classifier.fit(digits.images[:900], digits.target[:900])
    >>> bool(classifier.score(digits.images[900:], digits.target[900:]) > 0.7)
    True
    """

    def __init__(
        self,
        filters=(32, 64),
        *,
        kernel_size=3,
        convs_per_block=1,
        strides=1,
        padding="same",
        pooling="max",
        pool_size=2,
        global_pooling=None,
        hidden_layer_sizes=(128,),
        image_shape=None,
        rescale="auto",
        augment=None,
        backbone=None,
        backbone_weights=None,
        fine_tune=0,
        network=None,
        activation="silu",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        label_smoothing="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=30,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        class_weight=None,
        multilabel="auto",
        callbacks=None,
        metrics=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())


@documented(
    parameters=(NETWORK, REGRESSOR, CONV),
    attributes=(SHAPE, TRAINING, FEATURES),
)
class ConvRegressor(_Conv, BaseNetworkRegressor):
    """A convolutional network that predicts continuous targets from images.

    See Also
    --------
    ConvClassifier : The same for labels.
    ImageEmbedder : Features of images from a pretrained network.
    ImageLoader : Files of images as arrays.

    Examples
    --------
    The share of ink in the left half of a digit:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ConvRegressor
    >>> images = load_digits().images
    >>> share = images[:, :, :4].sum(axis=(1, 2)) / images.sum(axis=(1, 2))
    >>> regressor = ConvRegressor((8,), hidden_layer_sizes=(), epochs=20)
    >>> regressor = regressor.fit(images[:900], share[:900])
    >>> bool(regressor.score(images[900:], share[900:]) > 0.8)
    True
    """

    def __init__(
        self,
        filters=(32, 64),
        *,
        kernel_size=3,
        convs_per_block=1,
        strides=1,
        padding="same",
        pooling="max",
        pool_size=2,
        global_pooling=None,
        hidden_layer_sizes=(128,),
        image_shape=None,
        rescale="auto",
        augment=None,
        backbone=None,
        backbone_weights=None,
        fine_tune=0,
        network=None,
        activation="silu",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=30,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        callbacks=None,
        metrics=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())

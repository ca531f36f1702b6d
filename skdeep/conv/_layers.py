"""The Keras layers of convolutional networks."""

import math

import keras
import numpy as np

from skdeep.conv._backbones import backbone_input, build_backbone, check_backbone
from skdeep.networks._parts import (
    activation,
    convolution,
    copy,
    normalized,
)
from skdeep.networks._seeds import TEMPLATE_SEED

L = keras.layers
# Shifts and zooms are shares of the image, rotations shares of a full turn.
_AUGMENT = {
    "flip": lambda **kw: L.RandomFlip("horizontal", **kw),
    "shift": lambda **kw: L.RandomTranslation(0.1, 0.1, fill_mode="nearest", **kw),
    "rotate": lambda **kw: L.RandomRotation(0.04, fill_mode="nearest", **kw),
    "zoom": lambda **kw: L.RandomZoom(0.1, fill_mode="nearest", **kw),
}


def augmented(spec, kit, x):
    """Random changes of the images in training, before they are scaled."""
    is_double = spec.input_dtype == "float64"
    for item in spec.augment:
        if isinstance(item, str):
            layer = _AUGMENT[item](seed=TEMPLATE_SEED, dtype=spec.input_dtype)
        else:
            # A layer of single precision would round the images of a double network.
            layer = copy(item, dtype="float64" if is_double else None)
            _check_augmentation(layer, x)
        x = layer(x)
    return x


def _check_augmentation(layer, x):
    """Refuse a layer that learns, or that changes images in prediction, too."""
    shape = x.shape[1:]
    image = np.linspace(0, 1, math.prod(shape), dtype="float32").reshape(1, *shape)
    after = keras.ops.convert_to_numpy(layer(image, training=False))
    learns = any(v.name != "seed_generator_state" for v in layer.variables)
    is_same = layer(x).shape == x.shape and np.array_equal(after, image)
    if learns or not is_same:
        raise ValueError(
            f"augment takes layers that change images in training only, not their "
            f"shape, and that learn nothing. Received {layer!r}. Put it before the "
            "network, or into a backbone."
        )


def blocks(spec, kit, x):
    """Convolutions and poolings, or a backbone, then a vector per image."""
    if spec.backbone:
        x = _backbone(spec, x)
        kit.mark("backbone", x)
    for step in spec.steps:
        if step.kind == "conv":
            x = convolution(spec, kit, step, use_bias=spec.hidden_bias)(x)
            if spec.batch_norm:
                x = normalized(spec, kit, x)
            weighted, x = x, activation(spec)(x)
            kit.mark("conv", x, weighted)
        else:
            pool = {"max": kit.max_pooling, "average": kit.average_pooling}
            x = pool[spec.pooling](step.window, dtype=spec.dtype)(x)
            kit.mark("pool", x)
    vector = _vector(spec, x)
    if vector is not x:
        kit.mark("global_pooling" if spec.global_pooling else "flatten", vector)
    x = vector
    if spec.dropout:
        x = kit.dropout(spec.dropout, seed=TEMPLATE_SEED, dtype=spec.dtype)(x)
    return x


def _backbone(spec, x):
    model = build_backbone(spec.backbone, spec.input_shape)
    check_backbone(model, spec.backbone, spec.input_shape)
    if spec.fine_tune > len(model.layers):
        raise ValueError(
            f"fine_tune={spec.fine_tune} is more than the {len(model.layers)} layers "
            "of the backbone. Lower it."
        )
    model.trainable = True  # fine_tune alone decides, not layers frozen before
    first = len(model.layers) - spec.fine_tune
    for number, layer in enumerate(model.layers):
        # Batch normalisation keeps the statistics of the pretraining, which come from
        # far more images.
        learns = not isinstance(layer, L.BatchNormalization)
        layer.trainable = number >= first and learns
    return model(backbone_input(spec.backbone, x))


def _vector(spec, x):
    pooling = {"average": L.GlobalAveragePooling2D, "max": L.GlobalMaxPooling2D}
    layer = pooling.get(spec.global_pooling, L.Flatten)
    return x if len(x.shape) == 2 else layer(dtype=spec.dtype)(x)

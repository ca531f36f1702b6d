"""Backbones: pretrained networks of keras.applications, and the user's models."""

import contextlib
import functools
import sys

import keras
import numpy as np

from skdeep._forked import refuse_if_forked
from skdeep.networks._architecture import architecture_of, model_of
from skdeep.networks._keras_classes import operations
from skdeep.networks._seeds import own_seeds

L = keras.layers
_IMAGES_AT_ONCE = 32


def describe(backbone):
    """A backbone as plain data: its name, or its architecture in JSON."""
    if isinstance(backbone, str):
        return backbone
    if not backbone.built:
        raise ValueError(
            f"backbone={backbone!r} has no weights yet. Give it a keras.Input, or call "
            "it on an image, first."
        )
    return architecture_of(backbone)


def is_name(description):
    """Whether a description is a name of keras.applications, not JSON."""
    return not description.startswith("{")


def build_backbone(description, image_shape):
    """A backbone as a Keras model; its weights are still to be set.

    Parameters
    ----------
    description : str
        From :func:`describe`.
    image_shape : tuple of (int, int, int)
        Networks of keras.applications are built for this shape.
    """
    refuse_if_forked()
    with own_seeds():
        if not is_name(description):
            return _rebuilt(description)
        return _application(description, image_shape, weights=None)


def _rebuilt(description):
    try:
        # In safe mode, because the description may come from a file.
        return model_of(description)
    except Exception as error:
        raise ValueError(
            f"The backbone cannot be made anew from its configuration: {error} Use "
            "layers in place of Lambda, and register your own with "
            "keras.saving.register_keras_serializable."
        ) from error


def own_operations(description):
    """The layers and operations of a user's backbone; none of a named one.

    Parameters
    ----------
    description : str
        From :func:`describe`.
    """
    return [] if is_name(description) else operations(_rebuilt(description))


def check_backbone(model, description, image_shape):
    """Refuse a backbone that cannot take images of this shape, or gives no features."""
    if is_name(description):
        if image_shape[2] not in (1, 3):
            raise ValueError(
                f"{description} takes grey or RGB images. Received images of shape "
                f"{image_shape}. ImageLoader(color='rgb') makes them."
            )
        return
    shapes = [tuple(t.shape) for t in (*model.inputs, *model.outputs)]
    if len(shapes) != 2 or len(shapes[1]) not in (2, 4):
        raise ValueError(
            "A backbone must have one input and one output, of shape (batch, features) "
            f"or (batch, height, width, channels). Received shapes {shapes}."
        )
    expected = shapes[0][1:]
    if len(expected) != 3 or any(
        side not in (None, size)
        for side, size in zip(expected, image_shape, strict=True)
    ):
        raise ValueError(
            f"The backbone takes images of shape {expected}. Received images of shape "
            f"{image_shape}. Bring them to that shape, for example with ImageLoader."
        )


def backbone_input(description, x):
    """Pixels from 0 to 255 after the preprocessing of the backbone."""
    if not is_name(description):
        return x
    if x.shape[-1] == 1:
        x = L.Concatenate()([x, x, x])
    return _module(description).preprocess_input(x)


def pretrained_weights(backbone, weights, image_shape):
    """Arrays in the order of the backbone's ``weights``, or None for random ones.

    Parameters
    ----------
    backbone : str or keras.Model
    weights : None, "imagenet" or path-like
    image_shape : tuple of (int, int, int)
    """
    if not isinstance(backbone, str):
        if weights is None:
            return backbone.get_weights()
        if weights == "imagenet":
            raise ValueError(
                "backbone_weights='imagenet' is for names of keras.applications. "
                "Received a model: pass backbone_weights=None, or the path of a file."
            )
        return _loaded(build_backbone(describe(backbone), image_shape), weights)
    if weights is None:
        return None
    if weights != "imagenet":
        return _loaded(build_backbone(backbone, image_shape), weights)
    return _imagenet(backbone, image_shape)


@functools.lru_cache(maxsize=2)
def _imagenet(name, image_shape):
    with own_seeds(), download_errors(name):
        return _application(name, image_shape, weights="imagenet").get_weights()


def top_labels(name, X, factor, top):
    """The most probable ImageNet labels of images, a DataFrame.

    Parameters
    ----------
    name : str
    X : ndarray of shape (n_samples, height, width, channels)
    factor : float
        X times this factor is from 0 to 255.
    top : int
    """
    import pandas as pd

    model, preprocess = _with_top(name), _module(name).preprocess_input
    size = model.input_shape[1:3]
    rows = []
    for start in range(0, len(X), _IMAGES_AT_ONCE):
        images = X[start : start + _IMAGES_AT_ONCE].astype("float32") * factor
        images = np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images
        images = keras.ops.image.resize(images, size)
        output = model(preprocess(images), training=False).numpy()
        with download_errors(name):
            decoded = keras.applications.imagenet_utils.decode_predictions(output, top)
        for number, best in enumerate(decoded, start):
            for rank, (wordnet_id, label, probability) in enumerate(best, 1):
                rows.append((number, rank, label, float(probability), wordnet_id))
    columns = ["image", "rank", "label", "probability", "wordnet_id"]
    return pd.DataFrame(rows, columns=columns)


@functools.lru_cache(maxsize=1)
def _with_top(name):
    with own_seeds(), download_errors(name):
        return getattr(keras.applications, name)(weights="imagenet")


def _module(name):
    return sys.modules[getattr(keras.applications, name).__module__]


def _loaded(model, path):
    try:
        model.load_weights(path)
    except FileNotFoundError:
        raise
    except (ValueError, OSError) as error:
        raise ValueError(
            f"backbone_weights={str(path)!r} does not fit the backbone without its "
            f"top: {error} Save them with Keras's save_weights, or use a file of "
            "keras.applications whose name ends in 'notop.h5'."
        ) from error
    return model.get_weights()


def _application(name, image_shape, weights):
    shape = (*image_shape[:2], 3)
    build = getattr(keras.applications, name)
    return build(include_top=False, weights=weights, input_shape=shape)


@contextlib.contextmanager
def download_errors(name):
    """Within it, an error of Keras's download names the remedy."""
    try:
        yield
    except Exception as error:
        if "URL fetch failure" not in str(error):
            raise
        raise OSError(
            f"Keras could not download the ImageNet weights of {name}: {error}. "
            "Download the file on a machine with a network and pass its path as "
            "backbone_weights, or put it into ~/.keras/models."
        ) from error

"""The architecture of a Keras model as text, and the model from this text."""

import json

import keras

from skdeep.networks._seeds import own_seeds


def architecture_of(model):
    """The architecture in JSON.

    It does not contain the arguments of ``compile``: a model that is built again is
    compiled with other arguments, or with arguments that were kept elsewhere.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    architecture : str

    Raises
    ------
    Exception
        Whatever the ``get_config`` of a layer raises.
    """
    config = dict(keras.saving.serialize_keras_object(model))
    config.pop("compile_config", None)
    return json.dumps(config, sort_keys=True)


def model_of(architecture, objects=None, *, safe_mode=True):
    """Build a model of this architecture, with new weights.

    Parameters
    ----------
    architecture : str
        From :func:`architecture_of`.
    objects : dict of str to type or callable, default=None
        Layers and functions in it that are not Keras's own.
    safe_mode : bool, default=True
        Whether to refuse code in the architecture, which may come from a file.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    Exception
        Whatever Keras, or the ``from_config`` of a layer, raises.
    """
    with own_seeds(), keras.saving.custom_object_scope(objects or {}):
        return keras.saving.deserialize_keras_object(
            json.loads(architecture), safe_mode=safe_mode
        )

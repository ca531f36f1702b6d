"""Keras models made anew from their descriptions."""

import contextlib
import functools
import warnings

import keras

from skdeep.networks._architecture import model_of
from skdeep.networks._given_layers import swappable
from skdeep.networks._name_counts import fresh_name_counts
from skdeep.networks._seeds import own_seeds

L = keras.layers


@contextlib.contextmanager
def with_policy(dtype):
    """A context in which new layers have this policy, and names counted from the start.

    Parameters
    ----------
    dtype : str or None
        The dtype policy of the layers; None is Keras's own setting.
    """
    policy = keras.config.dtype_policy()
    try:
        if dtype is not None:
            keras.config.set_dtype_policy(dtype)
        with fresh_name_counts():
            yield
    finally:
        keras.config.set_dtype_policy(policy)


def rebuilt(given, kit=None):
    """Build a model from its description, with new weights.

    Parameters
    ----------
    given : GivenModel
    kit : Kit, default=None
        The layer classes to build with in place of Keras's.

    Returns
    -------
    keras.Model
    """
    objects = dict(given.objects)
    with own_seeds(), with_policy(given.policy):
        try:
            with warnings.catch_warnings():
                # Layers that build their inner layers in ``call`` cause this warning.
                warnings.filterwarnings("ignore", r"`build\(\)` was called on layer")
                model = model_of(given.description, objects)
        except Exception as error:
            raise cannot_be_made_anew(error) from error
        if kit is None:
            return model
        change = functools.partial(_from_kit, kit)
        with keras.saving.custom_object_scope(objects):
            return keras.models.clone_model(
                model, clone_function=change, recursive=True
            )


def cannot_be_made_anew(error):
    """The error for a model that cannot be built again from its configuration."""
    while error.__context__ is not None:
        error = error.__context__  # the cause, without the whole configuration
    return ValueError(
        "The network cannot be made anew from its configuration, as every fit does: "
        f"{_shortened(error)} Use layers or named functions in place of Lambda and "
        "lambda, and let get_config() of your own layers return all that their "
        "__init__ takes."
    )


def _shortened(error, most=300):
    text = " ".join(str(error).split())
    return text if len(text) <= most else f"{text[:most]} ..."


def _from_kit(kit, layer):
    swaps = {
        L.Dropout: kit.dropout,
        L.GaussianNoise: kit.noise,
        L.BatchNormalization: kit.batch_norm,
        L.Normalization: kit.normalization,
        L.Conv2D: kit.conv,
        L.MaxPooling2D: kit.max_pooling,
        L.AveragePooling2D: kit.average_pooling,
        L.Conv1D: kit.conv_1d,
        L.LSTM: kit.lstm,
        L.GRU: kit.gru,
        L.SimpleRNN: kit.rnn,
    }
    cls = swaps.get(type(layer), type(layer))
    if cls is not type(layer) and not swappable(layer):
        cls = type(layer)
    return cls.from_config(layer.get_config())


def applied(spec, kit, x, mask=None):
    """The output of the user's network for ``x``."""
    model = rebuilt(spec.network, kit)
    dtype = model.inputs[0].dtype
    x = x if x.dtype == dtype else keras.ops.cast(x, dtype)
    x = with_mask(model, x, mask)
    kit.mark("network", x)
    return x


def with_mask(model, x, mask):
    """The output of a model for ``x``; its layers get the mask of the steps."""
    if mask is not None:
        # Keras warns that models lose the mask, but passes it to their layers. The
        # output gets the mask that the layers pass on.
        model.supports_masking = True
        model.compute_mask = lambda inputs, previous_mask: None
    return model(x, mask=mask)

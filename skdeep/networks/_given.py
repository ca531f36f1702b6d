"""Keras models that the user gave: how they are made, described and rebuilt."""

import collections
import contextlib
import functools
import inspect
import json
import math
import random
import threading

import keras
import numpy as np
from keras.src.backend.common import global_state

from skdeep.networks._flops import flops
from skdeep.networks._given_spec import GivenModel
from skdeep.networks._parts import own_random_state
from skdeep.networks._sequence_spec import SOME_STEPS

L = keras.layers
_NAMES = "object_name_uids"  # Keras's counters behind names like "dense_1"
_building = threading.RLock()
# Layers that XLA compiles to fast code: products, and what is done number by number.
_COMPILED = {
    L.Activation,
    L.ActivityRegularization,
    L.Add,
    L.Attention,
    L.Average,
    L.AveragePooling2D,
    L.BatchNormalization,
    L.Concatenate,
    L.Conv1D,
    L.Conv2D,
    L.Cropping1D,
    L.Cropping2D,
    L.Dense,
    L.Dot,
    L.Dropout,
    L.ELU,
    L.EinsumDense,
    L.Embedding,
    L.Flatten,
    L.GRU,
    L.GaussianNoise,
    L.GlobalAveragePooling1D,
    L.GlobalAveragePooling2D,
    L.GlobalMaxPooling1D,
    L.GlobalMaxPooling2D,
    L.Identity,
    L.InputLayer,
    L.LSTM,
    L.LayerNormalization,
    L.LeakyReLU,
    L.MaxPooling2D,
    L.Maximum,
    L.Minimum,
    L.MultiHeadAttention,
    L.Multiply,
    L.Normalization,
    L.PReLU,
    L.Permute,
    L.ReLU,
    L.RepeatVector,
    L.Rescaling,
    L.Reshape,
    L.SimpleRNN,
    L.Softmax,
    L.Subtract,
    L.UnitNormalization,
    L.UpSampling1D,
    L.ZeroPadding1D,
    L.ZeroPadding2D,
}
_WINDOWS = L.Conv1D, L.Conv2D, L.MaxPooling2D, L.AveragePooling2D
_RECURRENT = L.LSTM, L.GRU, L.SimpleRNN
_MOST_UNROLLED = 8


@contextlib.contextmanager
def building(seed, dtype=None):
    """Within, Keras draws from ``seed`` and counts names from the start.

    So the same function gives the same model, whatever was built before. Global random
    states are put back.

    Parameters
    ----------
    seed : int
    dtype : str, default=None
        What layers compute in; None is Keras's own setting.
    """
    with _building, own_random_state():
        numpy_state = np.random.get_state()
        names = global_state.get_global_attribute(_NAMES)
        policy = keras.config.dtype_policy()
        random.seed(seed)
        np.random.seed(seed)
        global_state.set_global_attribute(_NAMES, collections.defaultdict(int))
        try:
            if dtype is not None:
                keras.config.set_dtype_policy(dtype)
            yield
        finally:
            keras.config.set_dtype_policy(policy)
            global_state.set_global_attribute(_NAMES, names)
            np.random.set_state(numpy_state)


def describe(model):
    """A model as plain data, from which :func:`rebuilt` makes it anew.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    GivenModel

    Raises
    ------
    ValueError
        If it is not sequential or functional with one input and one output, or cannot
        be made anew from its configuration.
    """
    _check_kind(model)
    config = dict(keras.saving.serialize_keras_object(model))
    config.pop("compile_config", None)  # it is not trained by its own loss
    layers = list(operations(model))
    for layer in layers:
        _check_layer(layer)
    description = json.dumps(config, sort_keys=True)
    given = GivenModel(
        description=description,
        objects=_own_objects(layers, description),
        widths=tuple(width for layer in layers for width in _widths(layer)),
        input_shape=tuple(model.inputs[0].shape[1:]),
        output_shape=tuple(model.outputs[0].shape[1:]),
        multiply_adds=flops(model) // 2,
        largest=max(map(_size, layers)),
        compiles=all(map(_compiles, layers)),
        fuses=all(map(_fuses, layers)),
        mixes_rows=any(map(_mixes_rows, layers)),
    )
    if _rebuilt_shapes(given) != _shapes(model):
        raise ValueError(
            f"{model.name!r} and the model made anew from its configuration have "
            "different weights. Let get_config() of its layers return all that their "
            "__init__ takes."
        )
    return given


@functools.lru_cache(maxsize=256)
def _rebuilt_shapes(given):
    return _shapes(rebuilt(given))


def _shapes(model):
    return [tuple(variable.shape) for variable in model.weights]


def _check_kind(model):
    shapes = "which has no inputs yet"
    if _of_keras(type(model)) and model.built and model.inputs:
        if len(model.inputs) == len(model.outputs) == 1:
            return
        shapes = f"with {len(model.inputs)} inputs and {len(model.outputs)} outputs"
    raise ValueError(
        "The network must be a sequential or functional keras.Model with one input and "
        f"one output. Received a {type(model).__name__} {shapes}. Begin it with a "
        "keras.Input."
    )


def _check_layer(layer):
    adapts = hasattr(layer, "adapt") and not isinstance(layer, L.Normalization)
    if adapts or getattr(layer, "stateful", False):
        what = "is adapted to data" if adapts else "keeps a state between batches"
        raise ValueError(
            f"The network's layers must have no state besides their weights. Received "
            f"{layer.name!r}, a {type(layer).__name__}, which {what}. "
            + ("Do that before the network." if adapts else "Set stateful=False.")
        )


def _of_keras(cls):
    return cls.__module__.split(".")[0] == "keras"


def operations(model):
    """The layers and operations of a model and of the models within."""
    for operation in getattr(model, "operations", None) or model.layers:
        if isinstance(operation, keras.Model):
            yield from operations(operation)
        else:
            yield operation


def _own_objects(layers, description):
    """Classes and functions that the user wrote, by their names in the description."""
    found = {}
    for layer in layers:
        for value in (layer, *vars(layer).values()):
            if inspect.isfunction(value) and not _of_keras(value):
                found[keras.saving.get_registered_name(value)] = value
            elif hasattr(value, "get_config") and not _of_keras(type(value)):
                found[keras.saving.get_registered_name(type(value))] = type(value)
    named = {name for name in found if json.dumps(name) in description}
    return tuple((name, found[name]) for name in sorted(named))


def _widths(layer):
    """Units or filters of a layer, or what else a layer of products gives."""
    if isinstance(layer, L.Layer) and not isinstance(layer, L.Embedding):
        own = getattr(layer, "units", getattr(layer, "filters", None))
        if isinstance(own, int):
            yield own
        elif any(len(v.shape) > 1 for v in layer.trainable_weights):
            yield keras.tree.flatten(layer.output)[0].shape[-1] or 1


def _size(layer):
    """Values that a layer gives for one sample, of attention with its scores."""
    shapes = [tensor.shape[1:] for tensor in keras.tree.flatten(layer.output)]
    size = sum(math.prod(n or SOME_STEPS for n in shape) for shape in shapes)
    if not isinstance(layer, L.MultiHeadAttention | L.Attention):
        return size
    steps = [
        math.prod(n or SOME_STEPS for n in tensor.shape[1:-1])
        for tensor in keras.tree.flatten(layer.input)[:2]
    ]
    return max(size, getattr(layer, "num_heads", 1) * steps[0] * steps[-1])


def _compiles(layer):
    """Whether XLA makes fast code of a layer."""
    if not isinstance(layer, L.Layer):
        return True  # an operation of keras.ops
    windows = isinstance(
        layer, L.Conv1D | L.Conv2D | L.MaxPooling2D | L.AveragePooling2D
    )
    lowered = windows or isinstance(layer, _RECURRENT)
    return type(layer) in _COMPILED and (not lowered or _lowers(layer))


def _fuses(layer):
    """Whether many such layers can be compiled as one."""
    if not _compiles(layer):
        return False
    if not isinstance(layer, _RECURRENT):
        return True
    n_steps = keras.tree.flatten(layer.input)[0].shape[1]
    return n_steps is not None and n_steps <= _MOST_UNROLLED


def _lowers(layer):
    """Whether the template's own form of a layer does all that this one does."""
    if isinstance(layer, _RECURRENT):
        alone = len(keras.tree.flatten(layer.input)) == 1
        plain = layer.use_bias and not layer.dropout and not layer.return_state
        return alone and plain and getattr(layer, "reset_after", True)
    if layer.data_format != "channels_last":
        return False
    if isinstance(layer, L.Conv1D | L.Conv2D):
        ones = {1, *layer.dilation_rate, layer.groups} == {1}
        if isinstance(layer, L.Conv1D):
            ones = ones and layer.padding == "same" and layer.strides == (1,)
        return ones
    return layer.padding == "valid"


def _mixes_rows(layer):
    """Whether rows that fill up a batch may change what others get."""
    if isinstance(layer, L.BatchNormalization):
        return layer.synchronized or layer.axis not in (-1, len(layer.output.shape) - 1)
    if not isinstance(layer, L.Layer) or _of_keras(type(layer)):
        return False
    # Moving averages are not trained.
    return any(not v.trainable and v.dtype.startswith("float") for v in layer.variables)


def rebuilt(given, kit=None):
    """A described model with any weights.

    Parameters
    ----------
    given : GivenModel
    kit : Kit, default=None
        What to build with in place of Keras's layers.

    Returns
    -------
    keras.Model
    """
    with own_random_state(), keras.saving.custom_object_scope(dict(given.objects)):
        try:
            # In safe mode, for the description may come from a file.
            model = keras.saving.deserialize_keras_object(
                json.loads(given.description), safe_mode=True
            )
        except Exception as error:
            raise ValueError(
                f"The network cannot be made anew from its configuration, as every fit "
                f"does: {error} Use layers in place of Lambda, and let get_config() of "
                "your own return all that their __init__ takes."
            ) from error
        if kit is None:
            return model
        change = functools.partial(_from_kit, kit)
        return keras.models.clone_model(model, clone_function=change, recursive=True)


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
    if cls is not type(layer) and not _swappable(layer):
        cls = type(layer)
    return cls.from_config(layer.get_config())


def _swappable(layer):
    if isinstance(layer, L.Dropout):
        return layer.noise_shape is None
    if isinstance(layer, L.GaussianNoise | L.Normalization):
        return True
    if isinstance(layer, L.BatchNormalization):
        return not _mixes_rows(layer)
    return _lowers(layer)


def applied(spec, kit, x, mask=None):
    """``x`` after the network that the user gave."""
    model = rebuilt(spec.network, kit)
    dtype = model.inputs[0].dtype
    x = x if x.dtype == dtype else keras.ops.cast(x, dtype)
    x = with_mask(model, x, mask)
    kit.mark("network", x)
    return x


def with_mask(model, x, mask):
    """``x`` after a model whose layers see which steps are there."""
    if mask is not None:
        # Keras warns that models lose the mask, but hands it to their layers. What
        # these leave of it is the output's.
        model.supports_masking = True
        model.compute_mask = lambda inputs, previous_mask: None
    return model(x, mask=mask)


def finalize(model):
    """Let layers know of values that were put into their weights."""
    for layer in operations(model):
        if isinstance(layer, L.Normalization):
            layer.finalize_state()

"""Which layers ignore the masked steps that follow a sequence."""

import keras

from skdeep.networks._keras_classes import calls, name_in_keras

L = keras.layers
# Layers that act on each step alone and pass on Keras's mask.
_BY_STEP = frozenset(
    {
        "Activation",
        "ActivityRegularization",
        "Add",
        "AlphaDropout",
        "Average",
        "BatchNormalization",
        "Concatenate",
        "Dense",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "InputLayer",
        "LayerNormalization",
        "LeakyReLU",
        "Maximum",
        "Minimum",
        "Multiply",
        "Normalization",
        "PReLU",
        "ReLU",
        "Rescaling",
        "SpatialDropout1D",
        "Subtract",
        "UnitNormalization",
    }
)
# Layers that leave out masked steps.
_BY_MASK = frozenset(
    {
        "AdditiveAttention",
        "Attention",
        "Bidirectional",
        "GRU",
        "GlobalAveragePooling1D",
        "GroupedQueryAttention",
        "LSTM",
        "MultiHeadAttention",
        "RNN",
        "SimpleRNN",
    }
)


def counts_padding(layers):
    """Names of layers that may count masked steps of a sequence, or lose the mask.

    A user's layer is trusted if it sets Keras's ``supports_masking``.

    Parameters
    ----------
    layers : iterable of keras.Operation
        The layers of a network, and the operations of ``keras.ops`` in it.

    Returns
    -------
    names : tuple of str
    """
    return tuple(
        layer.name
        for layer in layers
        if any(map(_has_open_steps, calls(layer))) and not _heeds_mask(layer)
    )


def _has_open_steps(call):
    return any(None in tensor.shape[1:] for tensor in call.inputs)


def _heeds_mask(layer):
    name = name_in_keras(type(layer))
    if name is None:
        return getattr(layer, "supports_masking", False)
    if not isinstance(layer, L.Layer) or name not in _BY_STEP | _BY_MASK:
        return False
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return False
    return name in _BY_MASK or all(_acts_by_step(layer, call) for call in calls(layer))


def _acts_by_step(layer, call):
    """Whether a layer acts along the last axis only.

    All its inputs must have the same number of axes: else their axes are matched from
    the last one on, and steps may meet other axes.
    """
    ranks = {len(tensor.shape) for tensor in call.inputs}
    axes = {axis % max(ranks) for axis in keras.tree.flatten(_axes(layer))}
    return len(ranks) == 1 and axes <= {max(ranks) - 1}


def _axes(layer):
    axis = getattr(layer, "axis", None)
    return [] if axis is None else axis

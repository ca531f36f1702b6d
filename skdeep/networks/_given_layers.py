"""How the compiled engine can run each layer of a user's network."""

import keras

from skdeep.networks._limits import MOST_UNROLLED

L = keras.layers
# Layers that XLA compiles to fast code: products, and operations on single numbers.
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


def check_layer(layer):
    """Refuse a layer that has a state beside its weights."""
    adapts = hasattr(layer, "adapt") and not isinstance(layer, L.Normalization)
    if adapts or getattr(layer, "stateful", False):
        what = "is adapted to data" if adapts else "keeps a state between batches"
        raise ValueError(
            f"The network's layers must have no state besides their weights. Received "
            f"{layer.name!r}, a {type(layer).__name__}, which {what}. "
            + ("Do that before the network." if adapts else "Set stateful=False.")
        )


def compiles(layer):
    """Whether XLA makes fast code of a layer."""
    if not isinstance(layer, L.Layer):
        return True  # an operation of keras.ops
    lowered = isinstance(layer, (*_WINDOWS, *_RECURRENT))
    return type(layer) in _COMPILED and (not lowered or _lowers(layer))


def fuses(layer):
    """Whether many such layers can be compiled as one."""
    if not compiles(layer):
        return False
    if not isinstance(layer, _RECURRENT):
        return True
    n_steps = keras.tree.flatten(layer.input)[0].shape[1]
    return n_steps is not None and n_steps <= MOST_UNROLLED


def _lowers(layer):
    """Whether the template's form of this layer supports all of its settings."""
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


def swappable(layer):
    """Whether the template's form of this layer, if there is one, can replace it."""
    if isinstance(layer, L.Dropout):
        return layer.noise_shape is None
    if isinstance(layer, L.GaussianNoise | L.Normalization):
        return True
    if isinstance(layer, L.BatchNormalization):
        last = layer.axis in (-1, len(layer.output.shape) - 1)
        return last and not layer.synchronized
    return _lowers(layer)

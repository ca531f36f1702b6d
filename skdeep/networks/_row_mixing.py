"""Which layers compute each row of a batch without the other rows.

The compiled engine fills up the last batch of an epoch with rows of weight zero. That
is right only if these rows do not change the results of the other rows. The lists below
name Keras's classes for which it is right. A user's class can declare it by
``mixes_rows = False``. Networks with any other layer train through ``keras.Model.fit``,
which does not fill up batches.
"""

import math

import keras

from skdeep.networks._given_layers import swappable
from skdeep.networks._keras_classes import (
    calls,
    name_in_keras,
    of_keras,
    operations,
    parts,
)

L = keras.layers


def _words(text):
    return frozenset(text.split())


# By name, because older releases of Keras lack some of these classes. Left out on
# purpose: SpectralNormalization (assigns trained weights), AugMix, CutMix and MixUp
# (blend images), Equalization and RandAugment (count the pixels of the whole batch),
# MelSpectrogram (limits all rows by the loudest one), ActivityRegularization (divides
# by the size of the batch), Lambda and layers of other libraries (hold unknown
# functions).
_LAYERS = _words(
    """
    Activation AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
    AdaptiveMaxPooling3D Add AdditiveAttention AlphaDropout Attention AutoContrast
    Average AveragePooling1D AveragePooling2D AveragePooling3D Bidirectional
    CategoryEncoding CenterCrop Concatenate ContrastLimitedAdaptiveHistogramEqualization
    Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D
    ConvLSTM2D ConvLSTM3D ConvLSTMCell Cropping1D Cropping2D Cropping3D Dense
    DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Flatten GRU
    GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GroupNormalization GroupedQueryAttention Hashing Identity InputLayer LSTM LSTMCell
    LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum
    Minimum MultiHeadAttention Multiply Normalization PReLU Permute Pipeline
    RMSNormalization RNN RandomBrightness RandomColorDegeneration RandomColorJitter
    RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
    RandomTranslation RandomZoom ReLU RepeatVector Rescaling Reshape Resizing
    ReversibleEmbedding STFTSpectrogram SeparableConv1D SeparableConv2D SimpleRNN
    SimpleRNNCell Softmax Solarization SpatialDropout1D SpatialDropout2D
    SpatialDropout3D StackedRNNCells Subtract TimeDistributed UnitNormalization
    UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """
)
# Functions that act on each number alone or along the last axis, like softmax. The
# operations of keras.ops have the same names. In lower case and without underscores.
_ACTIVATIONS = _words(
    """
    abs absolute celu elu erf exp gelu glu hardshrink hardsigmoid hardsilu hardswish
    hardtanh leakyrelu linear logsigmoid logsoftmax mish relu relu6 selu sigmoid silu
    sin softmax softplus softshrink softsign sparsemax sparseplus sparsesigmoid
    squareplus swish tanh tanhshrink threshold
    """
)
_BY_NUMBER = _ACTIVATIONS - {"glu", "logsoftmax", "softmax", "sparsemax"} | _words(
    """
    add arctan cast ceil clip cos cosh divide dividenonan equal expm1 floor floordivide
    greater greaterequal isfinite isnan less lessequal log log10 log1p log2 logaddexp
    logicaland logicalnot logicalor maximum minimum mod multiply negative notequal
    power reciprocal round rsqrt sign sinh sqrt square stopgradient subtract tan
    truedivide where zeroslike oneslike
    """
)
# Functions that act along their argument ``axis``; without it, along all axes.
_BY_AXIS = _words(
    """
    all any amax amin argmax argmin average concatenate cumprod cumsum expanddims flip
    glu logsoftmax logsumexp max mean median min norm normalize prod repeat softmax
    sort sparsemax split squeeze stack std sum take var
    """
)


def mixing_layers(layers):
    """Names of layers that may mix the rows of a batch.

    In these layers a row's output, or a penalty, may depend on other rows, or the layer
    may itself assign trained weights.

    Parameters
    ----------
    layers : iterable of keras.Operation
        The layers of a network, and the operations of ``keras.ops`` in it.

    Returns
    -------
    names : tuple of str
    """
    return tuple(layer.name for layer in layers if not _keeps_apart(layer))


def _keeps_apart(operation, *, is_part=False):
    """Whether a layer, or a part of a layer, computes each row without the others."""
    if not isinstance(operation, L.Layer):
        return of_keras(type(operation)) and all(
            _operation_keeps_apart(operation, call) for call in calls(operation)
        )
    if operation.activity_regularizer is not None:
        return False  # the penalty is a mean over the batch
    if getattr(type(operation), "mixes_rows", None) is False:
        return True
    if type(operation) is L.BatchNormalization:
        # The template has a batch normalisation of its own that weighs rows.
        is_layer_of_network = not is_part and bool(calls(operation))
        return is_layer_of_network and swappable(operation)
    if isinstance(operation, keras.Model) and of_keras(type(operation)):
        return all(_keeps_apart(part, is_part=True) for part in operations(operation))
    functions = [
        getattr(operation, name, None)
        for name in ("activation", "recurrent_activation")
    ]
    return (
        name_in_keras(type(operation)) in _LAYERS
        and all(map(_function_keeps_apart, functions))
        and not _names_rows(operation)
        and all(_keeps_apart(part, is_part=True) for part in parts(operation))
    )


def _function_keeps_apart(function):
    if function is None or getattr(function, "mixes_rows", None) is False:
        return True
    if isinstance(function, L.Layer):
        return _keeps_apart(function, is_part=True)
    module = getattr(function, "__module__", None) or ""
    known = module.partition(".")[0] in ("keras", "tensorflow")
    return known and _plain(getattr(function, "__name__", "")) in _ACTIVATIONS


def _names_rows(layer):
    """Whether a layer acts along the axis of the rows."""
    axes = getattr(layer, "axes" if isinstance(layer, L.Dot) else "axis", None)
    ranks = [len(tensor.shape) for call in calls(layer) for tensor in call.inputs]
    return axes is not None and _has_first(axes, max(ranks, default=None))


def _has_first(axes, rank):
    """Whether ``axes`` of tensors with ``rank`` axes include the axis of the rows."""
    first = {0} if rank is None else {0, -rank}
    return not first.isdisjoint(keras.tree.flatten(axes))


def _operation_keeps_apart(operation, call):
    name = _plain(type(operation).__name__)
    ranks = [len(tensor.shape) for tensor in (*call.inputs, *call.outputs)]
    # A first axis of a known size comes from a constant array, which was broadcast
    # against the rows.
    if any(not tensor.shape or tensor.shape[0] for tensor in call.outputs):
        return False
    if name in _BY_NUMBER:
        return len(set(ranks)) == 1  # otherwise rows are broadcast against other axes
    if name in _BY_AXIS:
        axis = getattr(operation, "axis", None)
        return axis is not None and not _has_first(axis, max(ranks))
    if name == "reshape":
        before, after = call.inputs[0].shape[1:], call.outputs[0].shape[1:]
        return None not in (*before, *after) and math.prod(before) == math.prod(after)
    if name == "transpose":
        return operation.axes is not None and operation.axes[0] == 0
    if name == "swapaxes":
        return not _has_first([operation.axis1, operation.axis2], max(ranks))
    if name == "matmul":
        return len(call.inputs) == 1 or min(ranks) > 2
    if name == "getitem":
        return _leaves_rows(call.arguments[1], ranks[0])
    return False


def _leaves_rows(key, rank):
    """Whether the index ``key`` of a tensor with ``rank`` axes keeps all rows."""
    first, *others = key if isinstance(key, tuple) else (key,)
    if first is Ellipsis:
        return sum(index is not None for index in others) < rank
    return first == slice(None)


def _plain(name):
    return name.replace("_", "").lower()

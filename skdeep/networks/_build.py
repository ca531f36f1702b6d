"""Builds Keras models from network specs.

A network has inputs, scaling, the family's body (nothing in dense networks), hidden
dense layers, and the output layer. A family with another structure defines
``connected`` in its spec.
"""

from typing import NamedTuple

import keras
import numpy as np

from skdeep._forked import refuse_if_forked
from skdeep.networks._clipping import clipped
from skdeep.networks._layers import (
    LoweredAveragePooling2D,
    LoweredConv1D,
    LoweredConv2D,
    LoweredMaxPooling2D,
    PhiloxDropout,
    PhiloxNoise,
    Standardize,
    VariableNormalization,
    WeightedBatchNormalization,
)
from skdeep.networks._name_counts import fresh_name_counts
from skdeep.networks._parts import finalize
from skdeep.networks._recurrent_layers import HoistedGRU, HoistedLSTM, HoistedRNN
from skdeep.networks._seeds import own_seeds

L = keras.layers


class Kit(NamedTuple):
    """The layer classes to build with."""

    dropout: type
    noise: type
    batch_norm: type
    normalization: type
    conv: type
    max_pooling: type
    average_pooling: type
    conv_1d: type
    lstm: type
    gru: type
    rnn: type
    # Whether this is the kit of the training template. Only in the template can two
    # layers share a kernel, and a penalty on the code be one more column of the output:
    # Keras has no layers for that.
    is_template: bool
    # Called for each named layer with its kind, its output and its activation's input.
    mark: object


def _no_mark(kind, output, weighted=None):
    pass


TEMPLATE = Kit(
    PhiloxDropout,
    PhiloxNoise,
    WeightedBatchNormalization,
    VariableNormalization,
    LoweredConv2D,
    LoweredMaxPooling2D,
    LoweredAveragePooling2D,
    LoweredConv1D,
    HoistedLSTM,
    HoistedGRU,
    HoistedRNN,
    True,
    _no_mark,
)
_STOCK = Kit(
    L.Dropout,
    L.GaussianNoise,
    L.BatchNormalization,
    L.Normalization,
    L.Conv2D,
    L.MaxPooling2D,
    L.AveragePooling2D,
    L.Conv1D,
    L.LSTM,
    L.GRU,
    L.SimpleRNN,
    False,
    _no_mark,
)


@fresh_name_counts()
def build_template(spec, *, linear_output=False, mark=_no_mark):
    """The training template, a model that compiled programs call with given weights.

    Parameters
    ----------
    spec : NetworkSpec
    linear_output : bool, default=False
        Leave out the activation of the output layer.
    mark : callable
        Called for each named layer; see :class:`Kit`.

    Returns
    -------
    model : keras.Model
        Input: (batch, *spec.input_shape). Output: (batch, units).
    """
    standardize = None
    if spec.normalize:
        standardize = Standardize(spec.array_dtype, dtype=spec.input_dtype)
    kit = TEMPLATE._replace(mark=mark)
    return _network(spec, kit, standardize, linear_output, None)


def build_stock(spec, weights, inputs, outputs):
    """The trained network from stock Keras layers, which loads without skdeep.

    Parameters
    ----------
    spec : NetworkSpec
    weights : Weights
    inputs, outputs : Standardization or None
        How the raw inputs are standardised, and the outputs scaled back.
    """
    stock = StockNetwork(spec, build_template(spec), inputs, outputs)
    stock.assign(weights)
    return stock.model


class StockNetwork:
    """A network of stock Keras layers that takes and gives the template's weights.

    Parameters
    ----------
    spec : NetworkSpec
    template : keras.Model
    inputs, outputs : Standardization or None
        How the raw inputs are standardised, and the outputs scaled back.
    """

    def __init__(self, spec, template, inputs, outputs):
        standardize = inputs and _standardize(inputs, spec)
        rescale = outputs and _rescale(outputs, spec)
        self.model = _network(spec, _STOCK, standardize, False, rescale)
        self._spec = spec
        # The scaling consists of constants here, and of variables in the template.
        scaling = {
            id(variable)
            for layer in template.layers
            if isinstance(layer, Standardize)
            for variable in layer.variables
        }
        self._scales = [id(v) in scaling for v in template.non_trainable_variables]
        self._scaling = None

    def assign(self, weights):
        """Put in :class:`Weights` of the template."""
        pairs = list(zip(weights.non_trainable, self._scales, strict=True))
        self._scaling = [value for value, scales in pairs if scales]
        fixed = [value for value, scales in pairs if not scales]
        trainable = self._spec.stock_arrays(weights.trainable)
        assign(self.model.trainable_variables, trainable)
        assign(self.model.non_trainable_variables, fixed)
        finalize(self.model)

    def values(self):
        """The template's lists of arrays: trainable ones and others."""
        trainable = [v.numpy() for v in self.model.trainable_variables]
        trainable = self._spec.template_arrays(trainable)
        scaling = iter(self._scaling)
        fixed = (v.numpy() for v in self.model.non_trainable_variables)
        sources = (scaling if scales else fixed for scales in self._scales)
        return trainable, [next(source) for source in sources]


def with_pretrained(model, arrays, trainable, non_trainable):
    """Both lists of a template's values, with pretrained arrays put in.

    Parameters
    ----------
    model : keras.Model
        A template with an embedding, or with a model inside: a backbone or the user's.
    arrays : list of ndarray
        The last of the ``weights`` of these layers. NaN stands for numbers that are not
        pretrained.
    trainable, non_trainable : list
        Values in the order of the template's variables.
    """
    kinds = keras.Model, L.Embedding
    layers = [layer for layer in model.layers if isinstance(layer, kinds)]
    weights = [weight for layer in layers for weight in layer.weights]
    last = weights[len(weights) - len(arrays) :]
    new = {id(v): a for v, a in zip(last, arrays, strict=True)}

    def replaced(variables, values):
        pairs = zip(variables, values, strict=True)
        return [_known_or(new.get(id(variable)), value) for variable, value in pairs]

    return (
        replaced(model.trainable_variables, trainable),
        replaced(model.non_trainable_variables, non_trainable),
    )


def _known_or(array, value):
    """``array`` where it is a number, else ``value``."""
    if array is None:
        return value
    unknown = np.isnan(array) if array.dtype.kind == "f" else np.zeros(1, bool)
    return np.where(unknown, value, array) if unknown.any() else array


def assign(variables, values):
    """Give each Keras variable its value."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(np.asarray(value))


def _standardize(inputs, spec):
    # First the shift, then the scale: x / scale - mean / scale would lose digits where
    # the mean is large.
    dtype = spec.input_dtype
    shift = L.Rescaling(1.0, -inputs.mean, dtype=dtype)
    scale = L.Rescaling(1 / inputs.scale, dtype=dtype)
    if dtype == spec.array_dtype:
        return lambda x: scale(shift(x))
    cast = L.Rescaling(1.0, dtype=spec.array_dtype)
    return lambda x: cast(scale(shift(x)))


def _rescale(outputs, spec):
    dtype = "float64" if outputs.far else spec.array_dtype
    return L.Rescaling(outputs.scale, outputs.mean, dtype=dtype)


@own_seeds()
def _network(spec, kit, standardize, linear_output, rescale):
    refuse_if_forked()
    inputs = keras.Input(spec.input_shape, dtype=spec.input_dtype)
    x = spec.augmented(kit, inputs)
    if standardize is not None:
        x = standardize(x)
    if spec.clips:
        x = clipped(x, keras.ops)
    x = spec.connected(kit, x, linear=linear_output)
    return keras.Model(inputs, x if rescale is None else rescale(x))

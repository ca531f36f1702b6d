"""Layers of the training template. ``model_`` has Keras's stock layers instead."""

import contextlib
import threading

import keras
import tensorflow as tf

from skdeep.networks._same_padding import same_padding

L = keras.layers
_tracing = threading.local()
_EPSILON = 1e-7  # as Keras's


@contextlib.contextmanager
def weighing(weight):
    """Weigh the rows of a batch in batch normalisation, inside of a ``with`` block.

    Parameters
    ----------
    weight : Tensor of shape (batch,)
        Zero for rows that only fill up the batch.
    """
    _tracing.weight = weight
    try:
        yield
    finally:
        del _tracing.weight


@contextlib.contextmanager
def lowering(*, unroll=False):
    """Inside of this block, layers compute by matrix products, which XLA does fast.

    Parameters
    ----------
    unroll : bool
        Whether to unroll loops over time steps, which ``tf.vectorized_map`` cannot map.
    """
    _tracing.lower, _tracing.unroll = True, unroll
    try:
        yield
    finally:
        del _tracing.lower, _tracing.unroll


def is_lowering():
    """Whether this thread is inside of :func:`lowering`."""
    return getattr(_tracing, "lower", False)


def is_unrolling():
    """Whether recurrent layers must unroll their loops over time steps."""
    return getattr(_tracing, "unroll", False)


class Standardize(L.Layer):
    """(x - mean) / scale, with mean and scale as weights.

    Keras's ``Normalization`` holds them as constants of the graph, so each fit
    would compile anew.

    Parameters
    ----------
    output_dtype : str
        The dtype of the result; ``dtype`` is that of the computation.
    """

    def __init__(self, output_dtype, **options):
        super().__init__(**options)
        self._output_dtype = output_dtype

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.mean = self.add_weight(shape=shape, initializer="zeros", trainable=False)
        self.scale = self.add_weight(shape=shape, initializer="ones", trainable=False)

    def call(self, inputs):
        return tf.cast((inputs - self.mean) / self.scale, self._output_dtype)


class VariableNormalization(L.Normalization):
    """A ``Normalization`` layer whose adapted mean and variance are weights."""

    def call(self, inputs):
        if self.input_mean is not None:
            return super().call(inputs)
        shape = self._broadcast_shape
        mean = tf.reshape(tf.cast(self.adapt_mean, inputs.dtype), shape)
        variance = tf.reshape(tf.cast(self.adapt_variance, inputs.dtype), shape)
        if self.invert:
            return mean + inputs * tf.maximum(tf.sqrt(variance), _EPSILON)
        return (inputs - mean) / tf.maximum(tf.sqrt(variance), _EPSILON)


class WeightedBatchNormalization(L.BatchNormalization):
    """Batch normalisation in which each row counts by its weight.

    So a sample of weight two counts like two samples, and rows that fill up a batch do
    not count.
    """

    def _moments(self, inputs, mask):
        weight = getattr(_tracing, "weight", None)
        if weight is None:
            return super()._moments(inputs, mask)
        shape = [-1, *[1] * (len(inputs.shape) - 1)]
        weight = tf.reshape(tf.cast(weight, inputs.dtype), shape)
        if mask is not None:
            weight *= tf.cast(mask, inputs.dtype)[..., None]
        weight = tf.broadcast_to(weight, [*tf.unstack(tf.shape(inputs))[:-1], 1])
        axes = self._reduction_axes
        weight = tf.math.divide_no_nan(weight, tf.reduce_sum(weight))
        mean = tf.reduce_sum(weight * inputs, axes)
        return mean, tf.reduce_sum(weight * tf.square(inputs - mean), axes)


class PhiloxDropout(L.Dropout):
    """Dropout whose bits come from Philox (Salmon et al., 2011, "Parallel random
    numbers: as easy as 1, 2, 3").

    Keras leaves the choice of the generator to TensorFlow. Under XLA on a CPU,
    TensorFlow takes one that costs more than the rest of the training step.
    """

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        return philox_dropout(inputs, self.rate, self.seed_generator)


def philox_dropout(inputs, rate, seed_generator):
    """``inputs`` after dropout with the rate ``rate``."""
    seed = tf.cast(tf.convert_to_tensor(seed_generator.next()), tf.int32)
    return tf.nn.experimental.stateless_dropout(
        inputs, rate, seed=seed, rng_alg="philox"
    )


class PhiloxNoise(L.GaussianNoise):
    """Gaussian noise from Philox, as in :class:`PhiloxDropout`."""

    def call(self, inputs, training=False):
        if not training or self.stddev == 0:
            return inputs
        seed = tf.cast(tf.convert_to_tensor(self.seed_generator.next()), tf.int32)
        noise = tf.random.stateless_normal(
            tf.shape(inputs), seed, dtype=inputs.dtype, alg="philox"
        )
        return inputs + self.stddev * noise


class TransposedDense(L.Layer):
    """A dense layer that shares the kernel of another layer, transposed.

    Parameters
    ----------
    source : keras.layers.Dense
    use_bias : bool
    """

    def __init__(self, source, use_bias, **options):
        super().__init__(**options)
        self._source = lambda: source  # Keras would track a plain attribute as a part
        self._use_bias = use_bias

    @property
    def kernel(self):
        """The kernel of the other layer, not transposed."""
        return self._source().kernel

    def build(self, input_shape):
        width = self.kernel.shape[0]
        self.bias = None
        if self._use_bias:
            self.bias = self.add_weight((width,), "zeros", name="bias")

    def call(self, inputs):
        kernel = tf.convert_to_tensor(self.kernel)
        outputs = tf.matmul(inputs, kernel, transpose_b=True)
        if self.bias is None:
            return outputs
        return outputs + tf.convert_to_tensor(self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.kernel.shape[0])


class LoweredConv2D(L.Conv2D):
    """A convolution as shifted slices and one matrix product.

    Chellapilla, Puri and Simard, 2006, "High Performance Convolutional Neural
    Networks for Document Processing".
    """

    def call(self, inputs):
        if not is_lowering():
            return super().call(inputs)
        if self.padding == "same":
            sides = same_padding(inputs.shape[1:3], self.kernel_size, self.strides)
            inputs = tf.pad(inputs, [[0, 0], *sides, [0, 0]])
        slices = _slices(inputs, self.kernel_size, self.strides)
        return _product(self, tf.concat(slices, axis=-1))


class LoweredConv1D(L.Conv1D):
    """A convolution along one axis, as in :class:`LoweredConv2D`."""

    def call(self, inputs):
        if not is_lowering():
            return super().call(inputs)
        n_steps, (width,) = inputs.shape[1], self.kernel_size
        sides = same_padding([n_steps], self.kernel_size, self.strides)
        inputs = tf.pad(inputs, [[0, 0], *sides, [0, 0]])
        slices = [inputs[:, i : i + n_steps] for i in range(width)]
        return _product(self, tf.concat(slices, axis=-1))


class LoweredMaxPooling2D(L.MaxPooling2D):
    """Max pooling as the largest of shifted slices."""

    def call(self, inputs):
        if not is_lowering():
            return super().call(inputs)
        first, *others = _slices(inputs, self.pool_size, self.strides)
        for other in others:
            first = tf.maximum(first, other)
        return first


class LoweredAveragePooling2D(L.AveragePooling2D):
    """Average pooling as the mean of shifted slices."""

    def call(self, inputs):
        if not is_lowering():
            return super().call(inputs)
        slices = _slices(inputs, self.pool_size, self.strides)
        return tf.add_n(slices) / len(slices)


def _product(layer, patches):
    """The output of a convolution for patches.

    Parameters
    ----------
    layer : keras.layers.Conv1D or keras.layers.Conv2D
    patches : Tensor of shape (batch, ..., window)
        The values that the window covers, at each of its positions.
    """
    kernel = tf.convert_to_tensor(layer.kernel)
    width = patches.shape[-1]
    product = tf.matmul(
        tf.reshape(patches, [-1, width]), tf.reshape(kernel, [width, layer.filters])
    )
    outputs = tf.reshape(product, [-1, *patches.shape[1:-1], layer.filters])
    if layer.use_bias:
        outputs = outputs + tf.convert_to_tensor(layer.bias)
    return layer.activation(outputs)


def _slices(inputs, window, strides):
    """For each cell of the window, the pixels that it covers while the window moves."""
    ends = [
        (size - width) // step * step + 1
        for size, width, step in zip(inputs.shape[1:3], window, strides, strict=True)
    ]
    return [
        inputs[:, i : i + ends[0] : strides[0], j : j + ends[1] : strides[1]]
        for i in range(window[0])
        for j in range(window[1])
    ]

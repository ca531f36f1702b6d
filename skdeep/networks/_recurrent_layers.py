"""Recurrent layers of the training template. They have the weights of Keras's layers.

Where XLA compiles them, one matrix product serves the inputs of all steps (Appleyard,
Kočiský and Blunsom, 2016, "Optimizing Performance of Recurrent Neural Networks on
GPUs"). Elsewhere they compute as Keras's layers do.
"""

import keras
import tensorflow as tf

from skdeep.networks._layers import is_lowering, is_unrolling, philox_dropout

L = keras.layers


class HoistedRNN(L.SimpleRNN):
    """A simple recurrent layer."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if not is_lowering():
            return super().call(sequences, initial_state, mask, training)
        recurrent = tf.convert_to_tensor(self.cell.recurrent_kernel)

        def step(z, seen, h):
            return [self.cell.activation(z + tf.matmul(seen(h), recurrent))]

        return _recur(self, sequences, mask, training, step, 1)


class HoistedLSTM(L.LSTM):
    """A long short-term memory."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if not is_lowering():
            return super().call(sequences, initial_state, mask, training)
        recurrent = tf.convert_to_tensor(self.cell.recurrent_kernel)
        gate, activation = self.cell.recurrent_activation, self.cell.activation

        def step(z, seen, h, c):
            i, f, g, o = tf.split(z + tf.matmul(seen(h), recurrent), 4, axis=-1)
            c = gate(f) * c + gate(i) * activation(g)
            return [gate(o) * activation(c), c]

        return _recur(self, sequences, mask, training, step, 2)


class HoistedGRU(L.GRU):
    """A gated recurrent unit, whose reset gate acts after the recurrent product."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if not is_lowering():
            return super().call(sequences, initial_state, mask, training)
        recurrent = tf.convert_to_tensor(self.cell.recurrent_kernel)
        bias = tf.convert_to_tensor(self.cell.bias)[1] if self.use_bias else 0
        gate, activation = self.cell.recurrent_activation, self.cell.activation

        def step(z, seen, h):
            own = tf.matmul(seen(h), recurrent) + bias
            z, r, new = tf.split(z, 3, axis=-1)
            own_z, own_r, own_new = tf.split(own, 3, axis=-1)
            z, r = gate(z + own_z), gate(r + own_r)
            return [z * h + (1 - z) * activation(new + r * own_new)]

        return _recur(self, sequences, mask, training, step, 1)


def _recur(layer, sequences, mask, training, step, n_states):
    """The outputs of ``layer``: of the last step, or of all with ``return_sequences``.

    Parameters
    ----------
    layer : keras.layers.RNN
    sequences : Tensor of shape (batch, steps, channels)
    mask : Tensor of shape (batch, steps) or None
    training : bool
    step : callable
        Computes one time step. Takes the projected inputs of the step, the function
        that applies recurrent dropout, and the states. Returns the new states, the
        first of which is the output.
    n_states : int
    """
    inputs = _projected(layer.cell, sequences)
    if layer.go_backwards:
        inputs = tf.reverse(inputs, [1])
        mask = None if mask is None else tf.reverse(mask, [1])
    blank = tf.zeros_like(inputs[:, 0, : layer.cell.units])
    states = [blank] * n_states
    seen = _recurrent_dropout(layer.cell, blank, training)

    def masked_step(z, present, states):
        new = step(z, seen, *states)
        if mask is None:
            return new
        pairs = zip(new, states, strict=True)
        return [tf.where(present[:, None], after, before) for after, before in pairs]

    if not is_unrolling():
        return _loop(layer, inputs, mask, masked_step, states)
    outputs = []
    for number in range(inputs.shape[1]):
        present = None if mask is None else mask[:, number]
        states = masked_step(inputs[:, number], present, states)
        outputs.append(states[0])
    return tf.stack(outputs, axis=1) if layer.return_sequences else states[0]


def _projected(cell, sequences):
    """The product of the cell's kernel with the inputs of all steps, plus the bias."""
    kernel = tf.convert_to_tensor(cell.kernel)
    shape = tf.shape(sequences)
    flat = tf.reshape(sequences, [-1, sequences.shape[2]])
    product = tf.matmul(flat, kernel)
    if cell.use_bias:
        bias = tf.convert_to_tensor(cell.bias)
        product += bias[0] if len(bias.shape) == 2 else bias  # GRU has two
    product = tf.reshape(product, [shape[0], shape[1], kernel.shape[1]])
    return tf.ensure_shape(product, [*sequences.shape[:2], kernel.shape[1]])


def _recurrent_dropout(cell, blank, training):
    """A function that applies recurrent dropout to the output that is fed back.

    It leaves out the same units in all steps (Gal and Ghahramani, 2016, "A
    Theoretically Grounded Application of Dropout in Recurrent Neural Networks") and in
    all gates. Keras's cells draw other units for each gate.
    """
    if not training or not cell.recurrent_dropout:
        return lambda h: h
    ones = tf.ones_like(blank)
    factor = philox_dropout(ones, cell.recurrent_dropout, cell.seed_generator)
    return lambda h: h * factor


def _loop(layer, inputs, mask, masked_step, states):
    inputs = tf.transpose(inputs, [1, 0, 2])
    n_steps = inputs.shape[0] or tf.shape(inputs)[0]
    mask = None if mask is None else tf.transpose(mask)
    outputs = tf.TensorArray(
        inputs.dtype,
        size=n_steps if layer.return_sequences else 0,
        element_shape=states[0].shape,
    )

    def body(number, states, outputs):
        present = None if mask is None else mask[number]
        states = masked_step(inputs[number], present, states)
        if layer.return_sequences:
            outputs = outputs.write(number, states[0])
        return number + 1, states, outputs

    _, states, outputs = tf.while_loop(
        lambda number, *_: number < n_steps,
        body,
        (tf.constant(0), states, outputs),
        maximum_iterations=n_steps,
    )
    if not layer.return_sequences:
        return states[0]
    return tf.transpose(outputs.stack(), [1, 0, 2])

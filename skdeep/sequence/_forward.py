"""Recurrent layers and convolutions along time, in NumPy."""

import numpy as np
from scipy.special import expit

from skdeep.inference import ACTIVATIONS, dense_layers, pieces

# Few enough sequences at once for the arrays of a step to stay in the CPU's cache.
_SEQUENCES_AT_ONCE = 256


def forward_sequence(spec, layers, X):
    """The output before the activation of the output layer.

    Parameters
    ----------
    spec : SequenceSpec
    layers : FoldedLayers
    X : ndarray of shape (n_samples, steps, channels)

    Returns
    -------
    output : ndarray of shape (n_samples, units) or (n_samples, steps, units)
    """
    embedding = None
    if spec.n_tokens:
        embedding = layers.fixed() if spec.frozen_embedding else layers.arrays(1)[0]
    make = _recurrent_layer if spec.recurrent else _convolution
    along_time = [make(spec, layers, number) for number in range(len(spec.cell_units))]
    products = layers.products(len(spec.hidden_layer_sizes))
    outputs = []
    for piece in pieces(X, _SEQUENCES_AT_ONCE):
        x, mask = layers.scaled(X[piece]), None
        if spec.masked:
            mask, x = x[:, :, -1] > 0.5, x[:, :, :-1]
            mask = None if mask.all() else mask
        if embedding is not None:
            x = embedding[x[:, :, 0].astype(np.intp)]
        if mask is not None and not spec.recurrent:
            x = x * mask[:, :, None]
        for apply in along_time:
            x = apply(x, mask)
        if not spec.recurrent and not spec.return_sequences:
            x = _mean(x, mask)
        outputs.append(_dense(spec, products, x))
    return np.concatenate(outputs)


def _recurrent_layer(spec, layers, number):
    """The recurrent layer of this number, a function of (x, mask)."""
    last = number == len(spec.cell_units) - 1 and not spec.return_sequences
    directions = [_cell_arrays(spec, layers) for _ in range(spec.n_directions)]
    if not last:
        # In model_ the backward layer comes first if its output is flipped in time.
        directions.reverse()
    norm = layers.normalization() if spec.batch_norm else None
    step = _STEPS[spec.cell]
    activation = ACTIVATIONS[spec.cell_activation]

    def apply(x, mask):
        outputs = []
        for arrays, backwards in zip(directions, (False, True), strict=False):
            outputs.append(_recur(step, activation, arrays, x, mask, last, backwards))
        x = outputs[0] if len(outputs) == 1 else np.concatenate(outputs, axis=-1)
        return x if norm is None else x * norm[0] + norm[1]

    return apply


def _cell_arrays(spec, layers):
    """Kernel, recurrent kernel and bias."""
    kernel, recurrent = layers.arrays(2)
    width = kernel.shape[1]
    return kernel, recurrent, layers.bias((2, width) if spec.cell == "gru" else width)


def _recur(step, activation, arrays, x, mask, last, backwards):
    """The last state of each sequence, or the states of all steps."""
    kernel, recurrent, bias = arrays
    # A GRU has two biases: for the input, and for the recurrent part.
    projected = x @ kernel + (bias[0] if bias.ndim == 2 else bias)
    units = len(recurrent)
    states = [np.zeros((len(x), units), x.dtype)] * 2
    outputs = None if last else np.empty((*x.shape[:2], units), x.dtype)
    order = range(x.shape[1])
    for number in reversed(order) if backwards else order:
        new = step(projected[:, number], states, recurrent, bias, activation)
        if mask is not None:
            # Padded steps leave the states as they are.
            present = mask[:, number, None]
            new = [np.where(present, *pair) for pair in zip(new, states, strict=False)]
        states = new
        if not last:
            outputs[:, number] = states[0]
    return states[0] if last else outputs


def _rnn_step(z, states, recurrent, bias, activation):
    return [activation(z + states[0] @ recurrent)]


def _lstm_step(z, states, recurrent, bias, activation):
    h, c = states
    z = z + h @ recurrent
    units = h.shape[1]
    gates = expit(z)  # one call for all columns is quicker than three for the gates
    i, f, o = gates[:, :units], gates[:, units : 2 * units], gates[:, 3 * units :]
    c = f * c + i * activation(z[:, 2 * units : 3 * units])
    return [o * activation(c.copy()), c]


def _gru_step(z, states, recurrent, bias, activation):
    h = states[0]
    fed_back = h @ recurrent + bias[1]
    units = h.shape[1]
    gates = expit(z[:, : 2 * units] + fed_back[:, : 2 * units])
    update, reset = gates[:, :units], gates[:, units:]
    new = activation(z[:, 2 * units :] + reset * fed_back[:, 2 * units :])
    return [update * h + (1 - update) * new]


_STEPS = {"rnn": _rnn_step, "lstm": _lstm_step, "gru": _gru_step}


def _convolution(spec, layers, number):
    """A convolution along time, a function of (x, mask)."""
    kernel, bias = layers.product(spec.batch_norm)
    activation = ACTIVATIONS[spec.activation]
    width = spec.kernel_size
    before = (width - 1) // 2  # steps of padding="same" before the sequence

    def apply(x, mask):
        padded = np.pad(x, [(0, 0), (before, width - 1 - before), (0, 0)])
        n_steps = x.shape[1]
        seen = [padded[:, i : i + n_steps] for i in range(width)]
        patches = np.concatenate(seen, axis=-1)
        x = activation(patches @ kernel.reshape(-1, kernel.shape[-1]) + bias)
        return x if mask is None else x * mask[:, :, None]

    return apply


def _mean(x, mask):
    """The mean over the steps, without padding."""
    if mask is None:
        return x.mean(axis=1)
    return x.sum(axis=1) / mask.sum(axis=1, keepdims=True)


def _dense(spec, products, x):
    flat = x.reshape(-1, x.shape[-1])
    buffers = [np.empty((len(flat), n), x.dtype) for n in spec.hidden_layer_sizes]
    output = np.empty((len(flat), spec.units), x.dtype)
    dense_layers(products, ACTIVATIONS.get(spec.activation), flat, buffers, output)
    return output.reshape(*x.shape[:-1], spec.units)

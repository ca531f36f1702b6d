"""Findings about single layers: units, gradients, updates."""

import numpy as np

from skdeep.inspection._facts import Fact, remedies, size_parameters
from skdeep.inspection._fit_findings import loss_fall

_MOST_DEAD = 0.5
_MOST_SATURATED = 0.3
# A unit is saturated where its derivative is below this share of the maximum.
_FLAT = 0.05
_LEAST_GRADIENT = 1e-3
_MOST_GRADIENT = 100
_MOST_UPDATE = 0.5
# Largest rise of the training loss, as a share of its fall.
_MOST_RISE = 0.1
# Least fall of the training loss, as a share of the first loss, in this many epochs.
_LEAST_FALL, _LEAST_EPOCHS = 0.1, 3
_SMALL_UPDATE = 1e-3
# Least change of the weights by all steps together, as a share of their norm.
_LEAST_TRAVEL = 0.1
# Updates of healthy networks lie between 0.001 and 0.1; this is the middle.
_GOOD_UPDATE = 0.01
# A larger change of the learning rate is left to the next diagnosis.
_MOST_FACTOR = 10
_SILU = "activation='silu'"
_GLOROT = "kernel_initializer='glorot_uniform'"
# Derivatives as functions of the activation's value, divided by their maximum.
_DERIVATIVES = {
    "sigmoid": lambda a: 4 * a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "hard_sigmoid": lambda a: (a > 0) & (a < 1),
    "hard_tanh": lambda a: np.abs(a) < 1,
}
# Cells whose output is a value of the activation. An LSTM gives o * tanh(c) instead.
_PLAIN_CELLS = "rnn", "gru"


def dead_units(evidence):
    """Units that give 0 for every sample."""
    for layer, activation, units in _hidden_units(evidence):
        if activation not in ("relu", "relu6"):
            continue
        share = float((units == 0).all(axis=0).mean())
        fact = Fact("share of dead units", share, f"at most {_MOST_DEAD}", layer)
        yield fact.with_finding_if(
            share > _MOST_DEAD,
            "dead units",
            f"{share:.0%} of the units give 0 for every sample and so learn nothing: "
            "lower learning_rate, or set activation='leaky_relu' or 'silu'.",
        )


def saturated_units(evidence):
    """Units whose derivative is almost 0 for most samples."""
    for layer, activation, units in _hidden_units(evidence):
        if activation not in _DERIVATIVES:
            continue
        flat = _DERIVATIVES[activation](units.astype("float64")) < _FLAT
        share = float((flat.mean(axis=0) > 0.5).mean())
        healthy = f"at most {_MOST_SATURATED}"
        fact = Fact("share of saturated units", share, healthy, layer)
        yield fact.with_finding_if(
            share > _MOST_SATURATED,
            "saturated units",
            f"{share:.0%} of the units are where {activation} is flat for most "
            f"samples, so that they hardly learn: set {_GLOROT}, "
            f"{remedies(evidence.estimator, 'normalize=True', _SILU)}, or lower "
            "learning_rate.",
        )


def gradients(evidence):
    """Gradients that do not reach a layer, or that are too large for it."""
    finite = [g for g in evidence.gradients.values() if np.isfinite(g)]
    most = max(finite, default=0.0)
    network = evidence.estimator
    for layer, gradient in evidence.gradients.items():
        least = most * _LEAST_GRADIENT
        healthy = f"{least:.1g} to {_MOST_GRADIENT}"
        fact = Fact("gradient norm by weight norm", gradient, healthy, layer)
        if gradient < least:
            ways = remedies(network, _SILU, "batch_norm=True", _GLOROT)
            fact = fact.with_finding(
                "vanishing gradient",
                f"The gradient is {_times(most / max(gradient, 1e-300))} times smaller "
                "than in another layer, so that this one hardly learns: take fewer "
                f"{size_parameters(network)}, {ways}.",
            )
        elif not gradient <= _MOST_GRADIENT:
            ways = remedies(network, _GLOROT, "normalize=True", "batch_norm=True")
            fact = fact.with_finding(
                "exploding gradient",
                "A single sample's gradient is far larger than the weights: take "
                f"{ways}, or an optimizer that clips, "
                "keras.optimizers.AdamW(clipnorm=1.0).",
            )
        yield fact


def updates(evidence):
    """Steps that are too large or too small for the weights.

    The rule of thumb of 1e-3 per step is from the course notes CS231n, "Neural Networks
    Part 3", https://cs231n.github.io/neural-networks-3/#ratio. First steps are larger,
    because Adam's first step changes each weight by the learning rate, however small
    the weights are. So a large update is a finding only if training went wrong.
    """
    n_steps, failed = evidence.n_steps, _training_failed(evidence.estimator)
    for layer, ratio in evidence.updates.items():
        least = min(_SMALL_UPDATE, _LEAST_TRAVEL / max(n_steps, 1))
        healthy = f"{least:.1g} to {_MOST_UPDATE if failed else 'any'}"
        fact = Fact("first update by weight norm", ratio, healthy, layer)
        if not ratio <= _MOST_UPDATE and (failed or not np.isfinite(ratio)):
            fact = fact.with_finding(
                "learning rate too large",
                f"One step changes the weights by {_percent(ratio)} of their size: "
                f"{_other_rate(1 / ratio)}.",
            )
        elif n_steps and ratio < least:
            fact = fact.with_finding(
                "learning rate too small",
                f"All {n_steps} steps together can change the weights by "
                f"{ratio * n_steps:.1%} of their size at most: "
                f"{_other_rate(1 / max(ratio, 1e-30))}, or train for more epochs.",
            )
        yield fact


def _training_failed(estimator):
    """Whether the training loss has risen, hardly fallen, or never been finite."""
    losses = estimator.history_.get("loss", ())
    if not len(losses):
        return estimator.network_.weights.optimizer is not None  # diverged at once
    first, last = losses.iloc[0], losses.iloc[-1]
    risen = losses.max() - first > _MOST_RISE * loss_fall(losses)
    flat = len(losses) >= _LEAST_EPOCHS and first - last < _LEAST_FALL * abs(first)
    return bool(risen or flat)


def _other_rate(inverse_update):
    """Advice for a learning rate that brings the update to a healthy size."""
    wanted = inverse_update * _GOOD_UPDATE
    verb = "divide" if wanted < 1 else "multiply"
    factor = 1 / max(wanted, 1e-30) if wanted < 1 else wanted
    if factor > _MOST_FACTOR:
        return f"{verb} learning_rate by {_MOST_FACTOR}, train and diagnose again"
    return f"{verb} learning_rate by about {float(f'{factor:.0e}'):.0f}"


def _percent(share):
    """A share as text; very large shares are not spelt out."""
    return f"{share:.0%}" if share < 10 else "more than 1,000%"


def _times(factor):
    return f"{factor:,.0f}" if factor < 1e6 else "more than a million"


def _hidden_units(evidence):
    """Name, activation and outputs of shape (n, n_units) of each hidden layer."""
    spec = evidence.spec
    for layer, output in evidence.outputs.items():
        if spec.masked and output.ndim == 3:
            output = output[evidence.rows[:, :, -1] > 0.5]  # without padding
        kind = layer.rpartition("_")[0]
        activation = spec.activation
        if spec.recurrent and kind == spec.cell:
            activation = spec.cell_activation if kind in _PLAIN_CELLS else None
        if kind in ("dense", "conv", *_PLAIN_CELLS):
            yield layer, _name(activation), output.reshape(-1, output.shape[-1])


def _name(activation):
    """Keras's name of an activation."""
    from keras import layers

    if isinstance(activation, layers.Activation):
        activation = activation.activation
    if isinstance(activation, layers.ReLU) and not activation.negative_slope:
        return {None: "relu", 6: "relu6"}.get(activation.max_value)
    return getattr(activation, "__name__", activation)

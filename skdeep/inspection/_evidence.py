"""The measurements of a diagnosis, which all its findings share."""

import copy
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import indexable

from skdeep._compat import _safe_indexing
from skdeep.base import _target_steps
from skdeep.encoding._inputs import dense
from skdeep.inspection._fitted import network_and_samples, network_estimator
from skdeep.inspection._traces import encoded_targets

_MOST_ROWS = 2000
_LEAST_ROWS = 32
_MOST_VALUES = 2**24
# The end of the names of kernels, as of "recurrent_kernel".
_KERNEL = "kernel"


@dataclass
class Evidence:
    """Measurements of a fitted network.

    Attributes
    ----------
    estimator : BaseNetwork
        The network, without the pipeline or search around it.
    n_samples : int
        Number of samples in X. Everything else is measured on ``n_rows`` of them.
    rows : ndarray of shape (n_rows, *spec.input_shape)
        Samples as the network takes them.
    Y : ndarray of shape (n_rows, n_targets)
        Targets as the network learns them.
    y, predicted : ndarray of shape (n_values,) or (n_values, n_outputs)
        Labels or target values. With ``return_sequences`` each step is a value.
    probabilities : ndarray of shape (n_values, n_classes) or None
    loss : float
        The training loss of the rows, without dropout.
    loss_error : float
        The standard error of ``loss``; not finite for a single sample.
    outputs : dict of str to ndarray of shape (n_rows, ...)
        The outputs of each layer.
    gradients : dict of str to float
        By layer, the root mean square norm of single samples' gradients, divided by
        the norm of the weights. Embeddings are left out, here and in ``updates``,
        because a sample has few of the tokens.
    updates : dict of str to float
        By layer, the norm of the first step of a new network, divided by the norm of
        the weights before the step. The step has the largest rate of a schedule.
    """

    estimator: object
    n_samples: int
    rows: np.ndarray
    Y: np.ndarray
    y: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray | None
    loss: float
    loss_error: float
    outputs: dict
    gradients: dict
    updates: dict

    @property
    def spec(self):
        return self.estimator.network_.spec

    @property
    def n_steps(self):
        """Optimiser steps that the network has been trained for."""
        return self.estimator.network_.weights.n_steps


def measure(estimator, X, y):
    """Measure a fitted network.

    Parameters
    ----------
    estimator : object
        A fitted network, a pipeline that ends with one, or a search over either.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    Evidence
    """
    X, y = checked_samples(estimator, X, y)
    n_samples = len(y)
    chosen = _some_rows(network_estimator(estimator), n_samples)
    inner, samples = network_and_samples(estimator, _safe_indexing(X, chosen))
    y = y[chosen]
    rows = dense(inner._network_rows(samples))
    Y = encoded_targets(inner, rows, y)
    loss, error, outputs, gradients = _loss_and_gradients(inner, rows, Y)
    proba = None
    if hasattr(inner, "classes_"):
        # Not predict_proba, which losses of margins (hinge) do not have.
        proba = inner._decoded("probabilities", samples)
    return Evidence(
        inner,
        n_samples,
        rows,
        Y,
        steps_as_rows(inner, read_labels(inner, y)),
        steps_as_rows(inner, read_labels(inner, inner.predict(samples))),
        None if proba is None else steps_as_rows(inner, proba),
        loss,
        error,
        outputs,
        gradients,
        _first_updates(inner, samples, y),
    )


def checked_samples(estimator, X, y):
    """``X`` that can be indexed and ``y`` as an array; refuses other estimators.

    Parameters
    ----------
    estimator : object
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        A single column becomes a vector.
    """
    inner = network_estimator(estimator)
    if not (is_classifier(inner) or is_regressor(inner)):
        raise TypeError(
            "estimator must be a classifier or a regressor, to be measured with y. "
            f"Received {inner!r}. skdeep.layer_outputs and HistoryDisplay take others."
        )
    if y is None:
        raise ValueError(
            "y must hold a target for each sample. Received None. Pass the targets."
        )
    X, y = indexable(X, y)
    y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    return X, y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def read_labels(estimator, y):
    """``y`` with one-hot rows turned into class numbers, if ``fit`` got such rows.

    Parameters
    ----------
    estimator : BaseNetwork
    y : ndarray or CSR of shape (n_samples, ...)
    """
    per_step = estimator.network_.spec.return_sequences
    return _target_steps.read_labels(estimator._targets.indicator, y, per_step=per_step)


def steps_as_rows(estimator, y):
    """``y`` with a row for each target: with ``return_sequences`` one per step.

    Parameters
    ----------
    estimator : BaseNetwork
    y : ndarray of shape (n_samples, ...)
    """
    if estimator.network_.spec.return_sequences:
        return _target_steps.steps_as_samples(y)
    return y


def standard_error(numbers):
    """The standard error of the mean along the first axis; infinite for one number."""
    n = len(numbers)
    return numbers.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.inf


def _some_rows(estimator, n_samples):
    """Indices of samples, few enough for their layers' outputs to fit into memory."""
    spec = estimator.network_.spec
    most = min(
        spec.execution.rows_at_once,
        _MOST_VALUES // prod(filter(None, spec.input_shape)),
    )
    most = min(_MOST_ROWS, max(_LEAST_ROWS, most))
    if getattr(estimator, "window", None) is not None:
        return np.arange(min(n_samples, most))  # a window needs adjacent rows
    return np.random.RandomState(0).permutation(n_samples)[:most]


def _loss_and_gradients(estimator, rows, Y):
    """The loss and its standard error, the layers' outputs, the relative gradients.

    One backward pass estimates the mean square of single samples' gradients. Each
    sample's loss gets a random sign, which makes the expected square of the sum of the
    gradients the sum of their squares.
    """
    from skdeep.training._gradients import slopes
    from skdeep.training._program import per_sample

    network, head = estimator.network_, estimator._head(estimator._targets)
    loss_of = head.loss_of_encoded(network.outputs)
    loss = slopes(network.spec, loss_of, network.weights, rows, Y).loss
    signs = np.random.RandomState(0).choice([-1.0, 1.0], len(Y))
    without_penalties = replace(network.spec, l1=0.0, l2=0.0)
    signed = slopes(without_penalties, loss_of, network.weights, rows, Y, signs)
    before = _kernels(network.spec, network.weights)
    # Each gradient was divided by the number of samples.
    scale = 1.0
    if getattr(loss_of, "reduction", None) != "sum":
        scale = len(Y)
    after = {name: g * (scale / np.sqrt(len(Y))) for name, g in signed.weights.items()}
    losses = per_sample(loss_of)(Y, signed.outputs["output"])
    error = standard_error(np.asarray(losses, "float64")) * len(Y) / scale
    return loss, error, signed.outputs, _by_layer(before, after)


def _first_updates(estimator, samples, y):
    """How much the first step of a new network of this kind changes each layer."""
    from skdeep.training import train

    twin = copy.copy(estimator)
    n_rows = estimator._batch_size(len(y)) if estimator.batch_size == "auto" else None
    n_rows = n_rows or min(estimator.batch_size, len(y))
    twin.callbacks, twin.metrics, twin.batch_size = None, None, n_rows
    batch = _safe_indexing(samples, np.arange(n_rows)), y[:n_rows]
    rng, network = np.random.RandomState(0), estimator.network_
    data = twin._encode(*batch, None, None, network, None, rng)
    job = twin._job(data, 1, network, rng, is_whole_fit=False)
    _use_largest_rate(job, network.weights.n_steps)
    job.resume = before = _new_weights(job, network)
    outcome = train(job, twin.engine)
    old = _kernels(job.spec, before)
    if outcome.diverged_at is not None:
        return dict.fromkeys(_by_layer(old, old), np.inf)
    new = _kernels(job.spec, outcome.weights)
    return _by_layer(old, {name: new[name] - old[name] for name in old})


def _use_largest_rate(job, n_steps):
    """Give a job the largest rate of its schedule, which may begin at zero."""
    from skdeep.training._optimizers import OptimizerSpec
    from skdeep.training._schedules import LearningRates

    rates = LearningRates.of_job(job, OptimizerSpec(job.optimizer, job))
    if not rates.constant:
        rates = rates.of(0, max(1, n_steps))
        job.learning_rate, job.learning_rate_schedule = float(rates.max()), None


def _new_weights(job, network):
    """Initial weights for a first step; a backbone keeps its pretrained weights."""
    from skdeep.networks import Weights
    from skdeep.training._optimizers import OptimizerSpec
    from skdeep.training._program import program_for

    if job.spec.backbone:
        return replace(network.weights, optimizer=None, n_steps=0)
    optimizer = OptimizerSpec(job.optimizer, job)
    if not optimizer.supported:
        optimizer = OptimizerSpec("sgd")  # the initial weights do not depend on it
    program = program_for(job.spec, job.head, optimizer, ())
    state = program.initial_state(np.random.RandomState(0), network.inputs)
    return Weights(*([value.numpy() for value in part] for part in state[:2]))


def _kernels(spec, weights):
    """The trainable kernels by name: no biases, scales or embeddings."""
    from skdeep.networks._named import named_places

    places = [(name, place) for name, place in named_places(spec) if place.trainable]
    return {name: place.of(weights) for name, place in places if name.endswith(_KERNEL)}


def _by_layer(weights, changes):
    """The norm of each layer's changes divided by the norm of its weights.

    Layers whose weights are all zero are left out.
    """
    squares = {}
    for name, weight in weights.items():
        sums = squares.setdefault(name.split("/")[0], np.zeros(2))
        # In double precision: squares of large gradients overflow.
        sums += [np.square(a, dtype="float64").sum() for a in (changes[name], weight)]
    return {k: float(np.sqrt(a / b)) for k, (a, b) in squares.items() if b > 0}

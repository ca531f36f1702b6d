"""Trains a compiled Keras model of the user's with the compiled engine."""

import keras
import numpy as np

from skdeep.encoding import Rows, Standardization
from skdeep.networks import Head, Weights
from skdeep.networks._given import describe
from skdeep.networks._given_spec import GivenSpec
from skdeep.training import train
from skdeep.training._callbacks import needs_batches
from skdeep.training._job import TrainingJob
from skdeep.training._models import assign_optimizer, assign_weights, optimizer_values
from skdeep.training._optimizers import OptimizerSpec
from skdeep.training._program import program_for

_REDUCTIONS = "sum_over_batch_size", "mean", "sum"


def given_spec(model):
    """The spec of a model that the compiled engine can run, or None.

    Parameters
    ----------
    model : keras.Model
    """
    try:
        network = describe(model)
    except ValueError:
        return None
    kinds = {model.outputs[0].dtype, *(v.dtype for v in model.trainable_variables)}
    layers = model._flatten_layers(include_self=False)
    kinds |= {layer.compute_dtype for layer in layers}
    if network.mixes_rows or len(kinds) != 1 or not kinds <= {"float32", "float64"}:
        return None
    return GivenSpec(
        input_shape=network.input_shape,
        units=network.output_shape[-1] if network.output_shape else 1,
        output=None,
        normalize=False,
        dtype=kinds.pop(),
        network=network,
    )


def train_given(
    model, train_rows, *, batch_size, epochs, seed, validation=None, **options
):
    """Train a compiled model in place with the compiled engine, if that can.

    Parameters
    ----------
    model : keras.Model
    train_rows : tuple of (X, y, sample_weight)
        Arrays; the weights may be None.
    batch_size, epochs, seed : int
    validation : tuple of (X, y, sample_weight), default=None
    **options
        ``shuffle``, ``hooks`` and ``keras_callbacks`` of :class:`TrainingJob`.

    Returns
    -------
    Outcome or None
        None where only ``keras.Model.fit`` can train this model.
    """
    job = _job(model, train_rows, validation, batch_size, epochs, seed, options)
    if job is None:
        return None
    outcome = train(job)
    assign_weights(model, outcome.weights)
    assign_optimizer(model, outcome.weights.optimizer)
    return outcome


def _job(model, train_rows, validation, batch_size, epochs, seed, options):
    spec, loss, optimizer = given_spec(model), _loss(model), model.optimizer
    callbacks = options.get("keras_callbacks", ())
    needs_keras = model.run_eagerly or any(map(needs_batches, callbacks))
    if spec is None or loss is None or needs_keras:
        return None
    known = OptimizerSpec(optimizer)
    head = Head(spec.units, None, loss, weighs_metrics=_weighs_metrics(model))
    weighted = train_rows[2] is not None
    try:
        rows, held_out = (
            part and _rows(spec, head, *part) for part in (train_rows, validation)
        )
        metrics = _metrics(model, rows.Y.shape, weighted)
        program_for(spec, head, known, metrics)
    except _NeedsKerasError:
        return None
    rng = np.random.RandomState(seed)
    return TrainingJob(
        spec=spec,
        head=head,
        train=rows,
        validation=held_out,
        inputs=Standardization.none(1),
        outputs=Standardization.none(1),
        optimizer=optimizer,
        learning_rate=None,
        learning_rate_schedule=None,
        metrics=metrics,
        batch_size=min(batch_size, len(rows)),
        epochs=epochs,
        planned_epochs=epochs,
        initial_seeds=rng,
        order_seed=int(rng.randint(2**31 - 1)),
        resume=_weights(model),
        model=model,
        **options,
    )


class _NeedsKerasError(ValueError):
    """Only ``keras.Model.fit`` can do what is asked for."""


def _loss(model):
    """The loss of a model with one output, or None where there is another."""
    loss = model.loss
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    if getattr(model._compile_loss, "_user_loss_weights", None) is not None:
        return None
    if isinstance(loss, keras.losses.Loss):
        return loss if loss.reduction in _REDUCTIONS else None
    if isinstance(loss, str):
        return None if loss in ("crossentropy", "ce") else loss
    return loss if callable(loss) else None


def _weights(model):
    lists = model.trainable_variables, model.non_trainable_variables
    trainable, fixed = ([variable.numpy() for variable in part] for part in lists)
    slots = optimizer_values(model.optimizer)
    return Weights(trainable, fixed, slots, int(model.optimizer.iterations))


def _rows(spec, head, X, y, weight):
    """Arrays as the engine takes them: targets with an axis of columns."""
    X, y = np.asarray(X), np.asarray(y)
    shape = (len(y), *spec.output_shape[:-1], head.width)
    if y.shape == shape[:-1]:
        y = y[..., None]
    fits = X.ndim - 1 == len(spec.input_shape) and all(
        size in (None, own)
        for size, own in zip(spec.input_shape, X.shape[1:], strict=True)
    )
    if not fits or y.shape != shape or {X.dtype.kind, y.dtype.kind} - set("fiub"):
        raise _NeedsKerasError
    weight = np.ones(len(y)) if weight is None else np.asarray(weight)
    if weight.shape != (len(y),):
        raise _NeedsKerasError
    return Rows(X, y.astype(spec.array_dtype), weight.astype(spec.array_dtype))


def _user_metrics(model):
    """What was given to compile as ``metrics`` and as ``weighted_metrics``."""
    given = model._compile_metrics
    if given is None:
        return [], []
    return given._user_metrics or [], given._user_weighted_metrics or []


def _weighs_metrics(model):
    return not _user_metrics(model)[0]


def _metrics(model, targets, weighted):
    """Metrics by the names that ``keras.Model.fit`` gives them."""
    plain, weighing = _user_metrics(model)
    if (plain and weighing and weighted) or isinstance(plain or weighing, dict):
        raise _NeedsKerasError
    metrics = []
    for metric in keras.tree.flatten([plain, weighing]):
        try:
            metrics.append(_metric(metric, model.outputs[0].shape, targets))
        except (ValueError, TypeError) as error:
            raise _NeedsKerasError from error
    return tuple(metrics)


def _metric(metric, outputs, targets):
    if metric in ("accuracy", "acc"):
        kind = "Categorical"
        if outputs[-1] == 1:
            kind = "Binary"
        elif targets[-1] == 1:
            kind = "SparseCategorical"
        return getattr(keras.metrics, f"{kind}Accuracy")(name=metric)
    if isinstance(metric, str):
        name, metric = metric, keras.metrics.get(metric)
        if isinstance(metric, keras.metrics.Metric):
            metric.name = name
    elif isinstance(metric, keras.metrics.Metric):
        type(metric).from_config(metric.get_config())  # as every program does
    return metric

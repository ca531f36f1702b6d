"""Trains a user's compiled Keras model with skdeep's compiled engine."""

from dataclasses import replace

import keras
import numpy as np

from skdeep._warn import warn
from skdeep.encoding import EncodedSamples, Standardization
from skdeep.networks import Head, Weights
from skdeep.networks._given import given_spec
from skdeep.networks._made_anew import check_described, made_anew
from skdeep.training import train
from skdeep.training._batch_losses import loss_depends_on_batch
from skdeep.training._callbacks import needs_batches
from skdeep.training._history import lists_by_name
from skdeep.training._job import TrainingJob
from skdeep.training._keras_fit import fit_keras_model, warn_of_divergence
from skdeep.training._metrics import plain_name
from skdeep.training._models import assign_optimizer, assign_weights, optimizer_values
from skdeep.training._optimizers import UNSUPPORTED, OptimizerSpec
from skdeep.training._program import program_for

_LARGEST_INTEGER = 2**24  # single precision holds all integers up to this one
_REDUCTIONS = "sum_over_batch_size", "mean", "sum"


def fit_user_model(model, X, y, weight, options):
    """Train a compiled Keras model in place, with the compiled engine if it can.

    Parameters
    ----------
    model : keras.Model
    X, y : nest of ndarray of shape (n_samples, ...)
    weight : ndarray of shape (n_samples,) or None
    options : FitOptions

    Returns
    -------
    history : dict of str to list
        As in ``keras.callbacks.History``.
    """
    y = _column(model, y)
    _name_as_in_every_fit(model)
    if isinstance(options.validation, tuple):
        X_val, y_val, weight_val = options.validation
        held_out = X_val, _column(model, y_val), weight_val
        options = replace(options, validation=held_out)
    outcome = _fit_compiled(model, X, y, weight, options)
    if outcome is None:
        return fit_keras_model(model, X, y, weight, options)
    if outcome.diverged_at is not None:
        warn_of_divergence(outcome.diverged_at)
    if outcome.interrupted:
        warn("Training interrupted by user.")
    return lists_by_name(outcome.records)


def _name_as_in_every_fit(model):
    """Remove the numbers that Keras appends to the names of metrics, as in "auc_2"."""
    for metric in keras.tree.flatten(_user_metrics(model)):
        if isinstance(metric, keras.metrics.Metric):
            metric.name = plain_name(metric)


def _column(model, y):
    """Targets of a single unit as a column: a loss may compute ``y - output``."""
    units = [tuple(output.shape[1:]) for output in getattr(model, "outputs", ())]
    alone = isinstance(y, np.ndarray) and y.ndim == 1 and units == [(1,)]
    return y[:, None] if alone else y


def _fit_compiled(model, X, y, weight, options):
    held_out, callbacks = options.validation, keras.tree.flatten(options.callbacks)
    are_arrays = isinstance(X, np.ndarray) and isinstance(y, np.ndarray)
    # Callbacks see the number of the epoch, which the compiled engine counts from zero.
    epochs_are_seen = options.initial_epoch > 0 and callbacks
    is_dataset = held_out is not None and not isinstance(held_out, tuple)
    if not are_arrays or epochs_are_seen or is_dataset or options.others:
        return None
    return train_user_model(
        model,
        (X, y, weight),
        validation=held_out,
        batch_size=options.batch_size,
        epochs=options.epochs,
        seed=options.seed,
        shuffle=options.shuffle,
        keras_callbacks=callbacks,
        hooks=options.hooks,
    )


def train_user_model(
    model, train_rows, *, batch_size, epochs, seed, validation=None, **options
):
    """Train a compiled model in place with the compiled engine, if it can.

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
    _build_metrics(model, train_rows[1])
    return outcome


def _build_metrics(model, y):
    """Build the model's metrics, as the first step of ``keras.Model.fit`` does."""
    metrics = model._compile_metrics
    if metrics is not None and not metrics.built:
        shape = [size or 1 for size in model.outputs[0].shape[1:]]
        metrics.build(np.asarray(y[:1]), np.zeros((1, *shape), model.outputs[0].dtype))


def _job(model, train_rows, validation, batch_size, epochs, seed, options):
    spec, loss = given_spec(model), _loss(model, validation)
    callbacks = options.get("keras_callbacks", ())
    needs_keras = model.run_eagerly or any(map(needs_batches, callbacks))
    needs_keras |= isinstance(model.optimizer, UNSUPPORTED)
    if spec is None or loss is None or needs_keras or spec.mixes_rows:
        return None
    weighs = {"weighs_metrics": _weighs_metrics(model), "weighs_rows": False}
    head = Head(spec.units, None, loss, **weighs)
    try:
        rows, held_out, metrics = _data(model, spec, head, train_rows, validation)
    except ValueError:  # also where a metric gives more than a number
        return None
    rng = np.random.RandomState(seed)
    return TrainingJob(
        spec=spec,
        head=head,
        train=rows,
        validation=held_out,
        inputs=Standardization.none(1),
        outputs=Standardization.none(1),
        optimizer=model.optimizer,
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


def _data(model, spec, head, train_rows, validation):
    """Encoded training and validation samples, and metrics.

    Raises
    ------
    ValueError
        Where the compiled engine cannot train on them.
    """
    if loss_depends_on_batch(head, spec.output_shape):
        raise _NeedsKerasError
    rows, held_out = (
        part and _rows(spec, head, *part) for part in (train_rows, validation)
    )
    metrics = _metrics(model, rows.Y.shape, train_rows[2] is not None)
    program_for(spec, head, OptimizerSpec(model.optimizer), metrics)
    return rows, held_out, metrics


class _NeedsKerasError(ValueError):
    """The compiled engine cannot train this; ``keras.Model.fit`` may."""


def _loss(model, validation):
    """The loss of a model, or None if the compiled engine cannot compute it."""
    loss = model.loss
    if isinstance(loss, list | tuple) and len(loss) == 1:
        loss = loss[0]
    if getattr(model._compile_loss, "_user_loss_weights", None) is not None:
        return None
    if isinstance(loss, keras.losses.Loss):
        if type(loss).__call__ is not keras.losses.Loss.__call__:
            return None  # the user's class weighs and averages the losses by itself
        # Keras's val_loss of a loss that is a sum is the mean of the batches' sums.
        sums = loss.reduction == "sum" and validation is not None
        return loss if loss.reduction in _REDUCTIONS and not sums else None
    if isinstance(loss, str):
        return None if loss in ("crossentropy", "ce") else loss
    return loss if callable(loss) else None


def _weights(model):
    lists = model.trainable_variables, model.non_trainable_variables
    trainable, fixed = ([variable.numpy() for variable in part] for part in lists)
    slots = optimizer_values(model.optimizer)
    return Weights(trainable, fixed, slots, int(model.optimizer.iterations))


def _rows(spec, head, X, y, weight):
    """Encoded samples for the engine, whose targets have an axis of columns."""
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
    if X.dtype.kind in "iu" and X.size and np.abs(X).max() > _LARGEST_INTEGER:
        raise _NeedsKerasError
    weight = np.ones(len(y)) if weight is None else np.asarray(weight)
    if weight.shape != (len(y),):
        raise _NeedsKerasError
    return EncodedSamples(
        X, y.astype(spec.array_dtype), weight.astype(spec.array_dtype)
    )


def _user_metrics(model):
    """The arguments ``metrics`` and ``weighted_metrics`` of ``compile``."""
    given = model._compile_metrics
    if given is None:
        return [], []
    return given._user_metrics or [], given._user_weighted_metrics or []


def _weighs_metrics(model):
    return not _user_metrics(model)[0]


def _metrics(model, targets, weighted):
    """Metrics by the names that ``keras.Model.fit`` gives them."""
    unweighted, weighing = _user_metrics(model)
    both_kinds = unweighted and weighing and weighted
    if both_kinds or isinstance(unweighted or weighing, dict):
        raise _NeedsKerasError
    metrics = []
    for metric in keras.tree.flatten([unweighted, weighing]):
        try:
            metrics.append(_metric(metric, model.outputs[0].shape, targets))
        except (ValueError, TypeError) as error:
            raise _NeedsKerasError from error
    names = [getattr(metric, "name", metric) for metric in metrics]
    if len(set(names)) < len(names):  # Keras gives them numbers
        raise _NeedsKerasError
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
        check_described(metric)
        made_anew(metric)  # each program will do so: an error has to come here
    return metric

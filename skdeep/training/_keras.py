"""The Keras engine: the same job through ``keras.Model.fit``.

For callbacks with batch hooks, for optimisers that the compiled engine cannot
run, and as the reference that the compiled engine is tested against.
"""

import keras
import numpy as np

from skdeep.encoding._inputs import dense
from skdeep.networks import Weights
from skdeep.training._divergence import is_sound
from skdeep.training._history import History
from skdeep.training._job import Outcome
from skdeep.training._models import (
    assign_optimizer,
    assign_weights,
    compiled_model,
    optimizer_values,
)
from skdeep.training._optimizers import OptimizerSpec
from skdeep.training._program import program_for
from skdeep.training._schedules import LearningRates
from skdeep.training._stopping import EarlyStopping


def train_keras(job, optimizer):
    """Train one network with ``keras.Model.fit``.

    Parameters
    ----------
    job : TrainingJob
    optimizer : OptimizerSpec

    Returns
    -------
    Outcome
    """
    done = job.resume.n_steps if job.resume else 0
    rate = optimizer.learning_rate if job.learning_rate is None else job.learning_rate
    total = job.steps_per_epoch * job.epochs
    rates = LearningRates(rate, job.learning_rate_schedule, total, done)
    model = compiled_model(job, optimizer, rates.keras)
    _refuse_penalties_in_double(model, job.spec)
    _start(model, job, optimizer)
    batches = _Batches(job)
    observer = _Observer(job, batches, done)
    interrupted = False
    try:
        model.fit(
            batches,
            epochs=job.epochs,
            validation_data=job.validation and _ValidationBatches(job),
            callbacks=[observer, *job.keras_callbacks],
            verbose=0,
            shuffle=False,
        )
    except KeyboardInterrupt:
        if not observer.history:
            raise
        interrupted = True
    observer.take_last()
    return observer.outcome(interrupted)


def _refuse_penalties_in_double(model, spec):
    if spec.dtype == "float64" and model.losses:
        raise ValueError(
            "keras.Model.fit cannot add penalties in double precision to its loss, "
            f"which is in single. Received dtype='float64' with l1={spec.l1} and "
            f"l2={spec.l2} for the Keras engine, or with regularizers of layers. Use "
            "dtype='float32', no penalties, or engine='compiled' without batch hooks."
        )


def _start(model, job, optimizer):
    # Of an optimiser without a compiled form only the state differs.
    known = optimizer if optimizer.supported else OptimizerSpec("sgd")
    program = program_for(job.spec, job.head, known, job.metrics)
    state = program.initial_state(
        job.initial_seeds, job.inputs, job.resume, job.pretrained
    )
    assign_weights(model, state)
    model.optimizer.build(model.trainable_variables)
    resumed = job.resume is not None and job.resume.optimizer is not None
    if resumed and optimizer.supported:
        assign_optimizer(model, job.resume.optimizer)


class _ValidationBatches(keras.utils.PyDataset):
    """The validation data in pieces: windows of a series overlap in memory."""

    def __init__(self, job):
        super().__init__()
        self._rows, self._dtype = job.validation, job.spec.array_dtype
        self._size = job.spec.rows_at_once

    def __len__(self):
        return -(-len(self._rows) // self._size)

    def __getitem__(self, index):
        piece = slice(index * self._size, (index + 1) * self._size)
        Y, weight = self._rows.Y[piece], self._rows.weight[piece]
        X = dense(self._rows.X[piece], dtype=self._dtype)
        return X, Y, _weight(Y, weight)


def _weight(Y, weight):
    """Keras wants a weight for each target: where steps have some, for each step."""
    return weight if Y.ndim == 2 else np.repeat(weight[:, None], Y.shape[1], axis=1)


class _Batches(keras.utils.PyDataset):
    """The job's batches in the same order as the compiled engine takes them."""

    def __init__(self, job):
        super().__init__()
        self._job = job
        self.start(0)

    def __len__(self):
        return self._job.steps_per_epoch

    def __getitem__(self, index):
        size = self._job.batch_size
        rows = self._order[index * size : (index + 1) * size]
        train = self._job.train
        X = dense(train.X[rows], dtype=self._job.spec.array_dtype)
        Y = train.Y[rows]
        return X, Y, _weight(Y, train.weight[rows])

    def start(self, epoch):
        """Put the rows into the order of ``epoch``."""
        # Not Keras's own on_epoch_end: it also comes after a trial batch.
        self._order = self._job.order(epoch)


def _place(name):
    """The compiled engine's order of columns: loss, metrics, the same of val_."""
    return name.startswith("val_"), name.removeprefix("val_") != "loss"


class _Observer(keras.callbacks.Callback):
    """History, hooks, early stopping and divergence on Keras's side."""

    def __init__(self, job, batches, done):
        super().__init__()
        self.job = job
        self.batches = batches
        self.done = done
        self.history = History()
        self.stopping = EarlyStopping(job.patience) if job.patience else None
        self.diverged_at = None
        self._last_finite = None

    def on_train_begin(self, logs=None):
        self._last_finite = self._weights()

    def on_epoch_begin(self, epoch, logs=None):
        for hook in self.job.hooks:
            if hook.epoch_begin(epoch):
                self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.batches.start(epoch + 1)
        record = {name: float(logs[name]) for name in sorted(logs, key=_place)}
        record.pop("learning_rate", None)
        weights = self._weights()
        if not np.isfinite(record["loss"]) or not is_sound(self.job, weights):
            self.diverged_at = epoch + 1
            self.model.stop_training = True
            return
        self.done += self.job.steps_per_epoch
        self._last_finite = weights
        self.history.append(record)
        stop = False
        if self.stopping is not None:
            stop = self.stopping.update(record["val_loss"], weights)
        for hook in self.job.hooks:
            stop |= bool(hook.epoch_end(epoch, record, lambda: weights))
        if stop:
            self.model.stop_training = True

    def take_last(self):
        """Take the weights that the model ends with."""
        # Optimisers with averages replace them at the very end, callbacks may, too.
        if self.diverged_at is None:
            self._last_finite = self._weights()

    def _weights(self):
        model = self.model
        lists = model.trainable_variables, model.non_trainable_variables
        trainable, fixed = ([v.numpy() for v in part] for part in lists)
        slots = optimizer_values(model.optimizer)
        return Weights(trainable, fixed, slots, self.done)

    def outcome(self, interrupted):
        weights = self._last_finite
        if self.stopping is not None and self.stopping.best_state is not None:
            weights = self.stopping.best_state
        return Outcome(
            weights,
            self.history.records,
            self.history.best_epoch,
            self.diverged_at,
            interrupted,
        )

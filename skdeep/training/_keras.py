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
from skdeep.training._optimizers import OptimizerSpec, state_kind
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
    # Of an optimiser without a compiled form only the state differs.
    known = optimizer if optimizer.supported else OptimizerSpec("sgd")
    program = program_for(job.spec, job.head, known, job.metrics)
    slots = program.slots_of(job.resume) if optimizer.supported else None
    done = 0 if slots is None else job.resume.n_steps
    rates = LearningRates.of_job(job, optimizer, done)
    model = compiled_model(job, optimizer, float(rates.of(0, 1)[0]))
    _refuse_penalties_in_double(model, job.spec)
    _start(model, job, program, slots)
    batches = _Batches(job)
    observer = _Observer(job, batches, program, done)
    if optimizer.supported:
        observer.rates = rates
    observer.take_best_before(model)
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
    if not interrupted or observer.between_epochs:
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


def _start(model, job, program, slots):
    state = program.initial_state(
        job.initial_seeds, job.inputs, job.resume, job.pretrained
    )
    assign_weights(model, state)
    model.optimizer.build(model.trainable_variables)
    if slots is not None:
        assign_optimizer(model, slots)


class _ValidationBatches(keras.utils.PyDataset):
    """The validation data in pieces: windows of a series overlap in memory."""

    def __init__(self, job):
        super().__init__()
        self._rows, self._dtype = job.validation, job.spec.input_dtype
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
        X = dense(train.X[rows], dtype=self._job.spec.input_dtype)
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

    def __init__(self, job, batches, program, done):
        super().__init__()
        self.job = job
        self.batches = batches
        self.done = done
        self.history = History()
        self.stopping = None
        if job.stopping is not None:
            validated = job.validation is not None
            self.stopping = EarlyStopping(job.stopping, program.metrics, validated)
        self.rates = None  # or those that this callback sets
        self.diverged_at = None
        self._last_finite = None
        self.between_epochs = True
        self._rate_set = None

    def take_best_before(self, model):
        """What an earlier fit has kept may stay the best, on today's data."""
        self.set_model(model)
        if self.stopping is None or self.job.resume is None:
            return
        record = dict(self.job.stopping.before)
        if self.job.validation is not None:
            rows = _ValidationBatches(self.job)
            found = model.evaluate(rows, return_dict=True, verbose=0)
            record |= {f"val_{name}": float(found[name]) for name in found}
        self.stopping.begin(record, self._weights())

    def on_train_begin(self, logs=None):
        self._last_finite = self._weights()

    def on_epoch_begin(self, epoch, logs=None):
        if self.history and self.job.keras_callbacks:
            self.take_last()  # what they made of the epoch before
        self.between_epochs = False
        if self.rates is not None:
            self._start_rates(epoch)
        for hook in self.job.hooks:
            if hook.epoch_begin(epoch):
                self.model.stop_training = True

    def _start_rates(self, epoch):
        self._obey_callbacks()
        n_steps = self.job.steps_per_epoch
        self._of_epoch = self.rates.of(epoch * n_steps, n_steps)
        self._set_rate(self._of_epoch[0])

    def on_train_batch_begin(self, batch, logs=None):
        if self.rates is None or self.rates.constant:
            return
        self._obey_callbacks()
        if not self.rates.constant:
            self._set_rate(self._of_epoch[batch])

    def _set_rate(self, rate):
        self.model.optimizer.learning_rate = float(rate)
        self._rate_set = float(self.model.optimizer.learning_rate)

    def _obey_callbacks(self):
        """Go on with the rate that another callback has set."""
        rate = float(self.model.optimizer.learning_rate)
        if self._rate_set is not None and rate != self._rate_set:
            self.rates.override(rate)

    def on_epoch_end(self, epoch, logs=None):
        self.between_epochs = True
        self.batches.start(epoch + 1)
        record = {name: float(logs[name]) for name in sorted(logs, key=_place)}
        record.pop("learning_rate", None)
        self.done += self.job.steps_per_epoch
        weights = self._weights()
        if not np.isfinite(record["loss"]) or not is_sound(self.job, weights):
            self.diverged_at = epoch + 1
            self.model.stop_training = True
            return
        self._last_finite = weights
        self.history.append(record)
        stop = False
        if self.stopping is not None:
            stop = self.stopping.update(record, weights)
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
        optimizer = model.optimizer
        if getattr(optimizer, "use_ema", False) and int(optimizer.iterations) > 0:
            # As at the end of training, when Keras replaces the weights.
            averages = optimizer._model_variables_moving_average
            trainable = [variable.numpy() for variable in averages]
        slots = optimizer_values(optimizer)
        kind = state_kind(type(optimizer), optimizer.variables)
        return Weights(trainable, fixed, slots, self.done, kind)

    def outcome(self, interrupted):
        weights, best_epoch = self._last_finite, self.history.best_epoch
        if self.stopping is not None and self.stopping.best_state is not None:
            weights = self.stopping.best_state
            best_epoch = self.stopping.best_epoch
        return Outcome(
            weights,
            self.history.records,
            best_epoch,
            self.diverged_at,
            interrupted,
        )

"""The Keras engine: trains a job with ``keras.Model.fit``.

It serves callbacks with batch hooks, and optimisers and layers that the compiled engine
cannot run. The tests compare the compiled engine with it.
"""

import keras
import numpy as np

from skdeep.encoding._inputs import dense
from skdeep.networks import Weights
from skdeep.networks._build import assign
from skdeep.training._callbacks import KerasCallbacks
from skdeep.training._divergence import network_is_finite
from skdeep.training._history import History
from skdeep.training._job import Outcome
from skdeep.training._metrics import metric_names
from skdeep.training._models import (
    ShownModel,
    assign_optimizer,
    assign_weights,
    compiled_model,
    optimizer_values,
)
from skdeep.training._optimizers import OptimizerSpec, state_kind
from skdeep.training._program import program_for
from skdeep.training._rate_keeper import RateKeeper
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
    # Only initial weights and metrics come from the program. They do not depend on the
    # optimiser, so another one may stand in.
    known = optimizer if optimizer.supported else OptimizerSpec("sgd")
    program = program_for(job.spec, job.head, known, job.metrics)
    slots = program.slots_of(job.resume) if optimizer.supported else None
    done = 0 if slots is None else job.resume.n_steps
    rates = LearningRates.of_job(job, optimizer, done)
    model = compiled_model(job, optimizer, float(rates.of(0, 1)[0]))
    _refuse_penalties_in_double(model, job.spec)
    _start(model, job, program, slots)
    batches = _Batches(job)
    rate = RateKeeper(rates, job.steps_per_epoch)
    rate.watch(model.optimizer)
    observer = _Observer(job, batches, program, done, rate)
    passing = None
    if job.keras_callbacks:
        shown = ShownModel(job, program.model, optimizer, model.optimizer)
        rate.watch(shown.model.optimizer)
        passing = _CallbackForwarder(KerasCallbacks(job, shown, rate), observer)
    observer.compare_with_earlier_best(model)
    interrupted = False
    try:
        model.fit(
            batches,
            epochs=job.epochs,
            validation_data=job.validation and _ValidationBatches(job),
            callbacks=[observer, passing] if passing else [observer],
            verbose=0,
            shuffle=False,
        )
    except KeyboardInterrupt:
        if not observer.history:
            raise
        interrupted = True
        observer.go_back()
    finally:
        if passing:
            passing.close()
    observer.keep_last_weights()
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
    """The validation data in pieces: windows of a series are large when copied."""

    def __init__(self, job):
        super().__init__()
        self._rows, self._dtype = job.validation, job.spec.input_dtype
        self._size = job.spec.execution.rows_at_once

    def __len__(self):
        return -(-len(self._rows) // self._size)

    def __getitem__(self, index):
        piece = slice(index * self._size, (index + 1) * self._size)
        Y, weight = self._rows.Y[piece], self._rows.weight[piece]
        X = dense(self._rows.X[piece], dtype=self._dtype)
        return X, Y, _weight(Y, weight)


def _weight(Y, weight):
    """Sample weights; where each step has a target, repeated for each step."""
    return weight if Y.ndim == 2 else np.repeat(weight[:, None], Y.shape[1], axis=1)


class _Batches(keras.utils.PyDataset):
    """The job's batches, in the order in which the compiled engine takes them."""

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
        # This is not done in on_epoch_end: Keras also calls that method after a batch
        # with which it tries the data out.
        self._order = self._job.order(epoch)


class _Observer(keras.callbacks.Callback):
    """Keeps the history, calls hooks, and stops training early or at divergence."""

    def __init__(self, job, batches, program, done, rate):
        super().__init__()
        self.job = job
        self.batches = batches
        self.done = done
        self.history = History()
        self.stopping = None
        if job.stopping is not None:
            validated = job.validation is not None
            self.stopping = EarlyStopping(job.stopping, program.metrics, validated)
        self.n_steps = 0  # of this fit
        self.diverged_at = None
        self._rate = rate
        self._last_finite = None
        self._between_epochs = True
        # The order of the columns in the compiled engine; Keras sorts them by name.
        names = "loss", *metric_names(job.metrics)
        self._columns = *names, *(f"val_{name}" for name in names)

    def compare_with_earlier_best(self, model):
        """Let the weights of an earlier fit compete for the best, on the new data."""
        self.set_model(model)
        if self.stopping is None or self.job.resume is None:
            return
        record = dict(self.job.stopping.before)
        if self.job.validation is not None:
            rows = _ValidationBatches(self.job)
            found = model.evaluate(rows, return_dict=True, verbose=0)
            record |= {f"val_{name}": float(found[name]) for name in found}
        self.stopping.begin(record, self.weights())

    def on_train_begin(self, logs=None):
        self._last_finite = self.weights()

    def on_epoch_begin(self, epoch, logs=None):
        if self.history and self.job.keras_callbacks:
            self.keep_last_weights()  # callbacks may have set others
        self._between_epochs = False
        self.n_steps = epoch * self.job.steps_per_epoch
        self._rate.set_rate_after(self.n_steps)
        for hook in self.job.hooks:
            if hook.epoch_begin(epoch):
                self.model.stop_training = True

    def on_train_batch_begin(self, batch, logs=None):
        self._rate.set_rate_after(self.n_steps)

    def on_train_batch_end(self, batch, logs=None):
        self.n_steps += 1

    def on_epoch_end(self, epoch, logs=None):
        self.batches.start(epoch + 1)
        record = {name: float(logs[name]) for name in self._columns if name in logs}
        weights = self.weights(self.done + self.job.steps_per_epoch)
        if not np.isfinite(record["loss"]) or not network_is_finite(self.job, weights):
            self.diverged_at = epoch + 1
            self.model.stop_training = True
            return
        self._last_finite = weights
        self.done = weights.n_steps
        self.history.append(record)
        self._between_epochs = True
        stop = False
        if self.stopping is not None:
            stop = self.stopping.update(record, weights)
        for hook in self.job.hooks:
            stop |= bool(hook.epoch_end(epoch, record, lambda: weights))
        if stop:
            self.model.stop_training = True

    def add(self, record):
        """Add the values that callbacks have written into the epoch's logs."""
        if self.diverged_at is None:
            own = self.history.records[-1]
            own.update({k: v for k, v in record.items() if k not in own})

    def keep_last_weights(self):
        """Take the weights that the model ends with."""
        # Optimisers with averages replace the weights at the very end, and callbacks
        # may do so.
        if self.diverged_at is None:
            self._last_finite = self.weights()

    def go_back(self):
        """Put the model back to the end of the last whole epoch."""
        if self._between_epochs or self.diverged_at is not None:
            return
        last = self._last_finite
        _set_model_weights(self.model, last.trainable, last.non_trainable)
        if last.optimizer is not None:
            assign_optimizer(self.model, last.optimizer)

    def weights(self, done=None):
        """The model's :class:`Weights`, after ``done`` steps of its optimiser."""
        model = self.model
        lists = model.trainable_variables, model.non_trainable_variables
        trainable, fixed = ([v.numpy() for v in part] for part in lists)
        optimizer = model.optimizer
        if (averages := _averages(optimizer)) and int(optimizer.iterations) > 0:
            # At the end of training Keras replaces the weights by their averages.
            trainable = [variable.numpy() for variable in averages]
        slots = optimizer_values(optimizer)
        kind = state_kind(type(optimizer), optimizer.variables)
        done = self.done if done is None else done
        return Weights(trainable, fixed, slots, done, kind)

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


def _averages(optimizer):
    """The variables with an optimiser's averages of the weights; empty without."""
    if not getattr(optimizer, "use_ema", False):
        return []
    return optimizer._model_variables_moving_average


def _set_model_weights(model, trainable, others):
    """Set the model's weights, and restart the optimiser's averages from them."""
    assign(model.trainable_variables, trainable)
    assign(model.non_trainable_variables, others)
    if averages := _averages(model.optimizer):
        assign(averages, trainable)


class _CallbackForwarder(keras.callbacks.Callback):
    """Forwards the hooks of ``keras.Model.fit`` to the user's callbacks.

    The callbacks see the model of :class:`ShownModel`, not the one that is trained.
    """

    def __init__(self, callbacks, observer):
        super().__init__()
        self._callbacks = callbacks
        self._observer = observer
        self._begun = False

    def close(self):
        """End training for the callbacks; Keras does not after an interruption."""
        try:
            if self._begun:
                self.on_train_end()
        finally:
            self._callbacks.close()

    def _pass(self, hook, *arguments):
        n_steps, weights = self._observer.n_steps, self._observer.weights
        self._callbacks.call(hook, n_steps, weights, self._set_weights, *arguments)
        if self._callbacks.stops:
            self.model.stop_training = True

    def _set_weights(self, trainable, others):
        _set_model_weights(self.model, trainable, others)

    def on_train_begin(self, logs=None):
        self._pass("on_train_begin", logs)
        self._begun = True

    def on_train_end(self, logs=None):
        self._begun = False
        self._pass("on_train_end", logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._pass("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        record = dict(logs or {})
        self._pass("on_epoch_end", epoch, record)
        self._observer.add(record)

    def on_train_batch_begin(self, batch, logs=None):
        self._pass("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self._pass("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs=None):
        self._pass("on_test_begin", logs)

    def on_test_end(self, logs=None):
        self._pass("on_test_end", logs)

    def on_test_batch_begin(self, batch, logs=None):
        self._pass("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        self._pass("on_test_batch_end", batch, logs)

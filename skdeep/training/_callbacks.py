"""Keras callbacks: which hooks they need, and how the compiled engine calls them."""

import itertools

import keras
import numpy as np

from skdeep.training._models import assign_weights, compiled_model

_BATCH_HOOKS = ("on_batch_begin", "on_batch_end")
_BATCH_HOOKS += ("on_train_batch_begin", "on_train_batch_end")
_BATCH_HOOKS += ("on_test_batch_begin", "on_test_batch_end")
_BATCH_HOOKS += ("on_test_begin", "on_test_end")


def needs_batches(callback):
    """Whether ``callback`` has to be called for every batch."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.TensorBoard):
        return callback.update_freq != "epoch" or bool(callback._should_trace)
    if isinstance(callback, keras.callbacks.TerminateOnNaN):
        return False  # the engine checks every epoch itself
    # LambdaCallback has its functions in the instance.
    hooks = ((getattr(callback, name), name) for name in _BATCH_HOOKS)
    base = keras.callbacks.Callback
    return any(
        getattr(hook, "__func__", None) is not getattr(base, name)
        for hook, name in hooks
    )


def _values(model):
    lists = model.trainable_variables, model.non_trainable_variables
    return [[variable.numpy() for variable in variables] for variables in lists]


class KerasCallbacks:
    """Calls epoch hooks with a real, compiled ``keras.Model``.

    Parameters
    ----------
    job : TrainingJob
    optimizer : OptimizerSpec
    rates : LearningRates
        Follows the learning rate that a callback sets.
    weights : callable
        Gives the current weights.
    """

    def __init__(self, job, optimizer, rates, weights):
        self._rates = rates
        self._weights = weights
        rate = float(rates.of(0, 1)[0])
        self._of_user = job.model is not None
        self.model = job.model or compiled_model(job, optimizer, rate)
        self._history = keras.callbacks.History()
        self._list = keras.callbacks.CallbackList(
            [*job.keras_callbacks, self._history],
            model=self.model,
            epochs=job.epochs,
            steps=job.steps_per_epoch,
            verbose=0,
        )
        self.model.stop_training = False
        self._sync()
        self._list.on_train_begin()

    def epoch_begin(self, epoch):
        rate = self._rate()
        self._list.on_epoch_begin(epoch)
        self._follow(rate)
        return bool(self.model.stop_training)

    def epoch_end(self, epoch, record):
        rate = self._rate()
        self._sync()
        self._list.on_epoch_end(epoch, dict(record))
        if self._of_user:  # Keras keeps what its callbacks add
            seen = self._history.history.items()
            record.update({name: float(values[-1]) for name, values in seen})
        self._follow(rate)
        return bool(self.model.stop_training)

    def close(self):
        self._sync()
        self._list.on_train_end()

    def replaced(self):
        """Lists of weights that a callback has put into the model, or None."""
        now, before = _values(self.model), self._synced
        pairs = zip(itertools.chain(*now), itertools.chain(*before), strict=True)
        same = all(np.array_equal(new, old, equal_nan=True) for new, old in pairs)
        return None if same else now

    def _sync(self):
        assign_weights(self.model, self._weights())
        self._synced = _values(self.model)

    def _rate(self):
        return float(self.model.optimizer.learning_rate)

    def _follow(self, before):
        after = self._rate()
        if after != before:
            self._rates.override(after)

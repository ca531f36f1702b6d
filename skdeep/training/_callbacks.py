"""Keras callbacks: which of their hooks are used, and how both engines call them."""

from numbers import Real

import keras

_BATCH_HOOKS = {
    "on_train_batch_begin": ("on_train_batch_begin", "on_batch_begin"),
    "on_train_batch_end": ("on_train_batch_end", "on_batch_end"),
    "on_test_batch_begin": ("on_test_batch_begin",),
    "on_test_batch_end": ("on_test_batch_end",),
    "on_test_begin": ("on_test_begin",),
    "on_test_end": ("on_test_end",),
}


def needs_batches(callback):
    """Whether ``callback`` needs a call for every batch."""
    kinds = keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore
    if isinstance(callback, kinds):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.TensorBoard):
        return callback.update_freq != "epoch" or bool(callback._should_trace)
    if isinstance(callback, keras.callbacks.TerminateOnNaN):
        return False  # the engine itself looks for NaN after every epoch
    return any(_overrides_hook(callback, hook) for hook in _BATCH_HOOKS)


def _overrides_hook(callback, hook):
    # A LambdaCallback sets its functions as attributes of the instance.
    base = keras.callbacks.Callback
    return any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(base, name)
        for name in _BATCH_HOOKS.get(hook, ())
    )


def release_models(callbacks):
    """Remove the model from callbacks after a fit, for it may be large.

    The base class's ``set_model`` is called: one that a user overrides expects a model.
    """
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.Callback):
            keras.callbacks.Callback.set_model(callback, None)


class KerasCallbacks:
    """Calls Keras callbacks, which see the model that :class:`ShownModel` holds.

    Before each hook the model gets the engine's current weights and learning rate. If
    the hook changes them, training goes on with the changed ones.

    Parameters
    ----------
    job : TrainingJob
    shown : ShownModel
    rate : RateKeeper
        Keeps the learning rate of the model's optimiser.
    """

    def __init__(self, job, shown, rate):
        self._shown = shown
        self._rate = rate
        self._logs = _Logs()
        self._list = keras.callbacks.CallbackList(
            [*job.keras_callbacks, self._logs],
            model=shown.model,
            epochs=job.epochs,
            steps=job.steps_per_epoch,
            verbose=0,
        )
        # Batch hooks that no callback overrides are left out: to put weights into the
        # model for every batch takes time. Keras's callback list needs all other hooks.
        self._unused_hooks = {
            hook
            for hook in _BATCH_HOOKS
            if "_batch_" in hook
            and not any(
                _overrides_hook(callback, hook) for callback in job.keras_callbacks
            )
        }
        shown.model.stop_training = False

    @property
    def stops(self):
        """Whether a callback has asked to stop."""
        return bool(self._shown.model.stop_training)

    def call(self, hook, n_steps, weights, take, *arguments):
        """Call one hook of all callbacks.

        Parameters
        ----------
        hook : str
        n_steps : int
            Steps of this fit so far.
        weights : callable
            Returns the current :class:`Weights`.
        take : callable
            Called with the trainable arrays and the other arrays, if a callback has
            changed some, also if it then raised an error.
        *arguments
            The arguments of the hook. The last argument of ``on_epoch_end`` is the
            epoch's record in the history, to which callbacks may add values.
        """
        self._rate.set_rate_after(n_steps)
        if hook in self._unused_hooks:
            return
        self._shown.show(weights())
        try:
            if hook == "on_epoch_end":
                self._epoch_end(*arguments)
            else:
                getattr(self._list, hook)(*arguments)
        finally:
            self._rate.adopt_assigned()
            replaced = self._shown.replaced()
            if replaced is not None:
                take(*replaced)

    def _epoch_end(self, epoch, record):
        self._list.on_epoch_end(epoch, dict(record))
        record.update(self._logs.numbers)

    def close(self):
        """Leave the optimiser as it was found."""
        self._rate.release()


class _Logs(keras.callbacks.Callback):
    """The logs of an epoch, with the values that earlier callbacks have added.

    Attributes
    ----------
    numbers : dict of str to float
    """

    def on_epoch_end(self, epoch, logs=None):
        self.numbers = {
            name: float(value)
            for name, value in (logs or {}).items()
            if isinstance(value, Real)
        }

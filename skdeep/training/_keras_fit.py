"""``keras.Model.fit`` for a user's model, in batches that a seed decides."""

import math
from dataclasses import dataclass, field

import keras
import numpy as np

from skdeep._warn import warn
from skdeep.exceptions import DivergenceWarning
from skdeep.networks._frozen_keras import put_back, state_of
from skdeep.training._callbacks import release_models
from skdeep.training._history import lists_by_name

_map = keras.tree.map_structure


@dataclass
class FitOptions:
    """How a user's Keras model is trained.

    Attributes
    ----------
    batch_size : int
    epochs : int
        The number of epochs of this call.
    initial_epoch : int
        The number of epochs trained before.
    shuffle : bool
    seed : int
        Decides the order of the rows.
    validation : tuple of (X, y, weight), data set, or None
        Encoded samples, or any other data that ``keras.Model.fit`` takes.
    validation_batch_size : int
    callbacks : list of keras.callbacks.Callback
    verbose : int or str
        As in ``keras.Model.fit``.
    hooks : list
        As in :class:`TrainingJob`; only the compiled engine calls them.
    others : dict
        Further arguments of ``keras.Model.fit``.
    """

    batch_size: int
    epochs: int
    initial_epoch: int
    shuffle: bool
    seed: int
    validation: object
    validation_batch_size: int
    callbacks: list
    verbose: object
    hooks: list = field(default_factory=list)
    others: dict = field(default_factory=dict)


def fit_keras_model(model, X, y, weight, options):
    """Train a compiled Keras model in place.

    Parameters
    ----------
    model : keras.Model
    X, y : nest of ndarray of shape (n_samples, ...)
    weight : ndarray of shape (n_samples,) or None
    options : FitOptions

    Returns
    -------
    history : dict of str to list
        That of ``keras.Model.fit``, for this call.
    """
    if not model.optimizer.built:
        # If the first step built the optimiser, TensorFlow would trace the step twice.
        model.optimizer.build(model.trainable_variables)
    record, guard = _Record(), _LastFiniteState()
    callbacks = keras.tree.flatten(options.callbacks)
    at_once = model.steps_per_execution
    model.steps_per_execution = 1  # several could go beyond the end of an epoch
    try:
        _fit(model, _Batches(X, y, weight, options), options, [record, guard])
    except KeyboardInterrupt:
        if not record.logs:
            raise
        guard.go_back(model)
        for callback in callbacks:
            callback.on_train_end()
        warn("Training interrupted by user.")
    finally:
        model.steps_per_execution = at_once
        release_models(callbacks)
    guard.close(model)
    return record.history


def _fit(model, batches, options, observers):
    others = dict(options.others)
    others["steps_per_epoch"] = others.get("steps_per_epoch") or batches.per_pass
    model.fit(
        batches,
        initial_epoch=options.initial_epoch,
        epochs=options.initial_epoch + options.epochs,
        shuffle=False,
        validation_data=_validation(options),
        callbacks=[*observers, *options.callbacks],
        verbose=options.verbose,
        **others,
    )


def warn_of_divergence(epoch):
    """Warn that training has stopped because the loss of an epoch is not finite."""
    warn(
        f"The loss or the weights became NaN or infinite in epoch {epoch}; training "
        "stopped with the weights of the epoch before. Lower the optimiser's learning "
        "rate or scale the data.",
        DivergenceWarning,
    )


def split(X, y, weight, fraction):
    """Split off the last rows for validation, as Keras does.

    Returns
    -------
    train, validation : tuple of (X, y, weight)
    """
    n_rows = _n_rows(X)
    if not 0 < fraction < 1:
        raise ValueError(
            f"validation_split must be from 0 to below 1. Received {fraction}."
        )
    first = math.floor(n_rows * (1.0 - fraction))
    if first in (0, n_rows):
        raise ValueError(
            f"validation_split={fraction} must leave samples on both sides. Received "
            f"n_samples={n_rows}. Change it, or pass validation_data to fit."
        )
    parts = slice(0, first), slice(first, None)
    return tuple(
        (_select_rows(part, X), _select_rows(part, y), _select_rows(part, weight))
        for part in parts
    )


class _Batches(keras.utils.PyDataset):
    """Endless batches; each pass over the rows has an order of its own."""

    num_batches = None

    def __init__(self, X, y, weight, options):
        super().__init__()
        self._data = _tuples((X, y, weight))
        self._n_rows = _n_rows(X)
        self._size = min(options.batch_size, self._n_rows)
        # Drawn as in the compiled engine, so that the same seed gives the same batches.
        seed = np.random.RandomState(options.seed).randint(2**31 - 1)
        self._seed = int(seed) if options.shuffle else None
        self.per_pass = -(-self._n_rows // self._size)
        self._orders = {}

    def __getitem__(self, index):
        number, step = divmod(index, self.per_pass)
        rows = self._order(number)[step * self._size : (step + 1) * self._size]
        X, y, weight = (_select_rows(rows, part) for part in self._data)
        return (X, y) if weight is None else (X, y, weight)

    def _order(self, number):
        if self._seed is None:
            return np.arange(self._n_rows)
        if number not in self._orders:
            generator = np.random.default_rng([self._seed, number])
            self._orders = {number: generator.permutation(self._n_rows)}
        return self._orders[number]


def _tuples(nest):
    """``nest`` with tuples for lists: TensorFlow's data sets take lists for arrays."""
    if isinstance(nest, (list, tuple)):
        return tuple(_tuples(part) for part in nest)
    if isinstance(nest, dict):
        return {key: _tuples(part) for key, part in nest.items()}
    return nest


def _validation(options):
    """The validation data in batches of ``validation_batch_size``."""
    if not isinstance(options.validation, tuple):
        return options.validation
    X, y, weight = options.validation
    validation = FitOptions(
        **{**vars(options), "batch_size": options.validation_batch_size}
        | {"shuffle": False}
    )
    return _SinglePass(X, y, weight, validation)


class _SinglePass(_Batches):
    """Batches of one pass over the rows, in their order."""

    @property
    def num_batches(self):
        return self.per_pass


def _select_rows(rows, nest):
    """These rows of each array in ``nest``; None stays None."""
    return None if nest is None else _map(lambda array: array[rows], nest)


def _n_rows(X):
    return len(keras.tree.flatten(X)[0])


class _Record(keras.callbacks.Callback):
    """Keeps the logs of each epoch. Later callbacks may still write into them."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append(logs or {})

    @property
    def history(self):
        """Lists by name."""
        return lists_by_name(self.logs)


class _LastFiniteState(keras.callbacks.Callback):
    """Keeps the state before each epoch, and stops at a loss that is not finite."""

    def __init__(self):
        super().__init__()
        self._state = None
        self._within_epoch = False
        self._diverged_at = None

    def on_epoch_begin(self, epoch, logs=None):
        self._state = state_of(self.model)  # with weights that callbacks have set
        self._within_epoch = True

    def on_epoch_end(self, epoch, logs=None):
        self._within_epoch = False
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            self._diverged_at = epoch + 1
            self.model.stop_training = True

    def go_back(self, model):
        """After an interruption, go back to the end of the last whole epoch."""
        if self._within_epoch:
            put_back(model, self._state)

    def close(self, model):
        """After training, put back the last finite weights."""
        if self._diverged_at is None:
            return
        put_back(model, self._state)
        warn_of_divergence(self._diverged_at)

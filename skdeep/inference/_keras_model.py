"""Prediction with any Keras model, by a compiled call that is made once per model."""

import threading
from operator import itemgetter

import keras
import numpy as np
import tensorflow as tf

from skdeep._forked import refuse_if_forked
from skdeep.inference._compiled import forward_model
from skdeep.networks._frozen_keras import FrozenKerasModel
from skdeep.networks._given import given_spec
from skdeep.networks._traced import traced

_NUMBERS_AT_ONCE = 2**22  # of the input: some thousand rows of a table
_MOST_ROWS = 4096
_FEWEST_ROWS = 32
_MOST_CALLS = 4  # one for each kind of input: shapes and dtypes


class PicklableModel:
    """A Keras model, its compiled call, and its plain values for pickles.

    Parameters
    ----------
    model : keras.Model
    sample : nest of ndarray, optional
        One row of input. Models that are no graph of layers need it to be built anew.

    Attributes
    ----------
    is_shared : bool
        Whether the user has handed in this model itself, to be trained in place.
    """

    is_shared = False

    def __init__(self, model, sample=None):
        self._model = model
        self._frozen = None
        self.sample = sample
        self._prepare()

    def _prepare(self):
        self._lock = threading.Lock()
        self._calls, self._spec = {}, ()

    @property
    def model(self):
        """The Keras model; after unpickling, built at the first use."""
        refuse_if_forked()
        with self._lock:
            if self._model is None:
                self._model = self._frozen.thaw()
                self._frozen = None
            return self._model

    def predict(self, X, batch_size=None):
        """Outputs for X, as ``keras.Model.predict`` gives them.

        Parameters
        ----------
        X : nest of ndarray of shape (n_samples, ...)
        batch_size : int, optional
            Rows that are computed at once.
        """
        X = as_inputs(self.model, X)
        call = self._call(X)
        arrays = keras.tree.flatten(X)
        n_rows = len(arrays[0])
        size = batch_size or _rows_at_once(arrays)
        pieces = []
        for start in range(0, n_rows, size):
            piece = slice(start, start + size)
            output = call(keras.tree.map_structure(itemgetter(piece), X))
            pieces.append(keras.tree.map_structure(np.asarray, output))
        if len(pieces) == 1:
            return pieces[0]
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *pieces)

    def _call(self, X):
        """The compiled call for X: one that equal models share, or this model's own."""
        if isinstance(X, np.ndarray):
            with self._lock:
                if self._spec == ():
                    self._spec = given_spec(self._model)
            # The shared call takes floats, which do not hold large integers exactly.
            small = X.dtype.kind == "f" or not X.size or np.abs(X).max() < 2**24
            spec = self._spec
            if small and spec is not None and X.ndim - 1 == len(spec.input_shape):
                return lambda piece: forward_model(self._spec, self._model, piece)
        return self._call_of_this_model(X)

    def _call_of_this_model(self, X):
        specs = keras.tree.map_structure(_any_rows, X)
        key = str(specs)
        with self._lock:
            if key not in self._calls:
                model = self._model
                self._calls[key] = traced(
                    lambda x: model(x, training=False), signature=[specs]
                )
                if len(self._calls) > _MOST_CALLS:
                    del self._calls[next(iter(self._calls))]
            return self._calls[key]

    def __getstate__(self):
        frozen = self._frozen or FrozenKerasModel.of(self._model, self.sample)
        return {"_frozen": frozen, "sample": self.sample}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._model = None
        self._prepare()


def has_own_prediction(model):
    """Whether the model's class changes how ``keras.Model.predict`` computes."""
    base, cls = keras.Model, type(model)
    own = any(
        getattr(cls, name) is not getattr(base, name)
        for name in ("predict", "predict_step", "make_predict_function")
    )
    return own or bool(getattr(model, "run_eagerly", False))


def as_inputs(model, X):
    """Numbers for the model's inputs, in the dtypes that it computes with.

    Parameters
    ----------
    model : keras.Model
    X : nest of ndarray
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) == 1 and not isinstance(X, (list, tuple, dict)):
        X = np.asarray(X)
        if inputs[0].dtype != "string" and X.dtype.kind in "biuf":
            return X.astype(inputs[0].dtype, copy=False)
    if len(inputs) > 1 and isinstance(X, (list, tuple)):
        X = keras.tree.pack_sequence_as(model.input, list(X))  # Keras warns of a list
    return as_targets(model, X)


def as_targets(model, y):
    """Floats in the model's precision; other numbers as they are.

    Parameters
    ----------
    model : keras.Model
    y : nest of ndarray
    """
    inputs = getattr(model, "inputs", None) or []
    double = any(tensor.dtype == "float64" for tensor in inputs)
    dtype = "float64" if double else keras.backend.floatx()

    def cast(array):
        array = np.asarray(array)
        return array.astype(dtype, copy=False) if array.dtype.kind == "f" else array

    return keras.tree.map_structure(cast, y)


def _any_rows(array):
    return tf.TensorSpec((None, *array.shape[1:]), array.dtype)


def _rows_at_once(arrays):
    width = sum(array[:1].size for array in arrays)
    return int(np.clip(_NUMBERS_AT_ONCE // max(width, 1), _FEWEST_ROWS, _MOST_ROWS))

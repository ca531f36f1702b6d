"""Whether rows that fill up a batch leave the others alone, by trying it out."""

import contextlib
import functools

import keras
import numpy as np
import tensorflow as tf

from skdeep.networks._layers import weighing
from skdeep.networks._rebuilt import rebuilt

_SOME_STEPS = 3  # for sides that are open


@functools.lru_cache(maxsize=256)
def disturbs(given):
    """Whether a step of training with one row more, which does not count, is another.

    Also true of layers that change trained weights by themselves, which only
    ``keras.Model.fit`` lets them do.

    Parameters
    ----------
    given : GivenModel
    """
    from skdeep.networks._build import TEMPLATE

    model = rebuilt(given, TEMPLATE)
    shape = [size or _SOME_STEPS for size in given.input_shape]
    for largest in (2, 1):  # tokens may be 0 or 1
        rows = np.random.RandomState(0).uniform(0, largest, (3, *shape))
        with contextlib.suppress(Exception):  # whatever the user's layers raise
            return _differs(model, *rows)
    return True


def _differs(model, first, *others):
    steps = [_step(model, np.stack([first, other])) for other in others]
    same = all(
        np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)
        for a, b in zip(*steps, strict=True)
    )
    return not same or _assigns_weights(model, np.stack([first, *others]))


def _step(model, X):
    """What a step of training, in which only the first row counts, makes of it."""
    values = [[v.value for v in part] for part in _variables(model)]
    with weighing(tf.constant([1.0, 0.0])):
        output, state, penalties = model.stateless_call(
            *values, _as_input(model, X), training=True, return_losses=True
        )
    return [np.asarray(part) for part in (output[0], *state, *penalties)]


def _assigns_weights(model, X):
    trainable, fixed = _variables(model)
    mapping = [(variable, variable.value) for variable in (*trainable, *fixed)]
    with keras.StatelessScope(state_mapping=mapping) as scope:
        model(_as_input(model, X), training=True)
    return any(
        not np.array_equal(scope.get_current_value(variable), variable.numpy())
        for variable in trainable
    )


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables


def _as_input(model, X):
    return tf.cast(X, model.inputs[0].dtype)

"""Clones, deep copies and pickles of estimators that hold Keras objects."""

import copy
import pickle

from sklearn.base import BaseEstimator

from skdeep.networks._portable import portable


class CopiedParameters(BaseEstimator):
    """Copies what can be copied of callbacks and optimisers.

    ``fit`` calls the user's own callbacks, for state such as ``stopped_epoch`` is read
    off them, as with Keras; copies have that state, too. But after a fit some hold what
    cannot be copied, such as an open file: of these a copy is as before the fit.
    Optimisers, losses and metrics are made anew, also those of a user's own classes.
    """

    def _remember_callbacks(self):
        """Before a fit: keep copies of the callbacks."""
        earlier = self._earlier_callbacks()
        self.__dict__.pop("_callbacks_before", None)
        given = [callback for _, callback in self._callback_parameters()]
        before = [
            (callback, earlier.get(id(callback)) if copied is None else copied)
            for nest in given
            for callback, copied in _with_copies(nest)
        ]
        if before:
            self._callbacks_before = before

    def _callbacks_to_copy(self):
        """The attribute that :meth:`_remember_callbacks` sets, if it has."""
        return {k: v for k, v in vars(self).items() if k == "_callbacks_before"}

    def _earlier_callbacks(self):
        """Callbacks as they were before a fit, by the identity of the user's own."""
        return {id(own): old for own, old in getattr(self, "_callbacks_before", ())}

    def _callback_parameters(self):
        for name, value in vars(self).items():
            if name == "callbacks" or name.endswith("__callbacks"):
                yield name, value

    def _portable_callbacks(self):
        """Parameters that hold callbacks, with such as can be copied."""
        before = self._earlier_callbacks()
        return {
            name: _map(lambda callback: _portable(callback, before), value)
            for name, value in self._callback_parameters()
        }

    def __sklearn_clone__(self):
        bare = object.__new__(type(self))
        vars(bare).update(self._portable({**vars(self), **self._portable_callbacks()}))
        return super(CopiedParameters, bare).__sklearn_clone__()

    def __getstate__(self):
        state = {**super().__getstate__(), **self._portable_callbacks()}
        state.pop("_callbacks_before", None)
        return state

    def __reduce_ex__(self, protocol):
        make, arguments, state, *others = super().__reduce_ex__(protocol)
        return make, arguments, self._portable(state), *others

    def __copy__(self):
        # A shallow copy shares the parameters: there is nothing to make anew.
        make, arguments, state, *_ = super().__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        new = make(*arguments)
        new.__setstate__(state)
        return new

    def _portable(self, state):
        """``state`` with stand-ins for Keras's objects among the parameters."""
        return {
            # A pickle of an earlier version may lack parameters, so these are not asked
            # for: what is learnt ends with an underscore, what is private begins so.
            name: value if "_" in (name[0], name[-1]) else _map(portable, value)
            for name, value in state.items()
        }


def _map(function, nest):
    if type(nest) in (list, tuple):
        return type(nest)([_map(function, item) for item in nest])
    if type(nest) is dict:
        return {key: _map(function, item) for key, item in nest.items()}
    return function(nest)


def _with_copies(nest):
    """Pairs of a callback and its copy."""
    pairs = []

    def add(callback):
        if hasattr(callback, "set_model") and not isinstance(callback, type):
            pairs.append((callback, _attempt(copy.deepcopy, callback)))

    _map(add, nest)
    return pairs


def _portable(callback, before):
    """``callback``, or what it was before a fit if that alone can be copied."""
    candidates = [callback, before.get(id(callback))]
    if candidates[1] is None:
        return callback
    for copied in (pickle.dumps, copy.deepcopy):
        for candidate in candidates:
            if _attempt(copied, candidate) is not None:
                return candidate
    return callback


def _attempt(function, value):
    try:
        return function(value)
    except Exception:  # whatever a callback of the user's raises
        return None

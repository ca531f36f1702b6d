"""Copies of the user's callbacks, some of which cannot be copied after a fit."""

import copy
import pickle


def mapped(function, nest):
    """Apply ``function`` to each leaf of nested lists, tuples and dicts."""
    if type(nest) in (list, tuple):
        return type(nest)([mapped(function, item) for item in nest])
    if type(nest) is dict:
        return {key: mapped(function, item) for key, item in nest.items()}
    return function(nest)


def with_copies(nest):
    """Pairs of a callback and its copy; None in place of a copy that fails."""
    pairs = []

    def add(callback):
        if hasattr(callback, "set_model") and not isinstance(callback, type):
            pairs.append((callback, _result_or_none(copy.deepcopy, callback)))

    mapped(add, nest)
    return pairs


def portable_callback(callback, before):
    """``callback``, or its copy from before the fit if only that can be copied."""
    candidates = [callback, before.get(id(callback))]
    if candidates[1] is None:
        return callback
    for copied in (pickle.dumps, copy.deepcopy):
        for candidate in candidates:
            if _result_or_none(copied, candidate) is not None:
                return candidate
    return callback


def _result_or_none(function, value):
    try:
        return function(value)
    except Exception:  # code of the user's callback may raise anything
        return None

"""Which of a user's callbacks can be copied."""

import copy
import pickle


def mapped(function, nest):
    """``nest`` with ``function`` of each leaf; lists, tuples and dicts are nests."""
    if type(nest) in (list, tuple):
        return type(nest)([mapped(function, item) for item in nest])
    if type(nest) is dict:
        return {key: mapped(function, item) for key, item in nest.items()}
    return function(nest)


def with_copies(nest):
    """Pairs of a callback and its copy."""
    pairs = []

    def add(callback):
        if hasattr(callback, "set_model") and not isinstance(callback, type):
            pairs.append((callback, _attempt(copy.deepcopy, callback)))

    mapped(add, nest)
    return pairs


def portable_callback(callback, before):
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

"""Keras objects as text that shows their settings."""

import inspect

import numpy as np

# Arguments that come first, without their name, and are shown also at their default.
_POSITIONAL = "learning_rate", "initial_learning_rate"
_NOT_SHOWN = "name", "dtype"
_LONGEST = 60  # characters of one setting


def described(value):
    """A Keras object as the call that makes it: "SGD(0.01, momentum=0.9)".

    Parameters
    ----------
    value : object

    Returns
    -------
    text : str or None
        Optimisers, schedules, losses, metrics, initialisers, layers and callbacks have
        a text, be their class one of Keras or a subclass of the user. It is None for
        other objects, and where ``get_config`` is missing or fails.
    """
    of_keras = any(c.__module__.split(".")[0] == "keras" for c in type(value).__mro__)
    tells = hasattr(value, "get_config") or hasattr(value, "set_model")
    if isinstance(value, type) or not (of_keras and tells):
        return None
    try:
        arguments = ", ".join(_arguments(value))
    except Exception:  # a get_config of the user may raise anything
        return None
    return f"{type(value).__name__}({arguments})"


def _arguments(value):
    """The arguments of the constructor that differ from their defaults, as text."""
    tells = hasattr(value, "get_config")
    # Callbacks have no get_config, but attributes.
    config = value.get_config() if tells else vars(value)
    config = {**(getattr(value, "_fn_kwargs", None) or {}), **config}
    for name, parameter in inspect.signature(type(value)).parameters.items():
        setting = config.get(name, parameter.default)
        if isinstance(setting, dict):  # the configuration of an object
            setting = getattr(value, f"_{name}", getattr(value, name, setting))
        if name in _NOT_SHOWN or setting is parameter.empty:
            continue
        if name in _POSITIONAL:
            yield _shown(setting)
        elif _shown(setting) != _shown(parameter.default):
            yield f"{name}={_shown(setting)}"


def _shown(value):
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"  # single precision has no more digits
    text = described(value) or " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class Readable:
    """Stands for a Keras object in a repr, and shows its settings.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text


def readable(value):
    """``value`` with a :class:`Readable` for each Keras object, also inside lists."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(readable(item) for item in value)
    text = described(value)
    return value if text is None else Readable(text)

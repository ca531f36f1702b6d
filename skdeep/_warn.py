"""Warnings that point at the user's line."""

import inspect
import warnings

# Packages whose frames may lie between the user's line and the warning: skdeep,
# packages that call it, and packages that run it in threads.
_BETWEEN = frozenset(
    [
        "concurrent",
        "contextlib",
        "joblib",
        "keras",
        "scikeras",
        "skdeep",
        "sklearn",
        "tensorflow",
        "threading",
    ]
)


def warn(message, category=UserWarning):
    """Warn at the innermost line that belongs to none of these packages.

    Parameters
    ----------
    message : str
    category : type
    """
    frame, level = inspect.currentframe().f_back, 2
    while frame is not None and _package(frame) in _BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]

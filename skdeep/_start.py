"""Imports TensorFlow without the messages that it prints while it starts."""

import contextlib
import os
import sys
import tempfile
import threading

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Messages that TensorFlow prints before it reads the level.
_REMARKS = b"before absl::InitializeLog() is called", b"Could not find cuda drivers"
_ALL = "0"  # the level that shows all messages
# Two threads must not redirect standard error at the same time.
_lock = threading.Lock()


def start_tensorflow(verbose=0):
    """Import TensorFlow, unless it is imported, without its messages.

    TensorFlow reads the level of its messages once, when it is imported. A level that
    the user has set stays. Otherwise the level is set for the import only.

    Parameters
    ----------
    verbose : int, default=0
        Whether to print that TensorFlow starts, which takes seconds.
    """
    with _lock:
        if "tensorflow" not in sys.modules:
            _start(verbose)


def _start(verbose):
    if verbose:
        print("Starting TensorFlow and compiling the network ...", flush=True)
    unset = _LEVEL not in os.environ
    if unset:
        os.environ[_LEVEL] = "3"  # a missing graphics card is an "error" to it
    quiet = os.environ[_LEVEL] != _ALL
    try:
        with _without_remarks() if quiet else contextlib.nullcontext():
            import tensorflow  # noqa: F401
    finally:
        if unset:
            os.environ.pop(_LEVEL, None)


@contextlib.contextmanager
def _without_remarks():
    """Capture standard error, and write all but TensorFlow's remarks afterwards."""
    with contextlib.ExitStack() as stack:
        try:
            captured = stack.enter_context(tempfile.TemporaryFile())
            screen = os.dup(2)
        except OSError:  # no standard error, or no folder for temporary files
            yield
            return
        os.dup2(captured.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            captured.seek(0)
            for line in captured:
                if not any(remark in line for remark in _REMARKS):
                    os.write(2, line)

"""The start of TensorFlow: it takes seconds, and it has much to say."""

import contextlib
import os
import sys
import tempfile
import threading

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Written before any level is read.
_REMARKS = b"before absl::InitializeLog() is called", b"Could not find cuda drivers"
_ALL = "0"  # the level of somebody who wants to see everything
# Of two threads at once the second would take the first one's file for standard error.
_lock = threading.Lock()


def start_tensorflow(verbose=0):
    """Import TensorFlow, if nobody has, without its remarks on this machine.

    It reads the level of its messages once, when it is imported. Where the user has set
    that level it stays; where not, the environment is afterwards as it was.

    Parameters
    ----------
    verbose : int, default=0
        Whether to say what takes so long.
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
    """Hold back what the process writes to its standard error, all but the remarks."""
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

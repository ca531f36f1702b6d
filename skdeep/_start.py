"""The start of TensorFlow: it takes seconds, and it has much to say."""

import os
import sys

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def start_tensorflow(verbose=0):
    """Import TensorFlow, if nobody has, without its remarks on this machine.

    It reads the level of its messages once, when it is imported. Where the user has set
    that level it stays; where not, the environment is afterwards as it was.

    Parameters
    ----------
    verbose : int, default=0
        Whether to say what takes so long.
    """
    if "tensorflow" in sys.modules:
        return
    if verbose:
        print("Starting TensorFlow and compiling the network ...", flush=True)
    unset = _LEVEL not in os.environ
    if unset:
        os.environ[_LEVEL] = "3"  # a missing graphics card is an "error" to it
    try:
        import tensorflow  # noqa: F401
    finally:
        if unset:
            os.environ.pop(_LEVEL, None)

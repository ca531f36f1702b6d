"""Processes that were forked after TensorFlow ran: there, TensorFlow would hang.

A fork copies TensorFlow's locks and queues, but not the threads that serve them.
"""

import os
import sys

# Whether TensorFlow ran in a parent of this process before the fork.
_forked_after_tensorflow = False


def was_forked():
    """Whether this process was forked after TensorFlow ran, so that it would hang."""
    return _forked_after_tensorflow


def refuse_if_forked():
    """Raise an error in a process in which TensorFlow would hang."""
    if _forked_after_tensorflow:
        raise RuntimeError(
            "A process that was forked after TensorFlow ran in its parent cannot use "
            "TensorFlow: its threads are not copied, and it would wait for ever. "
            f"Received the process {os.getpid()}, forked from {os.getppid()}. Start it "
            "anew: multiprocessing.get_context('spawn'), or joblib's backend "
            "'loky', which is its default; or train in threads, inside of "
            "skdeep.fuse(). What NumPy computes, like predictions of dense networks, "
            "works here, too."
        )


def _note_fork():
    global _forked_after_tensorflow
    _forked_after_tensorflow = _forked_after_tensorflow or _tensorflow_has_run()


def _tensorflow_has_run():
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "_context", None)
    return getattr(context, "_context_handle", None) is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)

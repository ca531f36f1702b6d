"""Names that do not depend on what else a process has made."""

import collections
import contextlib

from skdeep._compat import global_state

_COUNTS = "object_name_uids"  # of each thread


@contextlib.contextmanager
def fresh_name_counts():
    """Within, Keras counts the names of layers, optimisers and metrics from the start.

    TensorFlow keeps some 30 kB for each variable of another name or shape, as long as
    the process lives. So what is made again and again must not get ever new names.
    Models that users get are made outside of this: Keras then gives layers that users
    add to them other names, which it demands.
    """
    counts = global_state.get_global_attribute(_COUNTS)
    global_state.set_global_attribute(_COUNTS, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTS, counts)

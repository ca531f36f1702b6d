"""Names of Keras objects that do not depend on the other objects of the process."""

import collections
import contextlib

from skdeep._compat import global_state

_COUNTS = "object_name_uids"  # of each thread


@contextlib.contextmanager
def fresh_name_counts():
    """Inside of this block, Keras numbers layers, optimisers and metrics from one.

    TensorFlow keeps about 30 kB for each variable with a new name or shape, until the
    process ends. So models that every fit builds must not get new names each time.
    Models that users get are built outside of such a block: layers that users add to
    them must get other names.
    """
    counts = global_state.get_global_attribute(_COUNTS)
    global_state.set_global_attribute(_COUNTS, collections.defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute(_COUNTS, counts)

"""Seeds for what Keras makes without one, in place of Python's global generator."""

import contextlib
import random
import threading

from skdeep._compat import global_state, seed_generator

# Every fit replaces what is drawn with it. Odd enough that no user has chosen it.
TEMPLATE_SEED = 1_953_719_161
_GLOBAL_GENERATOR = "global_seed_generator"  # Keras 3.12 has no name for it
_thread = threading.local()
_lock = threading.Lock()
_n_within = 0


class _Sources:
    """Stands where Keras has the module ``random``: threads without a source use it."""

    def __getattr__(self, name):
        return getattr(getattr(_thread, "source", None) or random, name)


@contextlib.contextmanager
def own_seeds(seed=TEMPLATE_SEED):
    """Within, seeds that Keras draws in this thread come from ``seed``.

    Layers and initialisers that are made without a seed ask Keras for one, which draws
    it from Python's global generator. Within, that generator is neither drawn from nor
    set, and other threads notice nothing. Numbers that Keras draws without a seed
    (``keras.random``) follow ``seed``, too.

    Parameters
    ----------
    seed : int
    """
    before = getattr(_thread, "source", None)
    # Both are Keras's and the thread's own.
    generator = global_state.get_global_attribute(_GLOBAL_GENERATOR)
    _enter()
    _thread.source = random.Random(seed)
    global_state.set_global_attribute(_GLOBAL_GENERATOR, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(_GLOBAL_GENERATOR, generator)
        _thread.source = before
        _leave()


def _enter():
    global _n_within
    with _lock:
        _n_within += 1
        seed_generator.python_random = _SOURCES


def _leave():
    global _n_within
    with _lock:
        _n_within -= 1
        if not _n_within:
            seed_generator.python_random = random


_SOURCES = _Sources()

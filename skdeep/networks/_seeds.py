"""Seeds for Keras objects without one, not drawn from Python's global generator."""

import contextlib
import random
import threading

from skdeep._compat import global_state, seed_generator

# Marks initialisers and dropout layers that were made without a seed: every fit
# replaces what they draw. An unusual number, which no user is likely to choose.
TEMPLATE_SEED = 1_953_719_161
_GLOBAL_GENERATOR = "global_seed_generator"  # Keras 3.12 has no name for it
_thread = threading.local()
_lock = threading.Lock()
_n_within = 0


class _Sources:
    """Takes the place of the module ``random`` in Keras.

    A thread inside of :func:`own_seeds` draws from its own generator, other threads
    from the module.
    """

    def __getattr__(self, name):
        return getattr(getattr(_thread, "source", None) or random, name)


@contextlib.contextmanager
def own_seeds(seed=TEMPLATE_SEED):
    """Inside of this block, seeds that Keras draws in this thread follow ``seed``.

    For layers and initialisers without a seed, Keras draws one from Python's global
    generator. Inside of the block it leaves that generator alone, and other threads are
    not affected. ``keras.random`` without a seed follows ``seed``, too.

    Parameters
    ----------
    seed : int
    """
    before = getattr(_thread, "source", None)
    # Keras keeps a generator for each thread.
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

"""Passes Keras settings, which each thread has for itself, to other threads."""

import contextlib
import sys


def keras_settings():
    """A context manager that gives another thread the settings of this thread.

    The settings are the dtype policy and the objects of
    ``keras.saving.custom_object_scope``. As long as Keras is not imported, there are
    none.
    """
    if "keras" not in sys.modules:
        return contextlib.nullcontext()
    import keras

    from skdeep._compat import global_state

    policy = keras.config.dtype_policy()
    known = global_state.get_global_attribute("custom_objects_scope_dict") or {}
    return _with_settings(policy, dict(known))


@contextlib.contextmanager
def _with_settings(policy, known):
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        with keras.saving.custom_object_scope(known):
            yield
    finally:
        keras.config.set_dtype_policy(before)

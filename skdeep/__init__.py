"""Deep learning that behaves like scikit-learn.

Public names are imported on first use, so that ``import skdeep`` costs little
and imports neither TensorFlow nor Keras.
"""

import lazy_loader
from joblib import register_parallel_backend

from skdeep import _forked  # noqa: F401  registers a hook that notices forks

__version__ = "0.2.0.dev0"

# The public names stand in __init__.pyi.
__getattr__, __dir__, NAMES = lazy_loader.attach_stub(__name__, __file__)
# `from skdeep import *` leaves out names that other packages have, too.
__all__ = [name for name in sorted(NAMES) if name not in ("load", "save")]


def _joblib_backend(**options):
    from skdeep.fusion import FusingBackend

    return FusingBackend(**options)


register_parallel_backend("skdeep", _joblib_backend)

"""A copy of SciKeras's modules for skdeep alone.

The import of the package ``scikeras`` gives Keras's models, losses, metrics and
optimisers other ways to be pickled and copied, for everybody in the process. Here its
modules are loaded without its ``__init__``, which does that, and are not left in
``sys.modules``: whoever imports SciKeras, earlier or later, gets it as it is.
"""

import importlib
import importlib.util
import sys
import types

from skdeep._numbers import plain

_PACKAGE = "scikeras"


def _own_copy(name):
    """A module of SciKeras that nobody else has."""
    # Of a package that is imported already this looks at the module in sys.modules.
    theirs = _taken_out()
    try:
        package = types.ModuleType(_PACKAGE)
        package.__path__ = list(
            importlib.util.find_spec(_PACKAGE).submodule_search_locations
        )
        sys.modules[_PACKAGE] = package
        return importlib.import_module(f"{_PACKAGE}.{name}")
    finally:
        _taken_out()
        sys.modules.update(theirs)


def _taken_out():
    """Take SciKeras's modules out of ``sys.modules``."""
    names = [name for name in sys.modules if name.partition(".")[0] == _PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


wrappers = _own_copy("wrappers")
BaseWrapper = wrappers.BaseWrapper
KerasClassifier = wrappers.KerasClassifier
KerasRegressor = wrappers.KerasRegressor
loss_name = wrappers.loss_name


def _route_params(*args, _routed=wrappers.route_params, **options):
    """SciKeras's routing; Keras takes Python's numbers only."""
    return {name: plain(value) for name, value in _routed(*args, **options).items()}


# SciKeras's own methods look it up in their module.
route_params = wrappers.route_params = _route_params

# Fitted estimators hold instances of these: pickles find the classes here.
RegressorTargetEncoder = wrappers.RegressorTargetEncoder
ClassifierLabelEncoder = wrappers.ClassifierLabelEncoder
TargetReshaper = ClassifierLabelEncoder.fit.__globals__["TargetReshaper"]
for _cls in (RegressorTargetEncoder, ClassifierLabelEncoder, TargetReshaper):
    _cls.__module__ = __name__

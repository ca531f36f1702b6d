"""Keys of caches: hashable values that are equal for equal configurations."""

import contextlib
import functools
import hashlib
import inspect
import pathlib
import sys
import types

import numpy as np

_CONTAINERS = tuple, list
_SETS = set, frozenset
_VALUES = str, bytes, range, complex, type(None), type(Ellipsis)
_FUNCTIONS = types.FunctionType, functools.partial
_PLACES_OF_LIBRARIES = frozenset(["site-packages", "dist-packages"])
# Attributes in which equal Keras objects may differ.
_OF_KERAS = "name", "built"
# Arguments that get_config of keras.losses.Loss and keras.metrics.Metric returns.
_BY_KERAS = frozenset(["name", "dtype", "reduction"])
_PLAIN = bool, int, float, str, *_CONTAINERS, *_SETS, dict, *_FUNCTIONS


class SameObject:
    """A key for one object, equal only to a key for the same object.

    It keeps the object alive. Otherwise another object could get the same ``id``.
    """

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, SameObject) and other.value is self.value

    def __hash__(self):
        return id(self.value)

    def __repr__(self):
        return f"SameObject({self.value!r})"


def has_complete_config(value):
    """Whether ``get_config`` of a Keras object returns all arguments of its class.

    A user's loss, metric or optimiser may inherit a ``get_config`` that does not know
    the arguments of the subclass. The ``get_config`` of layers knows them.
    """
    if not hasattr(value, "get_config"):
        return False
    if hasattr(value, "_auto_config"):  # a layer
        return True
    for cls in type(value).__mro__:
        if "get_config" in vars(cls) or cls.__module__.split(".")[0] == "keras":
            return True
        if "__init__" in vars(cls):
            return _BY_KERAS.issuperset(_arguments(cls))
    return True


def _arguments(cls):
    """The names of the arguments of ``__init__``, without ``*args``, ``**kwargs``."""
    _, *parameters = inspect.signature(cls.__init__).parameters.values()
    several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    return [p.name for p in parameters if p.kind not in several]


def identity(value):
    """A hashable value that is equal for equal configurations only.

    Numbers, texts and arrays are compared by type and value, containers by their items,
    Keras objects by class, configuration and the functions that they hold. A function
    or another object equals itself only, and only while the plain values that it uses
    (globals, closures, attributes) stay the same: they may change before the next fit.
    """
    return _identity(value, (), describe=True)


def _identity(value, outer, *, describe):
    """The identity of ``value``, which the objects ``outer`` contain.

    Without ``describe`` a Keras object equals itself only.
    """
    if isinstance(value, np.generic) and value.dtype.kind in "biufcUS":
        value = value.item()
    cls = type(value)
    if cls is str:
        return _identity_of_name(value)
    if cls in _VALUES:
        return cls, value
    if cls in (bool, int, float):
        return cls, repr(value)  # 0.0 and -0.0 differ, and NaN equals itself
    if any(value is other for other in outer):
        return SameObject(value)  # the object contains itself
    within = functools.partial(_identity, outer=(*outer, value), describe=describe)
    if isinstance(value, _CONTAINERS):
        return cls, *map(within, value)
    if isinstance(value, dict):
        return cls, *((within(key), within(item)) for key, item in value.items())
    if isinstance(value, _SETS):
        return cls, frozenset(map(within, value))
    if _is_array(value):
        return _identity_of_array(np.asarray(value), within)
    return _identity_of_object(value, within)


def _identity_of_name(name):
    """A text, and the object that a user has registered with Keras by this name."""
    keras = sys.modules.get("keras")
    known = None
    if keras is not None:  # without Keras, nothing is registered
        known = keras.saving.get_registered_object(name)
    return name if known is None else (name, SameObject(known))


def _is_array(value):
    """Whether a value consists of numbers only: an array, a scalar or a tensor."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and isinstance(value, tensorflow.Tensor):
        return hasattr(value, "numpy") and value.dtype.is_numpy_compatible
    return isinstance(value, np.generic) or type(value) in (np.ndarray, np.memmap)


def _identity_of_array(array, within):
    if array.dtype.hasobject:
        return np.ndarray, array.shape, within(array.ravel().tolist())
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest()
    return np.ndarray, repr(array.dtype), array.shape, digest


def _identity_of_object(value, within):
    if isinstance(value, types.ModuleType):
        return SameObject(value)
    if isinstance(value, type):
        return SameObject(value), *_outside_values_of_class(value, within)
    if hasattr(value, "key") and _package(type(value)) == "skdeep":
        return type(value), value.key
    if isinstance(value, types.MethodType):
        return types.MethodType, within(value.__self__), within(value.__func__)
    if isinstance(value, functools.partial):
        parts = value.func, value.args, value.keywords
        return functools.partial, *map(within, parts)
    if inspect.isfunction(value):
        return SameObject(value), *_outside_values(value, within)
    config = _config_of(value) if within.keywords["describe"] else None
    kind = within(type(value))
    if config is None:
        return SameObject(value), kind, *_plain_values_of(value, within)
    attributes = plain_attributes(value)
    return kind, within(config), attributes, *_functions_of(value, within)


def plain_attributes(value):
    """Public attributes of an object of a user's class: numbers, texts and arrays.

    ``get_config`` should return them, but some classes forget that.
    """
    if is_of_library(type(value)):
        return ()
    return tuple(
        (name, _identity(_tuple_as_list(held), (), describe=False))
        for name, held in _attributes(value)
        if not name.startswith("_") and name not in _OF_KERAS and _is_data(held)
    )


def attribute_missing_in_config(value, attributes):
    """The name of a plain attribute that differs from ``attributes``, or None.

    Parameters
    ----------
    value : object
    attributes : tuple
        :func:`plain_attributes` of an object that was made from its configuration.
    """
    known = dict(attributes)
    differing = (n for n, held in plain_attributes(value) if known.get(n) != held)
    return next(differing, None)


def _tuple_as_list(value):
    """A tuple as a list: in a configuration a tuple may have become a list."""
    return list(value) if isinstance(value, _CONTAINERS) else value


def _is_data(value):
    """Whether a value consists of numbers, texts and None only."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, _CONTAINERS):
        return all(map(_is_data, value))
    return (
        value is None or isinstance(value, bool | int | float | str) or _is_array(value)
    )


def _config_of(value):
    """The result of ``get_config``, or None where it is not complete."""
    if not has_complete_config(value):
        return None
    try:
        config = dict(value.get_config())
    except Exception:  # a class of the user may raise anything
        return None
    config.pop("name", None)
    # get_config of keras.losses.Huber leaves out delta.
    return {**config, "_fn_kwargs": getattr(value, "_fn_kwargs", None)}


def _outside_values(function, within):
    """Values that a user's function takes from outside: defaults, closure, globals."""
    if is_of_library(function):
        return
    alone = functools.partial(within, describe=False)
    yield alone([function.__defaults__, function.__kwdefaults__])
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # the variable has no value yet
            yield alone(cell.cell_contents)
    names = sorted(set(_names_in(function.__code__)))
    found = {n: v for n, v in function.__globals__.items() if n in names}
    yield alone(found)
    for module in found.values():
        if isinstance(module, types.ModuleType) and not _is_library(_root(module)):
            yield alone({n: vars(module)[n] for n in names if n in vars(module)})


def _outside_values_of_class(cls, within):
    """Outside values of the methods of a user's class, and its plain attributes."""
    for base in cls.__mro__:
        if is_of_library(base):
            continue
        for name, held in vars(base).items():
            method = getattr(held, "__func__", getattr(held, "fget", held))
            if inspect.isfunction(method):
                yield from _outside_values(method, within)
            elif not name.startswith("__") and _is_data(held):
                yield name, within(held)


def _names_in(code):
    """Names of globals and attributes, also in nested functions."""
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _names_in(part)


def _plain_values_of(value, within):
    """Numbers, texts, arrays and functions among the attributes of an object.

    Attributes that are objects of a user's class are included with their own.
    """
    alone = functools.partial(within, describe=False)
    if _is_table(value):
        yield alone(np.asarray(value))
    for name, held in _attributes(value):
        plain = _is_array(held) or _is_table(held) or isinstance(held, _PLAIN)
        if plain or not is_of_library(type(held)):
            yield name, alone(held)


def _is_table(value):
    """Whether a value holds numbers as pandas's tables and masked arrays do."""
    return isinstance(value, np.ndarray) or hasattr(type(value), "to_numpy")


def _functions_of(value, within):
    """The user's functions that a Keras object and its parts hold.

    The configuration has only the names of these functions.
    """
    for name, held in _attributes(value):
        for part in _leaves(held):
            own = isinstance(part, _FUNCTIONS) and not is_of_library(part)
            nested = hasattr(part, "get_config") and not isinstance(part, type)
            if own or nested:
                yield name, within(part)


def _attributes(value):
    held = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        slots = [slots] if isinstance(slots, str) else slots
        held.update({s: getattr(value, s) for s in slots if hasattr(value, s)})
    for name, part in sorted(held.items()):
        # Keras replaces some methods by wrapped ones in the instance.
        if not callable(getattr(type(value), name, None)):
            yield name, part


def _leaves(nest):
    if isinstance(nest, dict):
        nest = list(nest.values())
    if not isinstance(nest, _CONTAINERS):
        return [nest]
    return [leaf for part in nest for leaf in _leaves(part)]


def _package(value):
    return (getattr(value, "__module__", None) or "").split(".")[0]


def _root(module):
    return module.__name__.split(".")[0]


def is_of_library(value):
    """Whether an installed package or the standard library defines ``value``."""
    return _is_library(_package(value))


@functools.cache
def _is_library(package):
    """Whether a package is installed, so that a user does not change it meanwhile."""
    if package in ("", "__main__"):
        return False
    if package == "skdeep" or package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(package), "__file__", None) or ""
    return not _PLACES_OF_LIBRARIES.isdisjoint(pathlib.Path(file).parts)

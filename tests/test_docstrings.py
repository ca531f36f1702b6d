"""numpydoc's validation of all public names, and of what they have."""

import inspect

import pytest
from numpydoc.validate import validate

import skdeep

# An extended summary is for what needs one; "self : object" is scikit-learn's form of
# a returned value; and numpydoc takes "Errors of ..." for a verb in the third person.
NOWHERE = {"ES01", "RT02", "SS05"}
# Classes and functions have them; methods do where they help.
NOT_OF_METHODS = {"EX01", "SA01"}


def members(cls):
    """Names of the public methods and properties that this package defines."""
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        if isinstance(member, (classmethod, staticmethod)):
            member = member.__func__
        if isinstance(member, property):
            member = member.fget
        member = inspect.unwrap(getattr(member, "fn", member))  # of available_if
        own = (getattr(member, "__module__", None) or "").startswith("skdeep")
        if own and callable(member) and not name.startswith("_"):
            yield f"{cls.__name__}.{name}"


def takes_data(method):
    """Whether a method takes X or y, which it checks."""
    names = inspect.signature(method).parameters if inspect.isroutine(method) else ()
    return not {"X", "y"}.isdisjoint(names)


@pytest.mark.parametrize("name", sorted(skdeep.NAMES))
def test_methods_say_what_they_raise(name):
    cls = getattr(skdeep, name)
    if not hasattr(cls, "fit"):
        return
    methods = [path.rpartition(".")[2] for path in members(cls)]
    methods = [method for method in methods if takes_data(getattr(cls, method))]
    silent = [m for m in methods if "Raises\n" not in inspect.getdoc(getattr(cls, m))]
    # It learns nothing, and looks at nothing.
    assert silent == (["fit"] if name == "ImageLoader" else [])


def mistakes(name, ignored):
    errors = validate(f"skdeep.{name}")["errors"]
    return [f"{name}: {code} {what}" for code, what in errors if code not in ignored]


@pytest.mark.parametrize("name", sorted(skdeep.NAMES))
def test_docstrings_are_those_of_numpydoc(name):
    documented = getattr(skdeep, name)
    found = mistakes(name, NOWHERE)
    if inspect.isclass(documented):
        for path in members(documented):
            found += mistakes(path, NOWHERE | NOT_OF_METHODS)
    assert found == []

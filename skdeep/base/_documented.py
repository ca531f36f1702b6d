"""Documentation and constraints of parameters and attributes, made from tables."""

import inspect
import json
import re
from dataclasses import dataclass
from textwrap import indent

# The order of numpydoc.
_SECTIONS = "Parameters", "Attributes", "See Also", "Notes", "References", "Examples"
_TITLE = re.compile(rf"^({'|'.join(_SECTIONS)})\n-{{3,}}\n", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """Description of a parameter; its default stands in the signature of ``__init__``.

    Attributes
    ----------
    type : str
        The types that it may have, as the documentation names them.
    constraint : list or None
        The valid values, as in scikit-learn's ``_parameter_constraints``. None is for
        classes that check their parameters in another way.
    text : str
        The description.
    """

    type: str
    constraint: list | None
    text: str


@dataclass(frozen=True)
class Attribute:
    """Description of an attribute of a fitted estimator.

    Attributes
    ----------
    type : str
        Its type, as the documentation names it.
    text : str
        The description.
    """

    type: str
    text: str


def documented(*, parameters, attributes=(), about="", notes=""):
    """Make a class decorator that documents parameters and attributes.

    The decorator writes the sections "Parameters" and "Attributes" of the docstring.
    The parameters have the order and the defaults of the signature of ``__init__``.
    The decorator also sets ``_parameter_constraints``, where each parameter has a
    constraint.

    Parameters
    ----------
    parameters : sequence of dict of str to Parameter
        Tables of descriptions. An entry of a later table replaces the entry of the same
        name in an earlier one. The tables may describe more parameters than the class
        has.
    attributes : sequence of dict of str to Attribute, default=()
        Tables of the attributes, all of which the class has.
    about : str, default=""
        Paragraphs that follow the docstring's own ones.
    notes : str, default=""
        The section "Notes".

    Returns
    -------
    decorator : callable
        It returns the class that it gets.

    Raises
    ------
    TypeError
        By the decorator, if a parameter is in no table.
    """
    known, fitted = _merged(parameters), _merged(attributes)

    def decorate(cls):
        arguments = _arguments(cls)
        missing = [name for name in arguments if name not in known]
        if missing:
            raise TypeError(
                f"Each parameter of {cls.__name__} must be in one of its tables. "
                f"Received no description of {missing}. Add them to the table."
            )
        described = {name: known[name] for name in arguments}
        constraints = {name: p.constraint for name, p in described.items()}
        if None not in constraints.values():
            cls._parameter_constraints = constraints
        if cls.__doc__ is not None:  # with python -OO it is
            sections = {
                "Parameters": [
                    _entry(name, parameter.type + _default(arguments[name]), parameter)
                    for name, parameter in described.items()
                ],
                "Attributes": [_entry(n, a.type, a) for n, a in fitted.items()],
                "Notes": [inspect.cleandoc(notes)] if notes else [],
            }
            cls.__doc__ = _with_sections(cls.__doc__, about, sections)
        return cls

    return decorate


def store_parameters(estimator, arguments):
    """Store the arguments of ``__init__`` as attributes, unchanged.

    A dataclass would do this, too. But packages like dask identify a dataclass by its
    fields. They would confuse two estimators with equal parameters that were fitted to
    different data.

    Parameters
    ----------
    estimator : object
        The estimator.
    arguments : dict
        ``locals()`` in the first line of ``__init__``.
    """
    for name, value in arguments.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


def _merged(tables):
    return {name: entry for table in tables for name, entry in table.items()}


def _arguments(cls):
    """The arguments of ``__init__`` by name; ``*args`` and ``**kwargs`` with stars."""
    _, *arguments = inspect.signature(cls.__init__).parameters.values()
    return {str(a.replace(default=a.empty, annotation=a.empty)): a for a in arguments}


def _default(argument):
    if argument.default is argument.empty:
        return ""
    default = argument.default
    shown = json.dumps(default) if isinstance(default, str) else repr(default)
    return f", default={shown}"


def _entry(name, types, entry):
    return f"{name} : {types}\n{indent(inspect.cleandoc(entry.text), '    ')}"


def _with_sections(doc, about, new):
    """The docstring with more sections, in numpydoc's order."""
    head, *rest = _TITLE.split(inspect.cleandoc(doc))
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    sections |= {title: "\n".join(entries) for title, entries in new.items() if entries}
    parts = [head, inspect.cleandoc(about)]
    parts += [
        f"{title}\n{'-' * len(title)}\n{sections[title]}"
        for title in _SECTIONS
        if title in sections
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"

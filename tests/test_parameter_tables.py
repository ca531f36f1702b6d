"""Each parameter and attribute is described once, and as the signature has it."""

import importlib
import inspect
import json
import pickle
import pkgutil
import re

import pytest
from numpydoc.docscrape import NumpyDocString
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import InvalidParameterError

import skdeep
from skdeep.base._documented import (
    Attribute,
    Parameter,
    documented,
    store_parameters,
)

ESTIMATORS = [
    cls
    for cls in (getattr(skdeep, name) for name in sorted(skdeep.NAMES))
    if inspect.isclass(cls) and issubclass(cls, BaseEstimator)
]
# Their subclasses and functions bring parameters that they do not know.
OPEN = skdeep.BaseWrapper


def sections(cls, title):
    """What a section of the documentation says: types and descriptions by name."""
    entries = NumpyDocString(inspect.getdoc(cls))[title]
    return {entry.name: (entry.type, " ".join(entry.desc)) for entry in entries}


def tables():
    """All tables of parameters and attributes, by module and name."""
    for module in pkgutil.walk_packages(skdeep.__path__, "skdeep."):
        if module.name.endswith("._parameter_table"):
            for name, table in vars(importlib.import_module(module.name)).items():
                if isinstance(table, dict) and not name.startswith("_"):
                    yield f"{module.name}.{name}", table


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_documentation_is_as_the_signature(cls):
    _, *arguments = inspect.signature(cls.__init__).parameters.values()
    described = sections(cls, "Parameters")
    names = [str(a.replace(default=a.empty, annotation=a.empty)) for a in arguments]
    assert list(described) == names
    for argument, (types, text) in zip(arguments, described.values(), strict=True):
        _, has_default, default = types.partition(", default=")
        assert bool(has_default) == (argument.default is not argument.empty)
        if isinstance(argument.default, str):
            assert json.loads(default) == argument.default
        elif has_default:
            assert default == repr(argument.default)
        assert text
        assert types


@pytest.mark.parametrize("cls", [c for c in ESTIMATORS if not issubclass(c, OPEN)])
def test_every_parameter_has_a_constraint(cls):
    assert set(cls._parameter_constraints) == set(cls._get_param_names())


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_every_property_of_a_fitted_estimator_is_documented(cls):
    attributes = " ".join([*sections(cls, "Attributes"), inspect.getdoc(cls)])
    fitted = {
        name
        for name in dir(cls)
        if isinstance(getattr(cls, name, None), property)
        and name.endswith("_")
        and not name.startswith("_")
    }
    assert {name for name in fitted if name not in attributes} == set()


@pytest.mark.parametrize("cls", [c for c in ESTIMATORS if hasattr(c, "_auto_batch")])
def test_the_automatic_batch_is_the_documented_one(cls):
    estimator, (_, text) = cls(), sections(cls, "Parameters")["batch_size"]
    assert int(re.search(r"\d+", text)[0]) == estimator._batch_size(1000)


def test_every_description_is_of_some_estimator():
    shown = " ".join(" ".join(inspect.getdoc(cls).split()) for cls in ESTIMATORS)
    found = list(tables())
    assert len(found) > 20
    unused = [
        f"{table}[{name!r}]"
        for table, entries in found
        for name, entry in entries.items()
        if f"{name} : {entry.type}" not in shown
        or " ".join(entry.text.split()) not in shown
    ]
    assert unused == []


def test_a_missing_description_is_an_error_of_the_class():
    class Estimator(BaseEstimator):
        def __init__(self, known=1, *, unknown=2):
            store_parameters(self, locals())

    table = {"known": Parameter("int", [int], "A number.")}
    with pytest.raises(TypeError, match=r"Estimator .* \['unknown'\]"):
        documented(parameters=(table,))(Estimator)


def test_sections_stand_in_the_order_of_numpydoc():
    class Estimator(BaseEstimator):
        """It does nothing.

        Examples
        --------
        >>> 1
        1
        """

        def __init__(self, number=1, *, name="a"):
            store_parameters(self, locals())

    table = {
        "name": Parameter("str", [str], "A name."),
        "unused": Parameter("str", [str], "Another name."),
        "number": Parameter("int", [int], "Some number."),
    }
    own = {"number": Parameter("int", [int], "A number.\nAnd more.")}
    documented(
        parameters=(table, own),
        attributes=({"done_": Attribute("bool", "Whether it is done.")},),
        about="It says so.",
        notes="None.",
    )(Estimator)
    assert Estimator.__doc__.splitlines() == [
        "It does nothing.",
        "",
        "It says so.",
        "",
        "Parameters",
        "----------",
        "number : int, default=1",
        "    A number.",
        "    And more.",
        'name : str, default="a"',
        "    A name.",
        "",
        "Attributes",
        "----------",
        "done_ : bool",
        "    Whether it is done.",
        "",
        "Notes",
        "-----",
        "None.",
        "",
        "Examples",
        "--------",
        ">>> 1",
        "1",
    ]
    assert Estimator._parameter_constraints == {"number": [int], "name": [str]}


class Deep(skdeep.DenseClassifier):
    """A user's subclass, with parameters of its own and fewer of the others."""

    def __init__(self, depth=2, *, epochs=1, random_state=None):
        super().__init__((8,) * depth, epochs=epochs, random_state=random_state)
        self.depth = depth


def test_a_subclass_of_the_users_has_its_own_constructor(iris):
    net = Deep(3, random_state=0)
    assert net.get_params() == {"depth": 3, "epochs": 1, "random_state": 0}
    assert clone(net).set_params(depth=1).depth == 1
    assert pickle.loads(pickle.dumps(net)).hidden_layer_sizes == (8, 8, 8)
    assert net.fit(*iris).network_.spec.hidden_layer_sizes == (8, 8, 8)
    with pytest.raises(InvalidParameterError, match="'epochs' parameter of Deep"):
        net.set_params(epochs=0).fit(*iris)

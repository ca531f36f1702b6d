"""Which modules import which: from families to the engine, never back."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import skdeep

ROOT = Path(skdeep.__file__).parent
# From the ground to the roof. Those of one floor do not import each other.
FLOORS = (
    ("encoding", "networks"),
    ("inference",),
    ("training",),
    ("base",),
    ("conv", "dense", "sequence"),
    ("autoencoder", "keras_models", "text"),
    ("forecasting",),
    ("inspection", "fusion"),
    ("model_selection", "persistence"),
    ("plotting",),
    ("reports",),
)
ENGINE = {"encoding", "networks", "inference", "training", "base"}
FAMILIES = {"autoencoder", "conv", "dense", "keras_models", "sequence", "text"}


def names(path):
    """The modules that a file imports, those within functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def imports():
    """The modules of the package that each of them imports."""
    files = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        files[".".join(parts).removesuffix(".__init__")] = path
    found = {}
    for module, path in files.items():
        own = (name for name in names(path) if name.startswith("skdeep"))
        own = (name if name in files else name.rpartition(".")[0] for name in own)
        found[module] = set(own) - {module}
    assert len(found) > 150
    return found


def package(module):
    return module.split(".")[1] if "." in module else None


def test_there_is_no_circle(imports):
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(f"Modules import each other: {' <- '.join(error.args[1])}")


def test_imports_run_one_way(imports):
    floor = {name: n for n, names in enumerate(FLOORS) for name in names}
    wrong = [
        f"{module} imports {other}"
        for module, others in imports.items()
        for other in others
        if package(module) != package(other)
        if floor.get(package(other), -1) >= floor.get(package(module), len(FLOORS))
    ]
    assert not wrong


def test_the_engine_names_no_family(imports):
    wrong = [
        f"{module} imports {other}"
        for module, others in imports.items()
        if package(module) in {*ENGINE, "inspection", "plotting", "persistence"}
        for other in others
        if package(other) in FAMILIES
    ]
    assert not wrong


def test_estimators_are_those_of_the_families():
    from skdeep import autoencoder, conv, dense, estimators, sequence, text

    families = autoencoder, conv, dense, sequence, text
    names = [name for family in families for name in family.__all__]
    assert sorted(names) == sorted(estimators.__all__)
    assert all(getattr(estimators, n) is getattr(skdeep, n) for n in names)


def test_inheritance_is_shallow():
    """From an estimator to ``object``, scikit-learn's own levels included."""

    def depth(cls):
        return 1 + max((depth(base) for base in cls.__bases__), default=-1)

    depths = {
        name: depth(getattr(skdeep, name))
        for name in skdeep.__all__
        if isinstance(getattr(skdeep, name), type)
    }
    assert depths["TextClassifier"] >= 4
    assert {name: n for name, n in depths.items() if n > 8} == {}

"""Private names of other packages: they are there, and stand in one module."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.linear_model import LogisticRegression

import skdeep
from skdeep import DenseClassifier, _compat
from skdeep.keras_models._scikeras import ClassifierLabelEncoder

ROOT = Path(skdeep.__file__).parent
L = keras.layers
PACKAGES = "keras", "numpy", "scikeras", "sklearn", "tensorflow"
ACCESS = {"getattr", "hasattr", "setattr", "delattr"}


def told(names):
    return "\n".join(
        f"{name} of {private.owner} is gone. Needed: {private.reason}. "
        f"To do: {private.instead}."
        for name, private in names.items()
    )


@pytest.mark.parametrize("name", _compat.NAMES)
def test_names_that_are_imported_are_there(name):
    try:
        assert getattr(_compat, name) is not None
    except (AttributeError, ImportError) as error:
        raise AssertionError(told({name: _compat.NAMES[name]})) from error


@pytest.fixture(scope="module")
def examples():
    """An object of each class whose attributes are those of objects."""
    inputs = keras.Input((3,))
    x = L.Normalization(mean=0.0, variance=1.0)(inputs)
    layer = L.BatchNormalization()
    model = keras.Model(inputs, L.Dense(1)(layer(x)))
    optimizer = keras.optimizers.Adam(use_ema=True, gradient_accumulation_steps=2)
    optimizer.exclude_from_weight_decay(var_list=[], var_names=["bias"])
    model.compile(optimizer, "mse", metrics=["mae"], weighted_metrics=["mse"])
    model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
    classifier = DenseClassifier(epochs=1).set_callbacks(
        ScoringMonitor(scoring="accuracy")
    )
    encoder = ClassifierLabelEncoder().fit(np.array(["a", "b"]))
    return {
        "keras.KerasTensor": inputs,
        "keras.layers.BatchNormalization": layer,
        "keras.layers.Normalization": model.layers[1],
        "keras.losses.Loss": keras.losses.MeanSquaredError(),
        "keras.Metric": keras.metrics.MeanSquaredError(),
        "keras.metrics.MeanMetricWrapper": keras.metrics.MeanSquaredError(),
        "keras.Model": model,
        "keras.Model._compile_loss": model._compile_loss,
        "keras.Model._compile_metrics": model._compile_metrics,
        "keras.Operation": layer,
        "keras.optimizers.Optimizer": optimizer,
        "keras.callbacks.TensorBoard": keras.callbacks.TensorBoard(),
        "scikeras.utils.transformers.ClassifierLabelEncoder": encoder,
        "sklearn.base.BaseEstimator": LogisticRegression(),
        "sklearn.callback.CallbackContext": classifier._init_callback_context(),
        "sklearn.callback.CallbackSupportMixin": classifier,
        "tensorflow.python.eager.context.Context": pkgutil.resolve_name(
            "tensorflow.python.eager.context"
        )._context,
    }


def has(examples, name):
    owner = _compat.ATTRIBUTES[name].owner
    if owner == "keras.optimizers.ScheduleFreeAdamW":
        cls = getattr(keras.optimizers, "ScheduleFreeAdamW", None)  # since 3.14
        if cls is None:
            return True
        example = cls()
        example.build([keras.Variable([1.0])])
    elif owner in examples:
        example = examples[owner]
    else:
        example = pkgutil.resolve_name(owner)
    return hasattr(example, name)


def test_attributes_are_there(examples):
    gone = {k: v for k, v in _compat.ATTRIBUTES.items() if not has(examples, k)}
    assert not gone, told(gone)


def test_settings_of_a_thread_are_there():
    L.Dense(1)
    keras.random.normal((1,))
    with keras.saving.custom_object_scope({"own": told}):
        found = {
            name: _compat.global_state.get_global_attribute(name)
            for name in _compat.GLOBALS
        }
    with keras.StatelessScope():
        # Made when the scope is left.
        keras.Variable(keras.initializers.Zeros(), shape=(1,))
        name = "uninitialized_variables"
        found[name] = _compat.global_state.get_global_attribute(name)
    gone = {k: v for k, v in _compat.GLOBALS.items() if found[k] is None}
    assert not gone, told(gone)


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


@pytest.fixture(scope="module")
def trees():
    paths = (path for path in ROOT.rglob("*.py") if path.name != "_compat.py")
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_only_one_module_imports_private_names(trees):
    found = [
        f"{file}: {name}"
        for file, tree in trees.items()
        for node in ast.walk(tree)
        for name in imported(node)
        if name.partition(".")[0] in PACKAGES
        and (
            any(map(is_private, name.split(".")))
            or name.startswith(("keras.src", "tensorflow.python", "tensorflow.core"))
        )
    ]
    assert not found, f"import them from skdeep._compat, with a reason: {found}"


def defined(tree):
    """Names that a module of skdeep gives to something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from [node.attr] * isinstance(node.value, ast.Name)


def used(tree):
    """Attributes that a module looks up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ACCESS:
            yield from (a.value for a in node.args[1:2] if isinstance(a, ast.Constant))


def test_private_attributes_of_others_are_listed(trees):
    own = {name for tree in trees.values() for name in defined(tree)}
    # Named tuples; fitted attributes, set by name; a method that users write.
    own |= {"_fields", "_replace", "_targets", "_keras_build_fn"}
    found = {
        name: file
        for file, tree in trees.items()
        for name in used(tree)
        if is_private(name) and name not in own | set(_compat.ATTRIBUTES)
    }
    assert not found, f"list them in skdeep._compat, with a reason: {found}"
    everywhere = {name for tree in trees.values() for name in used(tree)}
    texts = "".join(path.read_text() for path in ROOT.rglob("*.py"))
    unused = {
        name
        for name in _compat.ATTRIBUTES
        if name not in everywhere and texts.count(f'"{name}"') < 2
    }
    assert unused <= {"_backend_apply_gradients"}  # overridden


def test_nothing_is_imported_with_it():
    code = "import sys, skdeep._compat; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.check_output(command, text=True).split()
    assert "skdeep._compat" in loaded
    assert not {"keras", "tensorflow"} & set(loaded)
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _compat.missing  # noqa: B018

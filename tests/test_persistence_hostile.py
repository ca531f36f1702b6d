"""Files that were made to harm: skdeep.load refuses them, in little memory."""

import copy
import io
import itertools
import json
import pathlib
import shutil
import tracemalloc
import zipfile

import keras
import numpy as np
import pytest
from saved_files import forge, parts_of, signed, state_of, write_parts

import skdeep
from skdeep import ConvClassifier, DenseClassifier, DenseRegressor, FileFormatError
from skdeep.persistence._keras_objects import check_config

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("moved")


@pytest.fixture
def path(regressor, tmp_path):
    path = tmp_path / "model.skdeep"
    skdeep.save(regressor, path)
    return path


@pytest.fixture(scope="module")
def with_backbone(tmp_path_factory, digits):
    """A file that has a description of a Keras model."""
    X, y = digits
    layers = [keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()]
    backbone = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    estimator = ConvClassifier(backbone=backbone, image_shape=(8, 8), epochs=1)
    path = tmp_path_factory.mktemp("backbone") / "model.skdeep"
    skdeep.save(estimator.fit(X[:20], y[:20] % 2), path)
    skdeep.load(path)
    return path


def refused(path, match=None):
    with pytest.raises(FileFormatError, match=match):
        skdeep.load(path)


# Damage


def test_every_part_has_a_digest(path):
    parts = parts_of(path)
    for name, data in parts.items():
        changed = data.replace(b"0.0", b"0.5", 1) if name.endswith("json") else b""
        assert changed != data
        write_parts(path, {**parts, name: changed})
        refused(path, "digest")
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        archive.writestr("estimator.json", parts["estimator.json"])
    refused(path, "several parts of one name")


def test_parts_that_nothing_refers_to(path):
    parts = parts_of(path)
    write_parts(path, {**parts, "arrays/99.npy": parts["arrays/0.npy"]})
    refused(path, "unexpected or missing")
    write_parts(path, signed(parts_of(path)))
    refused(path, "nothing refers to")


def test_one_part_cannot_serve_twice(path):
    def twice(content):
        weights = state_of(content)["network_"]["fields"]["weights"]["fields"]
        weights["trainable"]["list"][1] = weights["trainable"]["list"][0]

    forge(path, twice)
    refused(path, "used before")


# Sizes


def peak_of(path, match):
    """Bytes that were taken until the file was refused."""
    tracemalloc.start()
    try:
        refused(path, match)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_of_zeros(path):
    parts = parts_of(path)
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1500, 1500)))
    parts["arrays/0.npy"] = buffer.getvalue()
    write_parts(path, signed(parts), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert peak_of(path, "at most") < 5_000_000


def test_an_array_that_says_it_is_huge(path):
    parts = parts_of(path)
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999, 99999), }"
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f8", "fortran_order": False, "shape": (99999, 99999)}
    )
    assert header.encode() in buffer.getvalue()
    parts["arrays/0.npy"] = buffer.getvalue()
    write_parts(path, signed(parts))
    assert peak_of(path, "says that it has") < 10_000_000


def test_a_huge_layer_in_a_model(with_backbone, tmp_path):
    path = shutil.copy(with_backbone, tmp_path)

    def widen(content):
        text = json.dumps(content).replace(
            '\\"filters\\": 2', '\\"filters\\": 99999999'
        )
        content.clear()
        content.update(json.loads(text))

    forge(path, widen)
    assert peak_of(path, "variables of the shapes") < 50_000_000


def test_a_huge_layer_in_a_model_that_says_it_has_no_weights(tmp_path):
    def widen(content):
        values = state_of(content)["model"]["keras_model"]["tuple"]
        values[0] = values[0].replace('"units": 2', '"units": 999999')
        values[3:] = None, None

    path = tmp_path / "model.skdeep"
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    skdeep.save(skdeep.KerasRegressor(model), path)
    forge(path, widen)
    refused(path, "variables of the shapes")


def test_a_huge_layer_in_a_parameter(path):
    layer = keras.layers.PReLU()
    layer.build((None, 4))
    config = keras.saving.serialize_keras_object(layer)
    config["build_config"] = {"input_shape": [None, 10**9]}
    forge(path, lambda c: state_of(c).update(activation={"keras": config}))
    assert peak_of(path, "variables of") < 50_000_000
    metric = keras.saving.serialize_keras_object(keras.metrics.AUC())
    metric["config"] = {"num_thresholds": 10**9}
    metrics = {"list": [{"keras": metric}]}
    forge(path, lambda c: state_of(c).update(metrics=metrics, activation="relu"))
    assert peak_of(path, "a metric with") < 50_000_000


def test_a_network_that_says_it_is_huge(path):
    def widen(content):
        spec = state_of(content)["network_"]["fields"]["spec"]["fields"]
        spec["hidden_layer_sizes"] = {"tuple": [10**9]}

    forge(path, widen)
    assert peak_of(path, "weights of the shapes") < 10_000_000


# Code


def layer(name, module="keras.layers", **config):
    return {"class_name": name, "module": module, "config": config}


def function(name, module, registered=None):
    config = {"class_name": "function", "module": module, "config": name}
    return {**config, "registered_name": registered or name}


KNOWN = "skdeep>QuantileLoss"


CODE = {"class_name": "__lambda__", "config": {"value": ["4wAA", None, None]}}
HOSTILE = {
    "Lambda": layer("Lambda", function=CODE),
    "Lambda of a name": layer("Lambda", function=function("get_file", "keras.utils")),
    "Lambda inside": layer("TimeDistributed", layer=layer("Lambda", function=CODE)),
    "Lambda by its place": layer("Lambda", "keras.src.layers.core.lambda_layer"),
    "code": CODE,
    "TFSMLayer": layer("TFSMLayer", filepath="/evil"),
    "TFSMLayer by its place": layer("TFSMLayer", "keras.src.export.tfsm_layer"),
    "TorchModuleWrapper": layer("TorchModuleWrapper", module="gASVIAAAAAAA"),
    "JaxLayer": layer("JaxLayer", call_fn=CODE),
    "get_file": function("get_file", "keras.utils"),
    "get_file as a class": layer("get_file", "keras.utils", fname="a", origin="http:"),
    "load_model": function("load_model", "keras.models"),
    "a function of the loader": function("deserialize", "keras.layers"),
    "a foreign function": function("system", "os"),
    "a builtin": function("eval", "builtins"),
    "a foreign class": layer("Popen", "subprocess", args=["true"]),
    "a foreign module": layer("Layer", "skdeep_evil"),
    "no module": {"class_name": "Lambda", "config": {}},
    "a function under a known name": function("get_file", "keras.utils", KNOWN),
    "a known name": {"class_name": "TFSMLayer", "config": {}, "registered_name": KNOWN},
    "no Keras class": layer("Sequential", "keras.src.saving.saving_lib"),
    "an absolute path": layer("StringLookup", vocabulary="/etc/passwd"),
    "a relative path": layer("TextVectorization", vocabulary="../words.txt"),
    "a path inside": layer("TextVectorization", lookup={"vocabulary": "words.txt"}),
}


@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE)
def test_hostile_descriptions(config):
    with pytest.raises(FileFormatError):  # before Keras sees them
        check_config(config)


@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE)
def test_hostile_parameters(path, config):
    forge(path, lambda c: state_of(c).update(activation={"keras": config}))
    refused(path, "file|layer")


@pytest.mark.parametrize("config", HOSTILE.values(), ids=HOSTILE)
def test_hostile_models(with_backbone, tmp_path, config):
    path = shutil.copy(with_backbone, tmp_path)

    def put_in(node):
        """The configuration in place of the first layer of each model in JSON."""
        if isinstance(node, str) and node.startswith('{"'):
            model = json.loads(node)
            model["config"]["layers"][1] = config
            return json.dumps(model)
        if isinstance(node, dict):
            return {key: put_in(value) for key, value in node.items()}
        return [*map(put_in, node)] if isinstance(node, list) else node

    def change(content):
        before = copy.deepcopy(content)
        content["content"] = put_in(content["content"])
        assert content != before

    forge(path, change)
    refused(path, "file|layer")


def test_models_and_losses_of_keras_pass(tmp_path):
    inputs = keras.Input((4,))
    x = keras.layers.Dense(3, "gelu", kernel_regularizer="l2")(inputs)
    x = keras.ops.relu(x) * 2 + x
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.ops.abs(x)))
    estimator = skdeep.KerasRegressor(model, loss=keras.losses.mean_squared_error)
    path = tmp_path / "model.skdeep"
    skdeep.save(estimator, path)
    again = skdeep.load(path)
    assert again.loss is keras.losses.mean_squared_error
    X = np.ones((2, 4))
    assert np.array_equal(again.model(X), model(X))


# Forgeries


def paths(node, at=()):
    """Where the values of a description are."""
    if at:
        yield at
    if isinstance(node, (dict, list)):
        items = node.items() if isinstance(node, dict) else enumerate(node[:3])
        for key, value in items:
            yield from paths(value, (*at, key))


def mutations(parts):
    """Parts of which one thing was changed, and what that was."""
    content = json.loads(parts["estimator.json"])
    values = itertools.cycle(
        [None, float("nan"), -1, 10**9, "x", {"tuple": []}, 0.5, [], True, 3]
    )
    for number, at in enumerate(paths(content["content"])):
        new = copy.deepcopy(content)
        node = new["content"]
        for key in at[:-1]:
            node = node[key]
        if number % 3:
            node[at[-1]] = next(values)
        else:
            del node[at[-1]]
        yield at, {**parts, "estimator.json": json.dumps(new).encode()}
    for name in parts:
        if not name.startswith("arrays"):
            continue
        array = np.load(io.BytesIO(parts[name]))
        others = array[None], array.ravel()[:-1], np.asarray("x"), array.astype("c8")
        if array.dtype.kind == "f":
            others = *others, np.full_like(array, np.nan)
        for other in others:
            buffer = io.BytesIO()
            np.save(buffer, other)
            yield (name, other.shape), {**parts, name: buffer.getvalue()}


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_what_loads_predicts(kind, classifier, regressor, iris, diabetes, tmp_path):
    estimator = classifier if kind == "classifier" else regressor
    X = (iris if kind == "classifier" else diabetes)[0]
    path = tmp_path / "model.skdeep"
    skdeep.save(estimator, path)
    loaded = 0
    for what, parts in mutations(parts_of(path)):
        write_parts(path, signed(parts))
        try:
            again = skdeep.load(path)
        except FileFormatError:
            continue
        loaded += 1
        try:
            again.predict(X)
            again.history_  # noqa: B018
            repr(again)
        except Exception as error:
            raise AssertionError(f"{what} was loaded and failed then") from error
    assert loaded < 100  # other parameters


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("n_features_in_", 5),
        ("n_outputs_", 2),
        ("n_epochs_", 99),
        ("best_epoch_", 99),
        ("dropout", float("nan")),
        ("epochs", -1),
        ("_history", {"list": []}),
        ("_targets", None),
        ("network_", None),
    ],
)
def test_attributes_that_do_not_belong_together(path, attribute, value):
    forge(path, lambda content: state_of(content).update({attribute: value}))
    refused(path)


@pytest.mark.parametrize("place", [-1, 625, 10**9])
def test_generators_that_would_read_beyond_their_numbers(tmp_path, place):
    path = tmp_path / "model.skdeep"
    skdeep.save(DenseRegressor(random_state=np.random.RandomState(0)), path)
    skdeep.load(path)

    def change(content):
        state_of(content)["random_state"]["random_state"]["tuple"][2] = place

    forge(path, change)
    refused(path, "generator")


def test_what_would_not_load_is_not_saved(regressor, tmp_path):
    path = tmp_path / "model.skdeep"
    with pytest.raises(ValueError, match="dropout"):
        skdeep.save(DenseRegressor(dropout=2), path)
    assert not path.exists()


# Versions


def test_files_of_format_1_load(tmp_path):
    path = pathlib.Path(__file__).with_name("format_1.skdeep")
    again = skdeep.load(path)
    X = np.array([[1.0, 2.0], [-1.0, 0.5]])
    assert np.array_equal(again.predict(X), [-1.5, 2.0])
    parts = parts_of(path)
    parts["arrays/0.npy"] = parts["arrays/1.npy"]
    write_parts(tmp_path / "changed", parts)
    refused(tmp_path / "changed", "digest")


def test_other_versions(path, regressor):
    forge(path, lambda c: (c.update(skdeep="0.0.9"), state_of(c).pop("patience")))
    assert skdeep.load(path).patience == DenseRegressor().patience
    forge(path, lambda c: state_of(c).update(gone=1))
    refused(path, "written by skdeep '0.0.9'")
    forge(path, lambda c: c.update(format=99))
    refused(path, "format 99.*written by skdeep '0.0.9'")


def test_a_class_is_no_estimator(tmp_path):
    with pytest.raises(TypeError, match="takes estimators"):
        skdeep.save(DenseClassifier, tmp_path / "model.skdeep")

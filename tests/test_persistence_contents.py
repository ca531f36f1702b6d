"""What skdeep.save takes beside networks: pipelines, Keras models, forecasters."""

import functools
import importlib
import io
import json

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from saved_files import forge, parts_of, signed, write_parts
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

import skdeep
from skdeep import DenseClassifier, Forecaster, KerasClassifier, KerasRegressor
from skdeep.persistence import _steps

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("moved")

skops_io = pytest.importorskip("skops.io")


@pytest.fixture
def again(tmp_path):
    """What is left of an estimator after saving and loading."""

    def save_and_load(estimator):
        path = tmp_path / "model.skdeep"
        skdeep.save(estimator, path)
        return skdeep.load(path)

    return save_and_load


def pipeline(*steps):
    """A fitted pipeline of fitted steps."""
    return Pipeline([(str(number), step) for number, step in enumerate(steps)])


def test_pipelines(classifier, iris, again):
    X, _ = iris
    scaled = pipeline(StandardScaler().fit(X), classifier)
    loaded = again(scaled)
    assert_array_equal(loaded.predict_proba(X), scaled.predict_proba(X))
    assert type(loaded[-1]) is DenseClassifier
    assert loaded[-1].get_params() == classifier.get_params()


def test_column_transformers_and_inner_pipelines(classifier, iris, again):
    X, y = iris
    table = pd.DataFrame(X[:, :3], columns=list("abc"))
    table["d"] = np.where(y > 0, "u", "v")
    columns = make_column_transformer(
        (OneHotEncoder(drop="first"), ["d"]),
        (make_pipeline(StandardScaler(), MinMaxScaler()), ["a"]),
        (FunctionTransformer(np.log1p), ["b"]),
        ("passthrough", ["c"]),
    )
    columns.fit(table)
    whole = pipeline(columns, classifier)
    assert_array_equal(again(whole).predict(table), whole.predict(table))


def test_transformed_targets_and_searches(regressor, classifier, diabetes, iris, again):
    X, y = diabetes
    target = TransformedTargetRegressor(regressor, transformer=MinMaxScaler())
    target.regressor_, target.transformer_ = regressor, MinMaxScaler().fit(y[:, None])
    target._training_dim = 1
    assert_array_equal(again(target).predict(X), target.predict(X))
    search = GridSearchCV(classifier, {"epochs": [1]}, cv=2).fit(*iris)
    for estimator in (search, search.best_estimator_):
        assert_array_equal(again(estimator).predict(iris[0]), search.predict(iris[0]))


def test_one_network_in_two_places(classifier, again):

    twice = Pipeline([("a", classifier), ("b", classifier)])
    loaded = again(twice)
    assert loaded[0] is loaded[1]


def own_function(X):
    return X


@pytest.mark.parametrize("function", [lambda X: X, own_function], ids=["lambda", "own"])
def test_code_in_steps_is_refused(function, classifier, again):
    with pytest.raises(TypeError, match="estimators of skdeep and of scikit-learn"):
        again(pipeline(FunctionTransformer(function), classifier))


def test_forged_steps_are_refused(classifier, iris, tmp_path):
    path = tmp_path / "model.skdeep"
    skdeep.save(pipeline(StandardScaler().fit(iris[0]), classifier), path)
    forge(path, lambda c: c["content"]["networks"].append(None))
    with pytest.raises(skdeep.FileFormatError, match="stand in no step"):
        skdeep.load(path)


def warnings_of_a_module():
    """A module that one of scikit-learn's scores has imported, as skops reads it."""
    place = {"__module__": "sklearn.metrics._ranking", "__class__": "warnings"}
    return {**place, "__loader__": "FunctionNode", "__id__": 1}


def attribute_of(node, name):
    content = {"obj": node, "func": name}
    return {**node, "__loader__": "MethodNode", "content": content, "__id__": id(name)}


def put_in_place(node, old, new):
    """``new`` in place of the function ``old`` in what skops has written."""
    if isinstance(node, dict):
        if node.get("__class__") == old:
            return new
        return {key: put_in_place(value, old, new) for key, value in node.items()}
    return [put_in_place(n, old, new) for n in node] if isinstance(node, list) else node


@pytest.mark.parametrize("chain", [[], ["sys"], ["sys", "exit"]])
def test_modules_behind_those_of_scores_are_refused(chain, classifier, tmp_path):
    path = tmp_path / "model.skdeep"
    skdeep.save(pipeline(FunctionTransformer(np.log1p), classifier), path)
    evil = functools.reduce(attribute_of, chain, warnings_of_a_module())
    parts = parts_of(path)
    (name,) = (name for name in parts if name.startswith("steps"))
    inner = parts_of(io.BytesIO(parts[name]))
    schema = json.loads(inner["schema.json"])
    changed = put_in_place(schema, "log1p", evil)
    assert changed != schema
    buffer = io.BytesIO()
    write_parts(buffer, {**inner, "schema.json": json.dumps(changed).encode()})
    write_parts(path, signed({**parts, name: buffer.getvalue()}))
    with pytest.raises(skdeep.FileFormatError, match="unknown types"):
        skdeep.load(path)


def test_objects_that_say_how_they_are_copied_are_refused():
    scaler = StandardScaler()
    vars(scaler)["__reduce_ex__"] = "a function"
    with pytest.raises(skdeep.FileFormatError, match="copying would call"):
        _steps.loaded(skops_io.dumps(scaler), [])


def model(units, activation=None):
    layers = [keras.layers.Dense(3, "relu"), keras.layers.Dense(units, activation)]
    return keras.Sequential([keras.Input((4,)), *layers])


def build(meta):
    return model(3, "softmax")


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    "loss",
    [SPARSE, keras.losses.sparse_categorical_crossentropy, "object"],
    ids=["name", "function", "object"],
)
def test_keras_classifier(loss, iris, again):
    X, y = iris
    loss = keras.losses.SparseCategoricalCrossentropy() if loss == "object" else loss
    optimizer = keras.optimizers.Adam(0.1)
    given = model(3, "softmax"), loss, optimizer
    names = "model", "loss", "optimizer"
    parameters = dict(zip(names, given, strict=True))
    estimator = KerasClassifier(metrics=["accuracy"], random_state=0, **parameters)
    estimator.fit(X, np.array(["a", "b", "c"])[y])
    loaded = again(estimator)
    assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
    assert_array_equal(loaded.predict(X), estimator.predict(X))
    assert loaded.history_ == estimator.history_
    labels = np.array(["a", "b", "c"])[y]
    one, other = (
        e.partial_fit(X, labels).predict_proba(X) for e in (loaded, estimator)
    )
    assert_array_equal(one, other)


def test_keras_regressor(iris, again):
    X, _ = iris
    estimator = KerasRegressor(model(1), loss="mse").fit(X, X[:, 0])
    assert_array_equal(again(estimator).predict(X), estimator.predict(X))
    unfitted = again(KerasRegressor(model(1), loss="mse"))
    assert unfitted.loss == "mse"
    assert not unfitted.initialized_


def test_a_function_that_builds_is_refused_with_a_remedy(iris, again):
    X, y = iris
    estimator = KerasClassifier(build, loss=SPARSE).fit(X, y)
    with pytest.raises(TypeError, match=r"set_params\(model=est.model_\)"):
        again(estimator)
    estimator.set_params(model=estimator.model_)
    assert_array_equal(again(estimator).predict(X), estimator.predict(X))


@pytest.mark.parametrize(
    "index",
    [
        pd.period_range("2020-01", periods=40, freq="M", name="month"),
        pd.date_range("2020-01", periods=40, freq="D", tz="Europe/Vienna"),
        pd.RangeIndex(3, 43),
    ],
    ids=["periods", "times", "numbers"],
)
def test_forecasters(index, again):
    series = pd.Series(np.sin(np.arange(40.0)), index, name="wave")
    forecaster = Forecaster(Ridge(), window=4, horizon=2).fit(series)
    loaded = again(forecaster)
    pd.testing.assert_series_equal(loaded.predict(), forecaster.predict())
    loaded.update(loaded.predict())


def test_forecasters_with_exogenous_values_that_no_forecast_sees(again):
    values = np.sin(np.arange(40.0))
    exog = np.append(np.nan, values[1:])
    forecaster = Forecaster(Ridge(), window=4).fit(values, exog[:, None])
    expected = forecaster.predict(X=np.ones((1, 1)))
    assert_array_equal(again(forecaster).predict(X=np.ones((1, 1))), expected)


def test_forecasters_of_networks(again):
    values = np.sin(np.arange(40.0))
    exog = pd.DataFrame({"a": values, "b": values**2})
    network = skdeep.DenseRegressor((3,), epochs=1)
    forecaster = Forecaster(make_pipeline(StandardScaler(), network), window=4)
    forecaster.fit(pd.Series(values), exog)
    future = np.ones((1, 2))
    loaded = again(forecaster)
    assert_array_equal(loaded.predict(X=future), forecaster.predict(X=future))


def test_trusted_types_are_all_that_skops_asks_for(
    classifier, regressor, iris, tmp_path
):
    import skops.io

    trusted = list(skdeep.persistence.TRUSTED_TYPES)
    for name in trusted:
        module, _, cls = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(module), cls), type), name
    names = {name.rpartition(".")[2] for name in trusted}
    assert {"DenseClassifier", "Forecaster", "TokenSequences"} <= names
    assert {"AutoencoderSpec", "ConvSpec", "Series", "Tokenizer", "Weights"} <= names
    X, _ = iris
    for estimator in (pipeline(StandardScaler().fit(X), classifier), regressor):
        data = skops.io.dumps(estimator)
        assert set(skops.io.get_untrusted_types(data=data)) <= set(trusted)
        again = skops.io.loads(data, trusted=trusted)
        rows = X if estimator is not regressor else np.ones((2, 10))
        assert_array_equal(again.predict(rows), estimator.predict(rows))

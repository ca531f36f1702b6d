"""What every exported estimator must do; the classes are discovered."""

import contextlib
import copy
import functools
import inspect
import io
import pickle
import random
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import (
    ClassifierMixin,
    OutlierMixin,
    RegressorMixin,
    clone,
    is_classifier,
)
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from text_data import paragraphs

import skdeep

ESTIMATORS = [
    cls
    for cls in (getattr(skdeep, name) for name in skdeep.__all__)
    if inspect.isclass(cls)
    and issubclass(cls, ClassifierMixin | RegressorMixin | OutlierMixin)
    # Others have no network of their own, or several.
    and {"model", "n_members"}.isdisjoint(cls._get_param_names())
]

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS)


def of_texts(cls):
    return cls().__sklearn_tags__().input_tags.string


def data_for(cls, iris, diabetes):
    if not of_texts(cls):
        return iris if is_classifier(cls()) else diabetes
    texts, names = paragraphs()
    return texts, names if is_classifier(cls()) else np.char.str_len(texts)


def tiny(cls, **params):
    """An estimator whose network has nine units in each layer, as in no other file."""
    # With few tokens the texts of each fold have as many, and share a program.
    small = {"hidden_layer_sizes": (9,), "filters": (9,), "max_tokens": 60}
    small = {name: value for name, value in small.items() if hasattr(cls(), name)}
    settings = {"optimizer": "adam", "learning_rate": 0.01, "dropout": 0.1}
    return cls(**{**small, **settings, "epochs": 3, "random_state": 0, **params})


def global_random_state():
    return np.random.get_state()[1].tolist(), random.getstate()


@pytest.fixture(scope="session")
def first_fit_of(iris, diabetes, tmp_path_factory):
    """What a first fit gives, for which the network is built and compiled.

    Returned are the estimator, the states of the global random generators before and
    after its fit, and what it has written into the working directory.
    """

    @functools.cache
    def first_fit(cls):
        folder, estimator = tmp_path_factory.mktemp("empty"), tiny(cls)
        before = global_random_state()
        with contextlib.chdir(folder):
            estimator.fit(*data_for(cls, iris, diabetes))
        return estimator, (before, global_random_state()), list(folder.iterdir())

    return first_fit


@pytest.fixture(scope="session")
def fitted_of(first_fit_of):
    return lambda cls: first_fit_of(cls)[0]


@pytest.fixture
def fitted(cls, fitted_of):
    return fitted_of(cls)


@pytest.fixture(name="X")
def features(cls, iris, diabetes):
    return data_for(cls, iris, diabetes)[0]


def test_estimators_are_discovered():
    expected = {"DenseClassifier", "DenseRegressor", "Autoencoder"}
    assert expected <= {c.__name__ for c in ESTIMATORS}


@every_estimator
def test_clone_and_set_params_lose_no_parameter(cls):
    changed = {
        "hidden_layer_sizes": (3, 2),
        "activation": keras.layers.LeakyReLU(0.07),
        "kernel_initializer": keras.initializers.HeNormal(seed=3),
        "optimizer": keras.optimizers.SGD(0.25, momentum=0.5),
        "loss": keras.losses.MeanSquaredError(),
        "learning_rate_schedule": keras.optimizers.schedules.CosineDecay(0.1, 7),
        "callbacks": [keras.callbacks.TerminateOnNaN()],
        "metrics": [keras.metrics.MeanSquaredError()],
        "class_weight": {0: 2.0},
        "random_state": 4,
    }
    for name in cls().get_params():
        default = cls().get_params()[name]
        value = changed.get(name, default)
        estimator = cls().set_params(**{name: value})
        assert estimator.get_params()[name] is value
        copied = clone(estimator).get_params()[name]
        config = getattr(value, "get_config", None)
        if config is None:
            assert type(copied) is type(value)
        else:
            assert copied.get_config() == config()


@every_estimator
@pytest.mark.parametrize(
    "copier",
    [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],
    ids=["deepcopy", "pickle"],
)
def test_copies_predict_the_same(cls, copier, fitted, X):
    again = copier(fitted)
    assert_array_equal(again.predict(X), fitted.predict(X))
    assert again.history_.equals(fitted.history_)


@every_estimator
def test_joblib_round_trip(cls, fitted, X):
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    assert_array_equal(joblib.load(buffer).predict(X), fitted.predict(X))


@every_estimator
@pytest.mark.usefixtures("fitted")
def test_same_seed_same_weights_and_no_mutation(cls, iris, diabetes, weights_of):
    X, y = data_for(cls, iris, diabetes)
    optimizer = keras.optimizers.Adam(0.01)
    estimator = tiny(cls, optimizer=optimizer, learning_rate=None)
    params, before = estimator.get_params(), optimizer.get_config()
    X_before, y_before = X.copy(), y.copy()
    weight = np.ones(len(y))
    first = weights_of(estimator.fit(X, y, weight))
    second = weights_of(clone(estimator).fit(X, y))
    for a, b in zip(first, second, strict=True):
        assert_array_equal(a, b)
    assert estimator.get_params() == params
    assert optimizer.get_config() == before
    assert not optimizer.built
    assert_array_equal(X, X_before)
    assert_array_equal(y, y_before)
    assert (weight == 1).all()


@every_estimator
def test_other_seed_other_weights(cls, iris, diabetes, fitted, weights_of):
    other = clone(fitted).set_params(random_state=1)
    other.fit(*data_for(cls, iris, diabetes))
    assert not np.allclose(weights_of(other)[0], weights_of(fitted)[0])


@every_estimator
def test_no_global_random_state_is_touched(cls, first_fit_of):
    before, after = first_fit_of(cls)[1]
    assert after == before


@every_estimator
def test_no_file_is_written(cls, first_fit_of):
    assert first_fit_of(cls)[2] == []


@every_estimator
@pytest.mark.usefixtures("fitted")
def test_cross_validation_trains_what_was_asked_for(cls, iris, diabetes):
    """A clone that forgets its settings would train another number of epochs."""
    X, y = data_for(cls, iris, diabetes)
    first = FunctionTransformer() if of_texts(cls) else StandardScaler()
    pipe = make_pipeline(first, tiny(cls))
    result = cross_validate(pipe, X, y, cv=2, return_estimator=True)
    assert [e[-1].n_epochs_ for e in result["estimator"]] == [3, 3]
    assert [len(e[-1].history_) for e in result["estimator"]] == [3, 3]


def output_of(estimator, X):
    """What the network gives: labels could be the same for other weights."""
    inputs = estimator._inputs
    return inputs.forward(estimator.network_, inputs.samples(estimator, X))


@every_estimator
@pytest.mark.usefixtures("fitted")
def test_sample_weight_reaches_fit_through_routing(cls, iris, diabetes):
    X, y = data_for(cls, iris, diabetes)
    weight = np.linspace(0.1, 2, len(y))
    with config_context(enable_metadata_routing=True):
        estimator = tiny(cls).set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=True)
        routed = cross_validate(
            estimator,
            X,
            y,
            cv=2,
            params={"sample_weight": weight},
            return_estimator=True,
            return_indices=True,
        )
    train, test = (routed["indices"][part][0] for part in ("train", "test"))
    direct = tiny(cls).fit(X[train], y[train], weight[train])
    assert_array_equal(output_of(routed["estimator"][0], X), output_of(direct, X))
    plain = tiny(cls).fit(X[train], y[train])
    assert not np.array_equal(output_of(plain, X), output_of(direct, X))
    score = routed["test_score"][0]
    assert score == direct.score(X[test], y[test], weight[test])
    assert score != direct.score(X[test], y[test])


def test_another_process_predicts_without_tensorflow(
    fitted_of, iris, diabetes, tmp_path
):
    """One process for all classes: it imports scikit-learn, which takes a while.

    ``skdeep.load`` compares the arrays of all but dense networks with those that Keras
    plans, so only pickles of the others do without TensorFlow. Their files are read
    here.
    """
    for cls in ESTIMATORS:
        folder = tmp_path / cls.__name__
        folder.mkdir()
        fitted, X = fitted_of(cls), data_for(cls, iris, diabetes)[0]
        skdeep.save(fitted, folder / "model.skdeep")
        joblib.dump(fitted, folder / "model.joblib")
        np.save(folder / "X.npy", X)
        expected = fitted.predict(X)
        np.save(folder / "expected.npy", expected)
        if "Dense" not in cls.__name__:
            again = skdeep.load(folder / "model.skdeep")
            assert_array_equal(again.predict(X), expected)
    folder = tmp_path / "TabularRegressor"
    folder.mkdir()
    members = {"n_members": 2, "hidden_layer_sizes": (8,), "epochs": 2}
    ensemble = skdeep.TabularRegressor(**members, n_bins=None).fit(*diabetes)
    skdeep.save(ensemble, folder / "model.skdeep")
    joblib.dump(ensemble, folder / "model.joblib")
    np.save(folder / "X.npy", diabetes[0])
    np.save(folder / "expected.npy", ensemble.predict(diabetes[0]))
    code = """
import pathlib, sys
import skdeep
assert not {"tensorflow", "keras"} & set(sys.modules)
import joblib, numpy as np
def check(folder, model):
    X, expected = np.load(folder / "X.npy"), np.load(folder / "expected.npy")
    assert type(model).__name__ == folder.name
    assert (model.predict(X) == expected).all()
    print(folder.name)
for folder in pathlib.Path().iterdir():
    check(folder, joblib.load(folder / "model.joblib"))
    if "Dense" in folder.name or "Tabular" in folder.name:
        check(folder, skdeep.load(folder / "model.skdeep"))
assert not {"tensorflow", "keras"} & set(sys.modules)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, check=True, capture_output=True, text=True
    )
    names = [cls.__name__ for cls in ESTIMATORS]
    read = names + [name for name in names if "Dense" in name]
    read += ["TabularRegressor"] * 2
    assert sorted(done.stdout.split()) == sorted(read)


def test_seed_of_an_initializer_is_kept(iris):
    seeded = keras.initializers.HeNormal(seed=3)
    kernels = []
    for random_state in (0, 1):
        model = skdeep.DenseClassifier(
            (5,), kernel_initializer=seeded, learning_rate=1e-9
        )
        model.set_params(epochs=1, optimizer="sgd", random_state=random_state)
        kernels.append(model.fit(*iris).network_.weights.trainable[0])
    np.testing.assert_allclose(kernels[0], seeded((4, 5)), atol=1e-6)
    np.testing.assert_allclose(kernels[1], kernels[0], atol=1e-6)

"""Every numeric parameter takes NumPy's numbers of any width, and no True."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, validation_curve
from test_common import ESTIMATORS, of_texts
from text_data import paragraphs

import skdeep
from skdeep._numbers import Interval
from skdeep.base import _network as _base

INTEGERS = [np.dtype(code).type for code in "bBhHiIlLqQ"]
FLOATS = [np.float16, np.float32, np.float64, np.longdouble]
NETWORKS = [cls for cls in ESTIMATORS if hasattr(cls, "_parameter_constraints")]
NETWORKS += [skdeep.TextGenerator]
OTHERS = [skdeep.Forecaster, skdeep.TokenSequences, skdeep.ImageLoader]
OTHERS += [skdeep.ImageEmbedder]
OWN = {"batch_size": 8, "epochs": 3, "patience": 2, "max_tokens": 100, "window": 3}
OWN |= {"hidden_layer_sizes": (4,), "embedding_dim": 4, "max_length": 5, "units": (4,)}


def numeric(cls):
    """Names of the parameters that take a number, each with its kind."""
    return {
        name: constraint.type.__name__
        for name, constraints in cls._parameter_constraints.items()
        for constraint in constraints
        if isinstance(constraint, Interval)
    }


def make(cls, params):
    arguments = [LinearRegression()] if cls is skdeep.Forecaster else []
    return cls(*arguments, **params)


def parameters(cls, integer, real):
    """Values of these types for all numeric parameters of a class."""
    defaults = make(cls, {}).get_params(deep=False)
    params = {"random_state": 0, "early_stopping": True}
    for name, kind in numeric(cls).items():
        if cls.__name__.startswith("Sequence") and name in ("window", "embedding_dim"):
            continue  # they want X of another shape
        value = OWN.get(name, defaults[name]) if kind == "Integral" else 0.25
        if isinstance(value, tuple):
            params[name] = np.array(value, integer)
        elif value is not None:
            params[name] = (integer if kind == "Integral" else real)(value)
    return params


class _PlannedError(Exception):
    """In the place of training."""


@pytest.fixture
def planned(monkeypatch):
    """The job that a fit hands to the engine."""

    def stop(job, engine):
        raise _PlannedError(job)

    monkeypatch.setattr(_base, "train", stop)

    def of(estimator, X, y):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(_PlannedError) as stopped:
                estimator.fit(X, y)
        return stopped.value.args[0]

    return of


def described(job):
    numbers = job.batch_size, job.epochs, job.planned_epochs, job.stopping.patience
    numbers = *numbers, job.learning_rate, job.head.label_smoothing
    assert {type(number) for number in numbers} <= {int, float}
    held_out = 0 if job.validation is None else len(job.validation)
    return numbers, job.spec.key, job.head.key, len(job.train), held_out


@pytest.mark.parametrize("cls", NETWORKS)
def test_numbers_of_any_width_make_the_same_network(cls, planned, iris, digits):
    if cls is skdeep.TextGenerator:
        X, y = paragraphs()[0], None
    elif of_texts(cls):
        X, y = paragraphs()
    else:
        X, y = digits if "Conv" in cls.__name__ else iris
        X, y = X[:90], y[:90]
    if of_texts(cls) and cls.__name__.endswith("Regressor"):
        y = np.arange(len(y)) / 2
    expected = described(planned(make(cls, parameters(cls, int, float)), X, y))
    for number in range(max(len(INTEGERS), len(FLOATS))):
        types = INTEGERS[number % len(INTEGERS)], FLOATS[number % len(FLOATS)]
        params = parameters(cls, *types)
        estimator = make(cls, params)
        assert described(planned(estimator, X, y)) == expected
        for name, value in params.items():
            assert getattr(estimator, name) is value


@pytest.mark.parametrize("cls", [*NETWORKS, *OTHERS])
def test_true_is_no_number(cls):
    names = numeric(cls)
    assert names
    for name in names:
        with pytest.raises(ValueError, match=f"'{name}' parameter .* Got True"):
            make(cls, {name: True})._validate_params()


@pytest.mark.parametrize(
    "call",
    [
        lambda: skdeep.KerasClassifier(lambda: None, epochs=True),
        lambda: skdeep.KerasRegressor(lambda: None, batch_size=True),
        lambda: skdeep.KerasRegressor(lambda: None, fit__validation_split=True),
    ],
)
def test_true_is_no_number_for_given_models(call):
    with pytest.raises(ValueError, match="Got True"):
        call().fit([[1.0], [2.0]], [0, 1])


def test_true_is_no_number_elsewhere():
    for sizes in (True, (8, True)):
        with pytest.raises(ValueError, match="hidden_layer_sizes"):
            skdeep.DenseClassifier(sizes).fit([[1.0], [2.0]], [0, 1])
    with pytest.raises(ValueError, match="width"), skdeep.fuse(True):
        pass
    with pytest.raises(ValueError, match="window"):
        skdeep.rolling_windows(np.arange(9.0), window=True)


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.uint64])
def test_forecasters_take_any_integer(integer):
    y = np.sin(np.arange(300) / 3)

    def forecasts(kind, real):
        forecaster = skdeep.Forecaster(
            LinearRegression(),
            window=kind(12),
            horizon=kind(3),
            difference=kind(1),
            seasonal_difference=kind(1),
            seasonal_period=kind(19),
            exog_lags=[kind(0), kind(2)],
        )
        forecaster.fit(y, X=y[:, None] ** 2)
        errors = forecaster.backtest(y, y[:, None] ** 2, cv=kind(3)).errors
        return forecaster.predict(kind(2), X=np.ones((3, 1))), errors

    expected, errors = forecasts(int, float)
    found, errors_found = forecasts(integer, np.float16)
    assert_array_equal(found, expected)
    assert errors_found.equals(errors)
    windows = skdeep.rolling_windows(y, integer(120), integer(90), integer(2))
    assert_array_equal(windows[0], skdeep.rolling_windows(y, 120, 90, 2)[0])


@pytest.mark.parametrize("integer", [np.int8, np.uint16])
def test_tokens_and_images_take_any_integer(integer):
    texts, _ = paragraphs()
    make = skdeep.TokenSequences
    params = {"max_tokens": 100, "min_frequency": 2, "max_length": 7}
    narrow = {name: integer(value) for name, value in params.items()}
    found = make(**narrow).fit_transform(texts)
    expected = make(**params).fit_transform(texts)
    assert_array_equal(np.concatenate(found), np.concatenate(expected))
    images = np.zeros((1, 4, 4, 3), "uint8")
    size = integer(100), integer(120)
    assert skdeep.ImageLoader(size).transform(images).shape == (1, 100, 120, 3)


def test_searches_over_arrays(iris):
    X, y = iris
    network = skdeep.DenseClassifier((4,), epochs=2, random_state=0)
    grid = {
        "batch_size": np.array([16, 32], "int16"),
        "learning_rate": np.array([0.01], "float16"),
        "epochs": np.array([2], "uint8"),
    }
    search = GridSearchCV(network, grid, cv=2, error_score="raise")
    with skdeep.fuse(np.int8(2)):
        search.fit(X, y)
        curve = validation_curve(
            network,
            X,
            y,
            param_name="batch_size",
            param_range=np.array([16, 32], "uint8"),
            cv=2,
            error_score="raise",
        )
    assert search.best_params_["batch_size"] in (16, 32)
    assert np.isfinite(curve).all()


def test_given_models_take_any_width(iris):
    import keras

    def layers_of(units):
        output = keras.layers.Dense(units, "softmax")
        return keras.Sequential([keras.Input((4,)), output])

    estimator = skdeep.KerasClassifier(
        epochs=np.uint8(2),
        batch_size=np.int8(50),
        validation_split=np.float16(0.5),
        fit__validation_batch_size=np.uint8(200),
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer__learning_rate=np.float16(0.5),
        model=layers_of,
        units=np.int16(3),
    )
    assert estimator.fit(*iris).current_epoch == 2

"""Bad input is refused before anything trains; names are Keras's."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras_versions import MISSING
from sklearn.exceptions import NotFittedError

from skdeep import ConvClassifier, DenseClassifier, DenseRegressor
from skdeep.networks import (
    ACTIVATIONS,
    CLASSIFICATION_LOSSES,
    INITIALIZERS,
    OPTIMIZERS,
    REGRESSION_LOSSES,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", (8, 0)),
        ("hidden_layer_sizes", (8, 1.5)),
        ("activation", "rellu"),
        ("kernel_initializer", "xavier"),
        ("dropout", 1.0),
        ("batch_norm", "yes"),
        ("use_bias", "no"),
        ("l1", -0.1),
        ("loss", "mean_error"),
        ("label_smoothing", 1.0),
        ("optimizer", "adamm"),
        ("optimizer", 3),
        ("learning_rate", 0.0),
        ("learning_rate_schedule", "cosine"),
        ("batch_size", 0),
        ("epochs", -1),
        ("validation_fraction", 1.0),
        ("patience", 0),
        ("class_weight", "even"),
        ("callbacks", "early"),
        ("dtype", "float16"),
        ("engine", "torch"),
    ],
)
def test_wrong_parameter_is_named(iris, name, value):
    with pytest.raises(ValueError, match=name) as error:
        DenseClassifier(**{name: value}).fit(*iris)
    assert str(value) in str(error.value)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"callbacks": [3]}, "callbacks"),
        ({"metrics": ["acuracy"]}, "acuracy"),
        ({"loss": "mse", "label_smoothing": 0.1}, "label_smoothing"),
        ({"class_weight": {7: 2.0}}, "class"),
    ],
)
def test_wrong_combination_is_named(iris, params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**params).fit(*iris)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, np.where(y > 1, np.nan, y)), "NaN"),
        (lambda X, y: (np.where(X > 5, np.inf, X), y), "infinity"),
        (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (lambda X, y: (X[:0], y[:0]), "minimum of 1 is required"),
        (lambda X, y: (X, np.zeros_like(y)), "one class"),
        (lambda X, y: (np.full(X.shape, "a", object), y), "could not convert"),
        (lambda X, y: (X[:, 0], y), "2D array"),
        (lambda X, y: (X, X[:, 0]), "Unknown label type"),
        (lambda X, y: (X, np.column_stack([y, y])), "MultiOutputClassifier"),
    ],
)
def test_bad_data_gets_the_usual_error(iris, change, message):
    X, y = change(*iris)
    with pytest.raises(ValueError, match=message):
        DenseClassifier((4,), epochs=1).fit(X, y)


def test_predict_checks_its_input(iris, classifier):
    with pytest.raises(NotFittedError):
        DenseClassifier().predict(iris[0])
    with pytest.raises(ValueError, match="4 features"):
        classifier.predict(iris[0][:, :3])
    with pytest.raises(ValueError, match="infinity"):
        classifier.predict(iris[0] * np.inf)


def test_multilabel_with_exclusive_loss(iris):
    X, y = iris
    Y = np.column_stack([y == 0, y > 0, y > 1]).astype(int)
    with pytest.raises(ValueError, match="exclude each other"):
        DenseClassifier(loss="categorical_crossentropy").fit(X, Y)


def test_large_batch_is_the_whole_data(diabetes):
    X, y = diabetes
    regressor = DenseRegressor((4,), epochs=1, batch_size=1000, random_state=0)
    with pytest.warns(UserWarning, match="batch_size=1000 is larger"):
        regressor.fit(X, y)


def test_names_are_those_of_keras():
    functions = {
        name
        for name in dir(keras.activations)
        if name.islower() and callable(getattr(keras.activations, name))
    }
    functions -= {"deserialize", "get", "serialize", "glu", "threshold"}
    assert functions <= ACTIVATIONS
    for name in ACTIVATIONS:
        assert callable(keras.activations.get(name))
    for name in INITIALIZERS:
        assert keras.initializers.get(name) is not None
    classes = {
        name.lower()
        for name in dir(keras.optimizers)
        if isinstance(getattr(keras.optimizers, name), type)
    }
    wrappers = {"optimizer", "lossscaleoptimizer", "multioptimizer", "optimizermap"}
    assert classes - wrappers - {"legacy"} == OPTIMIZERS - MISSING
    for name in REGRESSION_LOSSES | CLASSIFICATION_LOSSES:
        assert callable(keras.losses.get(name))


def test_keras_engine_has_no_penalties_in_double_precision(diabetes):
    net = DenseRegressor(dtype="float64", l2=0.1, epochs=1, engine="keras")
    with pytest.raises(ValueError, match=r"l1=0\.0 and l2=0\.1 for the Keras engine"):
        net.fit(*diabetes)


class Share(keras.metrics.MeanSquaredError):
    """A metric that does not tell its argument to get_config."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole


class Slow(keras.optimizers.SGD):
    """An optimiser that does not tell its argument to get_config."""

    def __init__(self, times):
        super().__init__(0.01 / times)


@pytest.mark.parametrize(
    "params",
    [{"metrics": [Share(2)]}, {"optimizer": Slow(2)}],
    ids=["metric", "optimizer"],
)
def test_what_cannot_be_made_anew(diabetes, params):
    message = r"Received .*, whose class has arguments but no get_config\. Define one"
    with pytest.raises(ValueError, match=message):
        DenseRegressor((4,), epochs=1, **params).fit(*diabetes)


@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b", None],
        [1, 0, None],
        np.array(["a", "b", np.nan], dtype=object),
        pd.Series(["a", "b", pd.NA], dtype="string"),
    ],
)
def test_missing_labels_are_named(labels):
    with pytest.raises(ValueError, match=r"missing labels.*in row 2"):
        DenseClassifier((4,), epochs=1).fit(np.eye(3), labels)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["1", "2", "3"]),
        np.array(["low", "high", "low"], dtype=object),
        pd.Series(pd.date_range("2026", periods=3)),
        pd.Series(pd.date_range("2026", periods=3)).astype(object),
        pd.Series(pd.to_timedelta([1, 2, 3], "s")),
    ],
)
def test_targets_that_are_no_numbers(y):
    with pytest.raises(ValueError, match=r"must hold numbers\. Received"):
        DenseRegressor((4,), epochs=1).fit(np.eye(3), y)
    with pytest.raises(ValueError, match=r"missing targets.*in row 1"):
        DenseRegressor((4,), epochs=1).fit(np.eye(3), [1.0, None, 2.0])


def test_images_for_a_dense_network(iris, classifier):
    images = np.zeros((150, 2, 2))
    for X in (images, images.tolist()):
        with pytest.raises(ValueError, match=r"dim 3.*ConvClassifier.*reshape"):
            DenseClassifier((4,), epochs=1).fit(X, iris[1])
    with pytest.raises(ValueError, match="ConvClassifier for images"):
        classifier.predict(images)
    with pytest.raises(ValueError, match="SequenceRegressor for sequences"):
        DenseRegressor((4,), epochs=1).fit(images, iris[1])


@pytest.mark.parametrize("shape", [(6, 8, 0), (6, 0, 8), (6, 8, 8, 0)])
def test_images_without_pixels(shape):
    for dtype in (float, int):
        with pytest.raises(ValueError, match="at least one pixel"):
            ConvClassifier().fit(np.zeros(shape, dtype), [0, 1] * 3)

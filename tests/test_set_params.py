"""A fitted estimator does not follow set_params: it predicts with what it learnt."""

import copy
import inspect

import keras
import numpy as np
import pytest
from numpydoc.docscrape import NumpyDocString
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.utils._param_validation import Interval, StrOptions

import skdeep
from skdeep import autoencoder, conv, dense, sequence, text

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("moved")

IRIS, SPECIES = load_iris(return_X_y=True)
DIGITS = load_digits()
IMAGES, LABELS = DIGITS.images[:40], DIGITS.target[:40] % 2
BYTES = (IMAGES * 15).astype("uint8")
TOKENS = DIGITS.data[:40, 18:24].astype(int)
TEXTS = ["Good nice fine day", "bad ugly sad night", "nice cafés", "sad bad it is"] * 5
LIKED = np.array([1, 0, 1, 0] * 5)
RAGGED = [row[: 3 + number % 3] / 4 for number, row in enumerate(TOKENS)]
RNN = {"cell": "rnn", "units": (4,)}


def _embedder():
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)]
    return skdeep.ImageEmbedder(keras.Sequential(layers))


def _keras_model(meta, width=4):
    units = [keras.layers.Dense(width), keras.layers.Dense(meta["n_classes_"])]
    return keras.Sequential([keras.Input((4,)), *units, keras.layers.Softmax()])


CASES = {
    "dense": (skdeep.DenseClassifier((4,)), IRIS, SPECIES),
    "images": (skdeep.ConvClassifier((4,)), IMAGES, LABELS),
    "bytes": (skdeep.ConvRegressor((4,), image_shape=(8, 8)), BYTES, LABELS / 2),
    "steps": (
        skdeep.SequenceRegressor(**RNN, return_sequences=True),
        TOKENS / 4,
        TOKENS / 2,
    ),
    "tokens": (skdeep.SequenceClassifier(**RNN, embedding_dim=3), TOKENS, LABELS),
    "windows": (skdeep.SequenceClassifier(**RNN, window=3), IRIS, SPECIES),
    "ragged": (skdeep.SequenceClassifier(**RNN), RAGGED, LABELS),
    "texts": (skdeep.TextClassifier(), TEXTS, LIKED),
    "language": (
        skdeep.TextGenerator(window=8, embedding_dim=4, units=(4,)),
        TEXTS,
        None,
    ),
    "numbers": (skdeep.TokenSequences(max_length=3), TEXTS, None),
    "padded": (skdeep.TokenSequences(padding="post"), TEXTS, None),
    "codes": (skdeep.Autoencoder(2, hidden_layer_sizes=(4,)), IRIS, None),
    "image codes": (skdeep.Autoencoder(2, filters=(2,)), BYTES, None),
    "loader": (skdeep.ImageLoader((12, 10)), list(BYTES[:3]), None),
    "embedder": (_embedder(), IMAGES, None),
    "hidden": (skdeep.HiddenLayers(skdeep.DenseClassifier((4,))), IRIS, SPECIES),
    "keras": (
        skdeep.KerasClassifier(
            _keras_model, loss="sparse_categorical_crossentropy", width=4, verbose=0
        ),
        IRIS,
        SPECIES,
    ),
}
# What is no other value of its kind, where the constraints tell none.
OTHERS = {
    "activation": "tanh",
    "augment": "flip",
    "backbone": "MobileNetV2",
    "backbone_weights": "weights.h5",
    "callbacks": [keras.callbacks.TerminateOnNaN()],
    "class_weight": {0: 1.0, 1: 2.0},
    "embedding_weights": {"good": [1.0, 2.0]},
    "estimator": LinearRegression(),
    "hidden_layer_sizes": (3,),
    "image_shape": (4, 16),
    "layer": -1,
    "learning_rate_schedule": "cosine_decay",
    "loss": "mse",
    "metrics": ["mse"],
    "model": lambda: None,
    "network": lambda shape: [],
    "optimizer": "sgd",
    "random_state": 3,
    "memory": None,
    "size": (9, 9),
    "validation_split": 0.25,
    "vocabulary": ["a", "b"],
}


def _another(name, value, constraints):
    """A value that ``fit`` would take, unlike the present one."""
    if name in OTHERS:
        return OTHERS[name]
    if isinstance(value, bool):
        return not value
    for rule in constraints:
        if isinstance(rule, StrOptions):
            others = sorted(rule.options - {value, "auto"})
            if others:
                return others[-1]
    if isinstance(value, tuple):
        return (3,)
    for rule in constraints:
        if isinstance(rule, Interval):
            value = 1 if value is None or isinstance(value, str) else value
            return value + 1 if rule.type.__name__ == "Integral" else value / 2 + 0.1
    return value + 1 if isinstance(value, int | float) else 7


def _results(estimator, X):
    results = []
    for name in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(estimator, name):
            results += list(getattr(estimator, name)(X))
    if hasattr(estimator, "score_samples"):
        results += [estimator.score_samples(X), estimator.reconstruct(X)]
    if hasattr(estimator, "predict_next"):
        results += [estimator.score(X), estimator.generate("good", 4, temperature=0)]
    return results


def _set(estimator):
    if "epochs" in estimator.get_params():
        estimator = estimator.set_params(epochs=1)
    if "random_state" in estimator.get_params():
        estimator = estimator.set_params(random_state=0)
    return estimator


def fitted_attributes_are_those_of_the_documentation(fitted):
    described = NumpyDocString(inspect.getdoc(fitted))["Attributes"]
    described = {name for entry in described for name in entry.name.split(", ")}
    missing = {name for name in described if not hasattr(fitted, name)}
    assert missing <= {"feature_names_in_", "image_shape_"}  # of DataFrames, of images
    public = {name for name in vars(fitted) if name.endswith("_") and name[0] != "_"}
    assert public <= described


# Parameters that decide how X is read; a fit that goes on cannot follow them.
OF_FIRST_FIT = {
    "images": {"rescale": 0.5, "image_shape": (4, 16), "normalize": False},
    "steps": {"return_sequences": False},
    "tokens": {"embedding_dim": 4},
    "windows": {"window": 5},
    "texts": {"embedding_dim": 5},
    "codes": {"normalize": "common"},
    "image codes": {"normalize": False, "rescale": None},
}


def going_on_refuses_what_the_first_fit_has_decided(name, fitted):
    _, X, y = CASES[name]
    for param, value in OF_FIRST_FIT.get(name, {}).items():
        net = copy.deepcopy(fitted).set_params(**{param: value})
        with pytest.raises(
            ValueError, match=rf"fitted with {param}=.*Received {param}"
        ):
            net.partial_fit(X, y)


@pytest.mark.filterwarnings("ignore:.*LOKY")
@pytest.mark.parametrize("name", CASES)
def test_predictions_do_not_follow_set_params(name):
    estimator, X, y = CASES[name]
    fitted = _set(clone(estimator)).fit(X, y)
    fitted_attributes_are_those_of_the_documentation(fitted)
    going_on_refuses_what_the_first_fit_has_decided(name, fitted)
    before = _results(fitted, X)
    assert before
    rules = getattr(fitted, "_parameter_constraints", {})
    for param, value in fitted.get_params(deep=False).items():
        if isinstance(value, keras.Model):
            continue  # another one costs, and _results would be the same
        other = copy.copy(fitted)
        other.set_params(**{param: _another(param, value, rules.get(param, []))})
        for then, now in zip(before, _results(other, X), strict=True):
            np.testing.assert_array_equal(then, now, err_msg=f"{name}, {param}")


def test_the_table_names_every_estimator():
    tested = {type(estimator).__name__ for estimator, _, _ in CASES.values()}
    alike = {"DenseRegressor", "TextRegressor"}
    families = conv, dense, sequence, text, autoencoder
    public = {name for family in families for name in family.__all__}
    assert public <= tested | alike


def test_a_unit_of_pixels_that_was_given_stays():
    net = skdeep.ConvClassifier((2,), rescale=0.5, epochs=1, random_state=0)
    before = net.fit(IMAGES, LABELS).predict_proba(BYTES)
    after = net.set_params(rescale="auto").predict_proba(BYTES)
    np.testing.assert_array_equal(before, after)


def test_going_on_takes_a_new_length_of_texts():
    options = {"epochs": 1, "random_state": 0, "warm_start": True}
    net = skdeep.TextClassifier(**options).fit(TEXTS, LIKED)
    long, short = "good " * 5 + "bad", "good"
    net.set_params(max_length=1)
    assert (net.predict_proba([long]) != net.predict_proba([short])).any()
    net.fit(TEXTS, LIKED)
    np.testing.assert_array_equal(*(net.predict_proba([t]) for t in (long, short)))
    net = skdeep.SequenceClassifier("rnn", window=3, **options).fit(IRIS, SPECIES)
    with pytest.raises(ValueError, match=r"window=3\. Received window=5"):
        net.set_params(window=5).fit(IRIS, SPECIES)


def test_a_window_of_a_fit_that_failed_is_not_kept():
    net = skdeep.SequenceClassifier("rnn", window=3, epochs=1, random_state=0)
    before = net.fit(IRIS, SPECIES).predict_proba(IRIS)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        net.set_params(window=5).fit(IRIS, SPECIES[1:])
    np.testing.assert_array_equal(net.predict_proba(IRIS), before)

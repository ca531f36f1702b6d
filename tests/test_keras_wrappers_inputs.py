"""KerasClassifier and KerasRegressor: several inputs, data sets, scores and exports."""

import pickle
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras_models import softmax_network
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer

from skdeep import (
    Autoencoder,
    BaseWrapper,
    ConvClassifier,
    DenseRegressor,
    KerasClassifier,
    KerasRegressor,
    SequenceRegressor,
)

L = keras.layers
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
SPARSE |= {"optimizer": keras.optimizers.Adam, "optimizer__learning_rate": 0.02}


def branches(meta):
    """A model that takes lengths as sepals and petals, and finds their shapes."""
    shapes = meta["X_shape_"]
    pairs = shapes.items() if isinstance(shapes, dict) else enumerate(shapes)
    names = "sepal", "petal"
    inputs = [
        keras.Input(shape[1:], name=names[key] if isinstance(key, int) else key)
        for key, shape in pairs
    ]
    both = L.Concatenate()([L.Dense(8, "relu")(x) for x in inputs])
    return keras.Model(inputs, L.Dense(meta.get("n_classes_", 1), None)(both))


def classes(meta):
    model = branches(meta)
    return keras.Model(model.inputs, L.Softmax()(model.outputs[0]))


def named_classes(meta):
    model = classes(meta)
    return keras.Model({x.name: x for x in model.inputs}, model.outputs[0])


@pytest.fixture(scope="module")
def parts(iris):
    X, y = iris
    return {"sepal": X[:, :2], "petal": X[:, 2:]}, np.array(["a", "b", "c"])[y]


@pytest.fixture(scope="module")
def fitted(parts):
    fast = {**SPARSE, "optimizer__learning_rate": 0.05}
    return KerasClassifier(classes, epochs=20, batch_size=25, **fast).fit(*parts)


def test_dicts_and_lists_of_arrays_are_the_inputs_of_a_model(parts, fitted):
    X, y = parts
    assert fitted.score(X, y) > 0.9
    assert fitted.X_shape_ == {"sepal": (150, 2), "petal": (150, 2)}
    assert not hasattr(fitted, "n_features_in_")
    assert_allclose(fitted.predict_proba(X).sum(axis=1), 1, atol=1e-5)
    as_list = clone(fitted).fit([X["sepal"], X["petal"]], y)
    assert_array_equal(
        as_list.predict_proba([X["sepal"].tolist(), X["petal"]]),
        fitted.predict_proba(X),
    )
    # A model whose inputs are a dict takes a list without a warning of Keras's.
    named = KerasClassifier(named_classes, epochs=1, run_eagerly=True, **SPARSE)
    named.fit([X["sepal"], X["petal"]], y).predict([X["sepal"], X["petal"]])
    loaded = pickle.loads(pickle.dumps(as_list))
    assert loaded.X_shape_ == [(150, 2), (150, 2)]
    loaded.partial_fit((X["sepal"][:20], X["petal"][:20]), y[:20])
    assert loaded.current_epoch == 21


def test_weights_and_validation_data_go_with_several_inputs(parts):
    X, y = parts
    weight = np.ones(150)
    weight[100:] = 0
    some = {name: array[:100] for name, array in X.items()}
    settings = {"epochs": 2, "batch_size": 25, "validation_data": (some, y[:100])}
    estimator = KerasClassifier(classes, run_eagerly=True, **SPARSE)
    weighted = clone(estimator).fit(X, y, weight, **settings)
    alone = clone(estimator).fit(some, y[:100], **settings)
    assert_allclose(weighted.predict_proba(X), alone.predict_proba(X), atol=1e-6)
    assert_allclose(weighted.history_["val_loss"], alone.history_["val_loss"])
    split = clone(estimator).set_params(validation_split=0.5).fit(X, y)
    assert "val_loss" in split.history_


def test_inputs_of_different_kinds_for_a_regressor(diabetes, moved):
    X, y = diabetes
    images = np.random.RandomState(0).normal(size=(len(X), 4, 4, 1))

    def build():
        inputs = keras.Input((10,)), keras.Input((4, 4, 1)), keras.Input((1,))
        flat = [
            inputs[0],
            L.Flatten()(inputs[1]),
            L.Flatten()(L.Embedding(2, 3)(inputs[2])),
        ]
        return keras.Model(inputs, L.Dense(1)(L.Concatenate()(flat)))

    data = [X, images, (X[:, [1]] > 1.5).astype(int)]
    regressor = KerasRegressor(build, loss="mse", random_state=0).fit(data, y)
    assert regressor.predict(data).shape == (len(y),)
    with pytest.raises(
        ValueError, match=r"One sample of X must have shape .* \(4, 4, 1\)"
    ):
        regressor.predict([X, X, data[2]])


def test_a_list_of_images_is_still_samples(digits, moved):
    X, y = digits[0][:30].reshape(-1, 8, 8), digits[1][:30]

    def build(meta):
        layers = [
            keras.Input(meta["X_shape_"][1:]),
            L.Flatten(),
            L.Dense(10, "softmax"),
        ]
        return keras.Sequential(layers)

    fitted = KerasClassifier(build, **SPARSE).fit(list(X), y)
    assert fitted.X_shape_ == (30, 8, 8)
    assert_array_equal(fitted.predict(list(X)), fitted.predict(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: {"sepal": X["sepal"]}, "an array for each input of the model"),
        (lambda X: {**X, "petal": X["petal"][:9]}, "inconsistent numbers of samples"),
        (lambda X: {**X, "petal": np.full((150, 2), np.nan)}, "petal'] contains NaN"),
        (lambda X: {}, "an array for each of the model's inputs"),
    ],
)
def test_wrong_inputs_are_refused(parts, change, message):
    model = classes({"X_shape_": [(0, 2), (0, 2)], "n_classes_": 3})
    with pytest.raises(ValueError, match=re.escape(message)):
        KerasClassifier(model, **SPARSE).fit(change(parts[0]), parts[1])


def test_several_inputs_for_a_model_of_one(iris):
    X, y = iris
    # The user's function fails, for it takes the shapes for one shape.
    message = r"X is a dict .*\{'a': \(150, 4\)\}.* pass that array itself"
    with pytest.raises((TypeError, KeyError), match=message):
        KerasClassifier(softmax_network, **SPARSE).fit({"a": X}, y)
    with pytest.raises((TypeError, ValueError), match=r"X is a list .* array itself"):
        KerasClassifier(softmax_network, **SPARSE).fit([X, X], y)
    fitted = KerasClassifier(softmax_network, **SPARSE).fit(X, y)
    with pytest.raises(ValueError, match=r"must have shape \(4,\).*\{'a': \(4,\)\}"):
        fitted.predict({"a": X})
    with pytest.raises(ValueError, match=r"each input of the model.*names \['a'\]"):
        KerasClassifier(fitted.model_, **SPARSE).fit({"a": X}, y)


def test_lists_that_may_be_samples_or_inputs_are_refused():
    X = [np.zeros((2, 3)), np.ones((2, 3))]
    with pytest.raises(ValueError, match=re.escape("Pass np.stack(X) for samples")):
        KerasClassifier(classes, **SPARSE).fit(X, [0, 1])


def test_data_sets_are_refused_with_the_way_that_works(iris):
    X, y = iris
    data_set = tf.data.Dataset.from_tensor_slices((X, y)).batch(50)
    for estimator in (KerasClassifier(softmax_network, **SPARSE), BaseWrapper()):
        for method in (estimator.fit, estimator.partial_fit, estimator.initialize):
            with pytest.raises(TypeError, match=r"Received a data set.*partial_fit"):
                method(data_set)
    with pytest.raises(TypeError, match="Received a data set, generator"):
        KerasClassifier(softmax_network, **SPARSE).fit((row for row in X), y)
    # What the message says, done.
    together = map(np.concatenate, zip(*data_set.as_numpy_iterator(), strict=True))
    whole = KerasClassifier(softmax_network, **SPARSE).fit(*together)
    stream = KerasClassifier(softmax_network, **SPARSE)
    for batch in data_set.as_numpy_iterator():
        stream.partial_fit(*batch, classes=[0, 1, 2])
    assert whole.current_epoch == 1
    assert stream.current_epoch == 3
    with pytest.raises(TypeError, match="Received a data set"):
        whole.predict(data_set)
    networks = DenseRegressor(), ConvClassifier(), SequenceRegressor(window=3)
    for network in (*networks, Autoencoder()):
        with pytest.raises(TypeError, match="Received a data set"):
            network.fit(data_set, y)


# Scores and exports


@pytest.mark.parametrize("from_logits", [False, True])
def test_decision_function_is_log_odds(from_logits, moved):
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)

    def build():
        output = L.Dense(1, None if from_logits else "sigmoid")
        return keras.Sequential([keras.Input((30,)), output])

    loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
    fitted = KerasClassifier(build, loss=loss, epochs=3, random_state=0).fit(X, y)
    scores, p = fitted.decision_function(X), fitted.predict_proba(X)
    assert scores.shape == (len(X),)
    assert_allclose(1 / (1 + np.exp(-scores)), p[:, 1], atol=1e-5)
    assert_array_equal(fitted.classes_[(scores > 0).astype(int)], fitted.predict(X))


@pytest.mark.parametrize(
    ("units", "kind", "target"),
    [
        (1, "Binary", lambda y: y > 0),
        (2, "SparseCategorical", lambda y: y > 0),
        (3, "SparseCategorical", lambda y: y),
        (2, "Binary", lambda y: np.column_stack([y > 0, y > 1]).astype(int)),
    ],
    ids=["one unit", "two units", "three classes", "labels"],
)
def test_log_probabilities_come_from_logits(iris, units, kind, target, moved):
    X, y = iris
    loss = getattr(keras.losses, kind + "Crossentropy")(from_logits=True)
    model = keras.Sequential([keras.Input((4,)), L.Dense(units)])
    fitted = KerasClassifier(model, loss=loss, random_state=0).fit(X, target(y))
    logarithms = fitted.predict_log_proba(X)
    assert_allclose(np.exp(logarithms), fitted.predict_proba(X), atol=1e-6)
    # Rows on both sides of the mean: whatever the weights, not all are certain of one.
    far = fitted.predict_log_proba((X - X.mean(axis=0)) * 1e6)
    assert np.isfinite(far).all()
    assert far.min() < -1e4


def test_decision_function_of_classes_and_labels(iris, fitted, parts, moved):
    scores = fitted.decision_function(parts[0])
    assert_array_equal(fitted.classes_[scores.argmax(axis=1)], fitted.predict(parts[0]))
    X, y = iris

    def build():
        return keras.Sequential([keras.Input((4,)), L.Dense(2, "sigmoid")])

    labels = np.column_stack([y == 0, y > 0]).astype(int)
    several = KerasClassifier(build, loss="binary_crossentropy", random_state=0)
    several.fit(X * 1e6, labels)
    assert np.isfinite(several.decision_function(X * 1e6)).all()
    p = several.predict_proba(X)
    assert_allclose(several.decision_function(X), np.log(p / (1 - p)), rtol=1e-3)


@pytest.mark.parametrize("loss", ["categorical_hinge", "mse"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_function_of_linear_outputs(iris, loss, n_classes, moved):
    """They may be negative, of which there are no logarithms."""
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    outputs = keras.layers.Dense(n_classes, bias_initializer=_minus_nine)
    model = keras.Sequential([keras.Input((4,)), outputs])
    fitted = KerasClassifier(model, loss=loss, random_state=0).fit(X, y)
    scores = fitted.decision_function(X)
    assert len(np.unique(scores)) > 50
    several = scores.ndim == 2
    assert several == (n_classes > 2)
    best = scores.argmax(axis=1) if several else (scores > 0).astype(int)
    assert_array_equal(best, fitted.predict(X))


def _minus_nine(shape, dtype=None):
    return keras.ops.full(shape, -9.0, dtype)


def test_targets_of_an_own_encoder_have_no_decision_function():
    class Own(KerasClassifier):
        target_encoder = KerasRegressor.target_encoder

    assert hasattr(KerasClassifier(), "decision_function")
    assert not hasattr(Own(), "decision_function")


def test_export_writes_what_keras_serves(tmp_path, iris, moved):
    X, y = iris
    fitted = KerasClassifier(softmax_network, **SPARSE).fit(X, y)
    for name, remedy in [("a.onnx", "format='onnx'"), ("a.keras", "model_.save")]:
        with pytest.raises(ValueError, match=re.escape(remedy)):
            fitted.export(tmp_path / name)
        assert not list(tmp_path.iterdir())
    fitted.export(tmp_path / "model")
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    served = loaded.serve(X.astype("float32")).numpy()
    assert_allclose(served, fitted.predict_proba(X), atol=1e-5)
    with pytest.raises(ValueError, match="is not fitted yet"):
        KerasClassifier(softmax_network).export(tmp_path / "other")


def test_a_wrapper_of_no_kind_takes_numbers_as_objects_and_has_no_score(iris):
    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    X, y = iris
    wrapper = BaseWrapper(build, random_state=0)
    expected = clone(wrapper).fit(X, y.astype(float)).predict(X)
    assert_array_equal(wrapper.fit(X, y.astype(object)).predict(X), expected)
    assert not hasattr(wrapper, "score")
    with pytest.raises(ValueError, match="for y with 1 class"):
        KerasClassifier(_one_unit, loss="categorical_crossentropy").fit(X, 0 * y)


def _one_unit():
    return keras.Sequential([keras.Input((4,)), L.Dense(1, "sigmoid")])

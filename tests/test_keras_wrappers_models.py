"""KerasClassifier and KerasRegressor: every kind of model, and prediction."""

import copy
import functools
import pickle

import keras
import numpy as np
import pytest
from keras_models import (
    Subclassed,
    Unknown,
    classifier_network,
    copies,
    prebuilt,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from skdeep import BaseWrapper, KerasClassifier, KerasRegressor

L = keras.layers
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
SPARSE |= {"optimizer": keras.optimizers.Adam, "optimizer__learning_rate": 0.05}


@pytest.fixture(scope="module")
def fitted(iris):
    return KerasClassifier(softmax_network, **SPARSE, epochs=10).fit(*iris)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X[:200]), y[:200]


# Models that were built before


@pytest.mark.parametrize("compiled", [False, True])
def test_a_given_model_is_not_trained_itself(iris, compiled):
    model = prebuilt(compiled)
    before = [v.numpy() for v in model.variables]
    params = {} if compiled else SPARSE
    estimator = KerasClassifier(model, **{**params, "random_state": 0, "epochs": 2})
    first = estimator.fit(*iris).predict_proba(iris[0])
    assert model.compiled == compiled
    for variable, value in zip(model.variables, before, strict=True):
        assert_array_equal(variable.numpy(), value)
    assert estimator.model_ is not model
    assert estimator.get_params()["model"] is model
    assert_array_equal(estimator.fit(*iris).predict_proba(iris[0]), first)
    if compiled:
        assert len(estimator.history_["accuracy"]) == 2
        assert float(estimator.model_.optimizer.learning_rate) == pytest.approx(0.02)
        assert not model.optimizer.built or int(model.optimizer.iterations) == 0


def test_a_trained_model_goes_on(iris):
    X, y = iris
    model = prebuilt(compiled=True)
    model.run_eagerly = True  # five steps take less time than tracing
    model.fit(X, y, verbose=0)
    model.run_eagerly = False
    steps = int(model.optimizer.iterations)
    fitted = KerasClassifier(model, random_state=0).fit(X, y)
    assert int(fitted.model_.optimizer.iterations) == 2 * steps
    assert int(model.optimizer.iterations) == steps


def test_initialize_takes_a_trained_model_as_it_is(iris):
    X, y = iris
    model = prebuilt(compiled=True)
    estimator = KerasClassifier(model).initialize(X, np.array(["a", "b", "c"])[y])
    assert estimator.model_ is model
    expected = model.predict(X, verbose=0)
    assert_allclose(estimator.predict_proba(X), expected, atol=1e-6)
    assert set(estimator.predict(X)) <= {"a", "b", "c"}
    estimator.fit(X, np.array(["a", "b", "c"])[y])
    assert estimator.model_ is not model
    assert_array_equal(model.predict(X, verbose=0), expected)


@pytest.mark.parametrize("in_place", [True, False])
def test_partial_fit_after_initialize_trains_the_layers_that_models_share(
    iris, in_place
):
    X, _ = iris
    inputs = keras.Input((4,))
    code = keras.layers.Dense(2, "tanh")(inputs)
    encoder = keras.Model(inputs, code)
    whole = keras.Model(inputs, keras.layers.Dense(4)(code))
    whole.compile("adam", "mse")
    # A large code leaves tanh flat: no change of the weights would be seen.
    encoder.set_weights([w / 10 for w in encoder.get_weights()])
    before, pieces = encoder.get_weights(), BaseWrapper(encoder).initialize(X)
    first = pieces.predict(X)
    estimator = KerasRegressor(whole, random_state=0)
    if in_place:
        estimator.initialize(X, X)
    estimator.partial_fit(X, X).partial_fit(X, X)
    assert (estimator.model_ is whole) == in_place
    moved = np.abs(encoder.get_weights()[0] - before[0]).max()
    assert moved > 1e-4 if in_place else moved == 0
    assert_allclose(pieces.predict(X), encoder.predict(X, verbose=0), atol=1e-6)
    assert (np.abs(pieces.predict(X) - first).max() > 1e-4) == in_place
    # A copy of the estimator has a model of its own.
    copy = pickle.loads(pickle.dumps(estimator)).partial_fit(X, X)
    assert_allclose(pieces.predict(X), encoder.predict(X, verbose=0), atol=1e-6)
    assert copy.current_epoch == 3


def test_initialize_takes_a_model_that_has_no_input_yet(iris):
    models = [keras.Sequential([keras.layers.Dense(3, "softmax")]) for _ in range(2)]
    shared, copied = (KerasClassifier(model, **SPARSE) for model in models)
    shared.initialize(*iris)
    assert shared.model_ is models[0]
    assert shared.partial_fit(*iris).model_ is models[0]
    assert copied.fit(*iris).model_ is not models[1]
    assert not models[1].built


def test_initialize_takes_a_model_that_is_not_compiled(iris):
    estimator = KerasClassifier(prebuilt()).initialize(*iris)
    assert estimator.predict_proba(iris[0]).shape == (150, 3)
    assert set(estimator.predict(iris[0])) <= {0, 1, 2}


def test_given_optimizers_and_metrics_are_not_used_up(iris):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    metric = keras.metrics.SparseCategoricalAccuracy()
    estimator = KerasClassifier(
        softmax_network, loss=SPARSE["loss"], optimizer=optimizer, metrics=[metric]
    )
    for _ in range(2):
        estimator.fit(*iris)
    assert not optimizer.built
    assert not metric.variables or float(metric.variables[0]) == 0
    assert float(estimator.model_.optimizer.momentum) == 0.9


def test_a_model_without_configuration_is_refused(iris):
    model = Unknown(lambda x: x)
    model(np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"made anew from its get_config"):
        KerasClassifier(model, **SPARSE).fit(*iris)
    fitted = KerasClassifier(lambda: Unknown(keras.ops.tanh), **SPARSE).fit(*iris)
    assert 0 <= fitted.score(*iris) <= 1
    with pytest.raises(ValueError, match="get_config"):
        pickle.dumps(fitted.set_params(model=None))


@pytest.mark.parametrize("given", ["instance", "built", "function"])
def test_subclassed_models(iris, given):
    X, y = iris
    model = Subclassed(3)
    if given == "built":
        model(X[:1])
    if given == "function":

        def model(meta):
            return Subclassed(meta["n_classes_"])

    estimator = KerasClassifier(model, **SPARSE, epochs=15).fit(X, y)
    assert estimator.score(X, y) > 0.6
    if given == "instance":
        assert not model.built
    if given != "function":
        return
    estimator.set_params(model=None, run_eagerly=True)
    for twin in copies(estimator):
        assert_allclose(twin.predict_proba(X), estimator.predict_proba(X), atol=1e-6)
        assert twin.partial_fit(X, y).current_epoch == 16


def test_a_model_without_input_layer(iris):
    def build():
        return keras.Sequential([L.Dense(5, "relu"), L.Dense(3, "softmax")])

    estimator = KerasClassifier(build, **SPARSE)
    first = estimator.fit(*iris).predict_proba(iris[0])
    assert_array_equal(estimator.fit(*iris).predict_proba(iris[0]), first)


def test_keras_may_add_an_axis_of_one(digits, moved):
    X, y = digits[0][:100].reshape(-1, 8, 8), digits[1][:100]

    def build():
        layers = [keras.Input((8, None, 1)), L.Conv2D(2, 3), L.GlobalMaxPooling2D()]
        return keras.Sequential([*layers, L.Dense(10, "softmax")])

    fitted = KerasClassifier(build, **SPARSE).fit(X, y)
    assert fitted.predict_proba(X).shape == (100, 10)


def test_a_method_builds_the_model(iris, moved):
    class Factory:
        def build(self, meta, hidden):
            return softmax_network(meta, hidden=hidden)

    estimator = KerasClassifier(Factory().build, **SPARSE, hidden=3).fit(*iris)
    assert estimator.model_.layers[0].units == 3


def test_build_fn_is_the_former_name(iris, moved):
    with pytest.warns(UserWarning, match="renamed to ``model``"):
        fitted = KerasClassifier(build_fn=softmax_network, **SPARSE).fit(*iris)
    assert fitted.predict(iris[0]).shape == iris[1].shape


def test_own_prediction_step_is_asked(iris):
    class Certain(Subclassed):
        def predict_step(self, data):
            return keras.ops.one_hot(keras.ops.argmax(super().predict_step(data)), 3)

    fitted = KerasClassifier(lambda: Certain(3), **SPARSE).fit(*iris)
    assert set(np.unique(fitted.predict_proba(iris[0]))) <= {0, 1}


# Outputs


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [
        (1, "sigmoid", "binary_crossentropy"),
        (1, None, keras.losses.BinaryCrossentropy(from_logits=True)),
        (2, "softmax", "sparse_categorical_crossentropy"),
        (2, "softmax", "categorical_crossentropy"),
        (2, None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        (2, None, keras.losses.CategoricalCrossentropy(from_logits=True)),
        (1, "sigmoid", "mse"),
        (2, "sigmoid", "binary_crossentropy"),
    ],
)
def test_binary_outputs(cancer, units, activation, loss):
    X, y = cancer

    def build():
        return keras.Sequential([keras.Input((30,)), L.Dense(units, activation)])

    estimator = KerasClassifier(build, **{**SPARSE, "loss": loss}, epochs=3)
    estimator.fit(X, np.array(["no", "yes"])[y])
    probabilities = estimator.predict_proba(X)
    assert probabilities.shape == (len(X), 2)
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    if units == 1 or "binary" not in str(loss):
        assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert estimator.score(X, np.array(["no", "yes"])[y]) > 0.85


@pytest.mark.parametrize(
    "loss",
    [
        "categorical_crossentropy",
        keras.losses.CategoricalCrossentropy(),
        keras.losses.CategoricalFocalCrossentropy,
        "mse",
        "kl_divergence",
    ],
)
def test_losses_with_a_column_per_class(iris, loss):
    X, y = iris
    estimator = KerasClassifier(softmax_network, **{**SPARSE, "loss": loss}, epochs=15)
    assert estimator.fit(X, y).score(X, y) > 0.6
    of_columns = clone(estimator).fit(X, np.eye(3)[y])
    assert_allclose(of_columns.predict_proba(X), estimator.predict_proba(X), atol=1e-6)
    assert_array_equal(of_columns.predict(X).argmax(1), estimator.predict(X))


def test_loss_of_the_builder_decides_about_columns(iris):
    def build(meta):
        model = softmax_network(meta)
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    fitted = KerasClassifier(build, epochs=2).fit(*iris)
    assert {"loss", "accuracy"} == set(fitted.history_)


def test_logits_become_probabilities(iris):
    fitted = KerasClassifier(
        functools.partial(classifier_network, logits=True), epochs=10, random_state=0
    ).fit(*iris)
    probabilities = fitted.predict_proba(iris[0])
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert fitted.score(*iris) > 0.6
    raw = fitted.model_.predict(iris[0], verbose=0)
    assert raw.min() < 0
    assert_array_equal(raw.argmax(1), fitted.predict(iris[0]))


# Prediction


def test_prediction_equals_keras_in_any_pieces(fitted, iris):
    X = np.tile(iris[0], (40, 1))
    expected = fitted.model_.predict(X, verbose=0)
    assert_allclose(fitted.predict_proba(X), expected, atol=1e-6)
    assert_allclose(fitted.predict_proba(X, batch_size=7), expected, atol=1e-6)
    assert_allclose(fitted.predict_proba(X, batch_size=-1), expected, atol=1e-6)


def test_prediction_follows_the_weights(fitted, iris):
    X = iris[0]
    twin = copy.deepcopy(fitted)
    first = twin.predict_proba(X)
    twin.model_.set_weights([w * 0 for w in twin.model_.get_weights()])
    assert_allclose(twin.predict_proba(X), 1 / 3, atol=1e-6)
    twin.model_ = fitted.model_
    assert_allclose(twin.predict_proba(X), first, atol=1e-6)


def test_callbacks_of_predict_are_called(iris, capsys):
    calls = []

    class Counts(keras.callbacks.Callback):
        def on_predict_begin(self, logs=None):
            calls.append("predict")

    estimator = KerasClassifier(
        softmax_network, **SPARSE, predict__callbacks=[Counts()]
    )
    estimator.fit(*iris)
    assert calls == []
    estimator.predict(iris[0])
    assert calls == ["predict"]
    estimator.set_params(predict__callbacks=None, predict__verbose=2)
    estimator.predict(iris[0])
    assert calls == ["predict"]
    assert "5/5" in capsys.readouterr().out

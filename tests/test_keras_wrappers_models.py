"""KerasClassifier and KerasRegressor: every kind of model, prediction, pickles."""

import copy
import functools
import pickle
import random

import joblib
import keras
import numpy as np
import pytest
from keras_models import (
    Subclassed,
    Unknown,
    classifier_network,
    dropout_network,
    own_parts_network,
    regressor_network,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import KerasClassifier, KerasRegressor

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


def copies(estimator):
    yield pickle.loads(pickle.dumps(estimator))
    yield copy.deepcopy(estimator)


# Pickles


def test_pickles_keep_everything(fitted, iris):
    X, y = iris
    for twin in copies(fitted):
        assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))
        assert twin.history_ == fitted.history_
        assert twin.get_params() == fitted.get_params()
        ours, theirs = fitted.model_.optimizer, twin.model_.optimizer
        assert theirs.get_config() == ours.get_config()
        for variable, other in zip(ours.variables, theirs.variables, strict=True):
            assert_array_equal(variable.numpy(), other.numpy())
        assert twin.model_.evaluate(X, y, verbose=0) == pytest.approx(
            fitted.model_.evaluate(X, y, verbose=0)
        )
        assert_array_equal(
            pickle.loads(pickle.dumps(twin)).predict(X), fitted.predict(X)
        )


def test_pickles_are_small_and_the_same_each_time(fitted):
    plain = pickle.dumps(fitted)
    n_bytes = sum(v.numpy().nbytes for v in fitted.model_.variables)
    n_bytes += sum(v.numpy().nbytes for v in fitted.model_.optimizer.variables)
    assert len(plain) < n_bytes + 15_000
    assert pickle.dumps(fitted) == plain
    before = random.getstate()
    pickle.loads(plain).predict([[1.0, 2.0, 3.0, 4.0]])
    assert random.getstate() == before


def test_own_layers_losses_and_metrics_are_pickled(iris):
    fitted = KerasClassifier(own_parts_network, epochs=2, random_state=0).fit(*iris)
    for twin in copies(fitted):
        assert_array_equal(twin.predict_proba(iris[0]), fitted.predict_proba(iris[0]))
        assert twin.partial_fit(*iris).current_epoch == 3


def test_a_lambda_layer_is_pickled(iris):
    def build(meta):
        return keras.Sequential(
            [keras.Input((4,)), L.Lambda(lambda x: x * 2), L.Dense(3, "softmax")]
        )

    X, y = iris
    fitted = KerasClassifier(build, **SPARSE).fit(X, y)
    expected = fitted.predict_proba(X)
    fitted.set_params(model=None)  # functions within functions are not pickled
    assert_array_equal(next(copies(fitted)).predict_proba(X), expected)


def test_unfitted_estimators_are_pickled(iris):
    models = [
        softmax_network,
        functools.partial(softmax_network, hidden=3),
        Subclassed(3),
        prebuilt(),
    ]
    for model in models:
        estimator = KerasClassifier(model, **SPARSE)
        for twin in (*copies(estimator), clone(estimator)):
            assert 0 <= twin.fit(*iris).score(*iris) <= 1


def test_joblib_files_and_memory(fitted, iris, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert_array_equal(loaded.predict(iris[0]), fitted.predict(iris[0]))
    assert joblib.hash(loaded) == joblib.hash(fitted)


# Models that were built before


def prebuilt(compiled=False):
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(6, "tanh"), L.Dropout(0.2), L.Dense(3, "softmax")]
    )
    if compiled:
        loss = "sparse_categorical_crossentropy"
        model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    return model


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
    model.fit(X, y, verbose=0)
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
    estimator.partial_fit(X, np.array(["a", "b", "c"])[y])
    assert estimator.model_ is not model
    assert_array_equal(model.predict(X, verbose=0), expected)


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
        model = lambda meta: Subclassed(meta["n_classes_"])  # noqa: E731
    estimator = KerasClassifier(model, **SPARSE, epochs=15).fit(X, y)
    assert estimator.score(X, y) > 0.6
    estimator.set_params(model=None)
    for twin in copies(estimator):
        assert_allclose(twin.predict_proba(X), estimator.predict_proba(X), atol=1e-6)
        assert twin.partial_fit(X, y).current_epoch == 16
    first = KerasClassifier(Subclassed(3), **SPARSE).fit(X, y)
    assert first.predict_proba(X).shape == (len(X), 3)


def test_a_model_without_input_layer(iris):
    def build():
        return keras.Sequential([L.Dense(5, "relu"), L.Dense(3, "softmax")])

    estimator = KerasClassifier(build, **SPARSE)
    first = estimator.fit(*iris).predict_proba(iris[0])
    assert_array_equal(estimator.fit(*iris).predict_proba(iris[0]), first)


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


# Several inputs and outputs, and encoders of the user's


class Halves(BaseEstimator, TransformerMixin):
    """Splits the columns for a model with two inputs."""

    def __init__(self, kind):
        self.kind = kind

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        left, right = X[:, :2], X[:, 2:]
        return [left, right] if self.kind == "list" else {"a": left, "b": right}


class TwoInputs(KerasClassifier):
    """With a model of its own."""

    def __init__(self, kind="list", optimizer="adam", **kwargs):
        super().__init__(**kwargs)
        self.kind = kind
        self.optimizer = optimizer

    @property
    def feature_encoder(self):
        return Halves(self.kind)

    def _keras_build_fn(self, meta, compile_kwargs):
        a, b = (keras.Input((2,), name=name) for name in "ab")
        x = L.Concatenate()([L.Dense(4, "relu")(a), L.Dense(4, "relu")(b)])
        out = L.Dense(meta["n_classes_"], "softmax")(x)
        inputs = [a, b] if self.kind == "list" else {"a": a, "b": b}
        model = keras.Model(inputs, out)
        model.compile(**compile_kwargs)
        return model


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_several_inputs(iris, kind):
    X, y = iris
    settings = {"kind": kind, "epochs": 15, "loss": SPARSE["loss"], "random_state": 0}
    estimator = TwoInputs(**settings, optimizer__learning_rate=0.05)
    estimator.fit(X, y, validation_data=(X[:20], y[:20]))
    assert estimator.score(X, y) > 0.6
    assert len(estimator.history_["val_loss"]) == 15
    assert estimator.get_params()["kind"] == kind
    weight = np.ones(len(y))
    twin = clone(estimator).fit(X, y, weight, validation_data=(X[:20], y[:20]))
    assert_allclose(twin.predict_proba(X), estimator.predict_proba(X), atol=1e-5)
    assert_array_equal(next(copies(estimator)).predict(X), estimator.predict(X))


class TwoTargets(BaseEstimator, TransformerMixin):
    """Two columns of labels for a model with two outputs."""

    def fit(self, y):
        self.n_classes = [len(np.unique(column)) for column in y.T]
        return self

    def transform(self, y):
        return [y[:, :1], y[:, 1:]]

    def inverse_transform(self, outputs, return_proba=False):
        if return_proba:
            return outputs
        return np.column_stack([outputs[0].argmax(1), outputs[1].argmax(1)])

    def get_metadata(self):
        return {"n_outputs_expected_": 2, "n_classes_": self.n_classes}


class TwoOutputs(KerasClassifier):
    @property
    def target_encoder(self):
        return TwoTargets()

    def scorer(self, y_true, y_pred, **kwargs):
        return np.mean(y_true == y_pred)


def two_outputs(meta):
    inputs = keras.Input(meta["X_shape_"][1:])
    x = L.Dense(8, "relu")(inputs)
    outputs = [L.Dense(n, "softmax")(x) for n in meta["n_classes_"]]
    return keras.Model(inputs, outputs)


def test_several_outputs(iris):
    X, y = iris
    Y = np.column_stack([y, y > 0]).astype(int)
    settings = {**SPARSE, "loss": [SPARSE["loss"]] * 2, "epochs": 15}
    estimator = TwoOutputs(two_outputs, **settings)
    estimator.fit(X, Y, np.ones(len(y)), validation_data=(X, Y))
    assert estimator.predict(X).shape == Y.shape
    assert estimator.score(X, Y) > 0.7
    assert [p.shape for p in estimator.predict_proba(X)] == [(150, 3), (150, 2)]
    plain = clone(estimator).fit(X, Y, validation_data=(X, Y))
    assert_allclose(plain.history_["loss"], estimator.history_["loss"], rtol=1e-4)


class LogTarget(KerasRegressor):
    @property
    def target_encoder(self):
        return FunctionTransformer(np.log, np.exp, check_inverse=False)


def test_encoder_of_targets(diabetes):
    X, y = StandardScaler().fit_transform(diabetes[0]), diabetes[1]
    one_target = functools.partial(regressor_network, {"X_shape_": (1, 10)}, units=1)
    fitted = LogTarget(one_target, epochs=30, random_state=0).fit(X, y)
    assert fitted.predict(X).min() > 0
    raw = fitted.model_.predict(X, verbose=0)
    assert_allclose(fitted.predict(X), np.exp(raw), rtol=1e-4)
    assert abs(np.log(y.mean()) - raw.mean()) < 0.5


class Autoencoder(TransformerMixin, KerasRegressor):
    """Whose encoder shares its layers."""

    def __init__(self, encoding_dim=2, **kwargs):
        super().__init__(**kwargs)
        self.encoding_dim = encoding_dim

    def _keras_build_fn(self, encoding_dim, meta):
        inputs = keras.Input(meta["X_shape_"][1:])
        code = L.Dense(encoding_dim)(inputs)
        self.encoder_ = keras.Model(inputs, code)
        return keras.Model(inputs, L.Dense(meta["n_features_in_"])(code))

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, X, sample_weight)

    def transform(self, X):
        return self.encoder_.predict(X, verbose=0)

    def score(self, X, y=None):
        return 1 - mean_squared_error(self.predict(X), X)


def test_autoencoder_as_a_subclass(iris):
    X = StandardScaler().fit_transform(iris[0])
    settings = {"epochs": 40, "optimizer__learning_rate": 0.02, "random_state": 0}
    estimator = Autoencoder(
        model__encoding_dim=2, loss="mse", optimizer="adam", **settings
    )
    codes = estimator.fit_transform(X)
    assert codes.shape == (len(X), 2)
    assert estimator.score(X) > 0.8


def test_callbacks_are_routed_and_made_anew(iris):
    rates = []

    def schedule(epoch, rate):
        rates.append(rate)
        return rate * 0.5

    estimator = KerasClassifier(
        dropout_network,
        **SPARSE,
        epochs=2,
        callbacks={"rate": keras.callbacks.LearningRateScheduler},
        callbacks__rate__schedule=schedule,
    )
    estimator.fit(*iris)
    assert rates == pytest.approx([0.05, 0.025])

"""KerasClassifier and KerasRegressor: several inputs and outputs."""

import functools

import keras
import numpy as np
import pytest
from keras_models import (
    copies,
    dropout_network,
    regressor_network,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import BaseWrapper, KerasClassifier, KerasRegressor

L = keras.layers
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
SPARSE |= {"optimizer": keras.optimizers.Adam, "optimizer__learning_rate": 0.05}


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
    if kind == "dict":
        assert_array_equal(next(copies(estimator)).predict(X), estimator.predict(X))
        return
    weight = np.ones(len(y))
    twin = clone(estimator).fit(X, y, weight, validation_data=(X[:20], y[:20]))
    assert_allclose(twin.predict_proba(X), estimator.predict_proba(X), atol=1e-5)


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
    weight = 1 + (y == 1)
    whole = clone(estimator).set_params(batch_size=-1, metrics=[["accuracy"]] * 2)
    whole.set_params(run_eagerly=True, epochs=5)
    weighted = clone(whole).fit(X, Y, weight).predict_proba(X)
    repeated = np.repeat(np.arange(len(y)), weight)
    expanded = clone(whole).fit(X[repeated], Y[repeated]).predict_proba(X)
    for first, second in zip(weighted, expanded, strict=True):
        assert_allclose(first, second, atol=1e-4)


class Names(KerasClassifier):
    @property
    def feature_encoder(self):
        return StandardScaler().set_output(transform="pandas")


def test_encoder_of_features_may_give_frames(iris):
    fitted = Names(softmax_network, **SPARSE, epochs=10, validation_split=0.1)
    assert fitted.fit(*iris).score(*iris) > 0.6


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


class Autoencoder(BaseWrapper, TransformerMixin):
    """Whose encoder and decoder are estimators that share its layers."""

    def _keras_build_fn(self, encoding_dim, meta):
        width = meta["n_features_in_"]
        inputs, code = keras.Input((width,)), keras.Input((encoding_dim,))
        encoder = keras.Model(inputs, L.Dense(encoding_dim)(inputs))
        decoder = keras.Model(code, L.Dense(width)(code))
        self.encoder_, self.decoder_ = BaseWrapper(encoder), BaseWrapper(decoder)
        return keras.Model(inputs, decoder(encoder(inputs)))

    def _initialize(self, X, y=None):
        X, _ = super()._initialize(X, y)
        codes = self.encoder_.initialize(X).predict(X)
        self.decoder_.initialize(codes)
        return X, X

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, X, sample_weight)

    def transform(self, X):
        return self.encoder_.predict(X)

    def inverse_transform(self, codes):
        return self.decoder_.predict(codes)

    def score(self, X, y=None):
        return 1 - mean_squared_error(self.predict(X), X)


def test_autoencoder_as_a_subclass(iris):
    X = StandardScaler().fit_transform(iris[0])
    settings = {"epochs": 40, "optimizer__learning_rate": 0.02, "random_state": 0}
    estimator = Autoencoder(encoding_dim=2, loss="mse", optimizer="adam", **settings)
    codes = estimator.fit_transform(X)
    assert codes.shape == (len(X), 2)
    assert estimator.score(X) > 0.8
    for twin in (estimator, *copies(estimator)):
        decoded = twin.inverse_transform(twin.transform(X))
        assert_allclose(decoded, estimator.predict(X), atol=1e-5)


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

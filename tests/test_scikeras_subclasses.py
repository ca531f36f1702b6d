"""SciKeras's tutorials on estimators of one's own, with other data.

MLPClassifier and MLPRegressor, autoencoders: their code must run with skdeep's
classes (SciKeras 0.13, https://adriangb.com/scikeras/).
"""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import TransformerMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale
from tutorial_models import ADAM, SOFTMAX

from skdeep import BaseWrapper, KerasClassifier, KerasRegressor

# MLPClassifier and MLPRegressor: estimators by subclassing


class Perceptron(KerasClassifier):
    def __init__(self, widths=(8,), optimizer="adam", epochs=12, verbose=0, **kwargs):
        super().__init__(**kwargs)
        self.widths = widths
        self.optimizer = optimizer
        self.epochs = epochs
        self.verbose = verbose

    def _keras_build_fn(self, compile_kwargs):
        units, activation, loss = {
            "binary": (1, "sigmoid", "binary_crossentropy"),
            "multiclass": (self.n_classes_, "softmax", SOFTMAX["loss"]),
        }[self.target_type_]
        hidden = [layers.Dense(width, activation="relu") for width in self.widths]
        output = layers.Dense(units, activation=activation)
        model = keras.Sequential([keras.Input((self.n_features_in_,)), *hidden, output])
        model.compile(loss=loss, optimizer=compile_kwargs["optimizer"])
        return model


class Line(KerasRegressor):
    def __init__(self, optimizer="sgd", epochs=10, verbose=0, **kwargs):
        super().__init__(optimizer=optimizer, epochs=epochs, verbose=verbose, **kwargs)

    def _keras_build_fn(self, meta, compile_kwargs):
        model = keras.Sequential([keras.Input((self.n_features_in_,)), layers.Dense(1)])
        model.compile(loss="mse", optimizer=compile_kwargs["optimizer"])
        return model


def test_self_contained_classifier(iris, cancer):
    perceptron = Perceptron(optimizer__learning_rate=0.03, random_state=0)
    for (X, y), units in ((iris, 3), (cancer, 1)):
        X = scale(X)
        assert perceptron.fit(X, y).score(X, y) > 0.9
        assert perceptron.model_.output_shape == (None, units)
        rate = perceptron.model_.optimizer.get_config()["learning_rate"]
        assert rate == pytest.approx(0.03)


def test_self_contained_classifier_in_a_search(iris):
    perceptron = Perceptron(epochs=2, random_state=0)
    search = GridSearchCV(perceptron, {"widths": [(4,), (5, 6)]}, cv=2)
    search.fit(*iris)
    best = search.best_params_["widths"]
    assert search.best_estimator_.widths == best
    assert len(search.best_estimator_.model_.layers) == len(best) + 1
    assert clone(Perceptron(widths=(7,))).get_params()["widths"] == (7,)


def test_self_contained_regressor(progression):
    X, y = progression
    line = Line(optimizer__learning_rate=0.02, random_state=0).fit(X, y)
    assert line.score(X, y) > 0.4
    assert line.predict(X).shape == y.shape


# Autoencoders


class Codes(BaseWrapper, TransformerMixin):
    """Codes of rows, and rows from codes."""

    def _keras_build_fn(self, n_codes, meta, widths=()):
        n_columns = meta["n_features_in_"]

        def chain(start, sizes, end, activation):
            start = end_of_chain = keras.Input((start,))
            for size in sizes:
                end_of_chain = layers.Dense(size, activation="relu")(end_of_chain)
            end_of_chain = layers.Dense(end, activation=activation)(end_of_chain)
            return keras.Model(start, end_of_chain)

        encoder = chain(n_columns, widths, n_codes, "relu")
        decoder = chain(n_codes, reversed(widths), n_columns, "sigmoid")
        self.encoder_ = BaseWrapper(encoder, verbose=0)
        self.decoder_ = BaseWrapper(decoder, verbose=0)
        rows = keras.Input((n_columns,))
        return keras.Model(rows, decoder(encoder(rows)))

    def _initialize(self, X, y=None):
        X, _ = super()._initialize(X=X, y=X)
        self.decoder_.initialize(self.encoder_.initialize(X).predict(X))
        return X, X

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X=X, y=X, sample_weight=sample_weight)

    def score(self, X, y=None):
        return 1 - mean_squared_error(X, self.predict(X))

    def transform(self, X):
        return self.encoder_.predict(self.feature_encoder_.transform(X))

    def inverse_transform(self, X):
        return self.decoder_.predict(X)


@pytest.fixture(scope="module")
def codes(digits):
    return Codes(
        n_codes=16, widths=(), loss="mse", epochs=40, random_state=0, verbose=0, **ADAM
    ).fit(digits[0] / 16)


def test_autoencoder_gives_codes_and_rows(codes, digits):
    X = digits[0] / 16
    short = codes.transform(X)
    assert short.shape == (500, 16)
    restored = codes.inverse_transform(short)
    np.testing.assert_allclose(restored, codes.predict(X), atol=1e-5)
    # Better by far than the mean image, and each image is nearest to its own.
    assert mean_squared_error(X, restored) < 0.5 * X.var(axis=0).mean()
    distances = ((restored[:, None] - X[None]) ** 2).sum(axis=2)
    assert (distances.argmin(axis=1) == np.arange(len(X))).mean() > 0.5
    assert codes.score(X) == pytest.approx(1 - mean_squared_error(X, restored))


def test_autoencoder_in_pipelines_and_searches(codes, digits):
    X, y = digits[0] / 16, digits[1]
    network = clone(codes).set_params(epochs=10, widths=(24,), n_codes=12)
    pipe = make_pipeline(network, LogisticRegression(max_iter=1000)).fit(X, y)
    assert pipe.score(X, y) > 0.5
    assert len(pipe[0].encoder_.model_.layers) == 3
    search = GridSearchCV(network, {"n_codes": [1, 12]}, cv=2).fit(X)
    assert search.best_params_["n_codes"] == 12
    assert search.best_estimator_.transform(X).shape == (500, 12)


class Positional(KerasClassifier):
    def __init__(self, *args, width=4, **kwargs):
        super().__init__(*args, **kwargs)
        self.width = width


def positional_network(meta, params):
    inputs = layers.Input(meta["X_shape_"][1:])
    hidden = layers.Dense(params["width"], "relu")(inputs)
    return keras.Model(inputs, layers.Dense(3, "softmax")(hidden))


def test_positional_arguments_of_a_subclass(iris):
    loss = "sparse_categorical_crossentropy"
    estimator = Positional(positional_network, width=3, loss=loss, random_state=0)
    assert estimator.get_params()["model"] is positional_network
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert copy.set_params(width=5).fit(*iris).model_.layers[1].units == 5
    search = GridSearchCV(estimator, {"width": [2, 6]}, cv=2).fit(*iris)
    assert search.best_params_["width"] in (2, 6)
    assert "width=3" in repr(estimator)

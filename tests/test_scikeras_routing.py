"""SciKeras's tutorial on advanced usage, with other data.

What builders are given and where parameters arrive: its code must run with
skdeep's classes (SciKeras 0.13, https://adriangb.com/scikeras/).
"""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from tutorial_models import ADAM, SOFTMAX, one_probability, tower

from skdeep import KerasClassifier

# What the builder is given


def test_builder_compiles_with_compile_kwargs(iris):
    def compiled(meta, compile_kwargs):
        model = tower(meta)
        optimizer = compile_kwargs["optimizer"]
        assert isinstance(optimizer, keras.optimizers.SGD)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        return model

    classifier = KerasClassifier(
        compiled, optimizer="sgd", optimizer__momentum=0.8, optimizer__learning_rate=0.1
    ).set_params(verbose=0, epochs=3, random_state=0)
    config = classifier.fit(*iris).model_.optimizer.get_config()
    assert config["momentum"] == 0.8
    assert config["learning_rate"] == pytest.approx(0.1)
    assert classifier.score(*iris) > 0.6


def test_builder_sees_meta_params_and_user_parameters(iris):
    seen = {}

    def watched(width, meta, params, activation="tanh"):
        seen.update(width=width, meta=meta, params=params, activation=activation)
        return tower(meta, (width,))

    X, y = iris
    classifier = KerasClassifier(watched, width=5, model__activation="elu", **SOFTMAX)
    classifier.fit(X, y)
    assert (seen["width"], seen["activation"]) == (5, "elu")
    assert seen["params"]["width"] == 5
    assert seen["params"]["loss"] == SOFTMAX["loss"]
    meta = seen["meta"]
    assert (meta["n_features_in_"], meta["n_classes_"]) == (4, 3)
    assert (meta["target_type_"], meta["X_shape_"]) == ("multiclass", (150, 4))
    assert list(meta["classes_"]) == [0, 1, 2]
    assert (meta["X_dtype_"], meta["y_dtype_"]) == (X.dtype, y.dtype)


def test_the_nearer_prefix_wins(iris):
    classifier = KerasClassifier(
        tower, widths=(9,), model__widths=(6, 7), epochs=4, fit__epochs=2, **SOFTMAX
    ).fit(*iris)
    assert classifier.model_.layers[0].units == 6
    assert len(classifier.history_["loss"]) == 2


def test_partial_functions_and_build_fn(iris):
    builder = functools.partial(tower, widths=(3,))
    classifier = KerasClassifier(builder, **SOFTMAX).fit(*iris)
    assert classifier.model_.layers[0].units == 3
    with pytest.warns(UserWarning, match="renamed to ``model``"):
        KerasClassifier(build_fn=tower, **SOFTMAX).fit(*iris)


class Residual(keras.Model):
    def __init__(self, n_classes, width=8):
        super().__init__()
        self.first = layers.Dense(width, activation="relu")
        self.second = layers.Dense(width, activation="relu")
        self.last = layers.Dense(n_classes, activation="softmax")

    def call(self, inputs):
        hidden = self.first(inputs)
        return self.last(hidden + self.second(hidden))


def test_subclassed_model(iris):
    classifier = KerasClassifier(
        lambda meta: Residual(meta["n_classes_"]), epochs=15, **ADAM, **SOFTMAX
    ).fit(*iris)
    assert isinstance(classifier.model_, Residual)
    assert classifier.score(*iris) > 0.85
    assert classifier.predict_proba(iris[0]).shape == (150, 3)


def test_missing_and_contradicting_losses(iris):
    def compiled(meta):
        model = tower(meta)
        model.compile(loss="sparse_categorical_crossentropy")
        return model

    with pytest.raises(ValueError, match="loss"):
        KerasClassifier(tower, verbose=0).fit(*iris)
    with pytest.raises(ValueError, match="compiled with"):
        KerasClassifier(compiled, loss="kl_divergence", verbose=0).fit(*iris)
    with pytest.raises(ValueError, match=r"Invalid parameter .?width"):
        KerasClassifier(tower).set_params(width=3)


# Where parameters arrive


def test_optimizer_by_class(iris):
    classifier = KerasClassifier(
        tower,
        optimizer=keras.optimizers.RMSprop,
        optimizer__rho=0.8,
        optimizer__learning_rate=0.02,
        epochs=5,
        **SOFTMAX,
    ).fit(*iris)
    optimizer = classifier.model_.optimizer
    assert isinstance(optimizer, keras.optimizers.RMSprop)
    config = optimizer.get_config()
    assert config["rho"] == 0.8
    assert config["learning_rate"] == pytest.approx(0.02)
    assert classifier.score(*iris) > 0.6


def test_loss_by_class(cancer):
    def trained(**settings):
        return KerasClassifier(
            one_probability,
            loss=keras.losses.BinaryCrossentropy,
            epochs=6,
            verbose=0,
            random_state=0,
            **ADAM,
            **settings,
        ).fit(*cancer)

    plain, smooth = trained(), trained(loss__label_smoothing=0.4)
    assert smooth.model_.loss.get_config()["label_smoothing"] == 0.4
    # Smoothed labels cannot be met: the loss stays above that of 0.2 and 0.8.
    assert smooth.history_["loss"][-1] > 0.5 > plain.history_["loss"][-1]


class Scaled(keras.losses.Loss):
    """A user's loss; like most of these it has no get_config."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        return self.factor * losses


def test_own_loss_by_class(iris):
    settings = {**SOFTMAX, "loss": Scaled, "optimizer__learning_rate": 1e-9}
    once, thrice = (
        KerasClassifier(tower, loss__factor=factor, **settings).fit(*iris)
        for factor in (1.0, 3.0)
    )
    assert thrice.model_.loss.factor == 3.0
    assert thrice.history_["loss"][0] == pytest.approx(
        3 * once.history_["loss"][0], rel=1e-4
    )


def test_what_only_compile_takes(iris):
    settings = {"compile__weighted_metrics": ["accuracy"], **SOFTMAX}
    nearly_only_first = np.where(iris[1] == 0, 1.0, 1e-6)
    classifier = KerasClassifier(tower, epochs=15, **ADAM, **settings)
    history = classifier.fit(*iris, sample_weight=nearly_only_first).history_
    assert history["accuracy"][-1] > 0.99


def test_metrics_by_class(iris):
    classifier = KerasClassifier(
        tower,
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy],
        metrics__1__k=2,
        metrics__1__name="among_two",
        epochs=3,
        **SOFTMAX,
    ).fit(*iris)
    history = classifier.history_
    assert {"loss", "accuracy", "among_two"} <= set(history)
    assert all(
        a <= b for a, b in zip(history["accuracy"], history["among_two"], strict=True)
    )


class Shrink:
    """Multiplies the learning rate by a factor in each epoch but the first."""

    def __init__(self, factor=0.5):
        self.factor = factor

    def __call__(self, epoch, rate):
        return rate * self.factor if epoch else rate


@pytest.mark.parametrize(
    "routed",
    [
        {
            "callbacks": keras.callbacks.LearningRateScheduler,
            "callbacks__0": Shrink,
            "callbacks__0__factor": 0.1,
        },
        {
            "callbacks": [
                keras.callbacks.EarlyStopping,
                keras.callbacks.LearningRateScheduler,
            ],
            "callbacks__0__monitor": "loss",
            "callbacks__1__0": Shrink,
            "callbacks__1__0__factor": 0.1,
        },
        {
            "callbacks": {
                "stop": keras.callbacks.EarlyStopping,
                "rate": keras.callbacks.LearningRateScheduler,
            },
            "callbacks__stop__monitor": "loss",
            "callbacks__rate__schedule": Shrink,
            "callbacks__rate__schedule__factor": 0.1,
        },
    ],
    ids=["class", "list", "dict"],
)
def test_callbacks_by_class(iris, routed):
    classifier = KerasClassifier(tower, epochs=3, **ADAM, **SOFTMAX, **routed)
    rates = classifier.fit(*iris).history_["learning_rate"]
    np.testing.assert_allclose(rates, [0.01, 0.001, 0.0001], rtol=1e-5)


def test_callback_parameters_in_a_search(iris):
    classifier = KerasClassifier(
        tower,
        epochs=10,
        callbacks=keras.callbacks.EarlyStopping,
        callbacks__monitor="loss",
        callbacks__patience=1,
        **ADAM,
        **SOFTMAX,
    )
    # No loss improves by 100: the second epoch is the last that is waited for.
    search = GridSearchCV(classifier, {"callbacks__min_delta": [100.0]}, cv=2)
    history = search.fit(*iris).best_estimator_.history_
    assert len(history["loss"]) == 2


class Record(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def on_train_batch_end(self, batch, logs=None):
        self.batches["train"] = self.batches.get("train", 0) + 1

    def on_predict_batch_end(self, batch, logs=None):
        self.batches["predict"] = self.batches.get("predict", 0) + 1


def test_batch_sizes_for_fit_and_predict(iris):
    seen = {}

    def batches(**settings):
        seen.clear()
        classifier = KerasClassifier(tower, **SOFTMAX, **settings)
        classifier.set_params(callbacks=[Record(seen)]).fit(*iris).predict(iris[0])
        return seen["train"], seen["predict"]

    assert batches(batch_size=50)[0] == 3
    assert batches(batch_size=-1)[0] == 1
    assert batches(fit__batch_size=10, predict__batch_size=75) == (15, 2)


def test_callbacks_for_fit_or_predict_only(iris):
    fitting, predicting = {}, {}
    classifier = KerasClassifier(
        tower,
        fit__callbacks=[Record(fitting)],
        predict__callbacks=[Record(predicting)],
        **SOFTMAX,
    )
    classifier.fit(*iris).predict(iris[0])
    assert (set(fitting), set(predicting)) == ({"train"}, {"predict"})


def test_keywords_of_fit(iris):
    X, y = iris
    classifier = KerasClassifier(tower, **SOFTMAX)
    classifier.fit(X, y, epochs=3, validation_data=(X[:30], y[:30]))
    assert len(classifier.history_["val_loss"]) == 3


def test_rows_without_weight_do_not_train(iris):
    X, y = iris
    weights = np.where(y == 2, 0.0, 1.0)
    classifier = KerasClassifier(tower, epochs=12, **ADAM, **SOFTMAX)
    predicted = classifier.fit(X, y, sample_weight=weights).predict(X)
    assert 2 not in predicted
    assert list(classifier.classes_) == [0, 1]  # in SciKeras they count as a class
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        classifier.fit(X, y, sample_weight=np.zeros(150))


def test_own_scorer_and_its_parameters(iris):
    class Counting(KerasClassifier):
        @staticmethod
        def scorer(y_true, y_pred, **kwargs):
            return 2 * accuracy_score(y_true, y_pred, **kwargs)

    X, y = iris
    settings = {"epochs": 1, "score__normalize": False, **SOFTMAX}
    classifier = KerasClassifier(tower, **settings).fit(X, y)
    n_right = (classifier.predict(X) == y).sum()
    assert classifier.score(X, y) == n_right
    assert Counting(tower, **settings).fit(X, y).score(X, y) == 2 * n_right

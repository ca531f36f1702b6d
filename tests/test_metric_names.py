"""Names and directions of metrics: Keras's, the same in every fit and engine."""

import keras
import numpy as np
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, fbeta_score

import skdeep
from skdeep import DenseClassifier, KerasClassifier
from skdeep.training._metrics import metric_names

metrics = keras.metrics
NET = {"hidden_layer_sizes": (3,), "epochs": 2, "random_state": 0}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["acc", "accuracy", "mse", "auc"], ["acc", "accuracy", "mse", "auc"]),
        (["AUC", metrics.AUC], ["auc", "auc_1"]),
        ([metrics.AUC(), metrics.AUC(curve="PR")], ["auc", "auc_1"]),
        ([metrics.AUC(name="roc_2"), metrics.Recall()], ["roc_2", "recall"]),
        ([metrics.MeanSquaredError(name="mse"), "mse"], ["mse", "mse_1"]),
        ([metrics.mean_squared_error], ["mean_squared_error"]),
    ],
)
def test_names_do_not_depend_on_what_was_before(given, expected):
    [metrics.AUC() for _ in range(3)]
    assert metric_names(given) == expected


@pytest.mark.parametrize("name", ["loss", "val_auc"])
def test_names_of_other_columns_are_refused(iris, name):
    net = DenseClassifier(**NET, metrics=[metrics.AUC(name=name)])
    with pytest.raises(ValueError, match=f"named '{name}'"):
        net.fit(*iris)


def test_engines_have_the_same_columns(iris, keras_eagerly):
    X, y = iris
    given = {"metrics": ["acc", metrics.Precision()], "early_stopping": True}
    columns = [
        list(DenseClassifier(**NET, **given, engine=engine).fit(X, y).history_)
        for engine in ("compiled", "keras")
    ]
    names = ["loss", "acc", "precision"]
    assert columns == [[*names, *(f"val_{name}" for name in names)]] * 2


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_callbacks_know_the_direction(iris, engine, tmp_path, keras_eagerly):
    X, y = iris
    path = str(tmp_path / "best.weights.h5")
    callbacks = [
        keras.callbacks.EarlyStopping("val_auc", patience=9),
        keras.callbacks.ReduceLROnPlateau("acc"),
        keras.callbacks.ModelCheckpoint(
            path, "val_mse", save_best_only=True, save_weights_only=True
        ),
    ]
    net = DenseClassifier(**NET, metrics=["AUC", "acc", "mse"], callbacks=callbacks)
    with skdeep.fuse():
        net.set_params(early_stopping=True, engine=engine).fit(X, y)
    ups = [callback.monitor_op is keras.ops.greater for callback in callbacks[::2]]
    assert ups == [True, False]
    assert callbacks[0].best == pytest.approx(net.history_["val_auc"].max())
    assert callbacks[2].best == pytest.approx(net.history_["val_mse"].min())


@pytest.mark.parametrize("hook", [None, "on_train_batch_end"])
def test_columns_of_keras_wrappers(iris, hook):
    def build():
        layers = [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
        return keras.Sequential(layers)

    callback = keras.callbacks.LambdaCallback()
    if hook:
        setattr(callback, hook, lambda *args, **logs: None)
    stop = keras.callbacks.EarlyStopping("auc", patience=1)
    wrapper = KerasClassifier(
        build, loss="categorical_crossentropy", metrics=[metrics.AUC()], verbose=0
    )
    wrapper.set_params(callbacks=[stop, callback], validation_split=0.2, epochs=1)
    order = np.random.RandomState(0).permutation(150)
    wrapper.fit(*(part[order] for part in iris))
    assert list(wrapper.history_) == ["auc", "loss", "val_auc", "val_loss"] or list(
        wrapper.history_
    ) == ["loss", "auc", "val_loss", "val_auc"]
    assert stop.best == pytest.approx(wrapper.history_["auc"][0])


def test_f_scores(iris):
    """Of one unit, of classes, of labels: as scikit-learn has them."""
    X, y = iris
    names = ["f1_score", metrics.FBetaScore("macro", 2.0, threshold=0.5)]
    binary = DenseClassifier(**NET, metrics=names, learning_rate=1e-12)
    binary.set_params(optimizer="sgd").fit(X, y == 1)
    guess = binary.predict(X)
    last = binary.history_.iloc[-1]
    assert last["f1_score"] == pytest.approx(f1_score(y == 1, guess), abs=1e-5)
    assert last["fbeta_score"] == pytest.approx(fbeta_score(y == 1, guess, beta=2))
    still = {"learning_rate": 1e-12, "optimizer": "sgd", "metrics": ["f1_score"]}
    many = DenseClassifier(**NET, **still).fit(X, y)
    expected = f1_score(y, many.predict(X), average="macro")
    assert many.history_["f1_score"].iloc[-1] == pytest.approx(expected, abs=1e-5)
    X, Y = make_multilabel_classification(60, 5, n_classes=3, random_state=0)
    labels = DenseClassifier(**NET, **still).fit(X, Y)
    expected = f1_score(Y, labels.predict(X), average="macro")
    assert labels.history_["f1_score"].iloc[-1] == pytest.approx(expected, abs=1e-5)
    labels.set_params(metrics=[metrics.F1Score("macro")])
    with pytest.raises(ValueError, match="takes the largest column"):
        labels.fit(X, Y)


class Largest(keras.metrics.Metric):
    """The largest error, which starts below all others; the result is a variable."""

    def __init__(self, name="largest", **kwargs):
        super().__init__(name=name, **kwargs)
        self.largest = self.add_variable((), "zeros", name="largest")

    def update_state(self, y_true, y_pred, sample_weight=None):
        now = keras.ops.max(y_true - y_pred)
        self.largest.assign(keras.ops.maximum(self.largest, now))

    def result(self):
        return self.largest

    def reset_state(self):
        self.largest.assign(-1e9)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_metric_of_a_users_own_starts_and_ends_as_it_says(engine, keras_eagerly):
    X = np.linspace(-1, 1, 40)[:, None]
    given = {"metrics": [Largest()], "engine": engine, "normalize": False}
    low, high = 2 * X[:, 0] - 50, 2 * X[:, 0] - 90
    est = skdeep.DenseRegressor(**NET, **given, optimizer="sgd", learning_rate=1e-9)
    est.fit(X, low, X_val=X, y_val=high)
    expected = (low - est.predict(X)).max(), (high - est.predict(X)).max()
    columns = est.history_[["largest", "val_largest"]].iloc[-1]
    np.testing.assert_allclose(columns, expected, 1e-4)
    assert expected[0] < 0

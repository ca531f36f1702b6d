"""scikit-learn's callbacks and Keras's callbacks."""

import contextlib

import keras
import numpy as np
import pytest
from agreement import same_weights
from numpy.testing import assert_allclose
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DenseClassifier, DenseRegressor, fuse

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
pytestmark = pytest.mark.usefixtures("keras_eagerly")


def test_scoring_monitor_sees_every_epoch(iris, classifier):
    monitor = ScoringMonitor(scoring="accuracy")
    watched = DenseClassifier(**NET).set_callbacks(monitor).fit(*iris)
    scores = monitor.get_logs(select="most_recent").data
    last = scores[-1]["accuracy"] if isinstance(scores, list) else scores["accuracy"]
    last = np.asarray(last).ravel()[-1]
    assert last == pytest.approx(watched.score(*iris))
    assert_allclose(
        watched.predict_proba(iris[0]), classifier.predict_proba(iris[0]), atol=1e-6
    )


def test_progress_bar_in_a_search_over_a_pipeline(iris, capsys):
    pipe = make_pipeline(StandardScaler(), DenseClassifier(**NET))
    grid = {"denseclassifier__learning_rate": [0.001, 0.01]}
    search = GridSearchCV(pipe, grid, cv=2).set_callbacks(ProgressBar())
    search.fit(*iris)
    assert "100%" in capsys.readouterr().out


def test_verbose_prints_a_line_per_epoch(iris, capsys):
    DenseClassifier(**NET, verbose=1).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []

    def set_model(self, model):
        super().set_model(model)
        self.n_layers = len(model.layers)  # of None this would fail

    def on_train_begin(self, logs=None):
        self.calls.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append((epoch, sorted(logs)))
        self.shape = self.model.output_shape

    def on_train_end(self, logs=None):
        self.calls.append("end")


class BatchRecorder(keras.callbacks.Callback):
    batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1


def test_own_callback_on_the_compiled_engine(iris):
    recorder = Recorder()
    DenseClassifier(**NET, callbacks=[recorder], engine="compiled").fit(*iris)
    epochs = [(epoch, ["loss"]) for epoch in range(3)]
    assert recorder.calls == ["begin", *epochs, "end"]
    assert recorder.shape == (None, 3)


def test_batch_hooks_choose_the_keras_engine(iris):
    recorder = BatchRecorder()
    DenseClassifier(**NET, batch_size=50, callbacks=[recorder]).fit(*iris)
    assert recorder.batches == 9
    with pytest.raises(ValueError, match="BatchRecorder"):
        DenseClassifier(**NET, callbacks=[BatchRecorder()], engine="compiled").fit(
            *iris
        )


def test_a_search_copies_the_callback_for_each_fit(iris):
    recorder = Recorder()
    search = GridSearchCV(
        DenseClassifier(**NET, callbacks=[recorder]), {"epochs": [1, 2]}, cv=2
    )
    search.fit(*iris)
    assert recorder.calls == []
    assert len(search.best_estimator_.callbacks[0].calls) in (3, 4)


def test_files_of_keras_callbacks(iris, tmp_path):
    X, y = iris
    callbacks = [
        keras.callbacks.ModelCheckpoint(
            str(tmp_path / "best.weights.h5"), save_weights_only=True
        ),
        keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
        keras.callbacks.TerminateOnNaN(),
    ]
    DenseClassifier(**NET, callbacks=callbacks, engine="compiled").fit(X, y)
    assert (tmp_path / "best.weights.h5").exists()
    assert (tmp_path / "log.csv").read_text().count("\n") == 4


def test_learning_rate_callbacks_are_obeyed(diabetes):
    X, y = diabetes
    constant = {**NET, "learning_rate_schedule": None, "optimizer": "sgd"}

    def stop_learning(epoch, rate):
        return 0.0 if epoch else rate

    scheduler = keras.callbacks.LearningRateScheduler(stop_learning)
    slowed = DenseRegressor(**constant, callbacks=[scheduler]).fit(X, y)
    once = DenseRegressor(**{**constant, "epochs": 1}).fit(X, y)
    assert_allclose(slowed.predict(X), once.predict(X), rtol=1e-5)
    plateau = keras.callbacks.ReduceLROnPlateau(
        monitor="loss", factor=0.0001, min_delta=1e9, patience=1
    )
    reduced = DenseRegressor(**{**constant, "epochs": 5}, callbacks=[plateau])
    reduced.fit(X, y)
    losses = reduced.history_["loss"]
    assert losses[2] - losses[1] != pytest.approx(0, abs=1e-4)
    assert losses[5] - losses[4] == pytest.approx(0, abs=1e-4)


def test_keras_early_stopping_callback_stops(iris):
    stopper = keras.callbacks.EarlyStopping(monitor="loss", min_delta=1e9, patience=1)
    stopped = DenseClassifier(**{**NET, "epochs": 9}, callbacks=[stopper]).fit(*iris)
    assert stopped.n_epochs_ == 2


AVERAGES = keras.optimizers.SGD(use_ema=True, ema_momentum=0.9)


@pytest.mark.parametrize("optimizer", ["sgd", AVERAGES], ids=["sgd", "averages"])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_best_weights_are_restored(iris, engine, optimizer):
    # Every epoch is worse than the first: the loss is to grow.
    stopper = keras.callbacks.EarlyStopping(
        monitor="loss", mode="max", patience=3, restore_best_weights=True
    )
    options = {**NET, "learning_rate_schedule": None, "engine": engine}
    options["optimizer"] = optimizer
    network = DenseClassifier(**{**options, "epochs": 9}, callbacks=[stopper])
    network.fit(*iris)
    assert network.n_epochs_ == 4
    once = DenseClassifier(**{**options, "epochs": 1}).fit(*iris)
    same_weights(network, once, 1e-4)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_weights_that_a_callback_sets(iris, engine):
    class Halving(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.set_weights([w / 2 for w in self.model.get_weights()])

    options = {**NET, "learning_rate": 1e-9, "normalize": False, "engine": engine}
    options |= {"epochs": 2, "learning_rate_schedule": None, "optimizer": "sgd"}
    halved = DenseClassifier(**options, callbacks=[Halving()]).fit(*iris)
    whole = DenseClassifier(**options).fit(*iris)
    for a, b in zip(halved.coefs_, whole.coefs_, strict=True):
        assert_allclose(4 * a, b, rtol=1e-4)


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_end"])
def test_hooks_of_lambda_callbacks(iris, hook):
    X, y = iris
    seen = []
    callback = keras.callbacks.LambdaCallback()
    setattr(callback, hook, lambda *args, **logs: seen.append(args))
    network = DenseClassifier(**NET, callbacks=[callback])
    network.fit(X, y, X_val=X, y_val=y)
    assert seen


class Fails(keras.callbacks.Callback):
    """Raises in one hook, and notes whether it was told of the end."""

    def __init__(self, hook):
        super().__init__()
        self.n_ends = 0
        setattr(self, hook, self.fail)

    def fail(self, *_, logs=None):
        self.rate = self.model.optimizer.learning_rate
        raise OSError("the disk is full")

    def on_train_end(self, logs=None):
        self.n_ends += 1


@pytest.mark.parametrize("engine", ["compiled", "keras", "fused"])
@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_end"])
def test_a_failed_fit_is_closed(iris, engine, hook):
    callback = Fails(hook)
    fused = engine == "fused"
    net = DenseClassifier(
        **NET, callbacks=[callback], engine="auto" if fused else engine
    )
    with (
        fuse() if fused else contextlib.nullcontext(),
        pytest.raises(OSError, match="full"),
    ):
        net.fit(*iris)
    assert callback.n_ends == (hook == "on_epoch_end")
    assert callback.model is None
    # Nobody notes any more who assigns a rate.
    assert "assign" not in vars(callback.rate)

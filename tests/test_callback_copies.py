"""Clones and pickles of fitted estimators with callbacks and optimisers."""

import copy
import pickle
import threading

import keras
import pytest
from agreement import same_weights
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import skdeep
from skdeep import DenseClassifier, DenseRegressor, KerasClassifier, KerasRegressor

NET = {"hidden_layer_sizes": (3,), "epochs": 2, "random_state": 0}


class Watch(keras.callbacks.Callback):
    """Starts a thread, as a callback that sends does, and counts epochs."""

    def __init__(self):
        super().__init__()
        self.n_epochs = 0

    def on_train_begin(self, logs=None):
        self.thread = threading.Thread(target=print)
        self.lock = threading.Lock()

    def on_epoch_end(self, epoch, logs=None):
        self.n_epochs += 1


def build():
    layers = [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
    return keras.Sequential(layers)


WRAPPER = KerasClassifier(
    build, loss="sparse_categorical_crossentropy", epochs=2, verbose=0
)


@pytest.mark.parametrize("estimator", [DenseClassifier(**NET), WRAPPER])
def test_callbacks_that_hold_files_and_threads(iris, tmp_path, estimator):
    X, y = iris
    watch = Watch()
    stop = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=1)
    folder, log = str(tmp_path / "backup"), str(tmp_path / "log.csv")
    holders = [keras.callbacks.CSVLogger(log), keras.callbacks.BackupAndRestore(folder)]
    estimator = clone(estimator).set_params(callbacks=[watch, stop, *holders])
    estimator.fit(X, y)
    assert watch.n_epochs == 2
    estimator.fit(X, y)
    assert watch.n_epochs == 4
    copies = [
        pickle.loads(pickle.dumps(estimator)),
        copy.deepcopy(estimator),
        clone(estimator),
    ]
    for other in copies:
        assert other.callbacks[1].stopped_epoch == stop.stopped_epoch == 1
        assert other.callbacks[0].n_epochs == 0  # as before the fit
        other.fit(X, y)
        assert other.callbacks[0].n_epochs == 2
    assert len(cross_val_score(estimator, X, y, cv=2, error_score="raise")) == 2
    assert estimator.callbacks[0] is watch


@pytest.mark.parametrize("estimator", [DenseClassifier(**NET), WRAPPER])
def test_callbacks_after_a_first_fit_that_fails(iris, estimator):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    watch = Watch()
    estimator = clone(estimator).set_params(callbacks=[watch, Fails()])
    with pytest.raises(ZeroDivisionError):
        estimator.fit(*iris)
    assert watch.n_epochs == 1
    assert clone(estimator).callbacks[0].n_epochs == 0
    assert copy.deepcopy(estimator).callbacks[0].n_epochs == 0


def test_tensorboard(iris, tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(str(tmp_path))
    net = DenseClassifier(**NET, callbacks=[board]).fit(*iris)
    assert list((tmp_path / "train").glob("events*"))
    assert pickle.loads(pickle.dumps(net)).callbacks[0].log_dir == str(tmp_path)
    assert clone(net).callbacks[0].log_dir == str(tmp_path)


@pytest.mark.parametrize("given", [keras.callbacks.EarlyStopping, "EarlyStopping"])
def test_a_class_is_no_callback(iris, given):
    with pytest.raises(ValueError, match="must hold instances"):
        DenseClassifier(**NET, callbacks=[given]).fit(*iris)


def adamw(**excluded):
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=25.0)
    if excluded:
        optimizer.exclude_from_weight_decay(**excluded)
    return optimizer


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_weights_that_shall_not_decay(iris, keras_eagerly, engine):
    net = DenseClassifier(**NET, engine=engine, optimizer=adamw(var_names=["kernel"]))
    net.fit(*iris)
    plain = DenseClassifier(**NET, engine=engine, optimizer=adamw()).fit(*iris)
    undecayed = keras.optimizers.AdamW(0.01, weight_decay=0.0)
    none = DenseClassifier(**NET, engine=engine, optimizer=undecayed).fit(*iris)
    norms = [abs(est.coefs_[0]).mean() for est in (plain, net, none)]
    assert norms[0] < 0.8 * norms[1]
    assert norms[1] == pytest.approx(norms[2], rel=0.05)
    if engine == "keras":  # the copies are the same
        return
    for other in (clone(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        same_weights(other.fit(*iris), net)


def test_files_cannot_hold_what_shall_not_decay(iris, tmp_path):
    net = DenseClassifier(**NET, optimizer=adamw(var_names=["kernel"])).fit(*iris)
    with pytest.raises(TypeError, match="exclude_from_weight_decay"):
        skdeep.save(net, tmp_path / "net")


def test_a_wrapper_obeys_weights_that_shall_not_decay(iris):
    def norm(**excluded):
        wrapper = clone(WRAPPER).set_params(optimizer=adamw(**excluded))
        fitted = clone(wrapper).set_params(random_state=0).fit(*iris)
        return abs(fitted.model_.get_weights()[0]).mean()

    assert norm(var_names=["kernel"]) > 1.2 * norm()


def test_variables_of_another_model(iris):
    optimizer = adamw(var_list=build().trainable_variables[:1])
    with pytest.raises(ValueError, match="var_list"):
        DenseClassifier(**NET, optimizer=optimizer).fit(*iris)
    with pytest.raises(ValueError, match="var_list"):
        clone(WRAPPER).set_params(optimizer=optimizer).fit(*iris)


class Decay(keras.optimizers.schedules.CosineDecay):
    pass


class Descent(keras.optimizers.SGD):
    pass


class Distance(keras.metrics.MeanAbsoluteError):
    pass


class Weighed(keras.losses.Loss):
    """Without a ``get_config``, as most of the kind."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def call(self, y_true, y_pred):
        return self.weight * keras.losses.mean_squared_error(y_true, y_pred)


class Leaky(keras.layers.LeakyReLU):
    pass


def build_values(activation=None):
    dense = keras.layers.Dense(1, activation=activation)
    return keras.Sequential([keras.Input((4,)), dense])


OWN_CLASSES = [
    DenseRegressor(**NET, activation=Leaky(0.1)),
    KerasRegressor(build_values, epochs=2, activation=Leaky(0.1)),
]


@pytest.mark.parametrize("estimator", OWN_CLASSES)
def test_own_classes_that_keras_does_not_know(iris, estimator):
    class Local(Distance):
        pass

    X, y = iris[0], iris[1].astype(float)
    fitted = estimator.set_params(
        loss=Weighed(3.0),
        optimizer=Descent(Decay(0.01, 5)),
        metrics=[Distance(name="error"), Local(name="local")],
        random_state=0,
    ).fit(X, y)
    copies = pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted), clone(fitted)
    for other in copies:
        assert other.loss.weight == 3.0
        assert other.loss is not fitted.loss
        assert type(other.optimizer) is Descent
        rate = other.optimizer.get_config()["learning_rate"]
        assert rate == fitted.optimizer.get_config()["learning_rate"]
        assert [type(metric) for metric in other.metrics] == [Distance, Local]
        assert other.metrics[0].name == "error"
        assert other.metrics[0] is not fitted.metrics[0]
        assert type(other.activation) is Leaky
        assert other.activation.negative_slope == 0.1
    for other in copies[:2]:
        assert_array_equal(other.predict(X), fitted.predict(X))
    # Such a loss is another one in each copy, so that each fit is traced anew.
    assert copies[0].partial_fit(X, y).history_ is not fitted.history_
    shallow = copy.copy(fitted)
    assert shallow.get_params(deep=False) == fitted.get_params(deep=False)
    assert_array_equal(shallow.predict(X), fitted.predict(X))
    half = [(range(75), range(75, 150))]
    assert len(cross_val_score(fitted, X, y, cv=half, error_score="raise")) == 1


class Forgets(keras.metrics.MeanAbsoluteError):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight


@pytest.mark.parametrize("estimator", [DenseRegressor(), KerasRegressor()])
def test_a_metric_that_cannot_be_made_anew(estimator):
    estimator.set_params(metrics=[Forgets(2.0)])
    for copied in (clone, pickle.dumps):
        with pytest.raises(ValueError, match="Let get_config return"):
            copied(estimator)

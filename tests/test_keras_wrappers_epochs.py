"""KerasClassifier and KerasRegressor: seeds, and going on."""

import copy
import random
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from keras_models import (
    classifier_network,
    dropout_network,
    own_parts_network,
    regressor_network,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdeep import DivergenceWarning, KerasClassifier, KerasRegressor

# One batch, so that batches do not depend on repetition.
FULL = {"batch_size": -1, "epochs": 20, "random_state": 0}
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}


def classifier(**params):
    return KerasClassifier(classifier_network, **{**FULL, **params})


def regressor(**params):
    return KerasRegressor(regressor_network, **{**FULL, **params})


# Random numbers


def test_same_seed_same_result_and_global_states_stay(iris):
    X, y = iris
    before = random.getstate(), np.random.get_state()[1].tolist()
    estimator = KerasClassifier(
        dropout_network, **SPARSE, optimizer="adam", epochs=2, model__rate=0.3
    )
    results = [clone(estimator).fit(X, y).predict_proba(X) for _ in range(2)]
    results += [estimator.fit(X, y).predict_proba(X) for _ in range(2)]
    for result in results[1:]:
        assert_array_equal(result, results[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    other = estimator.set_params(random_state=1).fit(X, y).predict_proba(X)
    assert np.abs(other - results[0]).max() > 1e-3


def test_order_of_the_rows_comes_from_the_seed(iris):
    seen = []

    class Batches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"])

    def losses(**params):
        seen.clear()
        estimator = classifier(batch_size=50, epochs=2, callbacks=[Batches()])
        estimator.set_params(**params).fit(*iris)
        return list(seen)

    first = losses()
    assert len(first) == 6
    assert losses() == first
    assert losses(shuffle=False) != first
    assert losses(shuffle=False) == losses(shuffle=False)


def test_batches_of_each_epoch_hold_every_row(iris):
    y = iris[1]
    rows = []

    def remember(y_true, y_pred):
        rows.append(y_pred)
        return keras.ops.mean(y_pred)

    def build(meta):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0)])
        model.add(keras.layers.Dense(1, kernel_initializer="ones"))
        model.compile(
            keras.optimizers.SGD(0.0), "mse", metrics=[remember], run_eagerly=True
        )
        return model

    numbers = np.arange(len(y), dtype=float)
    KerasRegressor(build, epochs=2, random_state=0).fit(numbers[:, None], numbers)
    epochs = np.concatenate([np.ravel(r) for r in rows])[-2 * len(y) :].reshape(2, -1)
    for epoch in epochs:
        assert_array_equal(np.sort(epoch), numbers)
        assert np.abs(np.diff(epoch)).max() > 1
    assert not np.array_equal(*epochs)


def test_threads_do_not_share_seeds(iris):
    estimator = KerasClassifier(dropout_network, **SPARSE, epochs=1)
    alone = [
        clone(estimator).set_params(random_state=seed).fit(*iris) for seed in range(3)
    ]
    with ThreadPoolExecutor(3) as pool:
        beside = list(
            pool.map(
                lambda seed: clone(estimator).set_params(random_state=seed).fit(*iris),
                range(3),
            )
        )
    for first, second in zip(alone, beside, strict=True):
        expected = first.predict_proba(iris[0])
        assert_allclose(second.predict_proba(iris[0]), expected, atol=1e-6)


def test_steps_per_epoch_end_an_epoch_early(iris):
    estimator = classifier(batch_size=30, epochs=3)
    estimator.fit(*iris, steps_per_epoch=2)
    assert int(estimator.model_.optimizer.iterations) == 6
    estimator.fit(*iris, steps_per_epoch=None)
    assert int(estimator.model_.optimizer.iterations) == 15


def test_random_state_instance_moves_on(iris):
    X, y = iris
    state = np.random.RandomState(3)
    estimator = classifier(random_state=state, epochs=1)
    first, second = (estimator.fit(X, y).predict_proba(X) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3
    estimator.set_params(random_state=np.random.RandomState(3))
    assert_array_equal(estimator.fit(X, y).predict_proba(X), first)


# Going on


def test_history_is_a_dictionary_of_lists_with_full_names(iris):
    fitted = KerasClassifier(softmax_network, **SPARSE, epochs=2, metrics=["acc"])
    fitted.fit(*iris)
    assert {name: len(values) for name, values in fitted.history_.items()} == {
        "loss": 2,
        "acc": 2,
    }
    assert isinstance(fitted.history_["loss"], list)


def test_partial_fit_goes_on(iris):
    X, y = iris
    steps = classifier(shuffle=False)
    for epoch in range(3):
        assert steps.partial_fit(X, y).current_epoch == epoch + 1
    whole = classifier(shuffle=False, epochs=3).fit(X, y)
    assert_allclose(steps.predict_proba(X), whole.predict_proba(X), atol=1e-6)
    assert_allclose(steps.history_["loss"], whole.history_["loss"], rtol=1e-5)
    assert int(steps.model_.optimizer.iterations) == 3
    assert steps.fit(X, y).current_epoch == 20


def test_partial_fit_goes_on_after_a_pickle(iris):
    X, y = iris
    first = classifier(batch_size=16).partial_fit(X, y)
    second = copy.deepcopy(first)
    for estimator in (first, second):
        estimator.partial_fit(X, y)
    assert_allclose(first.predict_proba(X), second.predict_proba(X), atol=1e-6)
    assert_allclose(first.history_["loss"], second.history_["loss"], rtol=1e-5)


def test_partial_fit_knows_classes_that_come_later(iris):
    X, y = iris
    early = y < 2
    estimator = classifier().partial_fit(X[early], y[early], classes=[2, 1, 0])
    assert_array_equal(estimator.classes_, [0, 1, 2])
    assert estimator.target_type_ == "multiclass"
    estimator.partial_fit(X, y).partial_fit(X[early], y[early], classes=[0, 1, 2])
    assert estimator.predict_proba(X).shape == (len(X), 3)
    with pytest.raises(ValueError, match="classes"):
        estimator.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(TypeError, match="epochs"):
        estimator.partial_fit(X, y, epochs=2)


def test_warm_start_goes_on_from_the_weights(iris):
    X, y = iris
    estimator = classifier(warm_start=True, epochs=5, shuffle=False)
    first = estimator.fit(X, y).history_["loss"]
    again = estimator.fit(X, y).history_["loss"]
    assert len(again) == 5
    assert again[0] < first[-1]
    assert_array_equal(estimator.classes_, [0, 1, 2])


def test_initial_epoch(iris):
    X, y = iris
    seen = []

    class Epochs(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(epoch)

    estimator = classifier(epochs=2, callbacks=[Epochs()], warm_start=True).fit(X, y)
    estimator.fit(X, y, initial_epoch=2)
    assert seen == [0, 1, 2, 3]
    assert estimator.current_epoch == 4


def test_failed_fit_leaves_what_was(iris):
    X, y = iris
    fitted = classifier(epochs=2).fit(X, y)
    before, expected = dict(vars(fitted)), fitted.predict_proba(X)
    with pytest.raises(ValueError, match="Unknown label"):
        fitted.fit(X, X[:, 0] * 1.7)
    assert vars(fitted) == before
    assert_array_equal(fitted.predict_proba(X), expected)
    never = classifier()
    with pytest.raises(ValueError, match="inconsistent"):
        never.fit(X, y[1:])
    assert vars(never) == vars(classifier())


class Fails(keras.callbacks.Callback):
    def __init__(self, error=RuntimeError, epoch=0):
        super().__init__()
        self.error, self.epoch = error, epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise self.error("no more")


def test_failed_partial_fit_leaves_the_weights(iris):
    X, y = iris
    fitted = classifier(epochs=2, batch_size=16).fit(X, y)
    expected, history = fitted.predict_proba(X), dict(fitted.history_)
    slots = [v.numpy() for v in fitted.model_.optimizer.variables]
    with pytest.raises(RuntimeError, match="no more"):
        fitted.partial_fit(X, y, callbacks=[Fails(epoch=2)])
    assert_array_equal(fitted.predict_proba(X), expected)
    assert fitted.history_ == history
    for variable, value in zip(fitted.model_.optimizer.variables, slots, strict=True):
        assert_array_equal(variable.numpy(), value)


def test_interrupted_training_keeps_its_epochs(iris):
    stop = Fails(KeyboardInterrupt, epoch=1)
    with pytest.warns(UserWarning, match="interrupted"):
        fitted = classifier(epochs=9, callbacks=[stop]).fit(*iris)
    assert fitted.current_epoch == 2
    at_once = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: Fails(KeyboardInterrupt).on_epoch_end(0)
    )
    with pytest.raises(KeyboardInterrupt):
        classifier(callbacks=[at_once]).fit(*iris)


class InterruptsBatch(keras.callbacks.Callback):
    """Presses Ctrl-C in the second batch of an epoch; only Keras's fit calls it."""

    def __init__(self, epoch):
        super().__init__()
        self.last, self.n_ends = epoch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (self.last, 1):
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        self.n_ends += 1


def test_an_interrupted_epoch_leaves_no_trace(iris):
    stop = InterruptsBatch(epoch=2)
    with pytest.warns(UserWarning, match="interrupted"):
        some = classifier(epochs=5, batch_size=50, callbacks=[stop]).fit(*iris)
    assert stop.n_ends == 1
    whole = classifier(
        epochs=2, batch_size=50, callbacks=[InterruptsBatch(epoch=9)]
    ).fit(*iris)
    assert some.history_ == whole.history_
    for own, other in zip(some.model_.weights, whole.model_.weights, strict=True):
        assert_array_equal(own, other)
    optimizers = some.model_.optimizer, whole.model_.optimizer
    for own, other in zip(*(o.variables for o in optimizers), strict=True):
        assert_array_equal(own, other)


def test_divergence_keeps_finite_weights(diabetes):
    X, y = diabetes
    estimator = KerasRegressor(
        regressor_network, epochs=30, batch_size=10, random_state=0
    )
    model = estimator.initialize(X, y).model_
    model.compile(keras.optimizers.SGD(1e3), "mse")
    with pytest.warns(DivergenceWarning, match="epoch 1"):
        estimator.set_params(model=model).fit(X, y)
    assert np.isfinite(estimator.predict(X)).all()
    assert estimator.current_epoch == 0


def test_losses_of_the_users_get_codes(iris):
    fitted = KerasClassifier(own_parts_network, epochs=30, random_state=0).fit(*iris)
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]
    assert fitted.score(*iris) > 0.6

"""KerasClassifier and KerasRegressor: copies and pickles."""

import copy
import functools
import pickle
import random
import weakref

import joblib
import keras
import pytest
from cloudpickle import cloudpickle
from keras_models import (
    Subclassed,
    copies,
    local_network,
    own_parts_network,
    prebuilt,
    softmax_network,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdeep import KerasClassifier

L = keras.layers
SPARSE = {"loss": "sparse_categorical_crossentropy", "random_state": 0}
SPARSE |= {"optimizer": keras.optimizers.Adam, "optimizer__learning_rate": 0.05}


@pytest.fixture(scope="module")
def fitted(iris):
    return KerasClassifier(softmax_network, **SPARSE, epochs=10).fit(*iris)


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


def test_own_layers_losses_and_metrics_are_pickled(iris, moved):
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


def test_unfitted_estimators_are_pickled(iris, untrained):
    models = [
        softmax_network,
        functools.partial(softmax_network, hidden=3),
        Subclassed(3),
        prebuilt(),
    ]
    for model in models:
        estimator = KerasClassifier(model, **SPARSE)
        if isinstance(model, Subclassed):  # which only Keras's own fit trains
            estimator.set_params(run_eagerly=True)
        twins = [*copies(estimator), clone(estimator)]
        if not isinstance(model, keras.Model):
            del twins[1:]  # copies of functions are the functions
        for twin in twins:
            assert 0 <= twin.fit(*iris).score(*iris) <= 1


def test_joblib_files_and_memory(fitted, iris, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert_array_equal(loaded.predict(iris[0]), fitted.predict(iris[0]))
    assert joblib.hash(loaded) == joblib.hash(fitted)


def test_clone_copies_a_given_model():
    model = prebuilt(compiled=True)
    before = random.getstate()
    cloned = clone(KerasClassifier(model, epochs=3))
    assert random.getstate() == before
    assert cloned.epochs == 3
    assert cloned.model is not model
    assert cloned.model.loss == model.loss
    for first, second in zip(
        cloned.model.get_weights(), model.get_weights(), strict=True
    ):
        assert_array_equal(first, second)


def test_what_layers_learnt_of_data_is_pickled(iris):
    def build(meta):
        normalization = keras.layers.Normalization()
        normalization.adapt(iris[0])
        layers = [keras.Input((4,)), normalization, keras.layers.Dense(3, "softmax")]
        return keras.Sequential(layers)

    fitted = KerasClassifier(build, epochs=2, random_state=0)
    fitted.set_params(loss="sparse_categorical_crossentropy").fit(*iris)
    fitted.set_params(model=None)  # a function of this test
    again = pickle.loads(pickle.dumps(fitted))
    probabilities = again.predict_proba(iris[0])
    assert_allclose(probabilities, fitted.predict_proba(iris[0]), rtol=1e-6)
    of_keras = again.model_.predict(iris[0], verbose=0)
    assert_allclose(probabilities, of_keras, rtol=1e-4)


def test_classes_and_functions_defined_in_the_builder_are_pickled(iris, monkeypatch):
    X, y = iris
    fitted = KerasClassifier(local_network, random_state=0).fit(X, y)
    data = pickle.dumps(fitted)
    loaded = [pickle.loads(data), copy.deepcopy(fitted)]
    assert type(loaded[0].model_) is type(fitted.model_)
    # By value: in another process, which knows no such class, it is made anew.
    known = weakref.WeakValueDictionary()
    monkeypatch.setattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_BY_ID", known)
    loaded.append(pickle.loads(data))
    for other in loaded:
        assert_array_equal(other.predict_proba(X), fitted.predict_proba(X))
        other.partial_fit(X, y)
    assert type(loaded[2].model_) is not type(fitted.model_)
    assert loaded[0].history_ == loaded[2].history_

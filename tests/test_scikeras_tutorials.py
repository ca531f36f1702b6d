"""SciKeras's tutorials for beginners, with other data.

Quickstart, basic usage, benchmarks, meta-estimators: their code must run with skdeep's
classes (SciKeras 0.13, https://adriangb.com/scikeras/).
"""

import pickle

import joblib
import keras
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from tutorial_models import ADAM, SOFTMAX, SQUARED, one_probability, tower, values

from skdeep import KerasClassifier, KerasRegressor


@pytest.fixture(scope="module")
def fitted_regressor(progression):
    regressor = KerasRegressor(values, width=16, epochs=15, **ADAM, **SQUARED)
    assert regressor.fit(*progression) is regressor
    return regressor


def test_a_builder_becomes_a_classifier(cancer):
    X, y = cancer
    classifier = KerasClassifier(
        one_probability, epochs=8, **ADAM, **{**SOFTMAX, "loss": "binary_crossentropy"}
    ).fit(X, y)
    assert classifier.score(X, y) > 0.95
    assert classifier.predict(X[:5]).shape == (5,)
    assert set(classifier.predict(X)) == set(classifier.classes_) == {0, 1}
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (569, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), classifier.predict(X))


def test_a_builder_becomes_a_regressor(fitted_regressor, progression):
    X, y = progression
    assert fitted_regressor.score(X, y) > 0.45
    assert fitted_regressor.predict(X[:7]).shape == (7,)
    assert fitted_regressor.model_.layers[0].units == 16
    assert len(fitted_regressor.history_["loss"]) == 15


def test_in_a_pipeline_with_names_of_classes():
    wine = load_wine()
    names = wine.target_names[wine.target]
    pipe = Pipeline(
        [
            ("scale", StandardScaler()),
            ("net", KerasClassifier(tower, epochs=15, **ADAM, **SOFTMAX)),
        ]
    ).fit(wine.data, names)
    assert pipe.score(wine.data, names) > 0.95
    assert set(pipe.predict(wine.data)) == set(pipe.classes_) == set(wine.target_names)
    assert pickle.loads(pickle.dumps(pipe)).score(wine.data, names) > 0.95


def test_grid_search_over_model_and_optimizer(iris):
    grid = {
        "optimizer": ["sgd", "adam"],
        "optimizer__learning_rate": [1e-5, 0.05],
    }
    classifier = KerasClassifier(tower, epochs=20, **SOFTMAX)
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise").fit(*iris)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_params_["optimizer__learning_rate"] == 0.05
    assert search.best_score_ > 0.85


def test_random_search_over_a_pipeline(iris):
    pipe = Pipeline(
        [("scale", StandardScaler()), ("net", KerasClassifier(tower, **SOFTMAX))]
    )
    space = {
        "net__epochs": [3, 6],
        "net__model__widths": [(4,), (6,)],
        "net__optimizer__learning_rate": loguniform(0.01, 0.1),
    }
    search = RandomizedSearchCV(pipe, space, n_iter=3, cv=2, random_state=0)
    net = search.fit(*iris).best_estimator_["net"]
    best = search.best_params_
    assert search.best_score_ > 0.7
    assert (net.model_.layers[0].units,) == best["net__model__widths"]
    assert len(net.history_["loss"]) == best["net__epochs"]
    rate = net.model_.optimizer.get_config()["learning_rate"]
    assert rate == pytest.approx(best["net__optimizer__learning_rate"], rel=1e-6)


class StopAt(keras.callbacks.Callback):
    """Ends training at the first epoch whose accuracy exceeds a threshold."""

    def __init__(self, threshold=0.9):
        super().__init__()
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_binary_accuracy"] > self.threshold:
            self.model.stop_training = True


@pytest.mark.parametrize("callbacks", [StopAt(), [StopAt()], StopAt, {"stop": StopAt}])
def test_own_callback_ends_training(cancer, callbacks):
    classifier = KerasClassifier(
        one_probability,
        loss="binary_crossentropy",
        metrics=["binary_accuracy"],
        fit__validation_split=0.2,
        epochs=50,
        callbacks=callbacks,
        random_state=0,
        verbose=0,
    ).fit(*cancer)
    accuracies = classifier.history_["val_binary_accuracy"]
    assert len(accuracies) == len(classifier.history_["loss"]) < 50
    assert accuracies[-1] > 0.9 >= max(accuracies[:-1], default=0)


def test_pickle_joblib_and_clone(fitted_regressor, progression, tmp_path):
    X, _ = progression
    joblib.dump(fitted_regressor, tmp_path / "net.joblib")
    for again in (
        pickle.loads(pickle.dumps(fitted_regressor)),
        joblib.load(tmp_path / "net.joblib"),
    ):
        np.testing.assert_allclose(
            again.predict(X), fitted_regressor.predict(X), rtol=1e-5, atol=1e-6
        )
        assert again.history_["loss"] == fitted_regressor.history_["loss"]
    fresh = clone(fitted_regressor)
    assert not hasattr(fresh, "model_")
    assert fresh.get_params() == fitted_regressor.get_params()


def test_a_model_saved_by_keras_is_taken_up(fitted_regressor, progression, tmp_path):
    X, y = progression
    fitted_regressor.model_.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    again = KerasRegressor(loaded, verbose=0).initialize(X, y)
    np.testing.assert_allclose(
        again.predict(X), fitted_regressor.predict(X), rtol=1e-5, atol=1e-6
    )


def test_initialize_builds_and_does_not_train(iris):
    X, y = iris
    classifier = KerasClassifier(tower, epochs=3, **SOFTMAX)
    assert not classifier.initialized_
    classifier.initialize(X, y)
    assert classifier.initialized_
    assert not hasattr(classifier, "history_")
    before = classifier.predict_proba(X)
    assert before.shape == (150, 3)
    assert np.abs(classifier.fit(X, y).predict_proba(X) - before).max() > 0.01


def test_partial_fit_goes_on_and_fit_starts_anew(iris):
    X, y = iris
    classifier = KerasClassifier(tower, epochs=2, **ADAM, **SOFTMAX)
    for n in (1, 2, 3):
        classifier.partial_fit(X, y)
        assert len(classifier.history_["loss"]) == classifier.current_epoch == n
    losses = classifier.history_["loss"]
    assert losses[2] < losses[1] < losses[0]
    assert len(classifier.fit(X, y).history_["loss"]) == 2


def test_partial_fit_with_classes_that_come_later(iris):
    X, y = iris
    classifier = KerasClassifier(tower, **ADAM, **SOFTMAX)
    classifier.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    assert classifier.predict_proba(X[:4]).shape == (4, 3)
    classifier.partial_fit(X[y == 2], y[y == 2])
    assert list(classifier.classes_) == [0, 1, 2]


def test_warm_start_goes_on(iris):
    X, y = iris
    classifier = KerasClassifier(tower, epochs=4, warm_start=True, **ADAM, **SOFTMAX)
    first = list(classifier.fit(X, y).history_["loss"])
    again = list(classifier.fit(X, y).history_["loss"])
    assert len(first) == len(again) == 4
    assert max(again) < min(first)


def test_random_state_repeats(iris):
    X, y = iris
    classifier = KerasClassifier(tower, dropout=0.3, epochs=2, **SOFTMAX)
    first = classifier.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(classifier.fit(X, y).predict_proba(X), first)
    classifier.set_params(random_state=np.random.RandomState(0)).fit(X, y)
    again = clone(classifier).set_params(random_state=np.random.RandomState(0))
    np.testing.assert_array_equal(
        again.fit(X, y).predict_proba(X), classifier.predict_proba(X)
    )


def test_training_is_that_of_keras_fit(iris):
    X, y = iris
    classifier = KerasClassifier(tower, epochs=3, shuffle=False, **ADAM, **SOFTMAX)
    plain = keras.models.clone_model(classifier.initialize(X, y).model_)
    plain.set_weights(classifier.model_.get_weights())
    plain.compile(keras.optimizers.Adam(0.01), SOFTMAX["loss"])
    history = plain.fit(X, y, epochs=3, shuffle=False, verbose=0).history
    classifier.fit(X, y)
    np.testing.assert_allclose(classifier.history_["loss"], history["loss"], rtol=1e-4)
    np.testing.assert_allclose(
        classifier.predict_proba(X), plain.predict(X, verbose=0), atol=1e-5
    )


# Meta-estimators


@pytest.mark.parametrize("ensemble", [AdaBoostClassifier, BaggingClassifier])
def test_members_of_ensembles_have_their_own_weights(iris, ensemble):
    member = KerasClassifier(tower, epochs=12, **ADAM, **SOFTMAX)
    together = ensemble(estimator=member, n_estimators=3, random_state=0).fit(*iris)
    assert together.score(*iris) > 0.8
    kernels = [a.model_.get_weights()[0] for a in together.estimators_]
    assert len(kernels) == 3
    assert not np.allclose(kernels[0], kernels[1])


def test_networks_vote(iris):
    wide, deep = (
        KerasClassifier(tower, widths=widths, epochs=12, **ADAM, **SOFTMAX)
        for widths in ((32,), (8, 8))
    )
    vote = VotingClassifier([("wide", wide), ("deep", deep)], voting="soft").fit(*iris)
    assert vote.score(*iris) > 0.8


def test_balanced_classes_find_the_rare_one(cancer):
    X, y = cancer
    rows = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:12]]
    X, y = X[rows, :3], y[rows]
    scores = [
        balanced_accuracy_score(
            y,
            KerasClassifier(tower, class_weight=weights, epochs=10, **ADAM, **SOFTMAX)
            .fit(X, y)
            .predict(X),
        )
        for weights in (None, "balanced", {0: 30.0, 1: 1.0})
    ]
    assert min(scores[1:]) > scores[0] + 0.1

"""Which models of the user's the compiled engine trains, and that it makes no odds."""

import keras
import numpy as np
import pytest
from keras_models import classifier_network, regressor_network, softmax_network
from numpy.testing import assert_allclose
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep import KerasClassifier, KerasRegressor
from skdeep.training import _fused, _fused_program, _user_model

SPARSE = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam"}


@pytest.fixture
def only_engine(monkeypatch):
    def refuse(*args):
        raise AssertionError("keras.Model.fit was called")

    monkeypatch.setattr(_user_model, "fit_keras_model", refuse)


@pytest.fixture
def by_keras(monkeypatch):
    """Fits an estimator through ``keras.Model.fit``."""

    def fit(estimator, *data, **options):
        with monkeypatch.context() as patch:
            patch.setattr(_user_model, "_fit_compiled", lambda *args: None)
            return estimator.fit(*data, **options)

    return fit


def double(meta):
    return classifier_network(meta, dtype="float64")


def double_regressor(meta):
    return regressor_network(meta, dtype="float64")


@pytest.mark.usefixtures("only_engine")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"validation_split": 0.2},
        {"callbacks": [keras.callbacks.EarlyStopping("loss", patience=1)]},
        {"class_weight": "balanced", "shuffle": False},
        {"verbose": 1},
    ],
    ids=["plain", "validation", "callback", "class weights", "verbose"],
)
def test_the_engine_trains(iris, options, capsys):
    fitted = KerasClassifier(double, epochs=2, random_state=0, **options).fit(*iris)
    assert fitted.current_epoch == 2
    if "class_weight" in options:  # partial_fit refuses "balanced", as in scikit-learn
        fitted.set_params(class_weight={0: 1, 1: 2, 2: 0.5})
    fitted.partial_fit(*iris) if "callbacks" not in options else None
    assert ("Epoch 2/2  loss" in capsys.readouterr().out) == ("verbose" in options)


@pytest.mark.parametrize("shuffle", [True, False])
def test_both_ways_reach_the_same(iris, by_keras, shuffle):
    X, y = iris
    options = {"epochs": 3, "random_state": 0, "shuffle": shuffle}
    options |= {"validation_split": 0.2, "batch_size": 16}
    weight = np.linspace(0.5, 2, len(y))
    ours = KerasClassifier(double, **options).fit(X, y, sample_weight=weight)
    theirs = by_keras(KerasClassifier(double, **options), X, y, sample_weight=weight)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    assert ours.history_.keys() == theirs.history_.keys()
    for name, values in ours.history_.items():
        assert_allclose(values, theirs.history_[name], rtol=1e-5)


def test_both_ways_go_on_from_each_other(diabetes, by_keras):
    X, y = diabetes
    options = {"epochs": 2, "random_state": 0, "warm_start": True}
    mixed = KerasRegressor(double_regressor, **options).fit(X, y)
    by_keras(mixed, X, y)
    mixed.fit(X, y)
    pure = KerasRegressor(double_regressor, **options).fit(X, y).fit(X, y).fit(X, y)
    assert_allclose(mixed.predict(X), pure.predict(X), rtol=1e-5)


def test_a_search_trains_as_one_program(iris, monkeypatch):
    fused = []
    run = _fused.FusedProgram.run

    def counting(self, *args, **options):
        fused.append(self)
        return run(self, *args, **options)

    monkeypatch.setattr(_fused.FusedProgram, "run", counting)
    monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", 2)
    monkeypatch.setattr("skdeep.training._job.SHORT_FIT_STEPS", 0)
    monkeypatch.setattr("skdeep.training._scheduler._QUIET_IN_TASKS", 60)
    estimator = KerasClassifier(
        softmax_network, **SPARSE, epochs=4, batch_size=10, random_state=0
    )
    grid = {"optimizer__learning_rate": [0.001, 0.01, 0.02]}
    search = GridSearchCV(estimator, grid, cv=2, refit=False)
    alone = search.fit(*iris).cv_results_["mean_test_score"]
    with skdeep.fuse():
        together = search.fit(*iris).cv_results_["mean_test_score"]
    assert fused
    assert_allclose(together, alone, atol=0.02)


@pytest.mark.usefixtures("figures")
def test_history_can_be_drawn(iris):
    fitted = KerasClassifier(double, epochs=2, random_state=0).fit(*iris)
    display = skdeep.HistoryDisplay.from_history(fitted.history_)
    (line,) = display.lines_.values()
    assert_allclose(line.get_ydata(), fitted.history_["loss"])


def test_the_trained_model_has_its_metrics(iris):
    X, y = iris
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="two")]
    loss = "sparse_categorical_crossentropy"
    fitted = KerasClassifier(softmax_network, loss=loss, metrics=metrics).fit(X, y)
    compiled = fitted.model_.metrics[1]
    assert [metric.name for metric in compiled.metrics] == ["accuracy", "two"]
    results = fitted.model_.evaluate(X, y, verbose=0, return_dict=True)
    assert set(results) == {"loss", "accuracy", "two"}
    assert results["accuracy"] == pytest.approx(fitted.score(X, y))

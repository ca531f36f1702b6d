"""training_histories: a DataFrame over the values of one parameter."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DenseClassifier, DenseRegressor, training_histories
from skdeep.base._network import BaseNetwork
from skdeep.exceptions import DivergenceWarning
from skdeep.training import _fused, _fused_program, _scheduler

NET = {"hidden_layer_sizes": (8,), "epochs": 3, "batch_size": 50, "random_state": 0}


def test_each_history_is_that_of_a_fit_alone(iris):
    classifier = DenseClassifier(**NET)
    rates = [0.001, 0.05]
    histories = training_histories(classifier, *iris, "learning_rate", rates)
    assert histories.columns.names == ["learning_rate", "metric"]
    assert histories.index.equals(pd.RangeIndex(1, 4, name="epoch"))
    for rate in rates:
        alone = DenseClassifier(**NET, learning_rate=rate).fit(*iris)
        assert_allclose(histories[rate, "loss"], alone.history_["loss"], rtol=1e-4)
    assert not hasattr(classifier, "network_")
    assert classifier.learning_rate is None


def test_fits_are_trained_together(iris, monkeypatch):
    monkeypatch.setattr(_scheduler, "_QUIET_IN_TASKS", 60)
    monkeypatch.setattr(_fused_program, "_MAPPING_STEPS", 0)
    sizes, run = [], _fused.FusedProgram.run

    def counting(self, states, metrics, chunk, **options):
        sizes.append(int((chunk.n_steps.numpy() > 0).sum()))
        return run(self, states, metrics, chunk, **options)

    monkeypatch.setattr(_fused.FusedProgram, "run", counting)
    rates = np.geomspace(1e-4, 1e-1, 6)
    classifier = DenseClassifier(**NET)
    histories = training_histories(classifier, *iris, "learning_rate", rates)
    assert histories.shape == (3, 6)
    assert max(sizes) >= 3  # six on two cores


def test_validation_data_is_preprocessed_and_weights_count(iris):
    X, y = iris
    weight = np.linspace(0.1, 2, 100)
    pipe = make_pipeline(StandardScaler(), DenseClassifier(**NET))
    histories = training_histories(
        pipe,
        X[:100],
        y[:100],
        "denseclassifier__activation",
        ["relu", "tanh"],
        sample_weight=weight,
        X_val=X[100:],
        y_val=y[100:],
    )
    assert list(histories["tanh"]) == ["loss", "val_loss"]
    scaler = StandardScaler().fit(X[:100])
    alone = DenseClassifier(**NET, activation="tanh").fit(
        scaler.transform(X[:100]),
        y[:100],
        weight,
        X_val=scaler.transform(X[100:]),
        y_val=y[100:],
    )
    assert_allclose(histories["tanh"], alone.history_, rtol=1e-4)


def test_a_parameter_of_another_step(iris):
    pipe = make_pipeline(StandardScaler(), DenseClassifier(**NET, normalize=False))
    histories = training_histories(
        pipe, *iris, "standardscaler__with_mean", [True, False]
    )
    assert (histories[True, "loss"] != histories[False, "loss"]).all()


def test_shorter_histories_are_padded(diabetes):
    regressor = DenseRegressor((8,), learning_rate=0.3, random_state=0)
    regressor.set_params(early_stopping=True, patience=1, validation_fraction=0.3)
    histories = training_histories(regressor, *diabetes, "epochs", [2, 12])
    assert len(histories) > 2
    short = histories[2]
    assert short.iloc[:2].notna().all(axis=None)
    assert short.iloc[2:].isna().all(axis=None)


def test_objects_and_tuples_have_readable_labels(iris, moved):
    def own_activation(x):
        return keras.ops.relu(x)

    classifier = DenseClassifier(**NET)
    optimizers = ["adam", keras.optimizers.SGD(0.1, momentum=0.9)]
    histories = training_histories(classifier, *iris, "optimizer", optimizers)
    labels = list(dict.fromkeys(histories.columns.get_level_values(0)))
    assert labels == ["adam", "SGD(0.1, momentum=0.9)"]
    widths = [(4,), [8, 4], 16]
    histories = training_histories(classifier, *iris, "hidden_layer_sizes", widths)
    labels = list(dict.fromkeys(histories.columns.get_level_values(0)))
    assert labels == ["(4,)", "(8, 4)", 16]
    histories = training_histories(
        classifier, *iris, "activation", [own_activation, None]
    )
    assert list(histories["own_activation"]) == ["loss"]
    assert list(histories["None"]) == ["loss"]


def test_equal_labels_are_numbered(iris):
    histories = training_histories(
        DenseClassifier(**NET), *iris, "batch_size", [50, 50]
    )
    assert list(histories.columns.get_level_values(0)) == ["50 (1)", "50 (2)"]
    assert_allclose(histories.iloc[:, 0], histories.iloc[:, 1])


def test_a_fit_that_diverges_is_not_missing(diabetes):
    regressor = DenseRegressor(**NET, optimizer="sgd", learning_rate_schedule=None)
    with pytest.warns(DivergenceWarning):
        histories = training_histories(
            regressor, *diabetes, "learning_rate", [0.01, 1e30]
        )
    assert histories[0.01, "loss"].notna().all()
    assert histories[1e30, "loss"].isna().all()


def test_wrong_arguments_are_refused_before_training(iris, monkeypatch):
    def fit(*args, **kwargs):
        pytest.fail("training began")

    monkeypatch.setattr(BaseNetwork, "fit", fit)
    classifier = DenseClassifier(**NET)
    with pytest.raises(ValueError, match=r"param_name='rate'.*learning_rate"):
        training_histories(classifier, *iris, "rate", [0.1])
    with pytest.raises(ValueError, match="at least one value"):
        training_histories(classifier, *iris, "learning_rate", [])
    for wrong in (0.1, "adam", None):
        with pytest.raises(TypeError, match=rf"sequence.*{wrong!r}.*\[{wrong!r}\]"):
            training_histories(classifier, *iris, "learning_rate", wrong)
    with pytest.raises(ValueError, match="learning_rate"):
        training_histories(classifier, *iris, "learning_rate", [0.1, -1.0])
    with pytest.raises(TypeError, match="network of skdeep"):
        training_histories(LogisticRegression(), *iris, "C", [1])
    search = GridSearchCV(classifier, {"epochs": [1]})
    with pytest.raises(TypeError, match="best_estimator_"):
        training_histories(search, *iris, "cv", [2])

"""Held-out data, given data, early stopping, histories."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DenseClassifier, DenseRegressor

NET = {"hidden_layer_sizes": (8,), "random_state": 0}


def test_history_is_a_frame_with_keras_names(iris):
    classifier = DenseClassifier(**NET, epochs=4, early_stopping=True)
    classifier.set_params(metrics=["accuracy"]).fit(*iris)
    history = classifier.history_
    assert isinstance(history, pd.DataFrame)
    expected = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(history.columns) == expected
    assert list(history.index) == [1, 2, 3, 4]
    assert classifier.n_epochs_ == 4


def test_held_out_part_is_shuffled_and_stratified_on_sorted_data(iris):
    X, y = iris
    order = np.argsort(y)
    settings = {**NET, "epochs": 30, "early_stopping": True, "metrics": ["accuracy"]}
    settings["learning_rate"] = 0.05
    classifier = DenseClassifier(**settings, validation_fraction=0.2)
    classifier.fit(X[order], y[order])
    # The last rows alone would be one class, which the network has never seen.
    assert classifier.history_["val_accuracy"].max() > 0.7


def test_best_weights_are_kept(iris):
    X, y = iris
    X_val, y_val = X[:50], y[:50]
    wrong = (y_val + 1) % 3  # labels on which the loss can only rise
    classifier = DenseClassifier(**NET, epochs=60, early_stopping=True, patience=3)
    classifier.set_params(metrics=["accuracy"], learning_rate=0.05)
    classifier.fit(X[50:], y[50:], X_val=X_val, y_val=wrong)
    history = classifier.history_
    best = history["val_loss"].idxmin()
    assert classifier.best_epoch_ == best
    assert classifier.n_epochs_ == best + 3 < 60
    # The training loss went on falling: it did not choose the epoch.
    assert history["loss"].idxmin() == classifier.n_epochs_
    of_wrong_labels = classifier.predict_proba(X_val)[np.arange(50), wrong]
    val_loss = -np.log(of_wrong_labels).mean()
    assert_allclose(val_loss, history["val_loss"].min(), rtol=1e-4)


def test_given_data_without_early_stopping_is_only_watched(iris):
    X, y = iris
    watched = DenseClassifier(**NET, epochs=3).fit(X, y, X_val=X[:9], y_val=y[:9])
    plain = DenseClassifier(**NET, epochs=3).fit(X, y)
    assert_allclose(watched.predict_proba(X), plain.predict_proba(X), atol=1e-6)
    assert "val_loss" in watched.history_


def test_validation_data_go_through_the_pipeline(diabetes):
    X, y = diabetes
    regressor = DenseRegressor(**NET, epochs=2, normalize=False, loss="mse")
    with config_context(enable_metadata_routing=True):
        regressor.set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("net", regressor)]
        pipe = Pipeline(steps, transform_input=["X_val"])
        pipe.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    scaler = StandardScaler().fit(X[:150])
    direct = DenseRegressor(**NET, epochs=2, normalize=False, loss="mse")
    direct.fit(
        scaler.transform(X[:150]),
        y[:150],
        X_val=scaler.transform(X[150:]),
        y_val=y[150:],
    )
    assert_allclose(pipe[-1].history_, direct.history_, rtol=1e-6)


def test_validation_data_that_do_not_fit_are_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="belong together"):
        DenseClassifier(**NET).fit(X, y, X_val=X)
    with pytest.raises(ValueError, match="features"):
        DenseClassifier(**NET).fit(X, y, X_val=X[:, :2], y_val=y)
    with pytest.raises(ValueError, match="not among the known classes"):
        DenseClassifier(**NET).fit(X, y, X_val=X, y_val=y + 5)
    with pytest.raises(ValueError, match="leaves no training sample"):
        DenseRegressor(**NET, early_stopping=True).fit(X[:1], [1.0])


def test_histories_before_fit_do_not_exist():
    assert not hasattr(DenseClassifier(), "history_")
    assert not hasattr(DenseClassifier(), "model_")


def test_metrics_that_make_their_variables_late(diabetes, iris):
    X, y = diabetes
    regressor = DenseRegressor((8,), epochs=3, metrics=["r2_score"], random_state=0)
    history = regressor.fit(X, y, X_val=X, y_val=y).history_
    assert_allclose(history["val_r2_score"].iloc[-1], regressor.score(X, y), atol=1e-5)
    macro = keras.metrics.F1Score(average="macro")
    classifier = DenseClassifier((8,), epochs=3, metrics=[macro])
    assert "f1_score" in classifier.fit(*iris).history_
    classifier.set_params(metrics=[keras.metrics.F1Score()])
    with pytest.raises(ValueError, match="must give one number"):
        classifier.fit(*iris)


def test_classes_too_small_for_a_share_of_each_keep_a_row_for_training(iris):
    X, y = iris[0][40:110], iris[1][40:110].copy()
    y[0] = 7
    classifier = DenseClassifier(**NET, epochs=2, early_stopping=True)
    with pytest.warns(UserWarning, match="each of 4 classes"):
        classifier.fit(X, y)
    assert_array_equal(classifier.classes_, [0, 1, 2, 7])
    with pytest.raises(ValueError, match="a class of its own"):
        classifier.fit(X[:3], [0, 1, 2])


def test_continuous_labels_are_refused_before_the_split(iris):
    classifier = DenseClassifier(**NET, epochs=2, early_stopping=True)
    with pytest.raises(ValueError, match="continuous"):
        classifier.fit(iris[0], iris[0][:, 0])

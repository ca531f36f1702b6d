"""Losses that explode, and Ctrl-C."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skdeep import DenseRegressor, DivergenceWarning

NET = {"hidden_layer_sizes": (8,), "activation": "relu", "random_state": 0}
NET |= {"normalize": False, "optimizer": "sgd", "learning_rate_schedule": None}
WILD = {**NET, "epochs": 20, "learning_rate": 10.0, "batch_size": 50}


@pytest.mark.parametrize("engine", ["compiled", "keras"])
@pytest.mark.parametrize("watched", [False, True])
def test_divergence_warns_and_keeps_finite_weights(
    diabetes, keras_eagerly, engine, watched
):
    X, y = diabetes
    regressor = DenseRegressor(**WILD, engine=engine)
    regressor.set_params(metrics=["mae"] if watched else None)
    with pytest.warns(DivergenceWarning, match=r"epoch \d+.*learning_rate"):
        regressor.fit(X, y)
    assert regressor.n_epochs_ < 20
    assert all(np.isfinite(w).all() for w in regressor.network_.weights.trainable)
    assert np.isfinite(regressor.predict(X)).all()


def test_finite_epochs_before_the_divergence_are_kept(diabetes):
    """A schedule that explodes in the third epoch."""
    X, y = diabetes
    boundaries = keras.optimizers.schedules.PiecewiseConstantDecay([7], [1e-7, 1e9])
    settings = {**WILD, "learning_rate_schedule": boundaries}
    regressor = DenseRegressor(**settings)
    with pytest.warns(DivergenceWarning, match="epoch 2|epoch 3"):
        regressor.fit(X, y)
    kept = regressor.n_epochs_
    assert kept in (1, 2)
    calm = DenseRegressor(**{**settings, "epochs": kept}).fit(X, y)
    np.testing.assert_allclose(calm.predict(X), regressor.predict(X), rtol=1e-4)


def test_a_diverging_candidate_is_only_a_bad_one(diabetes):
    X, y = diabetes
    grid = {"learning_rate": [1e-6, 10.0]}
    search = GridSearchCV(DenseRegressor(**WILD), grid, cv=2)
    with pytest.warns(DivergenceWarning):
        search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert search.best_params_ == {"learning_rate": 1e-6}


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_interrupt_leaves_a_usable_estimator(diabetes):
    X, y = diabetes
    regressor = DenseRegressor((8,), epochs=50, callbacks=[Interrupt()], random_state=0)
    with pytest.warns(UserWarning, match="interrupted"):
        regressor.fit(X, y)
    assert regressor.n_epochs_ == 2
    assert np.isfinite(regressor.predict(X)).all()

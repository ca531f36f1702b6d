"""normalize="clip": standardised inputs are squeezed into the range of -3 to 3."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose

import skdeep
from skdeep import DenseClassifier, DenseRegressor, forward_trace


@pytest.fixture(scope="module")
def clipping(diabetes):
    settings = {"normalize": "clip", "epochs": 3, "random_state": 0}
    return DenseRegressor((8,), **settings).fit(*diabetes)


def squeezed(X):
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    return z / np.sqrt(1 + (z / 3) ** 2)


def test_inputs_are_standardised_and_squeezed(clipping, diabetes):
    X, _ = diabetes
    trace = forward_trace(clipping, X[:5])
    inputs = trace[trace.layer == "standardized_input"]["activation"].to_numpy()
    assert_allclose(inputs.reshape(5, -1), squeezed(X)[:5], atol=1e-5)
    kernel, bias = clipping.coefs_[0], clipping.intercepts_[0]
    hidden = skdeep.layer_outputs(clipping, X)["dense_1"]
    h = squeezed(X) @ kernel + bias
    assert_allclose(hidden, h / (1 + np.exp(-h)), atol=1e-5)


def test_a_number_far_away_does_not_decide(clipping, diabetes):
    X = np.repeat(diabetes[0][:1], 3, axis=0)
    X[1:, 3] = 1e6, 1e30
    near, far, farthest = clipping.predict(X)
    assert_allclose(farthest, far, rtol=1e-3)
    # Its square is infinite in single precision.
    assert_allclose(clipping.predict(X.astype(np.float32))[2], far, rtol=1e-3)
    hidden = skdeep.layer_outputs(clipping, X)["dense_1"]
    assert_allclose(hidden[2], hidden[1], rtol=1e-3)
    assert not np.allclose(hidden[1], hidden[0], rtol=1e-2)
    assert abs(far - near) < 3 * diabetes[1].std()


def test_models_files_and_engines_clip_alike(clipping, diabetes, tmp_path):
    X, y = diabetes
    expected = clipping.predict(X)
    model = keras.models.model_from_json(clipping.model_.to_json())
    model.set_weights(clipping.model_.get_weights())
    assert_allclose(model.predict(X, verbose=0)[:, 0], expected, rtol=1e-4)
    skdeep.save(clipping, tmp_path / "clipping.skdeep")
    assert_allclose(skdeep.load(tmp_path / "clipping.skdeep").predict(X), expected)
    by_keras = DenseRegressor(**clipping.get_params() | {"engine": "keras"}).fit(X, y)
    assert_allclose(by_keras.predict(X), expected, rtol=1e-4)


def test_training_goes_on_with_the_same_inputs(clipping, diabetes):
    regressor = DenseRegressor(**clipping.get_params() | {"warm_start": True})
    regressor.fit(*diabetes).set_params(normalize=True)
    with pytest.raises(ValueError, match=r"normalize.: .clip"):
        regressor.fit(*diabetes)


def test_other_texts_are_refused(iris):
    with pytest.raises(ValueError, match="Did you mean 'clip'"):
        DenseClassifier(normalize="clipp").fit(*iris)

"""Numbers far from zero lose no digits; predictions come in the precision of X."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone

import skdeep
from skdeep import (
    Autoencoder,
    ConvRegressor,
    DenseClassifier,
    DenseRegressor,
    Forecaster,
    SequenceRegressor,
    TextClassifier,
    fuse,
)

TINY = {"epochs": 2, "random_state": 0}
DENSE = {"hidden_layer_sizes": (8,), **TINY}
# Epoch milliseconds within seconds, a small spread, a negative mean.
MEAN, SPREAD = np.array([1.7e12, 1e5, -3e9, 0.0]), np.array([2e3, 1e-3, 1.0, 1.0])


@pytest.fixture(scope="module")
def near(progression):
    X, y = progression
    return X[:60, :4], y[:60]


@pytest.fixture(scope="module")
def far(near):
    X, y = near
    return MEAN + SPREAD * X, y


@pytest.fixture(scope="module")
def of_near(near):
    return DenseRegressor(**DENSE).fit(*near)


@pytest.fixture(scope="module")
def of_far(far):
    return DenseRegressor(**DENSE).fit(*far)


def close(a, b):
    assert_allclose(a, b, rtol=0, atol=1e-5)


def test_features_far_from_zero(near, far, of_near, of_far):
    close(of_far.predict(far[0]), of_near.predict(near[0]))
    close(of_far.model_(far[0])[:, 0], of_near.predict(near[0]))
    sparse = DenseRegressor(**DENSE).fit(csr_matrix(far[0]), far[1])
    close(sparse.predict(csr_matrix(far[0])), of_near.predict(near[0]))
    own = DenseRegressor(network=lambda shape: [keras.layers.Dense(8, "silu")], **TINY)
    close(own.fit(*far).predict(far[0]), own.fit(*near).predict(near[0]))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_features_far_from_zero_in_both_engines(near, far, engine, keras_eagerly):
    regressors = [
        DenseRegressor(**DENSE, early_stopping=True, engine=engine).fit(
            X, y, X_val=X, y_val=y
        )
        for X, y in (near, far)
    ]
    close(*(regressor.history_["val_loss"] for regressor in regressors))


def test_features_far_from_zero_in_batches(near, far):
    parts = [DenseRegressor(**DENSE) for _ in (near, far)]
    for regressor, (X, y) in zip(parts, (near, far), strict=True):
        regressor.partial_fit(X, y).partial_fit(X[:30], y[:30])
    close(parts[1].predict(far[0]), parts[0].predict(near[0]))


def test_networks_of_features_far_from_zero_are_saved(far, of_far, tmp_path, moved):
    path = tmp_path / "far.skdeep"
    for regressor, X in (
        (clone(of_far), far[0]),
        (SequenceRegressor(units=(2,), **TINY), far[0][:, :, None]),
    ):
        skdeep.save(regressor.fit(X, far[1]), path)
        again = skdeep.load(path)
        assert_array_equal(again.predict(X), regressor.predict(X))


def test_only_networks_of_single_precision_center_in_another_one(far, of_far):
    assert of_far.network_.spec.double_inputs
    of_double = DenseRegressor(**DENSE, dtype="float64").fit(*far)
    assert not of_double.network_.spec.double_inputs


def test_features_far_from_zero_when_fused(near, far, of_near):
    from joblib import Parallel, delayed

    with fuse():
        fits = [delayed(DenseRegressor(**DENSE).fit)(*far) for _ in range(2)]
        fitted = Parallel(n_jobs=2)(fits)
    close(fitted[1].predict(far[0]), of_near.predict(near[0]))


IMAGES = {"filters": (2,), "hidden_layer_sizes": (4,), **TINY}


@pytest.mark.parametrize(
    "regressor",
    [
        ConvRegressor(**IMAGES),
        ConvRegressor(augment="flip", **IMAGES),
        ConvRegressor(augment=keras.layers.RandomFlip(), dtype="float64", **IMAGES),
        SequenceRegressor("rnn", units=2, **TINY),
        SequenceRegressor("conv", units=2, **TINY),
        Autoencoder(2, normalize=True, hidden_layer_sizes=(), **TINY),
    ],
    ids=["conv", "augment", "own augment", "rnn", "along time", "autoencoder"],
)
def test_pixels_and_steps_far_from_zero(digits, regressor):
    X, y = digits[0][:60].reshape(-1, 8, 8), digits[1][:60].astype(float)
    after = "reconstruct" if isinstance(regressor, Autoencoder) else "predict"
    back = 1e9 if after == "reconstruct" else 0
    predictions = [
        getattr(regressor.fit(X + mean, y), after)(X + mean) - mean * (back > 0)
        for mean in (0, 1e9)
    ]
    close(*predictions)


@pytest.mark.parametrize("kind", ["lists", "window"])
def test_sequences_far_from_zero(near, far, kind):
    regressor = SequenceRegressor("conv", units=2, **TINY)
    if kind == "window":
        regressor.set_params(window=3)
        pairs = [X for X, _ in (near, far)]
    else:
        pairs = [[X[i : i + 2 + i % 2] for i in range(58)] for X, _ in (near, far)]
    y = near[1][: len(pairs[0])]
    close(*(regressor.fit(X, y).predict(X) for X in pairs))


@pytest.mark.parametrize("scaling", [None, "window"])
def test_forecasts_of_series_far_from_zero(scaling):
    y = np.sin(np.arange(80) / 3)
    regressor = DenseRegressor(**DENSE)
    forecaster = Forecaster(regressor, window=8, horizon=2, scaling=scaling)
    forecasts = [np.ravel(forecaster.fit(y + m).predict(2)) - m for m in (0, 1.7e9)]
    close(*forecasts)


@pytest.mark.parametrize("factor", [1e20, 1e-25, 1e-36, 1e-100])
def test_features_of_any_scale(near, of_near, factor):
    X, y = near
    expected = of_near.predict(X)
    for form in (np.asarray, csr_matrix):
        rows = form(X * factor)
        assert_allclose(
            DenseRegressor(**DENSE).fit(rows, y).predict(rows), expected, atol=1e-4
        )


def test_targets_far_from_zero(near, of_near):
    X, y = near
    expected = of_near.predict(X)
    regressor = DenseRegressor(**DENSE).fit(X, 1.7e9 + 900 * y)
    close((regressor.predict(X) - 1.7e9) / 900, expected)
    close((regressor.model_(X).numpy()[:, 0] - 1.7e9) / 900, expected)
    single = regressor.predict(X.astype("float32"))
    assert single.dtype == "float64"
    close((single - 1.7e9) / 900, expected)


class Relative(keras.metrics.MeanAbsoluteError):
    """It is one of differences only by its class."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        ones = keras.ops.ones_like(y_true)
        ratio = y_pred / keras.ops.maximum(y_true, 1)
        return super().update_state(ones, ratio, sample_weight)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_metrics_of_targets_far_from_zero(near, engine, keras_eagerly):
    X, y = near
    metrics = ["mae", "huber", keras.metrics.R2Score(), "RootMeanSquaredError"]
    net = DenseRegressor((4,), epochs=2, metrics=metrics, engine=engine, random_state=0)
    of_near = net.fit(X, y).history_
    of_far = clone(net).fit(X, y + 1e9).history_
    pd.testing.assert_frame_equal(of_near, of_far, rtol=1e-5)
    assert abs(of_near["r2_score"].iloc[-1]) < 1
    net.set_params(metrics=["mape", Relative(name="relative")]).fit(X, y + 1e6)
    expected = of_near["mae"].to_numpy() / 1e6
    assert_allclose(net.history_["mape"], 100 * expected, rtol=0.01)
    assert_allclose(net.history_["relative"], expected, rtol=0.01)


def test_few_values_of_single_precision_are_a_spread(near):
    seconds = np.linspace(1.7e9, 1.7e9 + 3600, 60).astype("float32")[:, None]
    values, y = seconds - 1.7e9, near[1]
    assert len(np.unique(seconds)) < 30
    rounded = DenseRegressor(**DENSE).fit(seconds, y)
    assert_allclose(rounded.network_.inputs.scale, values.std(), rtol=1e-3)
    # Their mean, too, is one of few values.
    near_zero = DenseRegressor(**DENSE).fit(values, y).predict(values)
    assert_allclose(rounded.predict(seconds), near_zero, rtol=0, atol=0.01)


def test_noise_around_a_large_number_is_no_spread(near, moved):
    X, y = near
    noisy = np.c_[X, 1e9 + np.spacing(1e9) * (np.arange(60) % 2)]
    single = noisy[:, -1:].astype("float32")
    single[::2] = np.nextafter(single[::2], np.float32(0))
    assert DenseRegressor(**DENSE).fit(single, y).network_.inputs.scale[-1] == 1
    constant = np.c_[X, np.full(60, 1e9)]
    assert DenseRegressor(**DENSE).fit(noisy, y).network_.inputs.scale[-1] == 1
    regressor = DenseRegressor(**DENSE).fit(constant, y)
    assert not regressor.network_.spec.double_inputs
    constant[:, -1] += 1
    assert np.isfinite(regressor.predict(constant)).all()


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_predictions_come_in_the_precision_of_samples(
    iris, classifier, diabetes, regressor, dtype, moved
):
    expected = "float32" if dtype == "float32" else "float64"
    X = iris[0].astype(dtype)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert getattr(classifier, method)(X).dtype == expected
    assert regressor.predict(diabetes[0].astype(dtype)).dtype == expected
    codes = Autoencoder(2, epochs=1, random_state=0).fit(iris[0]).transform(X)
    assert codes.dtype == expected


def test_probabilities_of_texts_are_double(moved):
    texts, labels = ["good", "bad"] * 10, [1, 0] * 10
    classifier = TextClassifier(epochs=1, random_state=0).fit(texts, labels)
    assert classifier.predict_proba(texts).dtype == "float64"


def test_double_networks_predict_in_double(iris, moved):
    classifier = DenseClassifier(**DENSE, dtype="float64").fit(*iris)
    assert classifier.predict_proba(iris[0].astype("float32")).dtype == "float64"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logarithms_of_tiny_probabilities_are_finite(dtype):
    X = np.array([[1e4], [-1e4]], dtype)
    kernels = {2: [[[1.0]]], 3: [[[1.0, 0.0, -1.0]]]}
    for n_classes, kernel in kernels.items():
        classifier = DenseClassifier.from_weights(kernel, classes=range(n_classes))
        logs = classifier.predict_log_proba(X)
        assert logs.dtype == dtype
        assert np.isfinite(logs).all()
        assert logs.min() <= -1e4
        assert_allclose(np.exp(logs), classifier.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("factor", [1e38, 1e300])
def test_numbers_beyond_the_dtype_are_refused(near, digits, factor):
    X, y = near
    with pytest.raises(ValueError, match=r"up to 3.4e\+38.*in X.*dtype='float64'"):
        DenseRegressor(**DENSE).fit(X * factor * 10, y)
    with pytest.raises(ValueError, match="in y"):
        DenseRegressor(**DENSE).fit(X, y * factor * 10)
    images = digits[0][:60].reshape(-1, 8, 8)
    with pytest.raises(ValueError, match="in X"):
        ConvRegressor(**TINY).fit(images * factor, y)


def test_squares_beyond_double_precision_are_refused(near):
    X, y = near
    for factor in (1e200, 1e-200):
        with pytest.raises(ValueError, match="cannot be standardised"):
            DenseRegressor(**DENSE, dtype="float64").fit(X * factor, y)
    opposite = np.r_[1.7e308, np.zeros(58), -1.7e308]
    with pytest.raises(ValueError, match="cannot be standardised"):
        DenseRegressor(**DENSE, dtype="float64").fit(X, opposite)


def test_weights_of_any_size(near):
    X, y = near
    weight = np.arange(1, 61.0)
    expected = DenseRegressor(**DENSE).fit(X, y, weight).predict(X)
    for factor in (1e306, 1e-306):
        close(DenseRegressor(**DENSE).fit(X, y, weight * factor).predict(X), expected)


def test_predictions_are_never_infinite(digits, moved):
    X, y = digits[0][:60].reshape(-1, 8, 8), digits[1][:60]
    regressor = ConvRegressor(**IMAGES, activation="celu").fit(X, y)
    with pytest.raises(ValueError, match="no finite number for row 1 of X"):
        regressor.predict(X[:2] * [[[1]], [[1e300]]])
    with pytest.raises(ValueError, match="finite"):
        DenseRegressor.from_weights([[[1e306]]])
    with pytest.raises(ValueError, match="finite"):
        regressor.set_weights({"output/bias": [1e306]})


def test_whole_probabilities_of_large_logits():
    """1 - p has no digits where p is nearly one."""
    classifier = DenseClassifier.from_weights([[[1.0]]], classes=["a", "b"])
    probabilities = classifier.predict_proba([[40.0], [-40.0]])
    assert_array_equal(probabilities[0], probabilities[1][::-1])
    assert probabilities.min() > 0


def test_keras_model_scales_in_double_precision(diabetes, tmp_path, moved):
    X, y = diabetes
    net = DenseRegressor(dtype="float64", **DENSE).fit(X, np.column_stack([y, y * 1e6]))
    net.model_.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    for model in (net.model_, loaded):
        assert_allclose(model(X), net.predict(X), rtol=1e-13)

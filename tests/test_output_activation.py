"""Autoencoder: activations of the output, and cross-entropies of pixels."""

import pickle

import keras
import numpy as np
import pytest
from agreement import move_weights, same_weights
from numpy.testing import assert_allclose, assert_array_equal
from saved_files import forge, state_of
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import skdeep
from skdeep import Autoencoder, layer_outputs
from skdeep.networks import ACTIVATIONS, activation_range

TINY = {"hidden_layer_sizes": (8,), "epochs": 2, "random_state": 0}
OF_PIXELS = {"output_activation": "sigmoid", "loss": "binary_crossentropy"}
BYTES = {"image_shape": (8, 8), "filters": (3,), "hidden_layer_sizes": ()}
# Parameters, and what the digits from 0 to 1 are multiplied with.
KINDS = {
    "dense": ({}, 1),
    "sparse": ({"code_l1": 0.01, "code_activation": "relu"}, 1),
    "of Keras's only": ({"output_activation": "sparse_sigmoid", "loss": "mae"}, 1),
    "images of another unit": (
        {"rescale": 1 / 16, **BYTES, "code_l1": 0.01, "normalize": False},
        16,
    ),
    "bytes": (BYTES, 255),
}
# Those that other tests compare or train.
TRAINED = "dense", "sparse", "bytes"
every_kind = pytest.mark.parametrize("kind", KINDS)


def tiny(**params):
    return Autoencoder(5, **{**TINY, **OF_PIXELS, **params})


@pytest.fixture(scope="module", name="X")
def pixels(digits):
    X = digits[0][:120]
    return X / X.max()


@pytest.fixture(scope="module")
def fitted_of(X):
    """A fitted estimator of each kind, and its samples."""
    fitted = {}

    def fit(kind):
        if kind not in fitted:
            params, unit = KINDS[kind]
            samples = np.uint8(255 * X) if unit == 255 else unit * X
            with pytest.MonkeyPatch.context() as patch:
                if kind not in TRAINED:
                    move_weights(patch)
                fitted[kind] = tiny(**params).fit(samples), samples
        return fitted[kind]

    return fit


@every_kind
def test_samples_come_after_the_activation(kind, fitted_of):
    fitted, X = fitted_of(kind)
    unit = KINDS[kind][1]
    codes, samples = fitted.transform(X), fitted.reconstruct(X)
    assert samples.min() >= 0
    assert samples.max() <= unit
    assert np.ptp(samples) > 1e-3 * unit
    close = {"rtol": 1e-4, "atol": 1e-5 * float(unit)}
    assert_allclose(fitted.inverse_transform(codes), samples, **close)
    inputs = X.reshape(-1, *fitted.model_.input_shape[1:])
    output = np.asarray(fitted.model_(inputs))
    assert_allclose(output.reshape(X.shape), samples, **close)
    output = np.asarray(fitted.decoder_(codes))
    assert_allclose(output.reshape(X.shape), samples, **close)
    outputs = layer_outputs(fitted, X)["output"]
    assert_allclose(outputs.reshape(X.shape), samples, **close)


@every_kind
def test_scores_are_of_numbers_as_the_loss_sees_them(kind, fitted_of):
    fitted, X = fitted_of(kind)
    unit = float(KINDS[kind][1])
    pairs = X / unit, fitted.reconstruct(X) / unit
    errors = np.mean((pairs[0] - pairs[1]) ** 2, axis=1)
    assert_allclose(fitted.score_samples(X), -errors, rtol=1e-4, atol=1e-7)
    expected = r2_score(*pairs, multioutput="variance_weighted")
    assert fitted.score(X) == pytest.approx(expected, abs=1e-4)
    outliers = fitted.score_samples(X) < fitted.offset_
    assert_array_equal(fitted.predict(X) == -1, outliers)


@every_kind
def test_files_and_pickles(kind, fitted_of, tmp_path):
    fitted, X = fitted_of(kind)
    skdeep.save(fitted, tmp_path / "model.skdeep")
    for again in (
        skdeep.load(tmp_path / "model.skdeep"),
        pickle.loads(pickle.dumps(fitted)),
    ):
        assert again.output_activation == fitted.output_activation
        assert_array_equal(again.reconstruct(X), fitted.reconstruct(X))
        assert again.offset_ == fitted.offset_


def test_older_files_have_linear_outputs(X, tmp_path, moved):
    fitted = tiny(output_activation=None, loss="auto", epochs=1).fit(X)
    skdeep.save(fitted, tmp_path / "net")

    def older(content):
        content["skdeep"] = "0.0.9"
        del state_of(content)["output_activation"]

    forge(tmp_path / "net", older)
    again = skdeep.load(tmp_path / "net")
    assert again.output_activation is None
    assert_array_equal(again.reconstruct(X), fitted.reconstruct(X))


@pytest.mark.parametrize("params", [{}, BYTES], ids=["table", "bytes"])
def test_loss_is_the_mean_cross_entropy(params, X):
    X = np.uint8(255 * X) if params else X
    still = tiny(**params, optimizer="sgd", learning_rate=1e-12, epochs=1).fit(X)
    unit = 255 if params else 1
    truth, found = X / unit, still.reconstruct(X) / unit
    expected = -(truth * np.log(found) + (1 - truth) * np.log(1 - found)).mean()
    assert still.history_["loss"].item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("kind", ["sparse", "bytes"])
def test_engines_agree(kind, fitted_of, keras_eagerly):
    fitted, X = fitted_of(kind)
    validation = None
    if kind == "sparse":
        validation = X[:50]
        fitted = clone(fitted).set_params(metrics=["mean_absolute_error"])
        fitted.fit(X, X_val=validation)
        assert "val_mean_absolute_error" in fitted.history_
    by_keras = clone(fitted).set_params(engine="keras").fit(X, X_val=validation)
    same_weights(fitted, by_keras, tolerance=2e-5)
    for name, values in fitted.history_.items():
        assert_allclose(values, by_keras.history_[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["sparse", "bytes"])
def test_fits_at_once_are_those_alone(kind, fitted_of):
    fitted, X = fitted_of(kind)

    def run():
        return cross_validate(clone(fitted), X, cv=2, return_estimator=True)

    alone = run()
    with skdeep.fuse():
        together = run()
    for pair in zip(alone["estimator"], together["estimator"], strict=True):
        same_weights(*pair, tolerance=1e-4)
    assert_allclose(alone["test_score"], together["test_score"], atol=1e-3)


def test_reconstructs_as_well_as_a_linear_output(X):
    scores = [
        Autoencoder(5, **{**TINY, "epochs": 40}, **params).fit(X).score(X)
        for params in (OF_PIXELS, {})
    ]
    assert scores[0] > scores[1] - 0.05
    assert scores[0] > 0.4


def test_loss_decides_where_no_activation_is_named(X):
    named = tiny().fit(X)
    for loss in ("bce", keras.losses.BinaryCrossentropy()):
        same_weights(tiny(output_activation=None, loss=loss).fit(X), named)
    linear = tiny(output_activation="linear", loss="auto").fit(X)
    same_weights(linear, tiny(output_activation=None, loss="auto").fit(X))
    assert linear.reconstruct(X).min() < 0


def test_engine_gives_functions_the_numbers_after_the_activation(X):
    def crossentropy(y_true, y_pred):
        return keras.losses.binary_crossentropy(y_true, y_pred)

    bytes_ = np.uint8(255 * X)
    own = tiny(**BYTES, loss=crossentropy).fit(bytes_)
    same_weights(own, tiny(**BYTES).fit(bytes_), tolerance=1e-4)


def test_sparse_matrices_and_data_frames(X, fitted_of):
    dense = fitted_of("dense")[0]
    same_weights(tiny().fit(sparse.csr_array(X)), dense, tolerance=1e-4)
    scaled = make_pipeline(MinMaxScaler(), tiny()).fit(16 * X)
    assert scaled[-1].reconstruct(X).min() >= 0


def test_going_on(X):
    fitted = tiny(warm_start=True, early_stopping=True).fit(X).fit(X)
    assert fitted.partial_fit(X[:50]).n_epochs_ == 5
    assert "val_loss" in fitted.history_
    with pytest.raises(ValueError, match="to 2"):
        fitted.partial_fit(2 * X)
    with pytest.raises(ValueError, match=r"'output': 'sigmoid'.*'output': 'tanh'"):
        fitted.set_params(output_activation="tanh", loss="mse").fit(X)
    assert fitted.n_epochs_ == 5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"output_activation": "tanh"}, "needs output_activation='sigmoid'.*'tanh'"),
        ({"output_activation": "linear"}, "needs output_activation='sigmoid'"),
        ({"output_activation": "sigmiod"}, "Did you mean 'sigmoid'"),
        (
            {"loss": keras.losses.BinaryCrossentropy(from_logits=True)},
            "from_logits=True. Leave it out",
        ),
        ({"loss": keras.losses.Hinge()}, "binary_crossentropy"),
        ({"loss": "poisson", "output_activation": None}, "positive output.*softplus"),
        ({"loss": "poisson", "output_activation": "tanh"}, "positive output.*'tanh'"),
        ({"metrics": ["accuracy"]}, "needs a classifier"),
    ],
)
def test_what_does_not_fit(params, message, X):
    with pytest.raises(ValueError, match=message):
        tiny(**params).fit(X)


def test_numbers_that_are_no_shares(X):
    unit = r"binary_crossentropy' needs X from 0 to 1\. Received numbers from"
    with pytest.raises(ValueError, match=f"{unit} 0 to 16.*MinMaxScaler"):
        tiny().fit(16 * X)
    with pytest.raises(ValueError, match=f"{unit} 0 to 16.*MinMaxScaler"):
        tiny().fit(sparse.csr_array(16 * X))
    with pytest.raises(ValueError, match=f"{unit} -"):
        tiny().fit(StandardScaler().fit_transform(X))
    with pytest.raises(ValueError, match=f"{unit} 0 to 255"):
        tiny().fit(np.uint8(255 * X))
    with pytest.raises(ValueError, match=f"{unit} 0 to 16.*Set rescale=1 / 16"):
        tiny(**BYTES).fit(16 * X)
    with pytest.raises(ValueError, match="needs the validation data from 0 to 1"):
        tiny().fit(X, X_val=1.1 * X)
    with pytest.raises(ValueError, match="'msle' needs X from 0 to inf"):
        tiny(loss="msle", output_activation=None).fit(-X)


def test_numbers_that_are_shares_within_rounding(X, untrained):
    tiny(epochs=1).fit(np.nextafter(X, 2))
    X = X.copy()
    X[0] = 3.0
    weight = np.ones(len(X))
    weight[0] = 0
    tiny(epochs=1).fit(X, sample_weight=weight)


def test_numbers_that_no_output_can_give(untrained, X):
    linear = {"loss": "auto", "epochs": 1}
    tiny(output_activation="tanh", **linear).fit(X)
    with pytest.warns(UserWarning, match=r"'sigmoid' only gives.*from 0 to 16"):
        tiny(**linear).fit(16 * X)
    with pytest.warns(UserWarning, match=r"'relu' only gives.*from 0 to inf"):
        tiny(output_activation="relu", **linear).fit(-X)


def test_counts_with_a_positive_output(X):
    counts = np.round(16 * X)
    fitted = tiny(loss="poisson", output_activation="softplus", epochs=30).fit(counts)
    assert fitted.reconstruct(counts).min() >= 0
    assert fitted.score(counts) > 0.3


def test_ranges_are_those_of_the_activations():
    x = np.linspace(-50, 50, 201).astype("float32")[:, None] * [1.0, 0.5]
    for name in ACTIVATIONS:
        values = np.asarray(keras.activations.get(name)(x))
        low, high = activation_range(name)
        assert low <= values.min()
        assert values.max() <= high
        assert np.isinf(low) or values.min() - low < 0.1
        assert np.isinf(high) or high - values.max() < 0.1

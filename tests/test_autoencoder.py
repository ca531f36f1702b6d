"""Autoencoder: codes, reconstructions, outliers, and its kinds of networks."""

from copy import deepcopy

import keras
import numpy as np
import pytest
from agreement import move_weights, same_weights
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_sample_image, load_wine
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import Autoencoder
from skdeep.networks._build import build_template
from skdeep.training import _job

TINY = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
KINDS = {
    "dense": {},
    "linear": {"hidden_layer_sizes": (), "code_activation": "softmax"},
    "deep": {"hidden_layer_sizes": (9, 7), "batch_norm": True, "dropout": 0.1},
    "tied": {"tied": True, "activation": keras.layers.PReLU()},
    "tied and deep": {"tied": True, "hidden_layer_sizes": (9, 7), "batch_norm": True},
    "sparse": {"code_l1": 0.01, "code_activation": "relu"},
    "denoising": {"noise": 0.3, "normalize": False, "loss": "mean_absolute_error"},
    "images": {"image_shape": (8, 8), "filters": (3, 4), "kernel_size": 3},
    "odd images": {"image_shape": (4, 16), "filters": (3, 4, 5), "kernel_size": (2, 3)},
}
# Those that other tests train or compare.
TRAINED = "dense", "tied and deep", "images"
every_kind = pytest.mark.parametrize("kind", KINDS)


def tiny(kind="dense", **params):
    return Autoencoder(5, **{**TINY, **KINDS[kind], **params})


@pytest.fixture(scope="module", name="X")
def rows(digits):
    return digits[0][:300]


@pytest.fixture(scope="module")
def fitted_of(X):
    fitted = {}

    def fit(kind):
        if kind not in fitted:
            with pytest.MonkeyPatch.context() as patch:
                if kind not in TRAINED:
                    move_weights(patch)
                fitted[kind] = tiny(kind).fit(X)
        return fitted[kind]

    return fit


@every_kind
def test_numpy_and_keras_agree(kind, fitted_of, X):
    fitted = fitted_of(kind)
    codes, samples = fitted.transform(X), fitted.reconstruct(X)
    assert codes.shape == (300, 5)
    assert samples.shape == X.shape
    assert codes.dtype == samples.dtype == X.dtype
    inputs = X.reshape(-1, *fitted.model_.input_shape[1:])
    scale = {"rtol": 1e-4, "atol": 1e-4}
    assert_allclose(fitted.encoder_(inputs), codes, **scale)
    for output in (fitted.model_(inputs), fitted.decoder_(codes)):
        assert_allclose(output.numpy().reshape(X.shape), samples, **scale)
    assert_allclose(fitted.inverse_transform(codes), samples, **scale)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"dense", "sparse", "tied"}))
def test_files(kind, fitted_of, X, tmp_path):
    fitted = fitted_of(kind)
    skdeep.save(fitted, tmp_path / "model.skdeep")
    again = skdeep.load(tmp_path / "model.skdeep")
    assert_array_equal(again.predict(X), fitted.predict(X))
    assert_array_equal(again.transform(X), fitted.transform(X))
    assert_array_equal(again.reconstruct(X), fitted.reconstruct(X))
    assert again.offset_ == fitted.offset_


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (
            "tied",
            {
                **KINDS["sparse"],
                "l1": 1e-3,
                "l2": 1e-3,
                "loss": keras.losses.LogCosh(),
                "metrics": ["mean_absolute_error"],
            },
        ),
        ("images", {"code_l1": 0.01, "filters": (3,)}),
    ],
)
def test_engines_agree(kind, params, X, keras_eagerly):
    """100 rows in batches of 32: the last one is partial."""
    estimator = tiny(kind, **params, activation="tanh", batch_size=32)
    weight = np.random.RandomState(0).uniform(0.2, 2, 100)
    fits = [
        clone(estimator)
        .set_params(engine=engine)
        .fit(X[:100], None, weight, X_val=X[100:250], sample_weight_val=None)
        for engine in ("compiled", "keras")
    ]
    same_weights(*fits, tolerance=2e-5)
    first, second = (fit.history_ for fit in fits)
    columns = [name for name in first if "absolute" not in name]
    assert_allclose(first[columns], second[columns], rtol=1e-3, atol=1e-5)
    assert list(first) == list(second)


def test_xla_and_plain_graph_agree(X, monkeypatch):
    """Batches of one size: XLA takes seconds for each more. Each draws own noise."""
    estimator = tiny("tied", **KINDS["sparse"], noise=1e-7, batch_size=32)
    plain = clone(estimator).fit(X[:96])
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    same_weights(plain, clone(estimator).fit(X[:96]), tolerance=1e-4)


def test_images_agree_as_xla_compiles_them(fitted_of, X, without_xla):
    same_weights(fitted_of("images"), tiny("images").fit(X), tolerance=1e-4)


@pytest.mark.parametrize("kind", ["tied and deep", "images"])
def test_fits_at_once_are_those_alone(kind, X):
    def run():
        return cross_validate(tiny(kind), X, cv=3, return_estimator=True)

    alone = run()
    with skdeep.fuse():
        together = run()
    for pair in zip(alone["estimator"], together["estimator"], strict=True):
        same_weights(*pair, tolerance=1e-4)
    assert_allclose(alone["test_score"], together["test_score"], atol=1e-3)


def test_better_than_principal_components(monkeypatch):
    """Untouched, but for seed and epochs: less than 0.6 of their error.

    With two numbers less than 0.8, on what both were not trained with.
    """
    # Compiling takes longer than training does.
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
    X = load_digits().data
    test = X[1350:]
    for n_components, epochs, rows, share in ((32, 60, 1350, 0.6), (2, 100, 800, 0.8)):
        train = X[:rows]
        ours = Autoencoder(n_components, epochs=epochs, random_state=0)
        errors = []
        for model in (ours, PCA(n_components)):
            codes = model.fit(train).transform(test)
            errors.append(np.mean((model.inverse_transform(codes) - test) ** 2))
        assert errors[0] < share * errors[1]


def test_tables_do_not_become_images(fitted_of, X):
    fitted = deepcopy(fitted_of("dense"))
    fitted.set_params(warm_start=True, image_shape=(8, 8))
    for train_on in (fitted.fit, fitted.partial_fit):
        with pytest.raises(
            ValueError, match=r"fitted on a table.*image_shape=\(8, 8\)"
        ):
            train_on(X)


def test_other_digits_are_outliers():
    """Trained without the zeros."""
    X, y = load_digits(return_X_y=True)
    train = (y != 0) & (np.arange(len(y)) < 1200)
    # Few steps, which are not compiled by XLA.
    detector = Autoencoder(epochs=11, random_state=0).fit(X[train])
    scores = detector.score_samples(X[1200:])
    assert roc_auc_score(y[1200:] != 0, scores) > 0.85


@pytest.mark.parametrize("normalize", [True, "common", False])
def test_scores_are_minus_the_training_loss(normalize, X):
    fitted = tiny(normalize=normalize, optimizer="sgd", learning_rate=1e-12, epochs=1)
    loss = fitted.fit(X).history_["loss"].item()
    own = X.std(axis=0)
    own[own == 0] = 1
    common = np.sqrt(np.mean(X.var(axis=0)))
    mean = X.mean(axis=0) if normalize else 0
    scale = {True: own, "common": common, False: 1}[normalize]
    units = [(samples - mean) / scale for samples in (X, fitted.reconstruct(X))]
    errors = ((units[0] - units[1]) ** 2).mean(axis=1)
    assert_allclose(fitted.score_samples(X), -errors, rtol=1e-4)
    expected = r2_score(*units, multioutput="variance_weighted")
    assert fitted.score(X) == pytest.approx(expected, abs=1e-4)
    assert loss == pytest.approx(-fitted.score_samples(X).mean(), rel=1e-4)


def test_automatic_units(X, untrained):
    """One for pixels, one for each feature of a table of many units."""
    wine = np.tile(load_wine().data, 5)[:, :64]
    X = X[: len(wine)]  # all of one shape, so that one program is compiled
    for table, normalize in ((X, "common"), (wine, True), (1e-9 * X, "common")):
        found, expected = (
            tiny(normalize=way).fit(table).network_.inputs.scale
            for way in ("auto", normalize)
        )
        assert_array_equal(found, expected)
    constant = tiny(normalize="common").fit(np.ones(X.shape))
    assert_array_equal(constant.network_.inputs.scale, 1)


def test_penalty_of_the_code_is_in_the_loss(X):
    """The sum over the code, the mean over samples, in training and validation."""
    still = tiny(code_l1=0.5, optimizer="sgd", learning_rate=1e-12, epochs=1)
    still.fit(X, X_val=X[:77])
    for name, part in (("loss", X), ("val_loss", X[:77])):
        penalty = 0.5 * np.abs(still.transform(part)).sum(axis=1).mean()
        expected = penalty - still.score_samples(part).mean()
        assert still.history_[name].item() == pytest.approx(expected, rel=1e-4)


def test_penalty_makes_codes_sparse(X):
    """More zeros, and still the digits: a code that says nothing is sparse, too."""
    zeros, sizes = [], {"n_components": 16, "hidden_layer_sizes": (32,), "epochs": 39}
    for code_l1 in (0.0, 0.01):
        fitted = tiny(tied=True, code_activation="relu", code_l1=code_l1)
        fitted.set_params(**sizes).fit(X)
        zeros.append((fitted.transform(X) == 0).mean())
        assert fitted.score(X) > 0.75
    assert zeros[1] > zeros[0] + 0.25


def test_denoising(monkeypatch):
    """Noise of half a standard deviation: what was trained with it removes it."""
    X = load_wine().data
    rng = np.random.RandomState(0)
    noisy = X + 0.5 * X.std(axis=0) * rng.normal(size=X.shape)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
    errors = []
    for noise in (0.0, 0.5):
        fitted = Autoencoder(13, noise=noise, epochs=80, random_state=0).fit(X)
        cleaned = (fitted.reconstruct(noisy) - X) / X.std(axis=0)
        errors.append(np.mean(cleaned**2))
    assert errors[1] < 0.8 * errors[0]


def test_noise_has_the_given_size(fitted_of):
    layers = build_template(fitted_of("denoising").network_.spec).layers
    (layer,) = (layer for layer in layers if "noise" in layer.name)
    zeros = np.zeros((200, 500), "float32")
    first, second = (np.asarray(layer(zeros, training=True)) for _ in range(2))
    assert first.std() == pytest.approx(0.3, rel=0.02)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
    assert_array_equal(layer(zeros, training=False), zeros)


def test_tied_kernels(fitted_of):
    fitted = fitted_of("tied and deep")
    n_free = len(fitted_of("deep").network_.weights.trainable)
    assert len(fitted.network_.weights.trainable) == n_free - 3
    kernels = [w for w in fitted.model_.get_weights() if w.ndim == 2]
    for own, mirrored in zip(kernels[:3], reversed(kernels[3:]), strict=True):
        assert_array_equal(own, mirrored.T)


@pytest.mark.parametrize("contamination", [0.1, 0.5])
def test_contamination_is_the_share_of_outliers(contamination, X):
    for params in ({}, {"early_stopping": True, "validation_fraction": 0.3}):
        detector = tiny(contamination=contamination, **params)
        assert (detector.fit_predict(X) == -1).mean() == contamination
    decision = detector.decision_function(X)
    assert_array_equal(np.where(decision < 0, -1, 1), detector.predict(X))
    assert_array_equal(decision, detector.score_samples(X) - detector.offset_)


def test_automatic_contamination_is_tukeys_rule(fitted_of, X):
    fitted = fitted_of("dense")
    errors = -fitted.score_samples(X)
    low, high = np.quantile(errors, [0.25, 0.75], method="averaged_inverted_cdf")
    assert -fitted.offset_ == pytest.approx(high + 1.5 * (high - low))
    assert set(fitted.predict(X)) == {-1, 1}


def test_validation_data_decides_where_there_is_any(X):
    fitted = tiny(contamination=0.2).fit(X[:200], X_val=X[200:])
    assert (fitted.predict(X[200:]) == -1).mean() == 0.2
    assert fitted.offset_ != tiny(contamination=0.2).fit(X[:200]).offset_


def test_weights_count_as_repetitions(X):
    weight = np.random.RandomState(0).randint(0, 3, 60)
    estimator = tiny("sparse", dtype="float64", contamination=0.2, batch_size=1000)
    with pytest.warns(UserWarning, match="batch_size=1000"):
        weighted = clone(estimator).fit(X[:60], sample_weight=weight)
    with pytest.warns(UserWarning, match="batch_size=1000"):
        repeated = clone(estimator).fit(np.repeat(X[:60], weight, axis=0))
    assert_allclose(weighted.transform(X), repeated.transform(X), atol=1e-7)
    assert weighted.offset_ == pytest.approx(repeated.offset_, abs=1e-9)


def test_names_and_pandas(X):
    pipe = make_pipeline(StandardScaler(), tiny()).set_output(transform="pandas")
    codes = pipe.fit_transform(X)
    names = [f"autoencoder{number}" for number in range(5)]
    assert list(codes.columns) == names
    assert_array_equal(pipe[-1].get_feature_names_out(), names)
    assert pipe[-1].inverse_transform(codes).shape == X.shape


def test_images_come_back_as_they_came(fitted_of, X):
    flat = fitted_of("images")
    for shape in ((8, 8), (8, 8, 1)):
        images = X.reshape(-1, *shape)
        fitted = tiny("images").fit(images)
        for one in (fitted, flat):
            assert one.image_shape_ == (8, 8, 1)
            assert one.n_features_in_ == 64
        samples = fitted.reconstruct(images)
        assert samples.shape == images.shape
        assert_array_equal(samples.reshape(X.shape), flat.reconstruct(X))


@pytest.mark.parametrize("normalize", [True, False])
def test_bytes_and_odd_sides(normalize, moved):
    photo = load_sample_image("china.jpg")
    photos = np.stack([photo[i : i + 7, i : i + 11] for i in range(0, 400, 10)])
    fitted = tiny("images", image_shape=None, normalize=normalize).fit(photos)
    samples = fitted.reconstruct(photos)
    assert samples.shape == photos.shape
    assert_allclose(fitted.model_(photos), samples, atol=0.05)
    # Nearer to the photos than to black.
    assert np.abs(samples - photos).mean() < photos.mean()
    assert fitted.score_samples(photos).shape == (40,)


def test_sparse_matrices(fitted_of, X):
    fitted = tiny().fit(sparse.csr_array(X))
    dense = fitted_of("dense")
    same_weights(fitted, dense, tolerance=1e-4)
    assert_allclose(
        dense.score_samples(sparse.csr_array(X)), dense.score_samples(X), rtol=1e-6
    )
    assert dense.score(sparse.csr_array(X)) == pytest.approx(dense.score(X), rel=1e-6)


def test_early_stopping_and_partial_fit(X):
    stopped = tiny(early_stopping=True, epochs=5).fit(X)
    assert "val_loss" in stopped.history_
    before = stopped.offset_
    stopped.partial_fit(X[:50])
    assert stopped.n_epochs_ == 6
    assert stopped.offset_ != before


def test_warm_start_goes_on_with_other_noise(fitted_of, X):
    fitted = deepcopy(fitted_of("dense"))
    codes = fitted.transform(X)
    fitted.set_params(warm_start=True, noise=0.1, learning_rate=1e-9).fit(X)
    assert_allclose(fitted.transform(X), codes, atol=1e-4)
    assert fitted.n_epochs_ == 6


def test_searches(X):
    search = GridSearchCV(tiny(epochs=20), {"n_components": [1, 5]}, cv=2).fit(X)
    assert search.best_params_ == {"n_components": 5}
    assert search.best_score_ > 0.2


def test_tables_after_images(fitted_of, X, untrained):
    fitted = deepcopy(fitted_of("images"))
    fitted.set_params(image_shape=None).fit(X[:, :30])
    assert not hasattr(fitted, "image_shape_")
    assert fitted.reconstruct(X[:, :30]).shape == (300, 30)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"image_shape": (8, 8), "tied": True}, "tied=True needs dense layers"),
        ({"image_shape": (9, 9)}, "81 values per image"),
        ({"image_shape": (8, 8), "filters": ()}, "filters must hold at least 1"),
        ({"image_shape": (8, 8), "kernel_size": (1, 2, 3)}, "kernel_size must be one"),
        ({"contamination": 0.7}, "contamination"),
        ({"code_activation": "nothing"}, "code_activation"),
        ({"noise": -1.0}, "noise"),
        ({"hidden_layer_sizes": "many"}, "hidden_layer_sizes"),
    ],
)
def test_errors_of_fit(params, message, X):
    with pytest.raises(ValueError, match=message):
        tiny(**params).fit(X)


def test_error_of_codes(fitted_of):
    with pytest.raises(ValueError, match=r"Codes must have 5 columns.*\(2, 4\)"):
        fitted_of("dense").inverse_transform(np.zeros((2, 4)))


def test_no_model_before_fit():
    for name in ("model_", "encoder_", "decoder_"):
        assert not hasattr(Autoencoder(), name)

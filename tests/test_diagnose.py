"""skdeep.diagnose: what is measured, of which estimators, and what is refused."""

import joblib
import keras
import numpy as np
import pytest
from diagnosis_data import (
    CANCER,
    DIABETES,
    DIGITS,
    IMAGES,
    SEED,
    SHUFFLED,
    eights,
    examined,
    found,
    value,
)
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from text_data import paragraphs

from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    DivergenceWarning,
    QuantileLoss,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    TextGenerator,
    backward_trace,
    diagnose,
)
from skdeep.inspection import _diagnosis, _evidence
from skdeep.training import _job


@pytest.fixture(autouse=True)
def no_xla(monkeypatch):
    """Compiling any of these networks would take longer than training it."""
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 20_000)


# What is measured


def test_gradients_of_one_sample_are_those_of_the_trace(classifier, iris):
    X, y = iris[0][:1], iris[1][:1]
    diagnosis = diagnose(classifier, X, y)
    weights = backward_trace(classifier, X, y).weights
    for layer in ("dense_1", "output"):
        rows = weights.query("layer == @layer and parameter == 'kernel'")
        expected = np.linalg.norm(rows["slope"]) / np.linalg.norm(rows["value"])
        got = value(diagnosis, "gradient norm by weight norm", layer)
        assert_allclose(got, expected, rtol=1e-4)


def test_gradients_of_samples_do_not_cancel(classifier, iris):
    """Within the noise of the random signs, the root mean square of single ones."""
    X, y = iris
    squares = []
    for row in range(0, 150, 5):
        weights = backward_trace(classifier, X[[row]], y[[row]]).weights
        kernel = weights.query("layer == 'output' and parameter == 'kernel'")
        squares.append(np.sum(kernel["slope"] ** 2) / np.sum(kernel["value"] ** 2))
    got = value(diagnose(classifier, X, y), "gradient norm by weight norm", "output")
    assert_allclose(got, np.sqrt(np.mean(squares)), rtol=0.4)


def test_updates_are_in_proportion_to_the_rate(iris):
    ratios = []
    for rate in (0.01, 0.03):
        network = DenseClassifier(
            (8,), optimizer="sgd", learning_rate=rate, epochs=1, batch_size=50, **SEED
        )
        diagnosis = diagnose(network.fit(*iris), *iris)
        ratios.append(value(diagnosis, "first update by weight norm", "dense_1"))
    assert_allclose(ratios[1] / ratios[0], 3, rtol=1e-3)


def test_an_update_that_is_not_finite_is_too_large():
    network = DenseRegressor((8,), optimizer="sgd", learning_rate=1e30, **SEED)
    with pytest.warns(DivergenceWarning):
        network.fit(*DIABETES[::2])
    diagnosis = diagnose(network, *DIABETES[1::2])
    assert "learning rate too large" in found(diagnosis)


def test_calibration_error_is_the_mean_over_bins(classifier, iris):
    X, y = iris
    probabilities = classifier.predict_proba(X)
    confidence, right = probabilities.max(axis=1), classifier.predict(X) == y
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence >= low) & (confidence < low + 1 / 15)
        if inside.any():
            off = abs(confidence[inside].mean() - right[inside].mean())
            expected += off * inside.mean()
    diagnosis = diagnose(classifier, X, y)
    assert_allclose(value(diagnosis, "expected calibration error"), expected, rtol=1e-5)
    difference = value(diagnosis, "mean confidence minus accuracy")
    assert_allclose(difference, confidence.mean() - right.mean(), rtol=1e-5)


def test_scores_stand_beside_the_baseline(classifier, regressor, iris, diabetes):
    diagnosis = diagnose(classifier, *iris)
    assert_allclose(value(diagnosis, "accuracy"), classifier.score(*iris))
    floor = DummyClassifier().fit(*iris).score(*iris)
    assert f"(the majority: {floor:.2g})" in diagnosis.frame["healthy"][0]
    diagnosis = diagnose(regressor, *diabetes)
    assert_allclose(value(diagnosis, "R2"), regressor.score(*diabetes), rtol=1e-5)


def test_overfitting_in_the_history():
    _, X_test, _, y_test = SHUFFLED
    watched = DenseClassifier(epochs=50, **SEED)
    diagnosis = examined(watched, SHUFFLED, X_val=X_test, y_val=y_test)
    losses = watched.history_["val_loss"]
    start = max(losses.iloc[0], watched.history_["loss"].iloc[0])
    rise = losses.iloc[-1] - losses.min()
    scale = max(start - losses.min(), start / 5)
    assert_allclose(value(diagnosis, "rise of the validation loss"), rise / scale)
    assert "overfitting" in found(diagnosis)
    stopped = DenseClassifier(epochs=50, early_stopping=True, patience=5, **SEED)
    diagnosis = examined(stopped, SHUFFLED, X_val=X_test, y_val=y_test)
    # The best epoch's weights are those that were kept.
    assert value(diagnosis, "rise of the validation loss") == 0
    assert not found(diagnosis) & {"overfitting", "too little data for the capacity"}


@pytest.fixture
def without_updates(monkeypatch):
    """The first step of training is not measured, which traces a new program."""
    monkeypatch.setattr(_evidence, "_first_updates", lambda *_: {})


@pytest.mark.usefixtures("without_updates")
def test_the_second_half_of_the_epochs():
    for epochs, half in ((2, None), (3, 2), (6, 3), (7, 4)):
        network = DenseClassifier((8,), epochs=epochs, **SEED)
        diagnosis = examined(network, DIGITS)
        measure = "fall of the loss in the second half"
        if half is None:
            assert measure not in set(diagnosis.frame["measure"])
            continue
        losses = network.history_["loss"]
        scale = max(losses[1] - losses.min(), losses[1] / 5)
        expected = (losses[half] - losses[epochs]) / scale
        assert_allclose(value(diagnosis, measure), expected)


@pytest.mark.usefixtures("without_updates")
def test_class_weights_are_not_worse_than_the_majority():
    network = DenseClassifier((8,), epochs=2, class_weight={"eight": 50, "other": 1})
    diagnosis = examined(network.set_params(**SEED), eights(DIGITS))
    majority = value(diagnosis, "share of the largest class")
    assert value(diagnosis, "accuracy") < majority
    assert "no better than the baseline" not in found(diagnosis)


def test_classes_that_are_never_predicted_are_counted():
    network = DenseClassifier((8,), epochs=1, **SEED).fit(
        DIGITS[0][:100], DIGITS[2][:100]
    )
    weights = network.get_weights()
    weights["output/bias"][:7] = -1e3
    diagnosis = diagnose(network.set_weights(weights), *DIGITS[1::2])
    assert value(diagnosis, "classes never predicted") >= 7


@pytest.mark.usefixtures("without_updates", "untrained")
def test_inputs_are_judged_as_the_network_gets_them():
    network = DenseClassifier((8,), normalize=False, epochs=1, **SEED)
    for n_columns, expected in ((1, False), (4, True)):  # radius; area, too
        data = [CANCER[0][:, :n_columns], CANCER[1][:, :n_columns], *CANCER[2:]]
        diagnosis = examined(network, data)
        assert_allclose(value(diagnosis, "largest input"), data[1].max(), rtol=1e-6)
        assert ("unscaled inputs" in found(diagnosis)) is expected


# Forms of estimators and targets


def texts():
    words, names = paragraphs()
    some = np.isin(names, ["breast_cancer", "kddcup99", "twenty_newsgroups"])
    return list(words[some]), names[some]


def backbone():
    layers = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


def forms():
    X, y = DIGITS[0][:100], DIGITS[2][:100]
    images = X.reshape(-1, 8, 8)
    tiny = {"epochs": 2, "random_state": 0}
    units = {"units": (4,), **tiny}
    dense = DenseClassifier((4,), **tiny)
    pipe = make_pipeline(StandardScaler(), DenseClassifier((4,), **tiny))
    grid = {"denseclassifier__dropout": [0.0, 0.2]}
    lengths = 4 + np.arange(100) % 5
    ragged = [image[:n] for image, n in zip(images, lengths, strict=True)]
    indicator = np.column_stack([y % 2, y > 5]).astype(int)
    parts = DenseClassifier((4,), batch_norm=True, dropout=0.2, l2=0.01, **tiny)
    parts.set_params(dtype="float64")
    two = DenseRegressor((4,), **tiny)
    windows = SequenceRegressor("gru", window=5, **units)
    conv = ConvClassifier(backbone=backbone(), fine_tune=1, **tiny)
    return {
        "search": (GridSearchCV(pipe, grid, cv=2), X, y),
        "sparse": (dense, sparse.coo_matrix(X), y),
        "labels": (dense, X, y.astype(str)),
        "multilabel": (dense, X, indicator),
        "outputs": (two, X, np.column_stack([X.sum(1), y])),
        "column": (two, X, X.sum(1)[:, None].tolist()),
        "parts": (parts, X, y),
        "windows": (windows, X, X.sum(1)),
        "steps": (
            SequenceClassifier("conv", return_sequences=True, **units),
            images,
            (images.sum(2) > 40).astype(int),
        ),
        "ragged": (SequenceClassifier("lstm", bidirectional=True, **units), ragged, y),
        "tokens": (SequenceClassifier("conv", embedding_dim=4, **units), X, y),
        "texts": (TextClassifier(embedding_dim=4, **tiny), *texts()),
        "backbone": (conv, images, y),
    }


@pytest.mark.filterwarnings("ignore:A column-vector y")
@pytest.mark.parametrize("form", forms())
def test_every_form_is_measured(form):
    estimator, X, y = forms()[form]
    estimator.fit(X, y)
    state = np.random.get_state()[1].copy()
    fitted = getattr(estimator, "best_estimator_", estimator)
    before = joblib.hash(fitted)
    diagnosis = diagnose(estimator, X, y)
    assert joblib.hash(fitted) == before
    assert (np.random.get_state()[1] == state).all()
    assert np.isfinite(diagnosis.frame["value"]).all()
    scored = diagnosis.frame["measure"].isin(["accuracy", "R2"])
    if form not in ("multilabel", "backbone"):  # of all labels; of some samples
        assert_allclose(
            diagnosis.frame["value"][scored].item(), estimator.score(X, y), rtol=1e-4
        )
    inner = diagnosis.frame.query("measure == 'gradient norm by weight norm'")
    assert len(inner)
    assert diagnose(estimator, X, y).frame.equals(diagnosis.frame)


def test_multilabel_accuracy_is_that_of_all_labels(iris):
    X, y = DIGITS[0][:100], DIGITS[2][:100]
    indicator = np.column_stack([y % 2, y > 5]).astype(int)
    network = DenseClassifier((4,), epochs=2, **SEED).fit(X, indicator)
    expected = np.mean(network.predict(X) == indicator)
    assert_allclose(value(diagnose(network, X, indicator), "accuracy"), expected)


def test_callbacks_and_files_are_left_alone(iris, tmp_path):
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    network = DenseClassifier((4,), epochs=1, callbacks=[log], batch_size=500, **SEED)
    with pytest.warns(UserWarning, match="batch_size=500"):
        network.fit(*iris)
    written = (tmp_path / "log.csv").read_text()
    diagnose(network, *iris)
    assert (tmp_path / "log.csv").read_text() == written


@pytest.mark.usefixtures("without_updates")
def test_padding_counts_for_no_unit():
    """Sequences of two steps beside longer ones: what follows their ends is zero."""
    short = np.arange(100) % 20 > 0
    lengths = np.where(short, 2, 8)
    X = [image[:n] for image, n in zip(IMAGES[0][:100], lengths, strict=True)]
    network = SequenceClassifier("conv", units=(8,), activation="sigmoid", epochs=1)
    network.set_params(**SEED).fit(X, DIGITS[2][:100])
    diagnosis = diagnose(network, X, DIGITS[2][:100])
    assert value(diagnosis, "share of saturated units", "conv_1") == 0


def test_quantiles_are_not_beside_the_mean():
    loss = QuantileLoss(0.9)
    diagnosis = examined(DenseRegressor((8,), loss=loss, epochs=2, **SEED), DIABETES)
    assert "R2" not in set(diagnosis.frame["measure"])


def test_a_network_that_was_not_trained():
    network = DenseRegressor.from_weights([[[2.0]]])
    diagnosis = diagnose(network, [[1.0], [2.0], [3.0]], [2.0, 4.0, 6.0])
    assert value(diagnosis, "R2") == 1
    assert not {"overfitting", "underfitting"} & found(diagnosis)


def test_many_samples_are_sampled(monkeypatch, classifier, iris):
    monkeypatch.setattr("skdeep.inspection._evidence._MOST_ROWS", 40)
    diagnosis = diagnose(classifier, *iris)
    assert "measured on 40 samples" in repr(diagnosis)
    n_parameters = classifier.summary()["parameters"].sum()
    ratio = value(diagnosis, "parameters per target value given here")
    assert_allclose(ratio, n_parameters / 150)


def test_few_wide_samples_are_made_dense(monkeypatch):
    X, y = sparse.csr_matrix(DIGITS[0]), DIGITS[2]
    network = DenseClassifier((4,), epochs=1, **SEED).fit(X, y)
    monkeypatch.setattr("skdeep.inspection._evidence._MOST_VALUES", 50 * 64)
    assert "measured on 50 samples" in repr(diagnose(network, X, y))


# Errors


def test_what_is_no_network_is_refused(iris):
    for estimator in (LinearRegression().fit(*iris), TextGenerator()):
        with pytest.raises(TypeError, match="must be a network of skdeep"):
            diagnose(estimator, *iris)


def test_what_has_no_targets_is_refused(iris):
    network = Autoencoder(2, hidden_layer_sizes=(), epochs=1, **SEED).fit(iris[0])
    with pytest.raises(TypeError, match="must be a classifier or a regressor"):
        diagnose(network, *iris)


def test_wrong_data_is_refused(classifier, iris):
    X, y = iris
    with pytest.raises(NotFittedError):
        diagnose(DenseClassifier(), X, y)
    with pytest.raises(ValueError, match="y must hold a target for each"):
        diagnose(classifier, X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        diagnose(classifier, X, y[:-1])
    with pytest.raises(ValueError, match="not among the known classes"):
        diagnose(classifier, X, y + 1)


def test_r2_of_predictions_that_overflow(regressor, diabetes):
    X, y = diabetes
    assert _diagnosis._fit_findings._r2(y, np.full(len(y), np.inf)) == -np.inf
    assert_allclose(
        _diagnosis._fit_findings._r2(y, regressor.predict(X)),
        r2_score(y, regressor.predict(X)),
    )

"""skdeep.diagnose: each disease is planted once, and healthy networks have none."""

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from text_data import paragraphs

from skdeep import (
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
from skdeep.inspection import _diagnosis

SEED = {"random_state": 0}
SPREAD = keras.initializers.RandomNormal(stddev=1.0)
FINDINGS = (
    "class imbalance",
    "dead units",
    "exploding gradient",
    "learning rate too large",
    "learning rate too small",
    "miscalibrated",
    "no better than the baseline",
    "over-confident",
    "overfitting",
    "saturated units",
    "too little data for the capacity",
    "under-confident",
    "underfitting",
    "unscaled inputs",
    "unscaled target",
    "vanishing gradient",
)


def split(load, n=None, **options):
    """X, X_test, y, y_test of the first n samples for training."""
    X, X_test, y, y_test = train_test_split(
        *load(return_X_y=True, **options), random_state=0
    )
    return X[:n], X_test, y[:n], y_test


DIGITS = split(load_digits, 600)
CANCER = split(load_breast_cancer)
DIABETES = split(load_diabetes, scaled=False)
IMAGES = [X.reshape(-1, 8, 8) for X in DIGITS[:2]] + list(DIGITS[2:])
# Labels that have nothing to do with the images.
SHUFFLED = [
    DIGITS[0][:200],
    DIGITS[1],
    np.random.RandomState(0).permutation(DIGITS[2][:200]),
    DIGITS[3],
]


def eights(data):
    """Few eights among other digits."""
    X, X_test, y, y_test = data
    parts = []
    for rows, labels in ((X, y), (X_test, y_test)):
        some = (labels != 8) | (np.arange(len(labels)) % 5 == 0)
        parts.append((rows[some], np.where(labels == 8, "eight", "other")[some]))
    (X, y), (X_test, y_test) = parts
    return X, X_test, y, y_test


def examined(estimator, data, **validation):
    X, X_test, y, y_test = data
    return diagnose(estimator.fit(X, y, **validation), X_test, y_test)


def found(diagnosis):
    return set(diagnosis.findings["finding"])


# Findings: planted

LARGE_RATE = DenseClassifier(activation="relu", learning_rate=0.3, epochs=20, **SEED)
SMALL_RATE = DenseClassifier(learning_rate=1e-5, epochs=20, **SEED)
DEEP_SIGMOID = DenseClassifier((64,) * 6, activation="sigmoid", epochs=20, **SEED)
WIDE_START = DenseClassifier(
    (64,) * 5, activation="relu", kernel_initializer=SPREAD, epochs=5, **SEED
)
TANH = DenseClassifier(activation="tanh", kernel_initializer=SPREAD, epochs=5, **SEED)
SIGMOID = DenseClassifier(activation="sigmoid", normalize=False, epochs=5, **SEED)
SHORT = DenseClassifier(epochs=3, **SEED)
BY_HEART = DenseClassifier(epochs=50, **SEED)
RAW = DenseClassifier(normalize=False, epochs=10, **SEED)
RAW_REGRESSOR = DenseRegressor((8,), normalize=False, epochs=5, **SEED)
RELU_CELLS = SequenceClassifier(
    "rnn", activation="relu", kernel_initializer=SPREAD, epochs=1, **SEED
)
PLANTED = {
    "dead units": (LARGE_RATE, DIGITS),
    "learning rate too large": (LARGE_RATE, DIGITS),
    "learning rate too small": (SMALL_RATE, DIGITS),
    "vanishing gradient": (DEEP_SIGMOID, DIGITS),
    "exploding gradient": (WIDE_START, DIGITS),
    "saturated units": (TANH, DIGITS),
    "overfitting": (BY_HEART, SHUFFLED),
    "too little data for the capacity": (BY_HEART, SHUFFLED),
    "no better than the baseline": (BY_HEART, SHUFFLED),
    "over-confident": (BY_HEART, SHUFFLED),
    "under-confident": (SHORT, DIGITS),
    "underfitting": (SHORT, DIGITS),
    "class imbalance": (DenseClassifier((8,), epochs=2, **SEED), eights(DIGITS)),
    "unscaled inputs": (RAW, CANCER),
    "unscaled target": (RAW_REGRESSOR, DIABETES),
}


@pytest.fixture(scope="module")
def planted():
    known = {}

    def diagnosis(finding):
        estimator, data = PLANTED[finding]
        if id(estimator) not in known:
            known[id(estimator)] = examined(estimator, data)
        return known[id(estimator)]

    return diagnosis


@pytest.mark.parametrize("finding", PLANTED)
def test_a_planted_disease_is_found(planted, finding):
    rows = planted(finding).findings.query("finding == @finding")
    assert len(rows)
    assert rows["advice"].str.contains(": ").all()
    assert np.isfinite(rows["value"]).all()


def test_miscalibration_in_both_directions_is_found():
    """Two groups, of which the sure one is often wrong and the unsure one right."""
    X, y = DIGITS[0][:400, :1] * 0 + 0.1, DIGITS[2][:400] % 2
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    X[y == 0] *= -1
    X[::2] *= 40
    y = y.copy()
    y[::4] = 1 - y[::4]  # half of the sure ones
    classifier = DenseClassifier.from_weights([[[1.0]]], classes=[0, 1])
    assert found(diagnose(classifier, X, y)) == {"miscalibrated"}


def test_all_findings_are_planted():
    assert {*PLANTED, "miscalibrated"} == set(FINDINGS)


# Findings: healthy networks


@pytest.fixture(scope="module")
def healthy():
    """Diagnoses of networks that do well, and of one that a disease was taken from."""
    unscaled = DenseClassifier((16,), normalize=False, epochs=50, **SEED)
    networks = [
        (DenseClassifier(**SEED), DIGITS),
        (DenseClassifier(**SEED), CANCER),
        (DenseClassifier((), **SEED), DIGITS),
        (DenseClassifier(activation="relu", **SEED), DIGITS),
        (DenseClassifier(activation="tanh", **SEED), DIGITS),
        (DenseClassifier(early_stopping=True, **SEED), eights(split(load_digits))),
        (DenseRegressor(early_stopping=True, **SEED), DIABETES),
        (make_pipeline(StandardScaler(), unscaled), CANCER),
        (ConvClassifier(activation="relu", epochs=15, **SEED), IMAGES),
        (SequenceClassifier("gru", epochs=20, **SEED), IMAGES),
    ]
    return [examined(*network) for network in networks]


@pytest.mark.parametrize("finding", FINDINGS)
def test_healthy_networks_do_not_have_it(healthy, finding):
    assert [str(d) for d in healthy if finding in found(d)] == []


def test_healthy_networks_are_measured(healthy, planted):
    """What does not raise a finding was looked at."""
    measured = set().union(*(set(d.frame["measure"]) for d in healthy))
    for finding in PLANTED:
        rows = planted(finding).findings.query("finding == @finding")
        if finding != "unscaled target":  # needs a target that is not standardised
            assert set(rows["measure"]) <= measured
    small = (DIABETES[0], DIABETES[1], DIABETES[2] / 100, DIABETES[3] / 100)
    target = examined(RAW_REGRESSOR, small)
    assert "root mean square target" in set(target.frame["measure"])
    assert "unscaled target" not in found(target)


# What is measured


def value(diagnosis, measure, layer=""):
    rows = diagnosis.frame.query("measure == @measure and layer == @layer")
    return rows["value"].item()


def few(network):
    X = IMAGES[0] if isinstance(network, ConvClassifier) else DIGITS[0]
    return X[:100], DIGITS[2][:100]


@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_shares_of_dead_units_and_channels(activation):
    dense = DenseClassifier((16,), activation=activation, epochs=1, **SEED)
    diagnosis = examined_with(dense, dense_1=np.full(4, -1e3))
    assert value(diagnosis, "share of dead units", "dense_1") == 0.25
    conv = ConvClassifier((8,), activation=activation, epochs=1, **SEED)
    diagnosis = examined_with(conv, conv_1=np.full(6, -1e3))
    assert value(diagnosis, "share of dead units", "conv_1") == 0.75
    assert found(diagnosis) >= {"dead units"}


@pytest.mark.parametrize(
    "activation", ["sigmoid", "tanh", "hard_sigmoid", "hard_tanh", keras.ops.tanh]
)
def test_shares_of_saturated_units(activation):
    network = DenseClassifier((16,), activation=activation, epochs=1, **SEED)
    diagnosis = examined_with(network, dense_1=[1e3, -1e3, 1e3, -1e3])
    assert value(diagnosis, "share of saturated units", "dense_1") == 0.25


def examined_with(network, **biases):
    """The diagnosis of a network some of whose biases are others."""
    X, y = few(network)
    weights = network.fit(X, y).get_weights()
    for layer, bias in biases.items():
        weights[f"{layer}/bias"][: len(bias)] = bias
    return diagnose(network.set_weights(weights), X, y)


def test_saturated_recurrent_cells():
    network = SequenceClassifier("rnn", units=(8,), epochs=1, **SEED)
    network.fit(IMAGES[0][:100], DIGITS[2][:100])
    weights = network.get_weights()
    weights["rnn_1/bias"][:2] = 1e3
    diagnosis = diagnose(network.set_weights(weights), IMAGES[1], DIGITS[3])
    assert value(diagnosis, "share of saturated units", "rnn_1") == 0.25


def test_recurrent_cells_explode_and_die():
    diagnosis = examined(RELU_CELLS, IMAGES)
    assert "share of dead units" in set(diagnosis.frame["measure"])
    assert "gradient norm by weight norm" in set(diagnosis.frame["measure"])


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


def test_class_weights_are_not_worse_than_the_majority():
    network = DenseClassifier((8,), epochs=2, class_weight={"eight": 50, "other": 1})
    diagnosis = examined(network.set_params(**SEED), eights(DIGITS))
    majority = value(diagnosis, "share of the largest class")
    assert value(diagnosis, "accuracy") < majority
    assert "no better than the baseline" not in found(diagnosis)


def test_classes_that_are_never_predicted_are_counted():
    network = DenseClassifier((8,), epochs=1, **SEED).fit(*few(TANH))
    weights = network.get_weights()
    weights["output/bias"][:7] = -1e3
    diagnosis = diagnose(network.set_weights(weights), *DIGITS[1::2])
    assert value(diagnosis, "classes never predicted") >= 7


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
    two = DenseRegressor((4,), **tiny)
    windows = SequenceRegressor("gru", window=5, **units)
    conv = ConvClassifier(backbone=backbone(), fine_tune=1, **tiny)
    return {
        "pipeline": (pipe, X, y),
        "search": (GridSearchCV(pipe, grid, cv=2), X, y),
        "sparse": (dense, sparse.csr_matrix(X), y),
        "labels": (dense, X, y.astype(str)),
        "multilabel": (dense, X, indicator),
        "outputs": (two, X, np.column_stack([X.sum(1), y])),
        "column": (two, X, X.sum(1)[:, None].tolist()),
        "double": (DenseClassifier((4,), dtype="float64", l2=0.01, **tiny), X, y),
        "parts": (DenseClassifier((4,), batch_norm=True, dropout=0.2, **tiny), X, y),
        "windows": (windows, X, X.sum(1)),
        "steps": (
            SequenceClassifier("conv", return_sequences=True, **units),
            images,
            (images.sum(2) > 40).astype(int),
        ),
        "ragged": (SequenceClassifier("lstm", bidirectional=True, **units), ragged, y),
        "tokens": (SequenceClassifier("gru", embedding_dim=4, **units), X, y),
        "texts": (TextClassifier(**tiny), *texts()),
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
    ratio = value(diagnosis, "parameters per target value of X")
    assert_allclose(ratio, n_parameters / 150)


# The report


def test_it_reads_as_text(planted):
    diagnosis = planted("dead units")
    text = repr(diagnosis)
    assert text.startswith("Diagnosis of DenseClassifier, measured on 450 samples: ")
    assert "* dead units (dense_2)" in text
    assert "* learning rate too large (dense_1, dense_2, output)" in text
    assert "share of dead units" in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("* ") == diagnosis.findings["finding"].nunique()


def test_it_reads_as_html(planted):
    page = planted("dead units")._repr_html_()
    assert "<b>dead units</b> (dense_2)" in page
    assert "share of dead units" in page


def test_html_is_escaped():
    labels = np.where(CANCER[2] == 1, "<b>x", "y")
    rare = np.flatnonzero(labels == "y")[:10]
    some = np.concatenate([rare, np.flatnonzero(labels == "<b>x")])
    network = DenseClassifier((4,), epochs=1, **SEED).fit(CANCER[0], labels)
    flipped = np.where(labels == "y", "<b>x", "y")
    page = diagnose(network, CANCER[0][some], flipped[some])._repr_html_()
    assert "<b>x" not in page


def test_findings_are_rows_of_the_frame(planted):
    diagnosis = planted("underfitting")
    columns = ["measure", "value", "healthy", "layer", "finding", "advice"]
    assert sorted(diagnosis.frame.columns) == sorted(columns)
    ill = diagnosis.frame["finding"] != ""
    assert diagnosis.frame[ill].equals(diagnosis.findings)
    assert (diagnosis.frame["advice"][~ill] == "").all()
    assert (diagnosis.frame["advice"][ill] != "").all()


# Errors


def test_what_is_no_network_is_refused(iris):
    for estimator in (LinearRegression().fit(*iris), TextGenerator()):
        with pytest.raises(TypeError, match="must be a network of skdeep"):
            diagnose(estimator, *iris)


def test_wrong_data_is_refused(classifier, iris):
    X, y = iris
    with pytest.raises(NotFittedError):
        diagnose(DenseClassifier(), X, y)
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

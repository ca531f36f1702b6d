"""Findings of skdeep.diagnose: each is planted once, and healthy networks have none."""

from types import SimpleNamespace

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
    split,
    value,
)
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from text_data import paragraphs

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    DivergenceWarning,
    SequenceClassifier,
    TextClassifier,
    diagnose,
)
from skdeep.inspection import _evidence
from skdeep.inspection._layer_findings import gradients
from skdeep.training import _job

SPREAD = keras.initializers.RandomNormal(stddev=1.0)
GRADIENT, FIRST_UPDATE = "gradient norm by weight norm", "first update by weight norm"
# What each finding is measured by.
FINDINGS = {
    "class imbalance": {"balanced accuracy"},
    "dead units": {"share of dead units"},
    "exploding gradient": {GRADIENT},
    "learning rate too large": {FIRST_UPDATE},
    "learning rate too small": {FIRST_UPDATE},
    "miscalibrated": {"expected calibration error"},
    "no better than the baseline": {"accuracy"},
    "over-confident": {"mean confidence minus accuracy"},
    "overfitting": {"loss on X above training loss"},
    "saturated units": {"share of saturated units"},
    "too little data for the capacity": {"parameters per target value given here"},
    "under-confident": {"mean confidence minus accuracy"},
    "underfitting": {"fall of the loss in the second half"},
    "unscaled inputs": {"largest input", "largest feature by smallest"},
    "unscaled target": {"root mean square target"},
    "vanishing gradient": {GRADIENT},
}


@pytest.fixture(autouse=True)
def no_xla(monkeypatch):
    """Compiling any of these networks would take longer than training it."""
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 20_000)


# Findings: planted

LARGE_RATE = DenseClassifier(activation="relu", learning_rate=0.3, epochs=20, **SEED)
LARGE_RATE.set_params(batch_size=200, learning_rate_schedule="cosine_decay")
SMALL_RATE = DenseClassifier(learning_rate=1e-5, epochs=20, **SEED)
DEEP_SIGMOID = DenseClassifier((64,) * 6, activation="sigmoid", epochs=20, **SEED)
TANH = DenseClassifier(activation="tanh", kernel_initializer=SPREAD, epochs=5, **SEED)
SHORT = DenseClassifier(epochs=3, **SEED)
BY_HEART = DenseClassifier(epochs=50, **SEED)
RAW = DenseClassifier(normalize=False, epochs=10, **SEED)
RAW_REGRESSOR = DenseRegressor((8,), normalize=False, epochs=5, **SEED)
IMBALANCED = DenseClassifier((8,), epochs=2, **SEED)


def with_markup(data):
    """The same labels, which would be read as HTML."""
    return *data[:2], *(np.char.add("<b>", labels) for labels in data[2:])


PLANTED = {
    "large rate": (
        (LARGE_RATE, DIGITS),
        {"dead units", "learning rate too large"},
    ),
    "small rate": ((SMALL_RATE, DIGITS), {"learning rate too small"}),
    "deep sigmoid": ((DEEP_SIGMOID, DIGITS), {"vanishing gradient"}),
    "tanh": ((TANH, DIGITS), {"saturated units"}),
    "by heart": (
        (BY_HEART, SHUFFLED),
        {
            "no better than the baseline",
            "over-confident",
            "overfitting",
            "too little data for the capacity",
        },
    ),
    "short": ((SHORT, DIGITS), {"under-confident", "underfitting"}),
    "rare": ((IMBALANCED, with_markup(eights(DIGITS))), {"class imbalance"}),
    "raw": ((RAW, CANCER), {"unscaled inputs", "exploding gradient"}),
    "raw target": ((RAW_REGRESSOR, DIABETES), {"unscaled target"}),
}


@pytest.mark.parametrize("disease", PLANTED)
def test_a_planted_disease_is_found(disease):
    case, findings = PLANTED[disease]
    diagnosis = examined(*case)
    for finding in findings:
        rows = diagnosis.findings.query("finding == @finding")
        assert set(rows["measure"]) == FINDINGS[finding]
        assert rows["advice"].str.contains(": ").all()
        assert np.isfinite(rows["value"]).all()
    if disease == "large rate":
        it_reads_as_text(diagnosis)
        it_reads_as_html(diagnosis)
    if disease == "short":
        findings_are_rows_of_the_frame(diagnosis)
    if disease == "by heart":
        capacity_is_told_of_the_samples_given(diagnosis)
    if disease == "rare":
        assert "<b>eight" in repr(diagnosis)
        assert "<b>eight" not in diagnosis._repr_html_()


def it_reads_as_text(diagnosis):
    text = repr(diagnosis)
    assert text.startswith("Diagnosis of DenseClassifier, measured on 450 samples: ")
    assert "* dead units (dense_2)" in text
    assert "* learning rate too large (dense_1, dense_2, output)" in text
    assert "\nshare of dead units " in text
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("* ") == diagnosis.findings["finding"].nunique()


def it_reads_as_html(diagnosis):
    page = diagnosis._repr_html_()
    assert "<b>dead units</b> (dense_2)" in page
    assert "share of dead units" in page


def findings_are_rows_of_the_frame(diagnosis):
    columns = ["measure", "value", "healthy", "layer", "finding", "advice"]
    assert sorted(diagnosis.frame.columns) == sorted(columns)
    ill = diagnosis.frame["finding"] != ""
    assert diagnosis.frame[ill].equals(diagnosis.findings)
    assert (diagnosis.frame["advice"][~ill] == "").all()
    assert (diagnosis.frame["advice"][ill] != "").all()


def capacity_is_told_of_the_samples_given(diagnosis):
    rows = diagnosis.findings
    advice = rows.query("finding == 'too little data for the capacity'")["advice"]
    assert "of the 450 samples given here" in advice.item()
    assert "augment" not in advice.item()  # dense networks have none


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
    rows = diagnose(classifier, X, y).findings
    assert set(rows["finding"]) == {"miscalibrated"}
    assert set(rows["measure"]) == FINDINGS["miscalibrated"]


def test_all_findings_are_planted():
    planted = set().union(*(findings for _, findings in PLANTED.values()))
    assert planted | {"miscalibrated"} == set(FINDINGS)


# Findings: healthy networks


def three_sets():
    """Texts on three data sets."""
    words, names = paragraphs()
    some = np.isin(names, ["breast_cancer", "kddcup99", "twenty_newsgroups"])
    words, names = words[some], names[some]
    return words[:42], words[42:], names[:42], names[42:]


TEXTS = three_sets()
PAIRS = TfidfVectorizer(ngram_range=(1, 2))  # thousands of columns


def test_healthy_networks_have_no_findings():
    """Networks that do well, and one that a disease was taken from."""
    unscaled = DenseClassifier((16,), normalize=False, epochs=50, **SEED)
    few_units = DenseClassifier((16,), epochs=30, **SEED)
    networks = [
        (DenseClassifier(**SEED), DIGITS),
        (DenseClassifier((), **SEED), DIGITS),
        (DenseClassifier(activation="tanh", **SEED), DIGITS),
        (DenseClassifier(early_stopping=True, **SEED), eights(split(load_digits))),
        (DenseRegressor(early_stopping=True, **SEED), DIABETES),
        (make_pipeline(StandardScaler(), unscaled), CANCER),
        (ConvClassifier(activation="relu", epochs=15, **SEED), IMAGES),
        (SequenceClassifier("gru", epochs=20, batch_size=100, **SEED), IMAGES),
        (make_pipeline(PAIRS, few_units), TEXTS),
    ]
    measured = set()
    for network, data in networks:
        diagnosis = examined(network, data)
        assert found(diagnosis) == set(), network
        measured |= set(diagnosis.frame["measure"])
    # What does not raise a finding was looked at.
    needed = set().union(*FINDINGS.values())
    assert needed - {"root mean square target"} <= measured


def test_a_target_that_is_scaled_is_measured():
    small = (DIABETES[0], DIABETES[1], DIABETES[2] / 100, DIABETES[3] / 100)
    diagnosis = examined(RAW_REGRESSOR, small)
    assert "root mean square target" in set(diagnosis.frame["measure"])
    assert "unscaled target" not in found(diagnosis)


def test_few_samples_raise_no_alarm():
    X, X_test, y, y_test = CANCER
    network = DenseClassifier(**SEED).fit(X, y)
    for n_samples in (10, 30):
        for seed in range(8):
            some = np.random.RandomState(seed).permutation(len(y_test))[:n_samples]
            assert found(diagnose(network, X_test[some], y_test[some])) == set()


def test_wide_texts_train_at_the_default_rate():
    words, names = paragraphs()
    network = DenseClassifier((16,), epochs=30, **SEED)
    pipe = make_pipeline(PAIRS, network)
    data = [words[:120], words[120:], names[:120], names[120:]]
    diagnosis = examined(pipe, data)
    assert value(diagnosis, "first update by weight norm", "dense_1") > 0.5
    assert "learning rate too large" not in found(diagnosis)
    pipe.set_params(denseclassifier__learning_rate=1.0)
    assert "learning rate too large" in found(examined(pipe, data))


# Several outputs


def test_labels_that_are_never_predicted_are_named():
    X, X_test, y, y_test = DIGITS
    data = [X, X_test, *(np.c_[d == 0, d == 1, d > 4].astype(int) for d in (y, y_test))]
    network = DenseClassifier((16,), epochs=20, **SEED)
    assert "class imbalance" not in found(examined(network, data))
    weights = network.get_weights()
    weights["output/bias"][1] = -1e3
    diagnosis = diagnose(network.set_weights(weights), *data[1::2])
    row = diagnosis.findings.query("finding == 'class imbalance'")
    assert row["value"].item() == 1
    assert f"label 1, which {(y_test == 1).sum()} have" in row["advice"].item()


def test_outputs_that_are_not_predicted_are_named():
    X, X_test, y, y_test = DIABETES
    lost = np.random.RandomState(0).normal(size=len(y) + len(y_test))
    data = [X, X_test, np.c_[y, lost[: len(y)]], np.c_[y_test, lost[len(y) :]]]
    network = DenseRegressor((8,), epochs=20, **SEED)
    rows = examined(network, data).findings.query("measure == 'least R2 of an output'")
    assert rows["finding"].item() == "no better than the baseline"
    expected = r2_score(data[3][:, 1], network.predict(X_test)[:, 1])
    np.testing.assert_allclose(rows["value"].item(), expected, rtol=1e-5)
    assert "for output 1:" in rows["advice"].item()


@pytest.mark.parametrize("bias", [3.0, -3.0])
def test_one_answer_for_all_is_no_better_than_the_baseline(bias, without_updates):
    """Also with few samples, and whatever the answer is."""
    network = DenseClassifier.from_weights(
        [np.zeros((30, 1))], [[bias]], classes=[0, 1], normalize=False
    )
    findings = diagnose(network, CANCER[1][:40], CANCER[3][:40]).findings
    assert "no better than the baseline" in set(findings["finding"])


def test_one_answer_because_of_rare_classes_is_named_imbalance(without_updates):
    network = DenseClassifier.from_weights([np.zeros((1, 1))], [[-3.0]], classes=[0, 1])
    diagnosis = diagnose(network, np.ones((200, 1)), [0] * 190 + [1] * 10)
    assert found(diagnosis) == {"class imbalance"}


# Shares of units


@pytest.fixture
def without_updates(monkeypatch):
    """The first step of training is not measured, which traces a new program."""
    monkeypatch.setattr(_evidence, "_first_updates", lambda *_: {})


def diagnosed(activation, biases):
    """The diagnosis of 16 hidden units, some of which have these biases."""
    rng = np.random.RandomState(0)
    kernels = [0.1 * rng.normal(size=shape) for shape in ((64, 16), (16, 10))]
    biases = [np.r_[biases, np.zeros(16 - len(biases))], np.zeros(10)]
    network = DenseClassifier.from_weights(
        kernels, biases, activation=activation, classes=range(10)
    )
    return diagnose(network, DIGITS[0][:100] / 8 - 1, DIGITS[2][:100])


@pytest.mark.parametrize(
    "activation",
    [
        "relu",
        "relu6",
        keras.layers.ReLU(),
        keras.layers.ReLU(max_value=6),
        keras.layers.Activation("relu"),
    ],
)
@pytest.mark.usefixtures("without_updates")
def test_shares_of_dead_units(activation):
    diagnosis = diagnosed(activation, np.full(4, -1e3))
    assert value(diagnosis, "share of dead units", "dense_1") == 0.25
    assert "dead units" not in found(diagnosis)


@pytest.mark.usefixtures("without_updates", "untrained")
def test_shares_of_dead_channels():
    X, y = IMAGES[0][:100], DIGITS[2][:100]
    network = ConvClassifier((8,), activation="relu", epochs=1, **SEED).fit(X, y)
    weights = network.get_weights()
    weights["conv_1/bias"][:6] = -1e3
    diagnosis = diagnose(network.set_weights(weights), X, y)
    assert value(diagnosis, "share of dead units", "conv_1") == 0.75
    assert found(diagnosis) >= {"dead units"}


@pytest.mark.usefixtures("without_updates")
def test_a_leaky_layer_has_no_dead_units():
    activation = keras.layers.ReLU(negative_slope=0.1)
    diagnosis = diagnosed(activation, np.full(12, -1e3))
    assert "share of dead units" not in set(diagnosis.frame["measure"])


# Learning rates


WARM_UP = keras.optimizers.schedules.CosineDecay(
    0.0, 500, warmup_target=3e-3, warmup_steps=50
)


@pytest.mark.parametrize(
    "given",
    [
        {"optimizer": keras.optimizers.Adam(WARM_UP)},
        {"optimizer": "adam", "learning_rate_schedule": WARM_UP},
    ],
)
def test_a_warm_up_is_measured_at_its_peak(given):
    warm = examined(DenseClassifier((8,), epochs=20, **given, **SEED), DIGITS)
    plain = {"optimizer": "adam", "learning_rate": 3e-3}
    steady = examined(DenseClassifier((8,), epochs=1, **plain, **SEED), DIGITS)
    measure = "first update by weight norm"
    expected = value(steady, measure, "dense_1")
    np.testing.assert_allclose(value(warm, measure, "dense_1"), expected, rtol=0.01)
    assert "learning rate too small" not in found(warm)


def test_no_advice_is_beyond_reason():
    rate = {"optimizer": "sgd", "learning_rate": 1e-30}
    diagnosis = examined(DenseClassifier((8,), epochs=3, **rate, **SEED), DIGITS)
    rows = diagnosis.findings.query("finding == 'learning rate too small'")
    advice = "multiply learning_rate by 10, train and diagnose again"
    assert rows["advice"].str.contains(advice).all()
    assert len(rows)


def test_the_cause_comes_before_what_comes_of_it():
    X, y = DIABETES[0], DIABETES[2]
    network = DenseRegressor((8,), normalize=False, optimizer="sgd", **SEED)
    network.set_params(learning_rate=1e-12, epochs=2).fit(1000 * X, y)
    diagnosis = diagnose(network, 1000 * X, y)
    names = list(dict.fromkeys(diagnosis.findings["finding"]))
    assert names[0].startswith("unscaled")
    assert "no better than the baseline" in names[1:]
    told = [line for line in repr(diagnosis).splitlines() if line.startswith("*")]
    assert told[0].startswith(f"* {names[0]}")


@pytest.mark.parametrize("rate", [1.0, 1e6])
def test_a_rate_that_diverges_is_too_large(rate):
    network = DenseRegressor((8,), optimizer="sgd", learning_rate=rate, **SEED)
    with pytest.warns(DivergenceWarning):
        network.fit(*DIABETES[::2])
    diagnosis = diagnose(network, *DIABETES[1::2])
    assert "learning rate too large" in found(diagnosis)


# Advice


def test_advice_names_what_the_estimator_has():
    text = advice_of(TextClassifier("gru"))
    assert "normalize" not in text
    assert "fewer hidden_layer_sizes or units, activation='silu', batch" in text
    text = advice_of(ConvClassifier())
    assert "normalize=True" in text
    assert "fewer hidden_layer_sizes or filters, activation='silu', batch" in text


def advice_of(network):
    """What would be said if gradients vanished, and if they exploded."""
    norms = {"a": 1.0, "b": 1e-9, "c": 1e9}
    evidence = SimpleNamespace(estimator=network, gradients=norms)
    return " ".join(fact.advice for fact in gradients(evidence))


@pytest.mark.parametrize(
    "activation", ["sigmoid", "tanh", "hard_sigmoid", "hard_tanh", keras.ops.tanh]
)
@pytest.mark.usefixtures("without_updates")
def test_shares_of_saturated_units(activation):
    diagnosis = diagnosed(activation, [1e3, -1e3, 1e3, -1e3])
    assert value(diagnosis, "share of saturated units", "dense_1") == 0.25


@pytest.mark.usefixtures("without_updates", "untrained")
@pytest.mark.parametrize(
    ("activation", "measure", "bias"),
    [
        ("auto", "share of saturated units", [1e3, 1e3]),
        ("relu", "share of dead units", [-1e3] * 4),
    ],
)
def test_recurrent_cells(activation, measure, bias):
    X, y = IMAGES[0][:100], DIGITS[2][:100]
    network = SequenceClassifier("rnn", units=(8,), activation=activation, epochs=1)
    weights = network.set_params(**SEED).fit(X, y).get_weights()
    weights["rnn_1/bias"][: len(bias)] = bias
    diagnosis = diagnose(network.set_weights(weights), IMAGES[1], DIGITS[3])
    assert value(diagnosis, measure, "rnn_1") == len(bias) / 8

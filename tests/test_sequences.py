"""SequenceClassifier and SequenceRegressor: forms of X and y, agreement, options."""

from copy import deepcopy

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from agreement import move_weights, same_weights
from joblib import Parallel, delayed
from numpy.testing import assert_allclose, assert_array_equal
from saved_files import forge, state_of
from series_data import sunspots, ucr
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import SequenceClassifier, SequenceRegressor
from skdeep.base import _network as _base
from skdeep.networks._layers import lowering
from skdeep.networks._recurrent_layers import HoistedRNN
from skdeep.sequence import _inputs as sequence_inputs
from skdeep.sequence._execution import SequenceExecution
from skdeep.sequence._sequences import bucket, padded, trailing_windows
from skdeep.training import _fused, _job

NET = {"units": (4,), "epochs": 2, "random_state": 0}


@pytest.fixture(scope="module")
def images():
    """Digits, whose rows in the middle are four steps of eight channels."""
    data = load_digits()
    return data.images[:120, 2:6], data.target[:120]


@pytest.fixture(scope="module")
def vowels():
    """Japanese vowels: 7 to 26 steps of twelve channels."""
    X, y = ucr("JapaneseVowels", "TRAIN")
    return X[::6], y[::6]


@pytest.fixture(scope="module")
def spots():
    """Sunspots of a year and what comes a year later."""
    series = sunspots()
    return series.to_frame()[:-1], series[1:].to_numpy()


@pytest.fixture(scope="module")
def of_images(images):
    return SequenceClassifier("gru", **NET).fit(*images)


@pytest.fixture(scope="module")
def conv_of_images(images):
    return SequenceClassifier("conv", **NET).fit(*images)


@pytest.fixture(scope="module")
def of_vowels(vowels):
    return SequenceClassifier("gru", **NET).fit(*vowels)


@pytest.fixture(scope="module")
def of_windows(spots):
    return SequenceRegressor("rnn", window=3, **NET).fit(*spots)


# Forms of X


def test_rows_are_sequences_of_one_channel(images, moved):
    X, y = images[0][:, :, 3], images[1]
    table = SequenceRegressor("rnn", **NET).fit(X, y)
    panel = SequenceRegressor("rnn", **NET).fit(X[:, :, None], y)
    assert table.sequence_shape_ == panel.sequence_shape_ == (4, 1)
    assert_array_equal(table.predict(X), panel.predict(X[..., None].tolist()))
    assert_array_equal(table.predict(X.tolist()), panel.predict(X))


def test_shape_is_remembered(of_images, images):
    assert of_images.sequence_shape_ == (4, 8)
    assert of_images.n_features_in_ == 32
    with pytest.raises(ValueError, match=r"4 steps and 8 channels\. Received 3 steps"):
        of_images.predict(images[0][:, :3])
    with pytest.raises(ValueError, match="Received 4 steps and 5 channels"):
        of_images.predict(images[0][:, :, :5])
    with pytest.raises(ValueError, match="Received shape \\(120, 2, 2, 8\\)"):
        of_images.predict(images[0].reshape(120, 2, 2, 8))


def test_result_does_not_depend_on_neighbours(of_vowels, vowels):
    X, _ = vowels
    assert of_vowels.sequence_shape_ == (None, 12)
    together = of_vowels.decision_function(X)
    assert len({bucket(len(x)) for x in X}) > 3
    for number in (0, 20, 44):
        alone = of_vowels.decision_function(X[number : number + 1])
        assert_allclose(alone[0], together[number], atol=1e-5)


def test_any_length_may_come_later(of_vowels, vowels):
    X, _ = vowels
    long = np.concatenate(X[:6])
    both = of_vowels.decision_function([long, X[0]])
    assert_allclose(both[1], of_vowels.decision_function([X[0]])[0], atol=1e-5)
    as_array = of_vowels.decision_function(long[None])
    assert_allclose(as_array[0], both[0], atol=1e-5)
    with pytest.raises(ValueError, match="any number of steps and 12 channels"):
        of_vowels.predict(long[None, :, :4])


def test_kinds_of_collections(of_vowels, vowels):
    X, _ = vowels
    expected = of_vowels.predict(X)
    objects = np.empty(len(X), object)
    objects[:] = X
    assert_array_equal(of_vowels.predict(objects), expected)
    assert_array_equal(of_vowels.predict(tuple(map(pd.DataFrame, X))), expected)
    nested = of_vowels.predict([x.tolist() for x in X])
    assert_array_equal(nested, expected)


def test_list_of_one_length_is_trained_as_an_array(images, conv_of_images):
    X, y = images
    as_array = conv_of_images
    as_list = clone(as_array).fit(list(X), y)
    same_weights(as_list, as_array, 1e-4)
    assert_allclose(as_list.predict_proba(X), as_array.predict_proba(X), atol=1e-4)
    assert_allclose(
        as_array.predict_proba(list(X)), as_array.predict_proba(X), atol=1e-6
    )


def test_padding_counts_in_no_statistic(vowels):
    X, y = vowels
    fitted = SequenceClassifier(
        "conv", batch_norm=True, batch_size=len(y), **{**NET, "epochs": 1}
    ).fit(X, y)
    steps = np.concatenate(X)
    assert_allclose(fitted.network_.inputs.mean, [*steps.mean(axis=0), 0], atol=1e-6)
    assert_allclose(fitted.network_.inputs.scale, [*steps.std(axis=0), 1], rtol=1e-5)
    # A tenth of the batch's mean and variance has entered the moving averages.
    mean = fitted.network_.weights.non_trainable[2]
    start = SequenceClassifier("conv", batch_norm=True, learning_rate=1e-12)
    start.set_params(batch_size=len(y), **{**NET, "epochs": 1}).fit(X, y)
    kernel = start.network_.weights.trainable[0]
    outputs = []
    for x in X:
        scaled = (x - steps.mean(axis=0)) / steps.std(axis=0)
        wide = np.pad(scaled, [(3, 3), (0, 0)])
        rows = [np.einsum("kc,kcf->f", wide[i : i + 7], kernel) for i in range(len(x))]
        outputs.extend(rows)
    assert_allclose(mean, 0.1 * np.mean(outputs, axis=0), atol=1e-5)


def test_cross_validation_of_lists(vowels):
    X, y = vowels
    score = cross_val_score(
        SequenceClassifier("conv", epochs=20, random_state=0), X, y, cv=3
    )
    assert score.mean() > 0.5


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.ones((3, 2)), np.ones((3, 1))], "Received 2 as number 0 and 1 as number"),
        ([np.ones((3, 2)), np.ones((0, 2))], "Received number 1 with none"),
        ([np.ones((3, 2)), np.full((4, 2), np.nan)], "Received some in number 1"),
        ([np.ones(3), [[[1.0]]]], "Received shape \\(1, 1, 1\\) as number 1"),
    ],
)
def test_wrong_sequences(X, message):
    with pytest.raises(ValueError, match=message):
        SequenceRegressor(**NET).fit(X, [0.0, 1.0])


def test_lengths_of_lists_and_targets(vowels):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SequenceClassifier(**NET).fit(vowels[0], vowels[1][:-1])


def test_fitted_on_arrays_refuses_other_lengths(of_images, images):
    with pytest.raises(ValueError, match="fitted as a list of arrays"):
        of_images.predict([images[0][0], images[0][1, :3]])


# Windows of one series


def test_rows_see_their_window_and_nothing_later(of_windows, spots):
    X, _ = spots
    before = of_windows.predict(X)
    for row, changed in ((102, False), (103, True), (105, True), (106, False)):
        other = X.copy()
        other.iloc[row] += 50
        after = of_windows.predict(other)
        assert (after[105] != before[105]) == changed
        assert_array_equal(after[:row], before[:row])
        assert_array_equal(after[row + 3 :], before[row + 3 :])


def test_first_rows_see_what_there_is(of_windows, spots):
    X, _ = spots
    part, whole = of_windows.predict(X[50:]), of_windows.predict(X)
    assert_allclose(part[2:], whole[52:], atol=1e-4)
    assert not np.allclose(part[:2], whole[50:52], atol=1e-4)
    assert_allclose(part[:1], of_windows.predict(X[50:51]), atol=1e-4)
    # What is not there is masked: it differs from rows of zeros that are.
    zeros = pd.concat([X[50:52] * 0, X[50:]])
    assert not np.allclose(of_windows.predict(zeros)[2:4], part[:2], atol=1e-4)


def test_windows_are_views():
    X = np.arange(12.0).reshape(6, 2)
    windows = trailing_windows(X, 3)
    assert windows.base is not None
    assert not windows.flags.owndata
    assert_array_equal(windows[4, :, :2], X[2:5])
    assert_array_equal(windows[:, :, 2].sum(axis=1), [1, 2, 3, 3, 3, 3])


def test_each_row_counts_once_in_the_scaling(of_windows, spots):
    assert_allclose(of_windows.network_.inputs.mean, [spots[0].mean().iloc[0], 0])


def test_windows_in_searches_and_pipelines(spots, untrained):
    pipe = make_pipeline(StandardScaler(), SequenceRegressor("rnn", **NET))
    grid = {"sequenceregressor__window": [2, 3]}
    search = GridSearchCV(pipe, grid, cv=TimeSeriesSplit(2), error_score="raise")
    with skdeep.fuse():
        search.fit(*spots)
    assert search.best_estimator_[-1].sequence_shape_ in {(2, 1), (3, 1)}


def test_early_stopping_holds_out_the_last_rows(spots):
    X, y = spots
    y = y.copy()
    y[-31:] += 10_000
    net = SequenceRegressor("rnn", window=3, early_stopping=True, **NET).fit(X, y)
    # In units of the training targets.
    assert (net.history_["val_loss"] > 1e4).all()
    assert (net.history_["loss"] < 10).all()


def test_weight_zero_removes_the_target_only(spots):
    X, y = spots
    weight = (np.arange(len(y)) != 100).astype(float)
    other = y.copy()
    other[100] = 1e6
    first, second = (
        SequenceRegressor("rnn", window=3, **NET).fit(X, t, weight) for t in (y, other)
    )
    same_weights(first, second, 0)
    X = X.copy()
    X.iloc[100] += 100  # which rows 101 and 102 still see
    third = SequenceRegressor("rnn", window=3, **NET).fit(X, y, weight)
    with pytest.raises(AssertionError):
        same_weights(first, third, 1e-6)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((4, 3, 2)), "Received shape \\(4, 3, 2\\). Set window=None"),
        ([np.ones(3), np.ones(4)], "Received a list of sequences. Set window=None"),
    ],
)
def test_window_takes_one_series(X, message):
    with pytest.raises(ValueError, match=message):
        SequenceRegressor(window=2, **NET).fit(X, np.arange(len(X)))


# Tokens


@pytest.fixture(scope="module")
def of_tokens(images):
    X, y = images[0][:, 3].astype(int), images[1]
    with pytest.MonkeyPatch.context() as patch:
        move_weights(patch)
        return SequenceClassifier("rnn", embedding_dim=3, **NET).fit(X, y)


def test_tokens(of_tokens, images):
    X = images[0][:, 3].astype(int)
    embedding = of_tokens.network_.weights.trainable[0]
    assert embedding.shape == (X.max() + 2, 3)
    assert of_tokens.predict(X).shape == (120,)
    unknown = of_tokens.decision_function([[99] * 8, [10**6] * 8])
    assert_array_equal(unknown[0], unknown[1])
    assert not np.allclose(unknown[0], of_tokens.decision_function([[0] * 8])[0])


def test_tokens_of_different_lengths(images, moved):
    X = [row[: 1 + i % 4] for i, row in enumerate(images[0][:, 3].astype(int))]
    net = SequenceClassifier("conv", embedding_dim=3, **NET).fit(X, images[1])
    assert_allclose(net.predict_proba(X)[7], net.predict_proba(X[7:8])[0], atol=1e-6)
    longer = [np.append(X[7], 0)]  # the token 0 is a token, not padding
    assert not np.allclose(net.predict_proba(longer), net.predict_proba(X[7:8]))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((4, 3), 1.5), "integers from 0. Received 1.5"),
        (np.full((4, 3), -1), "integers from 0. Received -1"),
        (np.ones((4, 3, 2)), "one token per step. Received 2 channels"),
    ],
)
def test_wrong_tokens(X, message):
    with pytest.raises(ValueError, match=message):
        SequenceRegressor(embedding_dim=2, **NET).fit(X, np.arange(4))


# One target per step


@pytest.mark.parametrize(("cell", "n_values"), [("conv", 2), ("rnn", None)])
def test_values_per_step(images, cell, n_values):
    """The lists are of one length; scores compare the shapes of targets."""
    X = images[0]
    y = np.cumsum(X.sum(axis=2), axis=1)
    if n_values:
        y = np.stack([y, -y], axis=2)
    net = SequenceRegressor(
        cell,
        units=16,
        return_sequences=True,
        epochs=24,  # of four steps each: few enough not to be compiled by XLA
        learning_rate=0.02,
        random_state=0,
        metrics=["mae"],
    ).fit(list(X) if cell == "rnn" else X, y, X_val=X, y_val=y)
    assert net.sequence_shape_ == (4, 8)
    assert net.predict(X).shape == y.shape
    outputs = np.asarray(net.model_(X)).reshape(y.shape)
    assert_allclose(net.predict(X), outputs, rtol=0, atol=0.01)
    assert net.n_outputs_ == (n_values or 1)
    assert net.score(X, y) > 0.8
    error = net.history_["val_mae"]
    assert error.iloc[-1] < error.iloc[0]
    assert net.score(X, y, np.ones(120)) == pytest.approx(net.score(X, y))
    if cell == "conv":
        return
    # A step sees only earlier ones.
    other = X.copy()
    other[:, 2] += 1
    before, after = net.predict(X), net.predict(other)
    assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).mean() > 0.9
    with pytest.raises(ValueError, match=r"\(120, 4\)\. Received shape \(4, 120\)"):
        net.score(X, y.T)


def test_labels_per_step(images):
    X = images[0]
    y = np.where(X.sum(axis=2) > 40, "full", "empty")
    net = SequenceClassifier(
        "rnn", units=8, return_sequences=True, epochs=20, random_state=0
    )
    net.set_params(learning_rate=0.02).fit(X, y)
    predicted = net.predict(X)
    assert predicted.shape == y.shape
    assert net.predict_proba(X).shape == (120, 4, 2)
    assert net.decision_function(X).shape == (120, 4)
    assert net.score(X, y) == accuracy_score(y.ravel(), predicted.ravel()) > 0.8
    first = np.repeat([1.0, 0.0], [1, 119])
    assert net.score(X, y, first) == (predicted[0] == y[0]).mean()


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({}, np.zeros(120), "Received shape \\(120,\\)"),
        ({}, np.zeros((120, 3)), "4 steps and y with 3"),
        ({"window": 3}, np.zeros((120, 4)), "window=3 one per row"),
        ({"class_weight": "balanced"}, np.eye(120, 4), "class_weight='balanced'"),
    ],
)
def test_wrong_targets_per_step(images, params, y, message):
    net = SequenceClassifier(return_sequences=True, **NET, **params)
    with pytest.raises(ValueError, match=message):
        net.fit(images[0], y)


def test_targets_per_step_want_one_length(vowels):
    net = SequenceRegressor(return_sequences=True, **NET)
    with pytest.raises(ValueError, match="Cut them into pieces of one length"):
        net.fit(vowels[0], np.zeros((45, 8)))


# The engines and the forward passes

# Cells, directions, stacks, masks, tokens and outputs are each in one case or more.
CASES = {
    "gru, per step, both ways": {
        "cell": "gru",
        "activation": "relu",
        "bidirectional": True,
        "return_sequences": True,
    },
    "masked lstm, both ways": {"cell": "lstm", "bidirectional": True},
    "masked rnn, stacked": {
        "cell": "rnn",
        "units": (4, 3),
        "activation": keras.layers.LeakyReLU(0.1),
    },
    "masked conv of tokens": {
        "cell": "conv",
        "units": (4, 3),
        "kernel_size": 4,
        "embedding_dim": 3,
        "batch_norm": True,
    },
}


@pytest.mark.parametrize("name", CASES)
def test_engines_and_forward_passes_agree(images, name, without_xla, monkeypatch):
    """What XLA compiles elsewhere, Keras's layers, NumPy and ``model_``."""
    X, y = images
    params = CASES[name]
    if "return_sequences" in params:
        y = (X.sum(axis=2) > 30).astype(int)
    if "embedding_dim" in params:
        X = X[:, :, 1].astype(int)  # one of them is 0, which is no padding
    if name.startswith("masked"):
        X = [x[: 1 + i % 4] for i, x in enumerate(X)]
    # Double precision: of kernels before batch normalisation only the noise differs.
    base = {**NET, "dtype": "float64", "learning_rate_schedule": None}
    net = SequenceClassifier(**{**base, **params})
    net.fit(X, y)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
    # Keras's fit takes seconds to trace the loops of recurrent layers.
    engine = "keras" if net.cell == "conv" else "auto"
    reference = clone(net).set_params(engine=engine).fit(X, y)
    same_weights(net, reference, 1e-6)
    assert_allclose(net.history_, reference.history_, rtol=1e-5)
    by_numpy = net.predict_proba(X)
    # All lengths in one bucket, so that there is padding.
    monkeypatch.setattr(sequence_inputs, "bucket", lambda n_steps: 0)
    assert_allclose(net.predict_proba(X), by_numpy, atol=1e-12)
    monkeypatch.setattr(SequenceExecution, "suits_numpy", lambda spec, n_rows: False)
    assert_allclose(net.predict_proba(X), by_numpy, atol=1e-12)
    if isinstance(X, list):
        X = padded([np.reshape(x, (len(x), -1)).astype(float) for x in X])
    elif X.ndim == 2:
        X = X[..., None]
    outputs = np.asarray(net.model_(X.astype("float64")))
    assert_allclose(outputs[..., -1], by_numpy[..., -1], rtol=0, atol=1e-12)


def test_single_precision_agrees(images, of_images):
    """What XLA compiles in double precision above is compared here as it is run."""
    reference = clone(of_images).set_params(engine="keras").fit(*images)
    same_weights(of_images, reference, 1e-4)


@pytest.mark.parametrize(
    ("cell", "epochs", "path"),
    [("lstm", 24, "plain"), ("lstm", 25, "xla"), ("conv", 25, "plain")],
)
def test_loops_are_compiled_earlier(images, monkeypatch, cell, epochs, path):
    def train(job, engine):
        raise InterruptedError(job.path)

    monkeypatch.setattr(_base, "train", train)
    with pytest.raises(InterruptedError, match=path):  # four steps each:
        SequenceClassifier(cell, units=2, epochs=epochs).fit(*images)


@pytest.fixture
def fused_runs(monkeypatch):
    """How many members each compiled call for several networks had."""
    runs = []
    original = _fused.FusedProgram.run

    def run(program, states, metric_states, chunk, *, xla):
        runs.append(chunk.rows.shape[0])
        return original(program, states, metric_states, chunk, xla=xla)

    monkeypatch.setattr(_fused.FusedProgram, "run", run)
    monkeypatch.setattr(_fused.FusedProgram, "pays", lambda *arguments: True)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    return runs


def fit_fused(net, data, y):
    """Fits of ``data`` in turn, 16 in all."""
    models = [clone(net) for _ in range(16)]
    with skdeep.fuse():
        return Parallel()(
            delayed(model.fit)(data[i % len(data)], y) for i, model in enumerate(models)
        )


@pytest.mark.parametrize(
    ("cell", "n_steps", "together"),
    [("lstm", 4, True), ("rnn", 9, False)],
)
def test_fused_is_as_alone(
    images, fused_runs, cell, n_steps, together, without_xla, monkeypatch
):
    """Short ones are trained together, those with longer loops in turns.

    Those without loops are below.
    """
    X = np.tile(images[0], (1, 3, 1))[:, :n_steps]
    net = SequenceClassifier(cell, **NET)
    with monkeypatch.context() as patch:
        patch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
        alone = clone(net).fit(X, images[1])
    for model in fit_fused(net, [X], images[1]):
        same_weights(model, alone, 1e-4)
    assert bool(fused_runs) == together


def test_fused_sequences_of_different_lengths(
    vowels, fused_runs, without_xla, monkeypatch
):
    X, y = vowels
    net = SequenceClassifier("conv", **NET)
    data = [X, [x[:7] for x in X]]
    with monkeypatch.context() as patch:
        patch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
        alone = [clone(net).fit(part, y) for part in data]
    for number, model in enumerate(fit_fused(net, data, y)):
        same_weights(model, alone[number % 2], 1e-4)
    assert fused_runs
    assert max(fused_runs) <= 8  # only those of one length


# Options


@pytest.mark.parametrize("n_steps", [10**9, 1], ids=["plain", "lowered"])
def test_recurrent_dropout(spots, of_windows, n_steps, without_xla, monkeypatch):
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", n_steps)
    net = clone(of_windows).set_params(recurrent_dropout=0.5)
    first, second = net.fit(*spots), clone(net).fit(*spots)
    same_weights(first, second, 1e-6)
    with pytest.raises(AssertionError):
        same_weights(first, of_windows, 1e-3)


def test_recurrent_dropout_is_the_same_in_all_steps():
    layer = HoistedRNN(
        64,
        activation="linear",
        kernel_initializer="zeros",
        recurrent_initializer="identity",
        bias_initializer="ones",
        recurrent_dropout=0.5,
        seed=0,
    )
    X = tf.zeros([20, 6, 1])
    with lowering():
        out = layer(X, training=True).numpy()
    # h = 1 + factor * h with a factor of 0 or 2.
    assert set(out.ravel()) == {1.0, 2.0**6 - 1}
    assert 0.4 < (out > 1).mean() < 0.6
    assert len(np.unique(out, axis=0)) == 20


def test_activation_reaches_the_cells(images, untrained):
    X, expected = images[0], []
    for activation in ("auto", "tanh", "relu"):
        net = SequenceClassifier("rnn", activation=activation, **NET).fit(*images)
        layer = next(x for x in net.model_.layers if hasattr(x, "cell"))
        name = {"auto": "tanh"}.get(activation, activation)
        assert layer.cell.activation.__name__ == name
        expected.append(net.predict_proba(X))
        assert_allclose(net.model_(X), expected[-1], atol=1e-5)
    assert_array_equal(expected[0], expected[1])
    assert not np.allclose(expected[0], expected[2], atol=1e-3)


@pytest.mark.parametrize("units", [0, (3, 0), (), 2.5])
def test_wrong_units(images, units):
    with pytest.raises(ValueError, match="units"):
        SequenceClassifier(units=units, epochs=1).fit(*images)


def test_warm_start_and_partial_fit(vowels):
    X, y = vowels
    net = SequenceClassifier("gru", warm_start=True, **NET).fit(X, y)
    loss = net.history_["loss"].iloc[-1]
    net.set_params(epochs=10).fit([x[:9] for x in X], y)
    assert net.n_epochs_ == 12
    assert net.history_["loss"].iloc[-1] < loss
    net.partial_fit(X, y)
    assert net.n_epochs_ == 13
    with pytest.raises(ValueError, match="cell_units"):
        net.set_params(units=5).fit(X, y)


def test_saved(of_vowels, of_tokens, of_windows, vowels, images, spots, tmp_path):
    data = [vowels[0], images[0][:, 3].astype(int), spots[0]]
    nets = of_vowels, of_tokens, of_windows
    for number, (net, X) in enumerate(zip(nets, data, strict=True)):
        path = tmp_path / f"{number}.skdeep"
        skdeep.save(net, path)
        assert_array_equal(skdeep.load(path).predict(X), net.predict(X))


@pytest.mark.parametrize(
    ("field", "value"), [("n_tokens", 10**6), ("return_sequences", True)]
)
def test_files_of_inputs_that_do_not_fit_the_network(of_tokens, field, value, tmp_path):
    path = tmp_path / "net.skdeep"
    skdeep.save(of_tokens, path)
    forge(path, lambda c: state_of(c)["_inputs"]["fields"].update({field: value}))
    with pytest.raises(skdeep.FileFormatError, match=f"Sequences cannot have {field}"):
        skdeep.load(path)


def test_exported_with_any_length(of_vowels, vowels, tmp_path):
    of_vowels.export(str(tmp_path / "net"))
    loaded = tf.saved_model.load(tmp_path / "net")
    X = padded([x.astype("float32") for x in vowels[0]])
    assert_allclose(loaded.serve(X), of_vowels.predict_proba(vowels[0]), atol=1e-5)


def test_quantile_loss(spots, tmp_path):
    X, y = spots
    loss = skdeep.QuantileLoss(0.9)
    net = SequenceRegressor("conv", window=3, loss=loss, epochs=30, random_state=0)
    net.fit(X, y)
    assert 0.8 < (y <= net.predict(X)).mean() < 0.99
    skdeep.save(net, tmp_path / "net.skdeep")
    loaded = skdeep.load(tmp_path / "net.skdeep")
    assert loaded.loss.quantile == 0.9
    assert_array_equal(loaded.predict(X), net.predict(X))
    values = loss.call(tf.constant([[1.0, 3.0]]), tf.constant([[2.0, 1.0]]))
    assert_allclose(values, [(0.1 * 1 + 0.9 * 2) / 2], rtol=1e-6)


def test_accuracy_on_real_sequences():
    net = SequenceClassifier(
        "conv", units=(32, 32), batch_norm=True, epochs=60, random_state=0
    )
    name = "BasicMotions"
    assert net.fit(*ucr(name, "TRAIN")).score(*ucr(name, "TEST")) > 0.9


# Rules at the edges


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "conv"])
def test_every_kernel_has_its_own_seed(images, untrained, cell):
    nets = [
        SequenceClassifier(cell, units=(8, 8), bidirectional=True, epochs=1)
        .set_params(random_state=seed)
        .fit(images[0][:, :2], images[1])
        for seed in (0, 1, 0)
    ]
    first, second, again = (net.network_.weights.trainable for net in nets)
    kernels = [i for i, array in enumerate(first) if array.ndim > 1 and array.any()]
    assert len(kernels) >= 3
    for i in kernels:
        assert_array_equal(first[i], again[i])
        if cell == "gru" and first[i].shape[0] == 2:
            continue  # its biases
        assert np.abs(first[i] - second[i]).max() > 0.01
        for j in kernels:
            if j > i and first[i].shape == first[j].shape:
                assert np.abs(first[i] - first[j]).max() > 0.01


def test_lists_for_a_network_of_arrays(conv_of_images, images):
    X, y = images
    by_list = clone(conv_of_images).fit(X, y, X_val=list(X), y_val=y)
    by_array = clone(conv_of_images).fit(X, y, X_val=X, y_val=y)
    assert_allclose(by_list.history_, by_array.history_, rtol=1e-6)
    by_list.partial_fit(list(X), y)
    by_array.partial_fit(X, y)
    same_weights(by_list, by_array, 1e-6)


def test_classes_of_partial_fit_per_step(images, untrained):
    X, y = images[0], (images[0].sum(axis=2) > 40).astype(int)
    net = SequenceClassifier("rnn", return_sequences=True, **NET)
    with pytest.raises(ValueError, match="classes must be passed"):
        net.partial_fit(X, y)
    assert_array_equal(net.partial_fit(X, y, classes=[0, 1, 2]).classes_, [0, 1, 2])


def test_integers_keep_their_precision(untrained):
    X = (np.arange(60) + 1_600_000_000)[:, None]
    net = SequenceRegressor("rnn", window=4, dtype="float64", **NET)
    net.fit(X, np.sin(np.arange(60)))
    assert_array_equal(net.predict(X), net.predict(X.astype(float)))


def test_a_changed_window_waits_for_the_next_fit(of_windows, spots):
    net = deepcopy(of_windows)
    expected = net.predict(spots[0])
    for window in (7, None):
        net.set_params(window=window)
        assert_array_equal(net.predict(spots[0]), expected)
        assert net.sequence_shape_ == (3, 1)


def test_keras_engine_validates_in_pieces(spots, keras_eagerly, monkeypatch):
    monkeypatch.setattr(SequenceExecution, "rows_at_once", property(lambda spec: 100))
    net = SequenceRegressor("conv", window=3, engine="keras", **NET)
    by_keras = net.fit(*spots, X_val=spots[0], y_val=spots[1])
    compiled = clone(net).set_params(engine="compiled")
    compiled.fit(*spots, X_val=spots[0], y_val=spots[1])
    assert_allclose(by_keras.history_, compiled.history_, rtol=1e-4)


def test_labels_that_come_last_only(spots):
    y = np.repeat([0, 1, 2], [200, 90, 18])
    net = SequenceClassifier("rnn", window=3, early_stopping=True, **NET)
    with pytest.raises(ValueError, match=r"labels that only these have: \[2\]"):
        net.fit(spots[0], y)


def test_activations_that_learn(images):
    prelu = keras.layers.PReLU()
    SequenceClassifier("conv", activation=prelu, **NET).fit(*images)
    with pytest.raises(ValueError, match="cannot train the weights of an activation"):
        SequenceClassifier("rnn", activation=prelu, **NET).fit(*images)


@pytest.mark.parametrize(
    ("net", "X", "y", "message"),
    [
        ({}, np.ones((4, 0, 2)), np.arange(4), "at least one step and one channel"),
        ({"embedding_dim": 2}, [[1, 2**24]] * 4, np.arange(4), "below 16777215. Rec"),
    ],
)
def test_sizes_that_cannot_be(net, X, y, message):
    with pytest.raises(ValueError, match=message):
        SequenceRegressor(**net, **NET).fit(X, y)


@pytest.mark.parametrize("quantile", [0, 1, 90, float("nan")])
def test_wrong_quantiles(quantile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        skdeep.QuantileLoss(quantile)


def test_series_of_sequences(of_vowels, vowels):
    X, _ = vowels
    expected = of_vowels.predict(X)
    assert_array_equal(of_vowels.predict(pd.Series(X)), expected)
    assert_array_equal(of_vowels.predict(pd.Series([x.tolist() for x in X])), expected)


def test_one_step_has_a_target_for_it():
    X = np.random.RandomState(0).normal(size=(30, 1, 2))
    y = (X[:, :, 0] > 0).astype(int)
    network = SequenceClassifier(
        "conv", units=2, epochs=1, return_sequences=True, random_state=0
    )
    for targets in (y, y[:, :, None]):
        fitted = network.fit(X, targets)
        assert fitted.predict(X).shape == (30, 1)
        assert fitted.score(X, targets) == (fitted.predict(X) == y).mean()

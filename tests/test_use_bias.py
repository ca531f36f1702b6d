"""``use_bias=False``: no layer has a bias, in every family."""

import copy
import pickle

import keras
import numpy as np
import pytest
from agreement import move_weights, run_xla_as_graph, same_weights
from numpy.testing import assert_allclose, assert_array_equal
from saved_files import forge, state_of
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

import skdeep
from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    TextGenerator,
    backward_trace,
)
from skdeep.training import _job

FIT = {"epochs": 2, "random_state": 0, "batch_size": 10, "use_bias": False}
# Of kernels before batch normalisation only the noise differs between engines.
DOUBLE = {**FIT, "dtype": "float64", "learning_rate_schedule": None}
IMAGES, DIGITS = load_digits(return_X_y=True)
IMAGES, DIGITS = IMAGES[:24].reshape(-1, 8, 8), DIGITS[:24]
ROWS, SERIES = IMAGES[:, 2], IMAGES[:, :5]
RAGGED = [image[: 2 + k % 5] for k, image in enumerate(IMAGES)]
LABELS = DIGITS % 3
TEXTS = ["a good day", "a bad night at sea"] * 12
# Each with the shapes of its weights in Keras's order.
CASES = {
    "linear": (DenseRegressor((), **DOUBLE), ROWS, LABELS, [(8, 1)]),
    "dense": (
        DenseClassifier((4, 3), **DOUBLE),
        ROWS,
        LABELS,
        [(8, 4), (4, 3), (3, 3)],
    ),
    "normalised": (
        DenseRegressor((4,), batch_norm=True, dropout=0.0, **DOUBLE),
        ROWS,
        ROWS[:, 2:5],
        [(8, 4), (4,), (4,), (4, 3)],
    ),
    "images": (
        ConvClassifier((2,), pool_size=4, hidden_layer_sizes=(4,), **DOUBLE),
        IMAGES,
        LABELS,
        [(3, 3, 1, 2), (8, 4), (4, 3)],
    ),
    "lstm": (
        SequenceClassifier("lstm", units=2, bidirectional=True, **DOUBLE),
        SERIES,
        LABELS,
        [*[(8, 8), (2, 8)] * 2, (4, 3)],
    ),
    "gru": (
        SequenceRegressor("gru", units=3, **DOUBLE),
        SERIES,
        LABELS,
        [(8, 9), (3, 9), (3, 1)],
    ),
    "rnn, masked": (
        SequenceClassifier("rnn", units=3, batch_norm=True, **DOUBLE),
        RAGGED,
        LABELS,
        [(8, 3), (3, 3), (3,), (3,), (3, 3)],
    ),
    "conv": (
        SequenceClassifier("conv", units=3, kernel_size=2, **DOUBLE),
        SERIES,
        LABELS,
        [(2, 8, 3), (3, 3)],
    ),
    "texts": (
        TextClassifier(embedding_dim=2, dropout=0.0, **DOUBLE),
        TEXTS,
        LABELS,
        [(9, 2), (2, 3)],
    ),
    "generator": (
        TextGenerator(units=3, window=4, embedding_dim=2, dropout=0.0, **DOUBLE),
        TEXTS,
        None,
        [(9, 2), (2, 12), (3, 12), (3, 9)],
    ),
    "tied": (
        Autoencoder(2, hidden_layer_sizes=(4,), tied=True, batch_norm=True, **DOUBLE),
        ROWS,
        None,
        [(8, 4), (4,), (4,), (4, 2), (4,), (4,)],
    ),
    "images coded": (
        Autoencoder(2, hidden_layer_sizes=(), filters=(3,), **DOUBLE),
        IMAGES,
        None,
        [(3, 3, 1, 3), (48, 2), (2, 48), (3, 3, 3, 1)],
    ),
}


# They have code of their own for XLA; an LSTM has that of a simple layer.
RECURRENT = "gru", "rnn, masked"
# They are trained, as another engine would. The weights of others are moved at random.
TRAINED = "dense", "images", "tied", "texts", *RECURRENT


@pytest.fixture(scope="module")
def fitted_of():
    fitted = {}

    def fit(name):
        if name not in fitted:
            estimator, X, y, _ = CASES[name]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(_job, "SHORT_FIT_STEPS", 10**9)
                if name in RECURRENT:
                    run_xla_as_graph(patch)
                if name not in TRAINED:
                    move_weights(patch)
                fitted[name] = clone(estimator).fit(X, y)
        return fitted[name]

    return fit


def predictions(estimator, X):
    """Without the Keras model."""
    if isinstance(estimator, TextGenerator):
        return estimator.predict_next(X[0], top=5)["probability"].to_numpy()
    if isinstance(estimator, Autoencoder):
        return estimator.reconstruct(X)
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    return estimator.predict(X)


every_case = pytest.mark.parametrize("name", CASES)


@every_case
def test_weights_and_what_the_keras_model_gives(name, fitted_of):
    fitted, (_, X, _, shapes) = fitted_of(name), CASES[name]
    trainable = fitted.network_.weights.trainable
    assert [array.shape for array in trainable] == shapes
    model = fitted.model_
    n_trainable = sum(np.prod(v.shape) for v in model.trainable_variables)
    untied = shapes if not getattr(fitted, "tied", False) else [*shapes, (2, 4), (4, 8)]
    assert n_trainable == sum(map(np.prod, untied))
    assert not any("bias" in variable.name for variable in model.variables)
    assert not any(weight.endswith("bias") for weight in fitted.get_weights())
    if not isinstance(fitted, TextGenerator):
        output = np.asarray(model(fitted._network_rows(X)))
        assert_allclose(output.ravel(), predictions(fitted, X).ravel(), atol=1e-6)


@pytest.mark.parametrize("name", TRAINED)
def test_engines_agree(name, fitted_of):
    """Recurrent layers with those of Keras, whose fit takes seconds to trace them."""
    estimator, X, y, _ = CASES[name]
    engine = "compiled" if name in RECURRENT else "keras"
    reference = clone(estimator).set_params(engine=engine).fit(X, y)
    same_weights(fitted_of(name), reference, 1e-6)


@every_case
def test_copies(name, fitted_of, tmp_path):
    fitted, X = fitted_of(name), CASES[name][1]
    assert clone(fitted).use_bias is False
    skdeep.save(fitted, tmp_path / "net")
    loaded = skdeep.load(tmp_path / "net")
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted), loaded):
        assert again.use_bias is False
        assert_array_equal(predictions(again, X), predictions(fitted, X))


def test_intercepts(fitted_of):
    dense = fitted_of("dense")
    assert [b.tolist() for b in dense.intercepts_] == [[0] * 4, [0] * 3, [0] * 3]
    assert_array_equal(dense.coefs_[1], dense.get_weights()["dense_2/kernel"])
    # The shift of the batch normalisation, which is folded in.
    hidden, output = fitted_of("normalised").intercepts_
    assert hidden.all()
    assert not output.any()


def test_traces(fitted_of):
    dense = fitted_of("dense")
    trace = backward_trace(dense, ROWS, LABELS)
    assert set(trace.weights["parameter"]) == {"kernel"}
    assert len(trace.weights) == 8 * 4 + 4 * 3 + 3 * 3
    nodes = trace.nodes.query("layer == 'output'")
    probabilities = nodes["activation"].to_numpy().reshape(-1, 3)
    assert_allclose(probabilities, dense.predict_proba(ROWS), atol=1e-12)


def test_given_weights():
    """Without biases, and the units of the last layer in another order."""
    kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
    network = DenseRegressor.from_weights(kernels, activation="linear", use_bias=False)
    assert network.predict([[-1.0, 2.0]]) == -3
    assert list(network.get_weights()) == ["dense_1/kernel", "output/kernel"]
    with pytest.raises(ValueError, match="use_bias=False has no biases"):
        DenseRegressor.from_weights(kernels, [[0, 0], [0]], use_bias=False)
    for last in ([[1, 2, 3]], [[1]]):
        options = {"classes": list("cab")[: max(2, len(last[0]))]}
        plain = DenseClassifier.from_weights([last], **options)
        without = DenseClassifier.from_weights([last], use_bias=False, **options)
        X = [[0.5], [-2.0]]
        assert_array_equal(without.predict_proba(X), plain.predict_proba(X))


def test_networks_of_sklearn_have_biases():
    mlp = MLPClassifier((3,), max_iter=1, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(ROWS, LABELS)
    with pytest.raises(ValueError, match="use_bias=False has no biases"):
        DenseClassifier.from_sklearn(mlp, use_bias=False)


def test_a_fit_goes_on_with_the_biases_that_it_has(fitted_of, moved):
    again = copy.deepcopy(fitted_of("linear")).partial_fit(ROWS, LABELS)
    assert list(again.get_weights()) == ["output/kernel"]
    with pytest.raises(ValueError, match=r"'use_bias': False.*'use_bias': True"):
        again.set_params(use_bias=True).partial_fit(ROWS, LABELS)


def test_layers_of_ones_own_have_the_biases_that_they_have(untrained):
    """The output layer is ours."""

    def layers(shape):
        return keras.layers.Dense(2)

    net = DenseRegressor(network=layers, **FIT).fit(ROWS, LABELS)
    kinds = [name.split("/")[-1] for name in net.get_weights()]
    assert kinds == ["kernel", "bias", "kernel"]


def test_specs_of_older_pickles_have_biases():
    net = DenseRegressor.from_weights([[[2.0]]], [[1.0]])
    del net.network_.spec.__dict__["use_bias"]
    state = net.__getstate__()
    state.pop("use_bias")
    again = DenseRegressor.__new__(DenseRegressor)
    again.__setstate__(state)
    assert again.use_bias
    assert again.predict([[3.0]]) == 7
    assert again.intercepts_[0] == 1


def test_older_files_have_biases(tmp_path):
    net = DenseRegressor.from_weights([[[2.0]]], [[1.0]])
    skdeep.save(net, tmp_path / "net")

    def older(content):
        content["skdeep"] = "0.0.9"
        del state_of(content)["use_bias"]
        network = state_of(content)["network_"]["fields"]
        del network["spec"]["fields"]["use_bias"]

    forge(tmp_path / "net", older)
    again = skdeep.load(tmp_path / "net")
    assert again.use_bias
    assert again.predict([[3.0]]) == 7


@pytest.mark.parametrize("says", [False, 1])
def test_files_that_lie_about_biases(says, tmp_path):
    skdeep.save(DenseRegressor.from_weights([[[2.0]]], [[1.0]]), tmp_path / "net")

    def lie(content):
        network = state_of(content)["network_"]["fields"]
        network["spec"]["fields"]["use_bias"] = says

    forge(tmp_path / "net", lie)
    match = "use_bias" if says else "weights of the shapes"
    with pytest.raises(skdeep.FileFormatError, match=match):
        skdeep.load(tmp_path / "net")


def test_a_search_over_both_within_fuse():
    """Each has a program of its own."""
    grid = {"use_bias": np.array([True, False])}
    net = DenseClassifier((4,), **DOUBLE)
    search = GridSearchCV(net, grid, scoring="neg_log_loss", cv=2)
    with skdeep.fuse():
        together = clone(search).fit(ROWS, LABELS).cv_results_["mean_test_score"]
    alone = search.fit(ROWS, LABELS).cv_results_["mean_test_score"]
    assert_allclose(together, alone, rtol=1e-6)
    assert together[0] != together[1]


def test_a_line_through_the_origin(fitted_of, moved):
    """As Keras's layers; standardisation would centre the targets."""
    X, y = ROWS[:, 2:4], ROWS[:, 2] + 30
    line = DenseRegressor((), **FIT, normalize=False).fit(X, y)
    zeros = np.zeros((1, 2))
    assert line.predict(zeros) == line.model_(zeros).numpy() == 0
    centred = fitted_of("linear").predict(ROWS.mean(axis=0)[None])
    assert centred == pytest.approx(LABELS.mean())


def test_black_images_stay_black(moved):
    """What is zero everywhere stays zero, whatever was learnt."""
    net = ConvClassifier((2,), hidden_layer_sizes=(), **FIT, normalize=False)
    net.fit(IMAGES, DIGITS % 2)
    assert_array_equal(net.predict_proba(np.zeros((1, 8, 8))), [[0.5, 0.5]])

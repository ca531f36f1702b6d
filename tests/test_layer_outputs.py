"""What the layers of fitted networks give, and their summaries and weights."""

import keras
import numpy as np
import pytest
from agreement import take_no_steps
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from text_data import paragraphs

import skdeep
from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    TextClassifier,
    layer_outputs,
)

# What is learnt does not matter.
pytestmark = pytest.mark.usefixtures("moved")


@pytest.fixture(scope="module")
def images():
    X, y = load_digits(return_X_y=True)
    return X[:60].reshape(-1, 8, 8) / 16, y[:60]


@pytest.fixture(scope="module")
def sequences(images):
    """The rows of an image are steps; the last ones are missing in some."""
    return [image[: 4 + n % 5] for n, image in enumerate(images[0])]


def conv(**params):
    network = ConvClassifier((4, 6), hidden_layer_sizes=(5,), epochs=1, random_state=0)
    return network.set_params(**params)


def autoencoder(**params):
    sizes = {"hidden_layer_sizes": (5,), "epochs": 1, "random_state": 0}
    return Autoencoder(2, **sizes, **params)


class Fitted(dict):
    """A fitted network of each kind, and samples for it, made when it is asked for.

    Each weight and each moving average is moved at random; no step is taken.
    """

    def __init__(self, makers):
        super().__init__()
        self.makers = makers

    def __missing__(self, kind):
        estimator, X, y = self.makers[kind]()
        with pytest.MonkeyPatch.context() as patch:
            take_no_steps(patch)
            estimator.fit(X, y)
        rng = np.random.RandomState(0)
        weights = estimator.get_weights()
        moved = {k: v + rng.uniform(-0.2, 0.2, v.shape) for k, v in weights.items()}
        self[kind] = estimator.set_weights(moved), X
        return self[kind]


@pytest.fixture(scope="module")
def fitted(images, sequences, iris, diabetes):
    once = {"epochs": 1, "random_state": 0}

    def odd():
        X, y = diabetes
        net = DenseRegressor((6,), activation=keras.layers.PReLU(), **once)
        return net, X, y + 1000  # none is predicted near zero, where rounding shows

    def gru():
        net = SequenceClassifier("gru", units=(4, 3), bidirectional=True, **once)
        return net, sequences, images[1]

    def along():
        net = SequenceClassifier("conv", units=(4,), batch_norm=True, **once)
        return net, *images

    return Fitted(
        {
            "dense": lambda: (DenseClassifier((6, 5), batch_norm=True, **once), *iris),
            "odd": odd,
            "conv": lambda: (conv(batch_norm=True), *images),
            "pooled": lambda: (conv(global_pooling="average"), *images),
            "bfloat16": lambda: (conv(dtype="mixed_bfloat16"), *images),
            "gru": gru,
            "along": along,
            "text": lambda: (TextClassifier(embedding_dim=4, **once), *paragraphs()),
            "code": lambda: (autoencoder(tied=True, code_l1=0.1), iris[0], None),
            "images": lambda: (
                autoencoder(filters=(3, 4), batch_norm=True),
                images[0],
                None,
            ),
        }
    )


BLOCKS = ["conv_1", "pool_1", "conv_2", "pool_2"]
LAYERS = {
    "dense": ["dense_1", "dense_2", "output"],
    "odd": ["dense_1", "output"],
    "conv": [*BLOCKS, "flatten", "dense_1", "output"],
    "pooled": [*BLOCKS, "global_pooling", "dense_1", "output"],
    "bfloat16": [*BLOCKS, "flatten", "dense_1", "output"],
    "gru": ["gru_1", "gru_2", "output"],
    "along": ["conv_1", "average", "output"],
    "text": ["embedding", "average", "output"],
    "code": ["dense_1", "code", "dense_2", "output"],
    "images": [
        *["conv_1", "conv_2", "flatten", "dense_1", "code"],
        *["dense_2", "dense_3", "conv_3", "output"],
    ],
}
every_kind = pytest.mark.parametrize("kind", LAYERS)


@every_kind
def test_layers_have_stable_names(fitted, kind):
    network, X = fitted[kind]
    outputs = layer_outputs(network, X)
    assert list(outputs) == LAYERS[kind] == list(network.summary().index)
    for values in outputs.values():
        assert len(values) == len(X)
        assert values.dtype == "float32"


@every_kind
def test_output_layer_is_the_prediction(fitted, kind):
    network, X = fitted[kind]
    (output,) = layer_outputs(network, X, -1).values()
    if hasattr(network, "predict_proba"):
        assert_allclose(output, network.predict_proba(X), atol=2e-6)
    elif hasattr(network, "reconstruct"):
        expected = network.reconstruct(X).reshape(len(X), -1)
        assert_allclose(output, expected, atol=1e-5)
        (code,) = layer_outputs(network, X, "code").values()
        assert_allclose(code, network.transform(X), atol=1e-5)
    else:
        assert_allclose(output[:, 0], network.predict(X), rtol=1e-5)


# A mask is one input channel more in the Keras model: those are compared above.
@pytest.mark.parametrize("kind", ["dense", "odd", "conv", "pooled", "along"])
def test_every_layer_is_that_of_the_keras_model(fitted, kind):
    network, X = fitted[kind]
    tensors = [layer.output for layer in network.model_.layers]
    X = X if np.ndim(X) == len(network.model_.input_shape) else X[..., None]
    of_keras = keras.Model(network.model_.inputs, tensors).predict(X, verbose=0)
    for name, values in layer_outputs(network, X).items():
        equal = [
            other.shape == values.shape and np.allclose(other, values, atol=1e-5)
            for other in of_keras
        ]
        assert any(equal), name


def test_units_of_a_regressors_output(diabetes, regressor):
    X, _ = diabetes
    outputs = layer_outputs(regressor, X, "output")
    assert_allclose(outputs["output"][:, 0], regressor.predict(X), rtol=1e-6)


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("dense_1", ["dense_1"]),
        (-2, ["dense_2"]),
        ([-1, "dense_1"], ["dense_1", "output"]),
        ([0, np.int64(0)], ["dense_1"]),
        ([], []),
    ],
)
def test_layers_by_name_and_by_number(fitted, layers, names):
    network, X = fitted["dense"]
    outputs = layer_outputs(network, X, layers)
    assert list(outputs) == names
    every = layer_outputs(network, X)
    for name in names:
        assert_array_equal(outputs[name], every[name])


@pytest.mark.parametrize("layer", ["dense_9", 3, -4, 1.0, True])
def test_unknown_layers_are_refused(fitted, layer):
    for layers in (layer, [layer]):
        with pytest.raises(ValueError, match="A layer must be one of"):
            layer_outputs(*fitted["dense"], layers=layers)


def test_frames(iris, fitted):
    network, _ = fitted["dense"]
    X = skdeep_frame(iris[0])
    frame = layer_outputs(network, X, as_frame=True)["dense_2"]
    assert list(frame.columns) == [f"dense_2_{n}" for n in range(5)]
    assert list(frame.index) == list(X.index)


def test_frames_of_lists(fitted):
    for kind in ("text", "gru"):
        network, X = fitted[kind]
        frame = layer_outputs(network, X[:3], -1, as_frame=True)["output"]
        assert list(frame.index) == [0, 1, 2]


def test_steps_that_are_not_there(fitted, sequences):
    """Padding is no output; what is there does not depend on it."""
    network, X = fitted["gru"]
    outputs = layer_outputs(network, X)["gru_1"]
    for row, sequence in zip(outputs, X, strict=True):
        assert np.isnan(row[len(sequence) :]).all()
        alone = layer_outputs(network, [sequence])["gru_1"][0]
        assert_allclose(row[: len(sequence)], alone[: len(sequence)], atol=1e-6)


def skdeep_frame(X):
    import pandas as pd

    return pd.DataFrame(X, index=np.arange(len(X)) + 100)


def test_sparse_rows_and_many_rows(iris, fitted):
    network, X = fitted["dense"]
    expected = layer_outputs(network, X)
    of_sparse = layer_outputs(network, sparse.csr_array(X))
    of_many = layer_outputs(network, np.tile(X, (8, 1)))
    for name, values in expected.items():
        assert_allclose(of_sparse[name], values, rtol=1e-6)
        assert_allclose(of_many[name][-len(X) :], values, rtol=1e-6)


@pytest.mark.parametrize("wrap", ["pipeline", "search", "frozen"])
def test_networks_within_others(iris, wrap):
    X, y = iris
    network = DenseClassifier((4,), epochs=1, random_state=0)
    pipe = make_pipeline(StandardScaler(), network).fit(X, y)
    expected = layer_outputs(pipe[-1], pipe[0].transform(X))["dense_1"]
    if wrap == "search":
        pipe = GridSearchCV(pipe, {"denseclassifier__epochs": [1]}, cv=2).fit(X, y)
    if wrap == "frozen":
        pipe = FrozenEstimator(pipe)
    assert_array_equal(layer_outputs(pipe, X)["dense_1"], expected)


def test_what_has_no_network_is_refused(iris):
    with pytest.raises(TypeError, match="estimator must be a network of skdeep"):
        layer_outputs(StandardScaler().fit(iris[0]), iris[0])
    with pytest.raises(TypeError, match="predicts something for each sample"):
        layer_outputs(skdeep.TextGenerator(), ["a text"])


@pytest.mark.parametrize(
    "network",
    [
        DenseClassifier(),
        make_pipeline(DenseClassifier()),
        GridSearchCV(DenseClassifier(), {"epochs": [1]}),
    ],
)
def test_unfitted_networks_are_refused(network, iris):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        layer_outputs(network, iris[0])


@every_kind
def test_summary_counts_as_keras_does(fitted, kind):
    network, _ = fitted[kind]
    summary = network.summary()
    if kind != "code":  # tied kernels count once, the Keras model has them twice
        assert summary["parameters"].sum() == network.model_.count_params()
    trainable = sum(map(np.size, network.network_.weights.trainable))
    assert summary["trainable"].sum() == trainable


def test_flops_and_shapes(fitted, images, untrained):
    summary = fitted["conv"][0].summary()
    assert summary.loc["conv_2", "output_shape"] == (4, 4, 6)
    assert summary.loc["conv_2", "flops"] == 2 * 16 * 9 * 4 * 6
    assert summary.loc["dense_1", "flops"] == 2 * 24 * 5
    assert summary.loc["pool_1", "flops"] == 0
    summary = fitted["along"][0].summary()
    assert summary.loc["conv_1", "flops"] == 2 * 8 * 7 * 8 * 4
    # Both ways: kernels of 8 x 12 and 4 x 12, then 8 x 9 and 3 x 9.
    summary = fitted["gru"][0].summary()
    assert summary.loc["gru_1", "flops"] == 2 * 2 * (8 * 12 + 4 * 12)
    assert summary.loc["gru_2", "flops"] == 2 * 2 * (8 * 9 + 3 * 9)
    # Where all have eight steps of eight numbers, all steps count.
    network = SequenceClassifier("rnn", units=(3,), epochs=1).fit(*images)
    assert network.summary().loc["rnn_1", "flops"] == 2 * 8 * (8 * 3 + 3 * 3)


@every_kind
def test_weights_by_name_go_there_and_back(fitted, kind):
    from copy import deepcopy

    network, X = fitted[kind]
    weights = network.get_weights()
    n_parameters = sum(map(np.size, weights.values()))
    assert n_parameters == network.summary()["parameters"].sum()
    other = deepcopy(network)
    zeros = {name: np.zeros_like(value) for name, value in weights.items()}
    assert other.set_weights(zeros) is other
    assert not other.get_weights()["output/bias"].any()
    samples = network._inputs.samples(network, X)
    assert not np.array_equal(
        other._inputs.forward(other.network_, samples),
        network._inputs.forward(network.network_, samples),
    )
    other.set_weights(weights)
    assert_array_equal(
        other._inputs.forward(other.network_, samples),
        network._inputs.forward(network.network_, samples),
    )


def test_what_was_handed_out_is_a_copy(fitted):
    network, _ = fitted["odd"]
    network.get_weights()["output/kernel"][:] = 0
    network.coefs_[1][:] = 0
    network.intercepts_[1][:] = 7
    weights = network.get_weights()
    assert weights["output/kernel"].all()
    assert_array_equal(network.coefs_[1], weights["output/kernel"])
    assert_array_equal(network.intercepts_[1], weights["output/bias"])


def test_some_weights(iris):
    X, y = iris
    network = DenseClassifier((4,), epochs=2, random_state=0).fit(X, y)
    old_model, before = network.model_, network.get_weights()
    network.set_weights({"output/bias": [5, 0, 0]})
    after = network.get_weights()
    assert_array_equal(after["output/bias"], [5, 0, 0])
    assert_array_equal(after["dense_1/kernel"], before["dense_1/kernel"])
    assert network.model_ is not old_model
    output = network.model_.predict(X, verbose=0)
    assert_allclose(output, network.predict_proba(X), atol=1e-6)
    network.partial_fit(X, y)
    assert not np.array_equal(network.get_weights()["output/bias"], [5, 0, 0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"dense_7/kernel": [1]}, "must be some of .*dense_1/kernel"),
        ({"output/bias": [1, 2]}, r"must have shape \(3,\). Received shape \(2,\)"),
        ({"output/bias": [1, 2, np.nan]}, "must be finite. Received NaN"),
        ({"dense_1/moving_variance": -np.ones(6)}, "not be negative. Received -1"),
    ],
)
def test_weights_that_do_not_fit_are_refused(fitted, weights, message):
    network, X = fitted["dense"]
    before = network.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        network.set_weights({"output/kernel": np.zeros((5, 3)), **weights})
    assert_array_equal(network.predict_proba(X), before)
    with pytest.raises(TypeError, match="must be a dict of arrays by name"):
        network.set_weights(list(network.get_weights().values()))


def test_coefs_and_intercepts_predict(iris, fitted):
    """Written out as in a textbook, from what scikit-learn's MLP has, too."""
    network, X = fitted["dense"]
    scaling = network.network_.inputs
    x = scaling.apply(X)
    *hidden, (kernel, bias) = zip(network.coefs_, network.intercepts_, strict=True)
    for coefs, intercepts in hidden:
        z = x @ coefs + intercepts
        x = z / (1 + np.exp(-z))
    assert_allclose(x @ kernel + bias, network.decision_function(X), atol=1e-5)
    with pytest.raises(AttributeError, match="no attribute 'coefs_' before fit"):
        _ = DenseRegressor().coefs_


def test_notebooks_show_the_network_beside_the_diagram(iris):
    X, y = iris
    network = DenseClassifier((4,), epochs=1)
    assert "dense_1" not in network._repr_html_()
    page = network.fit(X, y)._repr_html_()
    assert "sk-top-container" in page
    assert "dense_1" in page
    assert "35 parameters" in page
    assert "dense_1" in network._repr_mimebundle_()["text/html"]

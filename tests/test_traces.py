"""Forward and backward propagation step by step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    backward_trace,
    forward_trace,
)
from skdeep.networks import ACTIVATIONS, CLASSIFICATION_LOSSES, REGRESSION_LOSSES


def of_layer(frame, layer, column):
    part = frame[frame["layer"] == layer]
    return part.pivot(index="sample", columns="node", values=column).to_numpy()


def test_forward_by_hand():
    kernels = [[[2, 4], [4, -5]], [[-1, 1], [2, 2]], [[2], [7]]]
    network = DenseRegressor.from_weights(kernels, activation="relu")
    trace = forward_trace(network, [[3.0, 5.0]])
    assert list(trace["layer"].unique()) == ["input", "dense_1", "dense_2", "output"]
    assert_array_equal(trace["activation"], [3, 5, 26, 0, 0, 26, 182])
    assert_array_equal(trace["weighted_input"], [np.nan] * 2 + [26, -13, -26, 26, 182])
    assert_array_equal(trace["node"], [0, 1, 0, 1, 0, 1, 0])


def test_backward_by_hand():
    """One input 3, weight 2, target 10, squared error: 2 * (6 - 10) * 3 = -24."""
    network = DenseRegressor.from_weights([[[2]]])
    trace = backward_trace(network, [[3.0]], [10.0], learning_rate=0.01)
    assert trace.loss == 16
    kernel = trace.weights.set_index("parameter").loc["kernel"]
    assert kernel["slope"] == -24
    assert kernel["new_value"] == 2.24
    assert trace.nodes["delta"].tolist()[-1] == -8
    assert_array_equal(network.coefs_[0], [[2]])


def test_chain_rule_by_hand():
    """Two layers in NumPy, as a course derives them."""
    rng = np.random.RandomState(0)
    kernels = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]
    biases = [rng.normal(size=4), rng.normal(size=2)]
    X, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    network = DenseRegressor.from_weights(kernels, biases, "tanh", dtype="float64")
    trace = backward_trace(network, X, y, learning_rate=0.1)
    hidden = np.tanh(X @ kernels[0] + biases[0])
    output = hidden @ kernels[1] + biases[1]
    assert_allclose(trace.loss, ((output - y) ** 2).mean())
    delta_2 = 2 * (output - y) / y.size
    delta_1 = delta_2 @ kernels[1].T * (1 - hidden**2)
    assert_allclose(of_layer(trace.nodes, "output", "delta"), delta_2)
    assert_allclose(of_layer(trace.nodes, "dense_1", "delta"), delta_1)
    slopes = trace.weights.set_index(["layer", "parameter"]).sort_index()
    for layer, inputs, delta in [
        ("dense_1", X, delta_1),
        ("output", hidden, delta_2),
    ]:
        kernel = slopes.loc[(layer, "kernel")].reset_index()
        by_ends = kernel.pivot(index="source", columns="target", values="slope")
        assert_allclose(by_ends, inputs.T @ delta)
        assert_allclose(slopes.loc[(layer, "bias"), "slope"], delta.sum(axis=0))
    assert_allclose(slopes["new_value"], slopes["value"] - 0.1 * slopes["slope"])


def keras_slopes(network, X, Y, loss):
    """TensorFlow's gradients of the same network, made of stock layers anew."""
    spec = network.network_.spec
    layers = [keras.Input((X.shape[1],), dtype="float64")]
    for width in spec.hidden_layer_sizes:
        layers.append(keras.layers.Dense(width, spec.activation, dtype="float64"))
    layers.append(keras.layers.Dense(spec.units, spec.output, dtype="float64"))
    model = keras.Sequential(layers)
    model.set_weights(list(network.get_weights().values()))
    loss_of = keras.losses.get(loss)
    if isinstance(loss_of, keras.losses.Loss):  # by the name of a class
        loss_of = type(loss_of)(dtype="float64")
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(loss_of(Y, model(X)))
    return float(value), tape.gradient(value, model.trainable_variables)


def compare(network, X, y, Y, loss):
    trace = backward_trace(network, X, y)
    value, expected = keras_slopes(network, X, Y, loss)
    assert_allclose(trace.loss, value, rtol=1e-6, atol=1e-7)
    names = trace.weights.groupby(["layer", "parameter"], sort=False)["slope"]
    for (_, slopes), gradient in zip(names, expected, strict=True):
        assert_allclose(slopes, gradient.numpy().ravel(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_every_activation_equals_tensorflow(iris, activation):
    X, y = iris[0][:8] / 8, iris[1][:8]
    rng = np.random.RandomState(0)
    kernels = [rng.normal(size=shape) for shape in [(4, 5), (5, 4), (4, 3)]]
    network = DenseClassifier.from_weights(
        kernels, activation=activation, classes=[0, 1, 2], dtype="float64"
    )
    compare(network, X, y, np.eye(3)[y], "categorical_crossentropy")


@pytest.mark.parametrize("loss", sorted(REGRESSION_LOSSES))
def test_every_loss_of_regressors_equals_tensorflow(diabetes, loss):
    X, y = diabetes[0][:8] / 100, diabetes[1][:8] / 100
    directions = loss.lower().startswith("cosine")  # a single target has none
    Y = np.column_stack([y, y[::-1]]) if directions else y[:, None]
    rng = np.random.RandomState(0)
    shapes = [(10, 4), (4, Y.shape[1])]
    kernels = [rng.uniform(0.1, 1, size=shape) for shape in shapes]
    network = DenseRegressor.from_weights(
        kernels, activation="softplus", loss=loss, dtype="float64"
    )
    compare(network, X, Y if directions else y, Y, loss)


@pytest.mark.parametrize("loss", sorted(CLASSIFICATION_LOSSES))
def test_every_loss_of_classifiers_equals_tensorflow(iris, loss):
    X, y = iris[0][:8] / 8, iris[1][:8]
    rng = np.random.RandomState(0)
    kernels = [rng.normal(size=shape) for shape in [(4, 5), (5, 3)]]
    network = DenseClassifier.from_weights(
        kernels, classes=[0, 1, 2], loss=loss, dtype="float64"
    )
    units = network.network_.spec.units
    Y = y[:, None] if loss.lower().startswith("sparse") else np.eye(units)[y]
    compare(network, X, y, Y.astype(float), loss)


def test_confident_mistakes_keep_their_slope():
    """Through the logits: a probability that is zero in floats has a slope, too."""
    network = DenseClassifier.from_weights([[[200.0, 0.0, -200.0]]], classes=[0, 1, 2])
    trace = backward_trace(network, [[1.0]], [2])
    assert trace.loss == 400
    assert_allclose(of_layer(trace.nodes, "output", "delta"), [[1, 0, -1]], atol=1e-80)


def test_fitted_networks(diabetes):
    """In the units of training, with penalties, and without dropout."""
    X, y = diabetes
    network = DenseRegressor((4,), epochs=2, l2=0.01, dropout=0.3, random_state=0)
    network.set_params(batch_norm=True, dtype="float64").fit(X, y)
    trace = backward_trace(network, X, y)
    scale = network.network_.outputs.scale
    error = np.mean((network.predict(X) - y) ** 2) / scale**2
    penalty = 0.01 * sum(
        (values**2).sum()
        for name, values in network.get_weights().items()
        if name.endswith("kernel")
    )
    assert_allclose(trace.loss, error[0] + penalty, rtol=1e-8)
    # Down the slope the loss falls by the square of its length.
    step, slope = 1e-6, trace.weights["slope"].to_numpy()
    network.set_weights(after(trace.weights, network.get_weights(), step))
    fall = trace.loss - backward_trace(network, X, y).loss
    assert_allclose(fall, step * (slope**2).sum(), rtol=1e-3)


def after(frame, weights, learning_rate):
    """The weights after a step."""
    new = {}
    for (layer, name), part in frame.groupby(["layer", "parameter"], sort=False):
        shape = weights[f"{layer}/{name}"].shape
        values = part["value"] - learning_rate * part["slope"]
        new[f"{layer}/{name}"] = values.to_numpy().reshape(shape)
    return new


def test_forward_trace_shows_scaling_and_predictions(diabetes, regressor):
    X, _ = diabetes
    trace = forward_trace(regressor, X[:3])
    layers = ["input", "standardized_input", "dense_1", "output", "rescaled_output"]
    assert list(trace["layer"].cat.categories) == layers
    assert_array_equal(of_layer(trace, "input", "activation"), X[:3])
    scaled = regressor.network_.inputs.apply(X[:3])
    assert_allclose(of_layer(trace, "standardized_input", "activation"), scaled)
    prediction = of_layer(trace, "rescaled_output", "activation")[:, 0]
    assert_allclose(prediction, regressor.predict(X[:3]), rtol=1e-6)


def test_forward_trace_of_a_classifier_in_a_pipeline(iris, untrained):
    X, y = iris
    network = DenseClassifier((3,), activation="sparsemax", epochs=1, random_state=0)
    pipe = make_pipeline(StandardScaler(), network).fit(X, y)
    trace = forward_trace(pipe, X[:4])
    output = of_layer(trace, "output", "activation")
    assert_allclose(output, pipe.predict_proba(X[:4]), atol=1e-6)
    logits = of_layer(trace, "output", "weighted_input")
    assert_allclose(logits, pipe.decision_function(X[:4]), atol=1e-6)
    inputs = of_layer(trace, "input", "activation")
    assert_array_equal(inputs, pipe[0].transform(X[:4]))


def test_sparse_samples(iris, classifier):
    X, y = iris
    some = sparse.csr_array(X[:2])
    assert forward_trace(classifier, some).equals(forward_trace(classifier, X[:2]))
    nodes = backward_trace(classifier, some, y[:2]).nodes
    assert nodes.equals(backward_trace(classifier, X[:2], y[:2]).nodes)


def test_binary_and_multilabel_targets(iris, untrained):
    X, y = iris
    for target in (np.array(["no", "yes"])[(y == 1).astype(int)], np.eye(3)[y]):
        target = target if target.ndim == 1 else target.astype(int)
        network = DenseClassifier((3,), epochs=1, random_state=0, dtype="float64")
        network.fit(X, target)
        trace = backward_trace(network, X[:5], target[:5])
        slope = trace.weights["slope"].to_numpy()
        network.set_weights(after(trace.weights, network.get_weights(), 1e-6))
        fall = trace.loss - backward_trace(network, X[:5], target[:5]).loss
        assert_allclose(fall, 1e-6 * (slope**2).sum(), rtol=1e-4)


@pytest.mark.parametrize(
    "activation", [keras.layers.PReLU(), keras.layers.LeakyReLU(0.07), keras.ops.sin]
)
def test_other_activations_are_traced_in_double_precision(iris, untrained, activation):
    X, y = iris
    network = DenseClassifier((4, 3), activation=activation, epochs=1, random_state=0)
    network.fit(X, y)
    forward, backward = forward_trace(network, X), backward_trace(network, X, y).nodes
    for name in ("weighted_input", "activation"):
        assert_allclose(forward[name], backward[name], rtol=1e-12, atol=1e-13)
    trace = backward_trace(network, X, y)
    # float32 weights round a small step, so the slopes themselves are compared.
    other = DenseClassifier((4, 3), activation=activation, epochs=1, random_state=0)
    other.set_params(dtype="float64").fit(X, y).set_weights(network.get_weights())
    expected = backward_trace(other, X, y).weights["slope"]
    assert_allclose(trace.weights["slope"], expected, rtol=1e-4, atol=1e-7)
    slope = trace.weights["slope"].to_numpy()
    start = backward_trace(other, X, y).loss
    other.set_weights(after(trace.weights, other.get_weights(), 1e-6))
    fall = start - backward_trace(other, X, y).loss
    assert_allclose(fall, 1e-6 * (slope**2).sum(), rtol=1e-3)


def test_weights_of_samples(iris):
    """One step of plain gradient descent, as a fit takes it."""
    X, y = iris
    network = DenseClassifier((4,), optimizer="sgd", epochs=1, random_state=0)
    network.set_params(learning_rate=0.1, batch_size=150, dtype="float64").fit(X, y)
    weight = np.linspace(0.1, 3, len(y))
    expected = backward_trace(network, X, y, weight, learning_rate=0.1).weights
    network.partial_fit(X, y, weight)
    values = [values.ravel() for values in network.get_weights().values()]
    # Learning rates are in single precision.
    assert_allclose(np.concatenate(values), expected["new_value"], atol=1e-8)


def test_the_estimator_stays_as_it_is(iris, classifier):
    before = classifier.get_weights()
    backward_trace(classifier, iris[0][:5], iris[1][:5], learning_rate=10)
    for name, values in classifier.get_weights().items():
        assert_array_equal(values, before[name])


def test_other_networks_are_refused(digits, untrained):
    X, y = digits
    network = ConvClassifier((2,), hidden_layer_sizes=(), epochs=1).fit(X[:50], y[:50])
    with pytest.raises(TypeError, match="A trace is of a dense network"):
        forward_trace(network, X[:1])
    with pytest.raises(TypeError, match=r"skdeep\.layer_outputs"):
        backward_trace(network, X[:1], y[:1])


def test_wrong_arguments_are_refused(iris, classifier):
    X, y = iris
    with pytest.raises(ValueError, match="'learning_rate' parameter"):
        backward_trace(classifier, X[:2], y[:2], learning_rate=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        backward_trace(classifier, X[:2], y[:3])
    network = DenseRegressor.from_weights([[[2]]])
    with pytest.raises(ValueError, match="y contains NaN"):
        backward_trace(network, [[3.0]], [np.nan])
    with pytest.raises(ValueError, match="not among the known classes"):
        backward_trace(classifier, X[:1], [7])
    with pytest.raises(ValueError, match="Expected 2D array"):
        forward_trace(classifier, X[0])

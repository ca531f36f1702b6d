"""Forward and backward propagation as tables of nodes and weights."""

from dataclasses import replace
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skdeep._compat import _check_sample_weight, _check_y, validate_params
from skdeep._numbers import Interval, plain
from skdeep.base._target_steps import encode_targets, read_labels
from skdeep.encoding._inputs import dense
from skdeep.inference import forward_layers, layer_names, wider_dtype
from skdeep.inspection._fitted import network_and_samples
from skdeep.networks import Weights, clipped, is_weight


class BackwardTrace(NamedTuple):
    """The result of :func:`backward_trace`.

    Attributes
    ----------
    loss : float
        The mean loss of the samples, with the penalties on weights.
    nodes : DataFrame
        The table of :func:`forward_trace`, with the column ``delta``: the error of the
        node, the derivative of the loss by its weighted input.
    weights : DataFrame
        A row for each weight, with the columns ``layer``, ``parameter`` ("kernel",
        "bias", ...), ``source`` and ``target`` (numbers of nodes; a bias has no
        source), ``value``, ``slope`` (the derivative of the loss by the weight) and
        ``new_value`` (after the step).

    See Also
    --------
    backward_trace : Makes it.
    NetworkDisplay : A small network with the numbers in its nodes.

    Examples
    --------
    >>> from skdeep import DenseRegressor, backward_trace
    >>> line = DenseRegressor.from_weights([[[2.0]]], [[1.0]])
    >>> trace = backward_trace(line, [[3.0]], [5.0], learning_rate=0.01)
    >>> trace.loss
    4.0
    """

    loss: float
    nodes: object
    weights: object


def forward_trace(estimator, X):
    """Every node's weighted input and activation, layer by layer.

    Parameters
    ----------
    estimator : object
        A fitted dense network, a pipeline that ends with one, or a search over
        either.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        One or a few samples.

    Returns
    -------
    trace : DataFrame
        A row for each layer, sample and node, with the columns ``layer``, ``sample``,
        ``node``, ``weighted_input`` (the input of the activation: the weighted sum of
        the layer's inputs and the bias, batch normalisation included) and
        ``activation``. The layer "input" holds the features. Where the network
        standardises, the layer "standardized_input" holds the standardised features,
        and "rescaled_output" the predictions in the units of the targets. Numbers are
        in double precision, or in single precision if the network and X are.

    Raises
    ------
    TypeError
        If the estimator is no dense network of this package, or has layers of the
        user's own.

    See Also
    --------
    backward_trace : The numbers of a training step.
    layer_outputs : The outputs of one layer.

    Examples
    --------
    >>> from skdeep import DenseRegressor, forward_trace
    >>> kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
    >>> network = DenseRegressor.from_weights(kernels, activation="linear")
    >>> forward_trace(network, [[-1.0, 2.0]])
         layer  sample  node  weighted_input  activation
    0    input       0     0             NaN        -1.0
    1    input       0     1             NaN         2.0
    2  dense_1       0     0             3.0         3.0
    3  dense_1       0     1             9.0         9.0
    4   output       0     0            -3.0        -3.0
    """
    inner, rows = _dense_network(estimator, X)
    network = inner.network_
    dtype = wider_dtype(network.spec, rows)
    network = _in_double(network) if dtype == "float64" else network
    nodes = _Nodes(network, dense(rows), dtype)
    weighted, of_weighted = nodes.column()
    activation, of_activation = nodes.column()
    forward_layers(
        network.spec,
        network.weights,
        rows,
        layer_names(network.spec),
        weighted=True,
        into=(of_activation, of_weighted),
    )
    nodes.complete(of_activation)
    return nodes.frame({"weighted_input": weighted, "activation": activation})


@validate_params(
    {"learning_rate": [Interval(Real, 0, None, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def backward_trace(estimator, X, y, sample_weight=None, *, learning_rate=0.01):
    """The error of every node, the slope for every weight, and one gradient step.

    Dropout is off, and batch normalisation uses its moving averages, as in prediction.
    All numbers are in the units in which the network learns (see ``normalize``) and in
    double precision.

    Parameters
    ----------
    estimator : object
        A fitted dense network, a pipeline that ends with one, or a search over
        either.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        One or a few samples.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, scaled to mean one as in ``fit``. The estimator's ``class_weight`` is
        not applied, because "balanced" depends on the training data: pass the weights
        that :func:`sklearn.utils.compute_sample_weight` computes.
    learning_rate : float, default=0.01
        Learning rate of the step: ``new_value = value - learning_rate * slope``. The
        estimator stays as it is.

    Returns
    -------
    trace : BackwardTrace
        With the attributes ``loss``, ``nodes`` and ``weights``.

    Raises
    ------
    TypeError
        If the estimator is no dense network of this package, or has layers of the
        user's own.

    See Also
    --------
    forward_trace : The numbers of a prediction.

    Notes
    -----
    Rumelhart, Hinton and Williams, 1986, "Learning representations by
    back-propagating errors", https://doi.org/10.1038/323533a0. The derivatives are
    TensorFlow's.

    Examples
    --------
    One input 3, the weight 2, the target 10:

    >>> from skdeep import DenseRegressor, backward_trace
    >>> trace = backward_trace(DenseRegressor.from_weights([[[2]]]), [[3.0]], [10.0])
    >>> trace.loss
    16.0
    >>> trace.weights.drop(columns=["source", "target"])
        layer parameter  value  slope  new_value
    0  output    kernel    2.0  -24.0       2.24
    1  output      bias    0.0   -8.0       0.08
    """
    from skdeep.training._gradients import slopes

    inner, rows = _dense_network(estimator, X)
    Y = encoded_targets(inner, rows, y)
    weight = _check_sample_weight(
        sample_weight, rows, dtype="float64", ensure_non_negative=True
    )
    weight *= len(weight) / weight.sum()
    network = _in_double(inner.network_)
    head = inner._head(inner._targets)
    loss_of = head.loss_of_encoded(network.outputs)
    gradients = slopes(network.spec, loss_of, network.weights, dense(rows), Y, weight)
    nodes, columns = _Nodes(network, dense(rows), "float64"), {}
    for name, of_layers in [
        ("weighted_input", gradients.weighted),
        ("activation", gradients.outputs),
        ("delta", gradients.deltas),
    ]:
        columns[name], parts = nodes.column()
        for layer, values in of_layers.items():
            parts[layer][:] = values
        if name == "activation":
            nodes.complete(parts)
    weights = _weights(network, gradients, plain(learning_rate))
    return BackwardTrace(gradients.loss, nodes.frame(columns), weights)


def encoded_targets(estimator, X, y):
    """Targets as the network learns them.

    Parameters
    ----------
    estimator : BaseNetwork
        A fitted one.
    X : array-like of shape (n_samples, ...)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)

    Returns
    -------
    Y : ndarray of shape (n_samples, n_targets)
    """
    numeric = is_regressor(estimator)
    y = _check_y(y, multi_output=True, y_numeric=numeric, estimator=estimator)
    check_consistent_length(X, y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y)
    targets, per_step = estimator._targets, estimator.network_.spec.return_sequences
    y = read_labels(targets.indicator, y, per_step=per_step)
    return encode_targets(estimator, targets, y, per_step=per_step)


def _dense_network(estimator, X):
    """The network's estimator, and samples as the network takes them."""
    inner, samples = network_and_samples(estimator, X)
    if inner.network_.spec.dense_layer_names is None:
        raise TypeError(
            "A trace is of a dense network: DenseClassifier or DenseRegressor without "
            "network=. "
            f"Received {inner!r}. skdeep.layer_outputs gives what the layers of any "
            "network make of X."
        )
    return inner, inner._network_rows(samples)


def _in_double(network):
    """The same network in double precision."""
    weights = network.weights
    trainable = [np.asarray(array, "float64") for array in weights.trainable]
    fixed = [np.asarray(a, "float64") for a in weights.non_trainable if is_weight(a)]
    spec = replace(network.spec, dtype="float64", dropout=0.0)
    return replace(network, spec=spec, weights=Weights(trainable, fixed))


class _Nodes:
    """The rows of a trace: by layer, then by sample, then by node.

    A trace of many samples is large. So each column is allocated once and filled layer
    by layer, without copies.

    Parameters
    ----------
    network : FittedNetwork
    X : ndarray of shape (n_samples, n_features)
    dtype : dtype
    """

    def __init__(self, network, X, dtype):
        spec = network.spec
        self._network, self._X, self._dtype = network, X, dtype
        widths = {"input": X.shape[1]}
        if spec.normalize:
            widths["standardized_input"] = X.shape[1]
        sizes = [*spec.hidden_layer_sizes, spec.units]
        widths.update(zip(layer_names(spec), sizes, strict=True))
        if spec.gives_values and _rescales(network.outputs):
            widths["rescaled_output"] = spec.units
        self._widths = widths

    def column(self):
        """A new column, and its parts of shape (n_samples, n_nodes) by layer."""
        column = np.empty(len(self._X) * sum(self._widths.values()), self._dtype)
        parts, start = {}, 0
        for name, width in self._widths.items():
            stop = start + len(self._X) * width
            parts[name] = column[start:stop].reshape(len(self._X), width)
            if name not in layer_names(self._network.spec):
                parts[name][:] = np.nan
            start = stop
        return column, parts

    def complete(self, parts):
        """Fill in the inputs and the rescaled outputs, which are no layers."""
        network = self._network
        parts["input"][:] = self._X
        if "standardized_input" in parts:
            scaled = network.inputs.apply(self._X)
            parts["standardized_input"][:] = (
                clipped(scaled) if network.spec.clips else scaled
            )
        if "rescaled_output" in parts:
            parts["rescaled_output"][:] = network.outputs.undo(parts["output"])

    def frame(self, columns):
        """The table with these columns."""
        import pandas as pd

        n_samples, n_rows = len(self._X), len(next(iter(columns.values())))
        layer = np.empty(n_rows, np.int8)
        sample, node = np.empty(n_rows, np.int32), np.empty(n_rows, np.int32)
        start = 0
        for code, width in enumerate(self._widths.values()):
            rows = slice(start, start + n_samples * width)
            layer[rows] = code
            sample[rows].reshape(n_samples, width)[:] = np.arange(n_samples)[:, None]
            node[rows].reshape(n_samples, width)[:] = np.arange(width)
            start = rows.stop
        layers = pd.Categorical.from_codes(layer, list(self._widths))
        numbers = {"layer": layers, "sample": sample, "node": node}
        return pd.DataFrame({**numbers, **columns}, copy=False)


def _rescales(standardization):
    return bool((standardization.mean != 0).any() or (standardization.scale != 1).any())


def _weights(network, gradients, learning_rate):
    """A row for each weight."""
    import pandas as pd

    from skdeep.networks._named import values_by_layer

    values = values_by_layer(network.spec, network.weights)
    parts = []
    for name, slope in gradients.weights.items():
        layer, parameter = name.split("/")
        ends = np.indices(slope.shape).reshape(slope.ndim, -1)
        value = values[name].ravel()
        part = {
            "layer": layer,
            "parameter": parameter,
            "source": pd.array(
                ends[0] if slope.ndim > 1 else [None] * slope.size, "Int64"
            ),
            "target": ends[-1],
            "value": value,
            "slope": slope.ravel(),
            "new_value": value - learning_rate * slope.ravel(),
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)

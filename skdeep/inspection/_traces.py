"""Forward and backward propagation as tables that one can read."""

from dataclasses import replace
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_consistent_length, column_or_1d

from skdeep.inference import forward_layers, layer_names
from skdeep.inspection._fitted import network_and_samples
from skdeep.inspection._layer_outputs import network_rows
from skdeep.networks import DenseSpec, Weights, is_weight


class BackwardTrace(NamedTuple):
    """What :func:`backward_trace` finds.

    Attributes
    ----------
    loss : float
        The mean loss of the samples, with the penalties on weights.
    nodes : DataFrame
        As of :func:`forward_trace`, with the column ``delta``: the derivative of the
        loss by the node's weighted input, its error.
    weights : DataFrame
        A row for each weight, with the columns ``layer``, ``parameter`` ("kernel",
        "bias", ...), ``source`` and ``target`` (numbers of nodes; a bias has no
        source), ``value``, ``slope`` (the derivative of the loss by the weight) and
        ``new_value`` (after the step).
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
        ``node``, ``weighted_input`` (what the activation gets: the weighted sum of the
        layer's inputs and the bias, batch normalisation included) and ``activation``.
        The layer "input" holds the features. Where the network standardises, the layer
        "standardized_input" holds what the first layer gets, and "rescaled_output" the
        predictions in the units of the targets. In double precision, or in that of X if
        the network and X are single.

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
    names = layer_names(network.spec)
    outputs, weighted = forward_layers(
        network.spec, network.weights, rows, names, weighted=True
    )
    return _nodes(network, rows, {"weighted_input": weighted, "activation": outputs})


@validate_params(
    {"learning_rate": [Interval(Real, 0, None, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def backward_trace(estimator, X, y, *, learning_rate=0.01):
    """The error of every node, the slope for every weight, and one gradient step.

    Dropout is off, and batch normalisation takes the averages that prediction takes.
    Everything is in the units in which the network learns (see ``normalize``) and in
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
    learning_rate : float, default=0.01
        Of the step: ``new_value = value - learning_rate * slope``. The estimator stays
        as it is.

    Returns
    -------
    trace : BackwardTrace
        With the attributes ``loss``, ``nodes`` and ``weights``.

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
    network = _in_double(inner.network_)
    head = inner._head(inner._targets)
    found = slopes(network.spec, head, network.weights, _dense(rows), Y)
    columns = {
        "weighted_input": found.weighted,
        "activation": found.outputs,
        "delta": found.deltas,
    }
    nodes = _nodes(network, rows, columns)
    return BackwardTrace(found.loss, nodes, _weights(network, found, learning_rate))


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
    y = np.asarray(y)
    check_consistent_length(X, y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y)
    return estimator._encode_targets(estimator._targets, y)


def _dense_network(estimator, X):
    """The network's estimator, and samples as the network takes them."""
    inner, samples = network_and_samples(estimator, X)
    if not isinstance(inner.network_.spec, DenseSpec):
        raise TypeError(
            "A trace is of a dense network: DenseClassifier or DenseRegressor. "
            f"Received {inner!r}. skdeep.layer_outputs gives what the layers of any "
            "network make of X."
        )
    return inner, network_rows(inner, samples)


def _in_double(network):
    """The same network in double precision."""
    weights = network.weights
    trainable = [np.asarray(array, "float64") for array in weights.trainable]
    fixed = [np.asarray(a, "float64") for a in weights.non_trainable if is_weight(a)]
    spec = replace(network.spec, dtype="float64", dropout=0.0)
    return replace(network, spec=spec, weights=Weights(trainable, fixed))


def _dense(rows):
    return rows.toarray() if hasattr(rows, "toarray") else rows


def _nodes(network, rows, columns):
    """A row for each layer, sample and node.

    Parameters
    ----------
    columns : dict of str to dict of str to ndarray of shape (n_samples, n_nodes)
        By the column's name, then by the layer's.
    """
    import pandas as pd

    outputs = dict(columns["activation"])
    spec, X = network.spec, _dense(rows)
    layers = {"input": X}
    if spec.normalize:
        layers["standardized_input"] = network.inputs.apply(X)
    layers.update(outputs)
    if spec.output == "linear" and _scales(network.outputs):
        layers["rescaled_output"] = network.outputs.undo(outputs["output"])
    columns = {**columns, "activation": layers}
    widths = [values.shape[1] for values in layers.values()]
    n_samples = len(X)
    counts = n_samples * np.array(widths)
    codes = np.repeat(np.arange(len(layers), dtype=np.int8), counts)
    numbers = np.arange(n_samples, dtype=np.int32)
    samples = [np.repeat(numbers, width) for width in widths]
    nodes = [np.tile(np.arange(w, dtype=np.int32), n_samples) for w in widths]
    frame = {
        "layer": pd.Categorical.from_codes(codes, list(layers)),
        "sample": np.concatenate(samples),
        "node": np.concatenate(nodes),
    }
    dtype = next(iter(outputs.values())).dtype
    for name, of_layers in columns.items():
        frame[name] = _column(of_layers, layers, dtype)
    return pd.DataFrame(frame, copy=False)


def _column(of_layers, layers, dtype):
    """One column; NaN in layers that have no such value."""
    column = np.empty(sum(values.size for values in layers.values()), dtype)
    start = 0
    for name, values in layers.items():
        part = column[start : start + values.size]
        part[:] = of_layers[name].ravel() if name in of_layers else np.nan
        start += values.size
    return column


def _scales(standardization):
    return bool((standardization.mean != 0).any() or (standardization.scale != 1).any())


def _weights(network, found, learning_rate):
    """A row for each weight."""
    import pandas as pd

    from skdeep.networks._named import values_by_layer

    values = values_by_layer(network.spec, network.weights)
    parts = []
    for name, slope in found.weights.items():
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

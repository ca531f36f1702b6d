"""layer_outputs: the outputs of each layer."""

from numbers import Integral

import numpy as np

from skdeep.inference import forward_layers, layer_names
from skdeep.inspection._fitted import network_and_samples


def layer_outputs(estimator, X, layers=None, *, as_frame=False):
    """The outputs of a fitted network's layers.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, a pipeline that ends with one, or a search
        over either.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples, in any form that the estimator takes.
    layers : str, int or list of these, default=None
        Names as in ``estimator.summary()``, or numbers as in a list: -1 is the output
        layer, -2 the one before it. None means all.
    as_frame : bool, default=False
        Whether to give a DataFrame per layer, with a row per sample and a column per
        value, named ``dense_1_0``, ``dense_1_1``, ....

    Returns
    -------
    outputs : dict of str to ndarray of shape (n_samples, ...) or DataFrame
        By the layers' names, in their order, after the activations, in the estimator's
        dtype. The output layer gives probabilities, or values in the units of the
        targets. Outputs per step are NaN at padded steps: behind the end of a short
        sequence, and before the first row of a series.

    Raises
    ------
    TypeError
        If the estimator is no network of this package.
    ValueError
        If there is no such layer.

    See Also
    --------
    HiddenLayers : A transformer that gives layer outputs in pipelines and searches.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, layer_outputs
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8, 4), epochs=5, random_state=0).fit(X, y)
    >>> outputs = layer_outputs(classifier, X)
    >>> {name: values.shape for name, values in outputs.items()}
    {'dense_1': (150, 8), 'dense_2': (150, 4), 'output': (150, 3)}
    """
    inner, samples = network_and_samples(estimator, X)
    network = inner.network_
    names = chosen_names(network.spec, layers)
    rows = inner._network_rows(samples)
    outputs = forward_layers(network.spec, network.weights, rows, names)
    if "output" in outputs and network.spec.gives_values:
        outputs["output"] = network.outputs.undo(outputs["output"])
    dtypes = dict.fromkeys(names, network.spec.array_dtype)
    if network.outputs.far:
        dtypes["output"] = "float64"
    outputs = {name: outputs[name].astype(dtypes[name], copy=False) for name in names}
    if network.spec.masked:
        missing = rows[:, :, -1] < 0.5
        for values in outputs.values():
            if values.ndim > 2:
                values[missing] = np.nan
    if not as_frame:
        return outputs
    index = X.index if hasattr(X, "iloc") else None
    return {name: _frame(name, outputs[name], index) for name in outputs}


def chosen_names(spec, layers):
    """The names of the chosen layers, in the network's order.

    Parameters
    ----------
    spec : NetworkSpec
    layers : str, int, list of these or None
    """
    known = layer_names(spec)
    if layers is None:
        return known
    several = isinstance(layers, list | tuple | np.ndarray)
    wanted = layers if several else [layers]
    names = {_name(known, layer) for layer in wanted}
    return [name for name in known if name in names]


def _name(known, layer):
    if isinstance(layer, str) and layer in known:
        return layer
    is_number = isinstance(layer, Integral) and not isinstance(layer, bool)
    if is_number and -len(known) <= layer < len(known):
        return known[layer]
    raise ValueError(
        f"A layer must be one of {known}, or a number from {-len(known)} to "
        f"{len(known) - 1}. Received {layer!r}."
    )


def _frame(name, values, index):
    import pandas as pd

    values = values.reshape(len(values), -1)
    columns = [f"{name}_{number}" for number in range(values.shape[1])]
    return pd.DataFrame(values, index=index, columns=columns)

"""The parameter ``network``: the user's own layers."""

import inspect

import numpy as np

from skdeep._warn import warn
from skdeep.networks import with_network


def check_network(estimator):
    """Refuse a model in place of a function, and parameters without effect."""
    if estimator.network is None:
        return
    if not isinstance(estimator.network, type) and hasattr(
        estimator.network, "weights"
    ):
        raise TypeError(
            "network must be a function from the shape of a sample to layers: each "
            f"fit has its own. Received {estimator.network!r}. Write a function that "
            "makes it, or that returns a copy of it."
        )
    parameters = inspect.signature(type(estimator).__init__).parameters
    given = [
        f"{name}={getattr(estimator, name)!r}"
        for name in estimator._layer_parameters
        if name in parameters
        and not np.array_equal(getattr(estimator, name), parameters[name].default)
    ]
    if given:
        raise ValueError(
            "network takes the place of all layers but the output, so parameters "
            f"that describe these must have their defaults. Received network and "
            f"{', '.join(given)}. Leave them out, and let the function make such "
            "layers; functools.partial gives it arguments."
        )


def with_layers(estimator, spec, previous, rng):
    """``spec`` with the user's layers, if there are any, and their weights.

    Returns
    -------
    spec : NetworkSpec
    weights : list of ndarray
        Empty if the fit goes on with the weights of ``previous``.
    """
    if estimator.network is None:
        return spec, []
    if previous is not None and estimator.network is estimator.__dict__.get(
        "_network_made"
    ):
        return with_network(spec, previous.spec.network), []
    from skdeep.networks._custom_body import made_body

    network, weights = made_body(estimator.network, spec, int(rng.randint(2**31 - 1)))
    if spec.body_shape[0] is None and network.counts_padding:
        _warn_of_padding(network.counts_padding)
    return with_network(spec, network), weights


def remember_network(estimator):
    """Keep the function that made the layers: a warm start makes no new ones."""
    estimator.__dict__.pop("_network_made", None)
    if estimator.network is not None:
        estimator._network_made = estimator.network


def _warn_of_padding(layers):
    warn(
        "Sequences of different lengths are padded with zeros: by fit to the longest "
        "of all, by predict each to its own length, rounded up. network gives other "
        "outputs where there are more of these zeros, unless its layers ignore masked "
        f"steps. That is not known of {', '.join(layers)}. Otherwise network predicts "
        "from less padding than it learns from. Use layers that keep Keras's mask "
        "(recurrent ones, attention, GlobalAveragePooling1D; keras.layers.Add in place "
        "of +), sequences of one length, or supports_masking=True in layers of your "
        "own that act on each step alone or ignore masked ones."
    )

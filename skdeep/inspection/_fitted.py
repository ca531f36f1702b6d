"""The network inside a fitted pipeline, search or FrozenEstimator."""

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import BaseSearchCV
from skdeep.base._network import BaseNetwork


def network_estimator(estimator):
    """The network's estimator in a pipeline, a search or a FrozenEstimator.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, or a pipeline that ends with one, or a
        search over either.

    Returns
    -------
    estimator : BaseNetwork
    """
    return network_and_steps_before(estimator)[0]


def network_and_samples(estimator, X):
    """The network's estimator, and ``X`` after the pipeline's steps before it.

    Parameters
    ----------
    estimator : object
        See :func:`network_estimator`.
    X : array-like of shape (n_samples, ...)
        Samples for ``estimator``.
    """
    inner, steps_before = network_and_steps_before(estimator)
    for step in steps_before:
        X = step.transform(X)
    return inner, X


def check_holds_network(estimator):
    """Refuse an estimator, fitted or not, without a network in it."""
    inner = estimator
    while isinstance(inner, Pipeline | FrozenEstimator | BaseSearchCV):
        inner = inner[-1] if isinstance(inner, Pipeline) else inner.estimator
    if not isinstance(inner, BaseNetwork) or not inner._predicts_samples:
        raise TypeError(
            "estimator must be a network of skdeep that predicts something for each "
            "sample, a pipeline that ends with one, or a search over either. Received "
            f"{estimator!r}.{_one_of(inner)}"
        )


def _one_of(ensemble):
    members = getattr(ensemble, "estimators_", None)
    are_networks = isinstance(members, list) and isinstance(members[0], BaseNetwork)
    if not are_networks:
        return ""
    return " Pass one of its networks, estimators_[0] for instance."


def check_own_convolutions(network):
    """Refuse a network whose layers come from ``network=``: they count as one layer.

    Parameters
    ----------
    network : BaseNetwork
        A fitted one.
    """
    if network.network_.spec.network is not None:
        raise TypeError(
            "estimator must have convolutions of its own: one without network=, whose "
            f"layers are known as one. Received {network!r}. Its kernels are in "
            "get_weights(), and what its layers give together in layer_outputs()."
        )


def network_and_steps_before(estimator):
    """The network's estimator and the transformers before it."""
    check_holds_network(estimator)
    before = []
    while not isinstance(estimator, BaseNetwork):
        if isinstance(estimator, Pipeline):
            before += [estimator[:-1]] if len(estimator) > 1 else []
            estimator = estimator[-1]
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        else:
            check_is_fitted(estimator, "best_estimator_")
            estimator = estimator.best_estimator_
    check_is_fitted(estimator)
    return estimator, before

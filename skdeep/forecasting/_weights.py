"""Weights of samples for any regressor."""

import inspect

from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.validation import _check_sample_weight, has_fit_parameter


def row_weights(sample_weight, y):
    """One weight for each row of a Series, or None."""
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, y.values, ensure_non_negative=True)


def weight_params(estimator, weight):
    """The weights as ``fit`` takes them: of a pipeline its last step does.

    Parameters
    ----------
    estimator : object
        The regressor.
    weight : ndarray or None

    Returns
    -------
    params : dict
    """
    if weight is None:
        return {}
    prefix, last = "", estimator
    while isinstance(last, Pipeline) and not _routing_enabled():
        step, last = last.steps[-1]
        prefix += f"{step}__"
    if not _takes_weights(last):
        raise ValueError(
            "sample_weight needs a regressor whose fit takes it. Received "
            f"{estimator!r}. Leave sample_weight out, or use another regressor."
        )
    return {f"{prefix}sample_weight": weight}


def _takes_weights(estimator):
    """Searches pass on what they get."""
    parameters = inspect.signature(estimator.fit).parameters.values()
    passes = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    return passes or has_fit_parameter(estimator, "sample_weight")

"""Weights of samples for any regressor."""

import inspect

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from skdeep._compat import _check_sample_weight, _routing_enabled


def row_weights(sample_weight, y):
    """One weight for each row of the Series ``y``, or None."""
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, y.values, ensure_non_negative=True)


def weight_params(estimator, weight):
    """Arguments for ``fit`` that carry the weights; a pipeline's last step takes them.

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
    parameters = inspect.signature(estimator.fit).parameters.values()
    # The fit of a search has **params, which it passes on to its estimator.
    has_kwargs = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    return has_kwargs or has_fit_parameter(estimator, "sample_weight")

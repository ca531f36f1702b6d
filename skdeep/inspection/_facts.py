"""Single measurements of a diagnosis, with findings and advice."""

from typing import NamedTuple

_SIZES = "hidden_layer_sizes", "units", "filters"


class Fact(NamedTuple):
    """A measurement of a network.

    Attributes
    ----------
    measure : str
        What was measured.
    value : float
    healthy : str
        The values that need no advice.
    layer : str
        Empty for the whole network.
    finding : str
        What is wrong; empty if nothing is.
    advice : str
        What to do about it.
    """

    measure: str
    value: float
    healthy: str = ""
    layer: str = ""
    finding: str = ""
    advice: str = ""

    def with_finding(self, finding, advice):
        """A copy with a finding."""
        return self._replace(finding=finding, advice=advice)

    def with_finding_if(self, condition, finding, advice):
        """A copy with a finding if ``condition`` is true, else the same fact."""
        return self.with_finding(finding, advice) if condition else self


def remedies(estimator, *texts):
    """``texts`` joined as "a, b or c".

    Parameters
    ----------
    estimator : BaseNetwork
    texts : str
        A text such as "normalize=True" is left out if the estimator has no such
        parameter, or if the parameter has no effect.
    """
    usable = _effective_parameters(estimator)
    texts = [t for t in texts if "=" not in t or t.partition("=")[0] in usable]
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def size_parameters(estimator):
    """The names of the parameters that set the sizes of its layers."""
    if estimator.network is not None:
        return "the layers of network"
    usable = _effective_parameters(estimator)
    return " or ".join(name for name in _SIZES if name in usable)


def _effective_parameters(estimator):
    """The parameters that have an effect: with ``network=`` many have none."""
    parameters = estimator.get_params(deep=False)
    if estimator.network is None:
        return parameters
    # The initializer is left out, too: it would change the output layer only.
    without_effect = *estimator._layer_parameters, "kernel_initializer"
    return [name for name in parameters if name not in without_effect]

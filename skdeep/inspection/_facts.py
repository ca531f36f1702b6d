"""What was measured, and what follows from it."""

from typing import NamedTuple

_SIZES = "hidden_layer_sizes", "units", "filters"


class Fact(NamedTuple):
    """A number of a network.

    Attributes
    ----------
    measure : str
        What was measured.
    value : float
    healthy : str
        The values that need no advice.
    layer : str
        Empty where it is one of the whole network.
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

    def ill(self, finding, advice):
        """The same with what is wrong."""
        return self._replace(finding=finding, advice=advice)

    def or_ill(self, condition, finding, advice):
        """The same, with what is wrong if ``condition``."""
        return self.ill(finding, advice) if condition else self


def either(estimator, *ways):
    """``ways`` as "a, b or c".

    Parameters
    ----------
    estimator : BaseNetwork
    ways : str
        Those such as "normalize=True" whose parameter it has not, or must leave at its
        default, are left out.
    """
    known = _free(estimator)
    ways = [w for w in ways if "=" not in w or w.partition("=")[0] in known]
    return " or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))


def sizes(estimator):
    """The names of the parameters with the sizes of its layers."""
    if estimator.network is not None:
        return "the layers of network"
    return " or ".join(name for name in _SIZES if name in _free(estimator))


def _free(estimator):
    """The parameters that have an effect."""
    known = estimator.get_params(deep=False)
    if estimator.network is None:
        return known
    fixed = *estimator._of_layers, "kernel_initializer"  # of the output layer only
    return [name for name in known if name not in fixed]

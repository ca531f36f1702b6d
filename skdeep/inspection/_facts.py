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
        Those such as "normalize=True" whose parameter it has not are left out.
    """
    known = estimator.get_params(deep=False)
    ways = [w for w in ways if "=" not in w or w.partition("=")[0] in known]
    return " or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))


def sizes(estimator):
    """The names of the parameters with the sizes of its layers."""
    known = estimator.get_params(deep=False)
    return " or ".join(name for name in _SIZES if name in known)

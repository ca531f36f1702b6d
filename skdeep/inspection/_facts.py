"""What was measured, and what follows from it."""

from typing import NamedTuple


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

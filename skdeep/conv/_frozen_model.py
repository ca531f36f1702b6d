"""The Keras model of a parameter as plain values."""

from dataclasses import dataclass
from typing import ClassVar

from skdeep._rules import is_a, is_arrays


@dataclass
class FrozenModel:
    """A Keras model as plain values.

    Equal models have equal pickles then: Keras's own pickles hold the time.

    Attributes
    ----------
    description : str
        The architecture in JSON.
    weights : list of ndarray
    """

    description: str
    weights: list

    field_rules: ClassVar = {"description": is_a(str), "weights": is_arrays}

    def thaw(self):
        """The Keras model."""
        from skdeep.conv._backbones import build_backbone

        model = build_backbone(self.description, None)
        model.set_weights(self.weights)
        return model

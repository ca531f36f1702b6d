"""A Keras model within a parameter, as plain values."""

from dataclasses import dataclass


@dataclass
class FrozenModel:
    """A Keras model as plain values: a pickle of the model itself has a time in it.

    Attributes
    ----------
    description : str
        The architecture in JSON.
    weights : list of ndarray
    """

    description: str
    weights: list

    def thaw(self):
        """The Keras model."""
        from skdeep.conv._backbones import build_backbone

        model = build_backbone(self.description, None)
        model.set_weights(self.weights)
        return model

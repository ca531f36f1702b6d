"""The parameter ``backbone``: a name of keras.applications, or a Keras model."""

from skdeep.conv._frozen_model import FrozenModel


def describe_backbone(backbone):
    """A backbone as plain data, without importing Keras for a name."""
    if backbone is None or isinstance(backbone, str):
        return backbone
    from skdeep.conv._backbones import describe

    return describe(backbone)


class TakesBackbone:
    """Pickles and files of estimators whose ``backbone`` may be a Keras model."""

    _stored_types = (FrozenModel,)

    def __getstate__(self):
        state = dict(super().__getstate__())
        if not isinstance(state.get("backbone"), str | None):
            description = describe_backbone(self.backbone)
            state["backbone"] = FrozenModel(description, self.backbone.get_weights())
        return state

    def __setstate__(self, state):
        if isinstance(state.get("backbone"), FrozenModel):
            state = {**state, "backbone": state["backbone"].thaw()}
        super().__setstate__(state)

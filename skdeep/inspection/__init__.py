"""Looking into fitted networks."""

from skdeep.inspection._hidden_layers import HiddenLayers
from skdeep.inspection._layer_outputs import layer_outputs
from skdeep.inspection._traces import BackwardTrace, backward_trace, forward_trace

__all__ = [
    "BackwardTrace",
    "HiddenLayers",
    "backward_trace",
    "forward_trace",
    "layer_outputs",
]

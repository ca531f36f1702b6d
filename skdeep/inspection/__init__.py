"""Inspection of fitted networks: layer outputs, traces, diagnoses."""

from skdeep.inspection._diagnosis import Diagnosis, diagnose
from skdeep.inspection._hidden_layers import HiddenLayers
from skdeep.inspection._layer_outputs import layer_outputs
from skdeep.inspection._traces import BackwardTrace, backward_trace, forward_trace

__all__ = [
    "BackwardTrace",
    "Diagnosis",
    "HiddenLayers",
    "backward_trace",
    "diagnose",
    "forward_trace",
    "layer_outputs",
]

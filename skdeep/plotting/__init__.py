"""Displays of networks, in the style of scikit-learn's displays."""

from skdeep.plotting._feature_maps import FeatureMapDisplay
from skdeep.plotting._filters import FilterDisplay
from skdeep.plotting._forecast import ForecastDisplay
from skdeep.plotting._hidden_space import HiddenSpaceDisplay
from skdeep.plotting._history import HistoryDisplay
from skdeep.plotting._network import NetworkDisplay
from skdeep.plotting._parameter_histories import ParameterHistoriesDisplay
from skdeep.plotting._reconstruction import ReconstructionDisplay

__all__ = [
    "FeatureMapDisplay",
    "FilterDisplay",
    "ForecastDisplay",
    "HiddenSpaceDisplay",
    "HistoryDisplay",
    "NetworkDisplay",
    "ParameterHistoriesDisplay",
    "ReconstructionDisplay",
]

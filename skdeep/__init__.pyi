"""The public names: where each is, for Python, editors and type checkers."""

from .autoencoder import Autoencoder as Autoencoder
from .conv import ConvClassifier as ConvClassifier
from .conv import ConvRegressor as ConvRegressor
from .conv import ImageEmbedder as ImageEmbedder
from .conv import ImageLoader as ImageLoader
from .dense import DenseClassifier as DenseClassifier
from .dense import DenseRegressor as DenseRegressor
from .exceptions import DivergenceWarning as DivergenceWarning
from .exceptions import FileFormatError as FileFormatError
from .forecasting import Forecaster as Forecaster
from .forecasting import rolling_windows as rolling_windows
from .fusion import fuse as fuse
from .inspection import HiddenLayers as HiddenLayers
from .inspection import backward_trace as backward_trace
from .inspection import diagnose as diagnose
from .inspection import forward_trace as forward_trace
from .inspection import layer_outputs as layer_outputs
from .keras_models import BaseWrapper as BaseWrapper
from .keras_models import KerasClassifier as KerasClassifier
from .keras_models import KerasRegressor as KerasRegressor
from .losses import QuantileLoss as QuantileLoss
from .model_selection import training_histories as training_histories
from .persistence import load as load
from .persistence import save as save
from .plotting import FeatureMapDisplay as FeatureMapDisplay
from .plotting import FilterDisplay as FilterDisplay
from .plotting import ForecastDisplay as ForecastDisplay
from .plotting import HiddenSpaceDisplay as HiddenSpaceDisplay
from .plotting import HistoryDisplay as HistoryDisplay
from .plotting import NetworkDisplay as NetworkDisplay
from .plotting import ParameterHistoriesDisplay as ParameterHistoriesDisplay
from .plotting import ReconstructionDisplay as ReconstructionDisplay
from .reports import report as report
from .sequence import SequenceClassifier as SequenceClassifier
from .sequence import SequenceRegressor as SequenceRegressor
from .tabular import TabularClassifier as TabularClassifier
from .tabular import TabularRegressor as TabularRegressor
from .text import TextClassifier as TextClassifier
from .text import TextGenerator as TextGenerator
from .text import TextRegressor as TextRegressor
from .text import TokenSequences as TokenSequences

__version__: str

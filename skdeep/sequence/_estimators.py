"""Networks for sequences: SequenceClassifier and SequenceRegressor."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from skdeep._numbers import Interval, plain
from skdeep.base import _docs
from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._custom_network import NETWORK_CONSTRAINTS
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.networks import ACTIVATIONS
from skdeep.sequence._sequence_input import SequenceInput
from skdeep.sequence._sequences import bucket
from skdeep.sequence._spec import SequenceSpec

# Folds whose vocabularies differ little share their compiled programs.
_TOKEN_PARTS = 8
_POSITIVE = ["array-like", Interval(Integral, 1, None, closed="left")]
_COUNT = [Interval(Integral, 1, None, closed="left"), None]
CONSTRAINTS = {
    "cell": [StrOptions({"lstm", "gru", "rnn", "conv", "average"})],
    "units": _POSITIVE,
    "bidirectional": ["boolean"],
    "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    "kernel_size": [Interval(Integral, 1, None, closed="left")],
    "hidden_layer_sizes": _POSITIVE,
    "return_sequences": ["boolean"],
    "window": _COUNT,
    "embedding_dim": _COUNT,
    "activation": [StrOptions({"auto", *ACTIVATIONS}), callable, None],
    **NETWORK_CONSTRAINTS,
}


class BaseSequence(SequenceInput):
    """Sequences in, and the spec of the network."""

    _stored_types = (SequenceSpec,)
    _auto_batch = 32
    _of_layers = (
        "cell",
        "units",
        "bidirectional",
        "recurrent_dropout",
        "kernel_size",
        "hidden_layer_sizes",
        "activation",
        "dropout",
        "batch_norm",
    )
    _frozen_embedding = False

    def _family_spec(self, data, common):
        if self.cell == "average":
            units = self._no_layers()
        else:
            units = self._positive_integers("units", least=1)
        recurrent = self.cell not in ("conv", "average")
        activation = common["activation"]
        if activation == "auto":
            activation, of_cells = "silu", "tanh"
        else:
            of_cells = activation
        n_steps, n_channels = data.train.X.shape[1:]
        steps = None if self._any_length else n_steps
        common |= {"activation": activation, "input_shape": (steps, n_channels)}
        return SequenceSpec(
            **common,
            masked=self._masked,
            n_tokens=self._embedding_rows,
            embedding_dim=self._embedding_width(),
            frozen_embedding=self._frozen_embedding,
            cell=self.cell,
            cell_activation=of_cells,
            cell_units=units,
            bidirectional=bool(self.bidirectional) and recurrent,
            recurrent_dropout=float(self.recurrent_dropout) if recurrent else 0.0,
            kernel_size=int(self.kernel_size),
            return_sequences=bool(self.return_sequences),
        )

    @property
    def _embedding_rows(self):
        return bucket(self._n_tokens, _TOKEN_PARTS)

    def _embedding_width(self):
        return plain(self.embedding_dim) or 0

    def _no_layers(self):
        if self.return_sequences:
            raise ValueError(
                "cell='average' makes one vector of a whole sequence. Received "
                "return_sequences=True. Use another cell."
            )
        return ()


class SequenceClassifier(BaseSequence, BaseNetworkClassifier):
    __doc__ = f"""A recurrent or convolutional network that classifies sequences.

    {_docs.SEQUENCES}
    Parameters
    ----------
{_docs.SEQUENCE}{_docs.SEQUENCE_OWN_LAYERS}{_docs.SEQUENCE_NETWORK}{_docs.LABEL_SMOOTHING}\
{_docs.SEQUENCE_TRAINING}{_docs.CLASS_WEIGHT}{_docs.REST}
    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels; for multilabel targets the numbers of the columns.
{_docs.SEQUENCE_ATTRIBUTES}{_docs.ATTRIBUTES}
    Examples
    --------
    The rows of an image, from the top, as a sequence:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import SequenceClassifier
    >>> digits = load_digits()
    >>> classifier = SequenceClassifier("gru", epochs=10, random_state=0)
    >>> classifier.fit(digits.images[:900], digits.target[:900]).sequence_shape_
    (8, 8)
    >>> bool(classifier.score(digits.images[900:], digits.target[900:]) > 0.8)
    True

    Layers of one's own, with attention:

    >>> import keras
    >>> from keras import layers
    >>> def attention(input_shape):
    ...     inputs = keras.Input(input_shape)
    ...     x = layers.GRU(16, return_sequences=True)(inputs)
    ...     h = layers.MultiHeadAttention(num_heads=2, key_dim=8)(x, x)
    ...     x = layers.Add()([x, h])
    ...     return keras.Model(inputs, layers.GlobalAveragePooling1D()(x))
    >>> classifier = SequenceClassifier(network=attention, epochs=10, random_state=0)
    >>> classifier = classifier.fit(digits.images[:900], digits.target[:900])
    >>> bool(classifier.score(digits.images[900:], digits.target[900:]) > 0.8)
    True
    """

    _parameter_constraints: dict = {
        **BaseNetworkClassifier._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        cell="lstm",
        *,
        units=(32,),
        bidirectional=False,
        recurrent_dropout=0.0,
        kernel_size=7,
        hidden_layer_sizes=(),
        network=None,
        return_sequences=False,
        window=None,
        embedding_dim=None,
        activation="auto",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        label_smoothing=0.0,
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        class_weight=None,
        multilabel="auto",
        callbacks=None,
        metrics=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.recurrent_dropout = recurrent_dropout
        self.kernel_size = kernel_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.network = network
        self.return_sequences = return_sequences
        self.window = window
        self.embedding_dim = embedding_dim
        self.activation = activation
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.l1 = l1
        self.l2 = l2
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.monitor = monitor
        self.min_delta = min_delta
        self.class_weight = class_weight
        self.multilabel = multilabel
        self.callbacks = callbacks
        self.metrics = metrics
        self.normalize = normalize
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.engine = engine

    def _class_weight(self, targets, y, weight):
        if self.return_sequences and self.class_weight is not None:
            raise ValueError(
                "class_weight needs one label per sequence, return_sequences=True has "
                f"one per step. Received class_weight={self.class_weight!r}. Set it to "
                "None, or weigh whole sequences with sample_weight."
            )
        return super()._class_weight(targets, y, weight)


class SequenceRegressor(BaseSequence, BaseNetworkRegressor):
    __doc__ = f"""A recurrent or convolutional network from sequences to values.

    {_docs.SEQUENCES}
    Parameters
    ----------
{_docs.SEQUENCE}{_docs.SEQUENCE_OWN_LAYERS}{_docs.SEQUENCE_NETWORK}{_docs.SEQUENCE_TRAINING}{_docs.REST}
    Attributes
    ----------
{_docs.SEQUENCE_ATTRIBUTES}{_docs.ATTRIBUTES}
    Examples
    --------
    What the pixels of an image's rows sum up to, from top to bottom:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import SequenceRegressor
    >>> images = load_digits().images
    >>> ink = images.sum(axis=(1, 2))
    >>> regressor = SequenceRegressor("gru", epochs=20, random_state=0)
    >>> regressor = regressor.fit(images[:900], ink[:900])
    >>> bool(regressor.score(images[900:], ink[900:]) > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **BaseNetworkRegressor._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        cell="lstm",
        *,
        units=(32,),
        bidirectional=False,
        recurrent_dropout=0.0,
        kernel_size=7,
        hidden_layer_sizes=(),
        network=None,
        return_sequences=False,
        window=None,
        embedding_dim=None,
        activation="auto",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.0,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=100,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        callbacks=None,
        metrics=None,
        normalize=True,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        self.cell = cell
        self.units = units
        self.bidirectional = bidirectional
        self.recurrent_dropout = recurrent_dropout
        self.kernel_size = kernel_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.network = network
        self.return_sequences = return_sequences
        self.window = window
        self.embedding_dim = embedding_dim
        self.activation = activation
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.l1 = l1
        self.l2 = l2
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.monitor = monitor
        self.min_delta = min_delta
        self.callbacks = callbacks
        self.metrics = metrics
        self.normalize = normalize
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.engine = engine

"""Networks for texts: TextClassifier and TextRegressor."""

from skdeep.base import _docs
from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.sequence._estimators import CONSTRAINTS
from skdeep.text._text_input import TEXT_CONSTRAINTS, TextInput

_NOT_OF_TEXTS = "window", "return_sequences"


def _constraints(base, *left_out):
    known = {**base._parameter_constraints, **CONSTRAINTS, **TEXT_CONSTRAINTS}
    return {k: v for k, v in known.items() if k not in (*_NOT_OF_TEXTS, *left_out)}


class TextClassifier(TextInput, BaseNetworkClassifier):
    __doc__ = f"""A network that classifies texts.

    {_docs.TEXTS}
    Parameters
    ----------
{_docs.TEXT}{_docs.TEXT_OWN_LAYERS}{_docs.TEXT_NETWORK}{_docs.LABEL_SMOOTHING}\
{_docs.TEXT_TRAINING}{_docs.CLASS_WEIGHT}{_docs.TEXT_REST}
    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels; for multilabel targets the numbers of the columns.
{_docs.TEXT_ATTRIBUTES}
    Examples
    --------
    >>> from skdeep import TextClassifier
    >>> texts = ["good film", "bad film", "good story", "bad story"] * 10
    >>> labels = ["+", "-", "+", "-"] * 10
    >>> classifier = TextClassifier(random_state=0).fit(texts, labels)
    >>> classifier.predict(["a good actor"])
    array(['+'], dtype='<U1')

    Layers of one's own:

    >>> from keras import layers
    >>> def network(input_shape):
    ...     return [layers.GlobalAveragePooling1D(), layers.Dense(8, "relu")]
    >>> classifier = TextClassifier(network=network, random_state=0)
    >>> classifier.fit(texts, labels).predict(["a good actor"])
    array(['+'], dtype='<U1')
    """

    _parameter_constraints: dict = _constraints(BaseNetworkClassifier, "normalize")
    normalize = False

    def __init__(
        self,
        cell="average",
        *,
        analyzer="word",
        max_tokens=20_000,
        vocabulary=None,
        min_frequency=1,
        lowercase=True,
        strip_accents=False,
        max_length=256,
        truncation="post",
        embedding_dim="auto",
        embedding_weights=None,
        train_embedding=True,
        units=(32,),
        bidirectional=False,
        recurrent_dropout=0.0,
        kernel_size=7,
        hidden_layer_sizes=(),
        network=None,
        activation="auto",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.5,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        label_smoothing=0.0,
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=15,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        monitor="val_loss",
        min_delta=0.0,
        class_weight=None,
        multilabel="auto",
        callbacks=None,
        metrics=None,
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        self.cell = cell
        self.analyzer = analyzer
        self.max_tokens = max_tokens
        self.vocabulary = vocabulary
        self.min_frequency = min_frequency
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.max_length = max_length
        self.truncation = truncation
        self.embedding_dim = embedding_dim
        self.embedding_weights = embedding_weights
        self.train_embedding = train_embedding
        self.units = units
        self.bidirectional = bidirectional
        self.recurrent_dropout = recurrent_dropout
        self.kernel_size = kernel_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.network = network
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
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.engine = engine


class TextRegressor(TextInput, BaseNetworkRegressor):
    __doc__ = f"""A network from texts to values, ratings say.

    {_docs.TEXTS}
    Parameters
    ----------
{_docs.TEXT}{_docs.TEXT_OWN_LAYERS}{_docs.TEXT_NETWORK}{_docs.TEXT_TRAINING}{_docs.TEXT_TARGET_REST}
    Attributes
    ----------
{_docs.TEXT_ATTRIBUTES}
    Examples
    --------
    >>> from skdeep import TextRegressor
    >>> texts = ["good film", "bad film", "good story", "bad story"] * 10
    >>> stars = [5, 1, 4, 2] * 10
    >>> regressor = TextRegressor(random_state=0).fit(texts, stars)
    >>> bool(regressor.predict(["a good actor"])[0] > 3)
    True
    """

    _parameter_constraints: dict = _constraints(BaseNetworkRegressor)

    def __init__(
        self,
        cell="average",
        *,
        analyzer="word",
        max_tokens=20_000,
        vocabulary=None,
        min_frequency=1,
        lowercase=True,
        strip_accents=False,
        max_length=256,
        truncation="post",
        embedding_dim="auto",
        embedding_weights=None,
        train_embedding=True,
        units=(32,),
        bidirectional=False,
        recurrent_dropout=0.0,
        kernel_size=7,
        hidden_layer_sizes=(),
        network=None,
        activation="auto",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        dropout=0.5,
        batch_norm=False,
        l1=0.0,
        l2=0.0,
        loss="auto",
        optimizer="auto",
        learning_rate=None,
        learning_rate_schedule="auto",
        batch_size="auto",
        epochs=15,
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
        self.analyzer = analyzer
        self.max_tokens = max_tokens
        self.vocabulary = vocabulary
        self.min_frequency = min_frequency
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.max_length = max_length
        self.truncation = truncation
        self.embedding_dim = embedding_dim
        self.embedding_weights = embedding_weights
        self.train_embedding = train_embedding
        self.units = units
        self.bidirectional = bidirectional
        self.recurrent_dropout = recurrent_dropout
        self.kernel_size = kernel_size
        self.hidden_layer_sizes = hidden_layer_sizes
        self.network = network
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

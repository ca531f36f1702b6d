"""Networks for texts: TextClassifier and TextRegressor."""

from skdeep._rules import is_a
from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameter_table import (
    CLASSES,
    CLASSIFIER,
    NETWORK,
    REGRESSOR,
    TRAINING,
)
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.sequence._estimators import SequenceNetwork
from skdeep.text._inputs import Texts
from skdeep.text._parameter_table import INPUTS, TEXT, TEXT_REGRESSOR, VOCABULARY
from skdeep.text._tokenizer import Tokenizer
from skdeep.text._tokens import (
    TakesTexts,
    Tokens,
)


class _Text(TakesTexts, SequenceNetwork):
    """Takes texts, whose tokens become vectors."""

    return_sequences = False
    _stored_types = Texts, Tokenizer, Tokens
    _stored_attributes = {"_inputs": is_a(Texts)}

    def _make_inputs(self, X):
        return Texts.of(self)

    @property
    def _tokens(self):
        return self._inputs.tokens

    @property
    def _frozen_embedding(self):
        return not self.train_embedding

    def _pretrained(self, spec):
        vectors = self._inputs.take_vectors()
        return None if vectors is None else [vectors.astype(self.dtype)]


@documented(
    parameters=(NETWORK, CLASSIFIER, TEXT),
    attributes=(CLASSES, VOCABULARY, TRAINING),
    about=INPUTS,
)
class TextClassifier(_Text, BaseNetworkClassifier):
    """A network that classifies texts.

    See Also
    --------
    TextRegressor : The same for continuous targets.
    TokenSequences : The tokens alone.

    Examples
    --------
    >>> from skdeep import TextClassifier
    >>> texts = ["good film", "bad film", "good story", "bad story"] * 10
    >>> labels = ["+", "-", "+", "-"] * 10
    >>> classifier = TextClassifier(random_state=0).fit(texts, labels)
    >>> classifier.predict(["a good actor"])
    array(['+'], dtype='<U1')

    Your own layers:

    >>> from keras import layers
    >>> def network(input_shape):
    ...     return [layers.GlobalAveragePooling1D(), layers.Dense(8, "relu")]
    >>> classifier = TextClassifier(network=network, random_state=0)
    >>> classifier.fit(texts, labels).predict(["a good actor"])
    array(['+'], dtype='<U1')
    """

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
        store_parameters(self, locals())


@documented(
    parameters=(NETWORK, REGRESSOR, TEXT_REGRESSOR),
    attributes=(VOCABULARY, TRAINING),
    about=INPUTS,
)
class TextRegressor(_Text, BaseNetworkRegressor):
    """A network that predicts values from texts, such as ratings.

    See Also
    --------
    TextClassifier : The same for labels.
    TokenSequences : The tokens alone.

    Examples
    --------
    >>> from skdeep import TextRegressor
    >>> texts = ["good film", "bad film", "good story", "bad story"] * 10
    >>> stars = [5, 1, 4, 2] * 10
    >>> regressor = TextRegressor(random_state=0).fit(texts, stars)
    >>> bool(regressor.predict(["a good actor"])[0] > 3)
    True
    """

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
        store_parameters(self, locals())

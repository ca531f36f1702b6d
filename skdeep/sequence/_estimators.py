"""Networks for sequences: SequenceClassifier and SequenceRegressor."""

from skdeep._rules import is_a
from skdeep.base._classifier import BaseNetworkClassifier
from skdeep.base._documented import documented, store_parameters
from skdeep.base._parameter_table import (
    CLASSES,
    CLASSIFIER,
    FEATURES,
    NETWORK,
    REGRESSOR,
    TRAINING,
)
from skdeep.base._regressor import BaseNetworkRegressor
from skdeep.sequence._inputs import Sequences
from skdeep.sequence._parameter_table import INPUTS, SEQUENCE, SHAPE
from skdeep.sequence._per_step import TargetsPerStep
from skdeep.sequence._spec import SequenceSpec


class SequenceNetwork:
    """Makes the spec of networks for sequences and for texts."""

    _stored_types = (SequenceSpec,)
    _layer_parameters = (
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
            activation, cell_activation = "silu", "tanh"
        else:
            cell_activation = activation
        n_steps, n_channels = data.train.X.shape[1:]
        inputs = self._inputs
        steps = None if inputs.any_length else n_steps
        common |= {"activation": activation, "input_shape": (steps, n_channels)}
        return SequenceSpec(
            **common,
            masked=inputs.masked,
            n_tokens=inputs.embedding_rows,
            embedding_dim=inputs.embedding_dim or 0,
            frozen_embedding=self._frozen_embedding,
            cell=self.cell,
            cell_activation=cell_activation,
            cell_units=units,
            bidirectional=bool(self.bidirectional) and recurrent,
            recurrent_dropout=float(self.recurrent_dropout) if recurrent else 0.0,
            kernel_size=int(self.kernel_size),
            return_sequences=bool(self.return_sequences),
        )

    def _no_layers(self):
        if self.return_sequences:
            raise ValueError(
                "cell='average' makes one vector of a whole sequence. Received "
                "return_sequences=True. Use another cell."
            )
        return ()


class _Sequence(SequenceNetwork, TargetsPerStep):
    """Takes sequences, with one target per sequence or per step."""

    _stored_types = (Sequences,)
    _stored_attributes = {"_inputs": is_a(Sequences)}

    def _make_inputs(self, X):
        return Sequences.of(self)

    @property
    def sequence_shape_(self):
        """Steps and channels; None where sequences differ in length."""
        self._require("sequence_shape_")
        return self._inputs.shape

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


@documented(
    parameters=(NETWORK, CLASSIFIER, SEQUENCE),
    attributes=(CLASSES, SHAPE, TRAINING, FEATURES),
    about=INPUTS,
)
class SequenceClassifier(_Sequence, BaseNetworkClassifier):
    """A recurrent or convolutional network that classifies sequences.

    See Also
    --------
    SequenceRegressor : The same for continuous targets.
    TokenSequences : Texts as sequences of token numbers.
    rolling_windows : Windows of a series as samples.

    Examples
    --------
    The rows of an image, from top to bottom, as the steps of a sequence:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import SequenceClassifier
    >>> digits = load_digits()
    >>> classifier = SequenceClassifier("gru", epochs=5, random_state=0)
    >>> classifier.fit(digits.images[:600], digits.target[:600]).sequence_shape_
    (8, 8)
    >>> bool(classifier.score(digits.images[600:], digits.target[600:]) > 0.8)
    True

    Your own layers, with attention:

    >>> import keras
    >>> from keras import layers
    >>> def attention(input_shape):
    ...     inputs = keras.Input(input_shape)
    ...     x = layers.Dense(16, "silu")(inputs)
    ...     h = layers.MultiHeadAttention(num_heads=2, key_dim=8)(x, x)
    ...     x = layers.Add()([x, h])
    ...     return keras.Model(inputs, layers.Flatten()(x))
    >>> classifier = SequenceClassifier(network=attention, epochs=10, random_state=0)
    >>> classifier = classifier.fit(digits.images[:600], digits.target[:600])
    >>> bool(classifier.score(digits.images[600:], digits.target[600:]) > 0.8)
    True
    """

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
        store_parameters(self, locals())

    def _class_weight(self, targets, y, weight):
        if self.return_sequences and self.class_weight is not None:
            raise ValueError(
                "class_weight needs one label per sequence, return_sequences=True has "
                f"one per step. Received class_weight={self.class_weight!r}. Set it to "
                "None, or weigh whole sequences with sample_weight."
            )
        return super()._class_weight(targets, y, weight)


@documented(
    parameters=(NETWORK, REGRESSOR, SEQUENCE),
    attributes=(SHAPE, TRAINING, FEATURES),
    about=INPUTS,
)
class SequenceRegressor(_Sequence, BaseNetworkRegressor):
    """A recurrent or convolutional network that predicts values from sequences.

    See Also
    --------
    SequenceClassifier : The same for labels.
    Forecaster : Forecasts of series with any regressor.

    Examples
    --------
    The sum of an image's pixels, whose rows are the steps of a sequence:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import SequenceRegressor
    >>> images = load_digits().images
    >>> ink = images.sum(axis=(1, 2))
    >>> regressor = SequenceRegressor("gru", epochs=5, learning_rate=0.01)
    >>> regressor = regressor.set_params(random_state=0).fit(images[:600], ink[:600])
    >>> bool(regressor.score(images[600:], ink[600:]) > 0.9)
    True
    """

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
        store_parameters(self, locals())

"""The output layer and the loss for each kind of target."""

from dataclasses import dataclass, replace

from skdeep.networks._identity import identity
from skdeep.networks._losses import (
    LOSS_RULES,
    OWN_UNITS,
    POSITIVE,
    check_loss,
    is_sparse,
    loss_name,
    loss_rule,
    takes_logits,
    wrong_loss_error,
)
from skdeep.networks._names import (
    CLASSIFICATION_LOSSES,
    RECONSTRUCTION_LOSSES,
    REGRESSION_LOSSES,
)
from skdeep.networks._ranges import activation_range

_CROSSENTROPIES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
}


@dataclass(frozen=True)
class Head:
    """Output layer and loss.

    Attributes
    ----------
    units : int
    output : str or None
        Activation of the output layer.
    loss : str, keras.losses.Loss or callable
    label_smoothing : float
    penalized : bool
        Whether the output has one more column, with a penalty for each sample.
    weighs_metrics : bool
        Whether sample weights count in metrics.
    weighs_rows : bool
        Whether sample weights count in batch normalisation. In Keras's they do not.
    labels : {"one", "any"} or None
        Whether a sample has exactly one label or any number of them; None for
        continuous targets.
    own_units : bool
        Whether the loss sees targets and outputs in the units of the user's targets,
        although the network learns standardised targets.
    """

    units: int
    output: str
    loss: object
    label_smoothing: float = 0.0
    penalized: bool = False
    weighs_metrics: bool = True
    weighs_rows: bool = True
    labels: str | None = None
    own_units: bool = False

    @property
    def sparse(self):
        """Whether the loss takes class numbers instead of one-hot rows."""
        return is_sparse(self.loss)

    @property
    def width(self):
        """Columns of the encoded targets."""
        return 1 if self.sparse else self.units

    @property
    def key(self):
        weighs = self.weighs_metrics, self.weighs_rows
        options = self.label_smoothing, self.penalized, self.labels, self.own_units
        return identity(self.loss), *weighs, *options

    def keras_loss(self):
        """The Keras loss, an object or a function of (y_true, y_pred)."""
        import keras

        if self.penalized:
            from skdeep.networks._penalized_loss import penalized

            return penalized(keras.losses.get(self.loss))
        if not self.label_smoothing:
            return keras.losses.get(self.loss)
        loss = getattr(keras.losses, _CROSSENTROPIES[self.loss])
        return loss(label_smoothing=self.label_smoothing)

    def loss_of_encoded(self, units):
        """:meth:`keras_loss` for standardised targets and outputs.

        Parameters
        ----------
        units : Standardization
            How the targets are standardised.
        """
        loss = self.keras_loss()
        if not self.own_units:
            return loss
        from skdeep.networks._own_units import in_own_units

        return in_own_units(loss, units.mean, units.scale)


def classification_head(kind, n_classes, loss, label_smoothing):
    """The head for labels; ``kind`` is that of :class:`ClassTargets`."""
    check_loss(loss)
    several = kind == "multilabel-indicator"
    needed = loss_rule(loss).labels
    if needed is None or (several and needed.binary_units == 2):
        raise _no_loss_for(kind, loss)
    units = needed.binary_units if kind == "binary" else n_classes
    sigmoids = several or units == 1
    output = needed.activation or ("sigmoid" if sigmoids else "softmax")
    default = "binary_crossentropy" if sigmoids else "categorical_crossentropy"
    loss = _canonical(loss, default)
    if label_smoothing and not (isinstance(loss, str) and loss in _CROSSENTROPIES):
        raise ValueError(
            f"label_smoothing={label_smoothing} needs loss='auto', "
            "'binary_crossentropy' or 'categorical_crossentropy'. Received "
            f"loss={loss!r}. Give the smoothing to the loss object instead."
        )
    output = "linear" if takes_logits(loss) else output
    labels = "any" if several else "one"
    return Head(units, output, loss, label_smoothing, labels=labels)


def _no_loss_for(kind, loss):
    several = kind == "multilabel-indicator"
    targets = "labels of which a sample has one"
    if several:
        targets = "a multilabel indicator: it is for classes that exclude each other"
    fitting = [
        name
        for name, rule in LOSS_RULES.items()
        if name in CLASSIFICATION_LOSSES
        and not (several and rule.labels.binary_units == 2)
    ]
    return wrong_loss_error(loss, targets, fitting)


def regression_head(n_outputs, loss):
    """The head for continuous targets."""
    check_loss(loss)
    name, needed = loss_name(loss), loss_rule(loss).values
    if needed is None:
        raise wrong_loss_error(loss, "continuous targets", sorted(REGRESSION_LOSSES))
    if name == "cosine_similarity" and n_outputs == 1:
        raise ValueError(
            f"loss={loss!r} compares directions, but a single target has only a sign. "
            "Received y with one column. Pass y with several columns, or use "
            "loss='auto'."
        )
    output = "exponential" if needed == POSITIVE else "linear"
    return Head(
        n_outputs,
        output,
        _canonical(loss, "mean_squared_error"),
        own_units=needed == OWN_UNITS,
    )


def reconstruction_head(n_outputs, loss, output_activation):
    """The head of an autoencoder, whose targets are its samples.

    Parameters
    ----------
    n_outputs : int
    loss : str, callable or keras.losses.Loss
    output_activation : str or None
        None takes the activation that the loss needs.

    Returns
    -------
    head : Head
        With a linear output the targets may be standardised. With another activation
        they must not.
    """
    check_loss(loss)
    received = f"Received output_activation={output_activation!r}."
    rule, activation = loss_rule(loss), output_activation or "linear"
    needed = rule.unit_interval_activation
    if needed is not None:
        if output_activation not in (None, needed):
            raise ValueError(
                f"loss={loss!r} needs output_activation={needed!r}, which gives "
                f"numbers from 0 to 1. {received} Set output_activation="
                f"{needed!r}, or use loss='auto'."
            )
        if takes_logits(loss):
            raise ValueError(
                f"loss={loss!r} needs an output without activation, but the output of "
                f"an Autoencoder has output_activation={needed!r}. Received "
                "from_logits=True. Leave it out."
            )
        return Head(n_outputs, needed, _canonical(loss, None))
    if rule.values is None:
        raise wrong_loss_error(
            loss, "continuous targets", sorted(RECONSTRUCTION_LOSSES)
        )
    head = regression_head(n_outputs, loss)
    if head.output != "linear" and activation_range(activation)[0] < 0:
        raise ValueError(
            f"loss={loss!r} needs a positive output. {received} Set output_activation="
            "'softplus' or another that is never negative, or use loss='auto'."
        )
    if activation == "linear":
        return head
    return replace(head, output=activation, own_units=False)


def _canonical(loss, default):
    """The loss; if it is a name, the name of Keras's function."""
    if not isinstance(loss, str):
        return loss
    return default if loss == "auto" else loss_name(loss)

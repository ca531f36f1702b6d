"""The output layer and the loss for each kind of target."""

from dataclasses import dataclass

from skdeep.networks._identity import identity

# Losses whose minimum moves with the location and the scale of the target.
STANDARDIZABLE = frozenset(
    [
        "auto",
        "mse",
        "mean_squared_error",
        "mae",
        "mean_absolute_error",
        "huber",
        "huber_loss",
        "log_cosh",
        "quantile",
    ]
)
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
    output : {"linear", "sigmoid", "softmax"}
    loss : str, keras.losses.Loss or callable
    label_smoothing : float
    penalized : bool
        Whether the network gives a column more, the penalty of each sample.
    weighs_metrics : bool
        Whether samples have their weights in metrics, too.
    """

    units: int
    output: str
    loss: object
    label_smoothing: float = 0.0
    penalized: bool = False
    weighs_metrics: bool = True

    @property
    def sparse(self):
        """Whether the loss takes class numbers instead of indicators."""
        return loss_name(self.loss).startswith("sparse_")

    @property
    def width(self):
        """Columns of the encoded targets."""
        return 1 if self.sparse else self.units

    @property
    def key(self):
        options = self.label_smoothing, self.penalized, self.weighs_metrics
        return identity(self.loss), *options

    def keras_loss(self):
        """The Keras loss, an object or a function of (y_true, y_pred)."""
        import keras

        if self.penalized:
            from skdeep.networks._autoencoder import penalized

            return penalized(keras.losses.get(self.loss))
        if not self.label_smoothing:
            return keras.losses.get(self.loss)
        loss = getattr(keras.losses, _CROSSENTROPIES[self.loss])
        return loss(label_smoothing=self.label_smoothing)


def loss_name(loss):
    """Keras's snake-case name of ``loss``, or an empty string."""
    if isinstance(loss, str):
        return loss
    name = getattr(loss, "name", None) or getattr(loss, "__name__", "")
    return name if isinstance(name, str) else ""


def classification_head(kind, n_classes, loss, label_smoothing):
    """The head for ``kind`` of target."""
    name = loss_name(loss)
    categorical = "categorical" in name
    if kind == "multilabel-indicator":
        if categorical:
            raise ValueError(
                f"loss={name!r} is for classes that exclude each other, but y is a "
                "multilabel indicator. Use loss='auto' or 'binary_crossentropy'."
            )
        head = n_classes, "sigmoid", "binary_crossentropy"
    elif kind == "binary" and not categorical:
        head = 1, "sigmoid", "binary_crossentropy"
    else:
        head = n_classes, "softmax", "categorical_crossentropy"
    units, output, default = head
    loss = default if name == "auto" else loss
    if label_smoothing and not (isinstance(loss, str) and loss in _CROSSENTROPIES):
        raise ValueError(
            f"label_smoothing={label_smoothing} needs loss='auto', "
            "'binary_crossentropy' or 'categorical_crossentropy'. Received "
            f"loss={loss!r}. Give the smoothing to the loss object instead."
        )
    return Head(units, output, loss, label_smoothing)


def regression_head(n_outputs, loss):
    """The head for continuous targets."""
    return Head(n_outputs, "linear", "mean_squared_error" if loss == "auto" else loss)

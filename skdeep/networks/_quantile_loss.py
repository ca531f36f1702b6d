"""The loss of quantiles."""

import keras


@keras.saving.register_keras_serializable(package="skdeep")
class QuantileLoss(keras.losses.Loss):
    """The pinball loss, whose minimum is a quantile.

    Koenker and Bassett, 1978, "Regression Quantiles".

    Parameters
    ----------
    quantile : float
        In (0, 1).

    Raises
    ------
    ValueError
        If ``quantile`` lies elsewhere.

    Examples
    --------
    >>> from skdeep import DenseRegressor, QuantileLoss
    >>> DenseRegressor(loss=QuantileLoss(0.9)).loss.quantile
    0.9
    """

    def __init__(self, quantile, name="quantile", **options):
        if not 0 < quantile < 1:
            raise ValueError(
                f"quantile must lie between 0 and 1. Received quantile={quantile!r}."
            )
        super().__init__(name=name, **options)
        self.quantile = float(quantile)

    def call(self, y_true, y_pred):
        """The mean over the outputs, of shape (n_samples,)."""
        error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
        losses = keras.ops.maximum(self.quantile * error, (self.quantile - 1) * error)
        return keras.ops.mean(losses, axis=-1)

    def get_config(self):
        return {**super().get_config(), "quantile": self.quantile}

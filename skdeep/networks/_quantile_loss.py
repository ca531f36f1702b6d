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
    name : str, default="quantile"
        The name of the loss.
    **options : dict
        Further arguments of ``keras.losses.Loss``.

    Raises
    ------
    ValueError
        If ``quantile`` is not between 0 and 1.

    See Also
    --------
    Forecaster : Forecasts of quantiles with ``quantiles``.
    sklearn.linear_model.QuantileRegressor : Linear models of quantiles.

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
        """Compute the loss of each sample, a mean over the outputs.

        Parameters
        ----------
        y_true : tensor of shape (n_samples, n_outputs)
            Targets.
        y_pred : tensor of shape (n_samples, n_outputs)
            Predictions.

        Returns
        -------
        losses : tensor of shape (n_samples,)
            The losses.
        """
        error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
        losses = keras.ops.maximum(self.quantile * error, (self.quantile - 1) * error)
        return keras.ops.mean(losses, axis=-1)

    def get_config(self):
        """Give the arguments of the constructor.

        Returns
        -------
        config : dict
            The arguments by name.
        """
        return {**super().get_config(), "quantile": self.quantile}

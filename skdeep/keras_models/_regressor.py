"""KerasRegressor: a regressor around any Keras model."""

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from skdeep.base._documented import documented
from skdeep.keras_models._parameter_table import FITTED, KERAS, NOTES
from skdeep.keras_models._scikeras import RegressorTargetEncoder
from skdeep.keras_models._stored import StoredModel
from skdeep.keras_models._wrapper import BaseWrapper


@documented(parameters=(KERAS,), attributes=(FITTED,), notes=NOTES)
class KerasRegressor(RegressorMixin, StoredModel, BaseWrapper):
    """A regressor around a Keras model of your own.

    See Also
    --------
    KerasClassifier : The same for labels.
    DenseRegressor : A dense network that needs no Keras.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import KerasRegressor
    >>> def build(meta, compile_kwargs):
    ...     layers = [
    ...         keras.Input(meta["X_shape_"][1:]),
    ...         keras.layers.Dense(16, "relu"),
    ...         keras.layers.Dense(meta["n_outputs_"]),
    ...     ]
    ...     model = keras.Sequential(layers)
    ...     model.compile(**compile_kwargs)
    ...     return model
    >>> regressor = KerasRegressor(
    ...     build,
    ...     loss="mse",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.1,
    ...     epochs=20,
    ...     random_state=0,
    ... )
    >>> X, y = load_diabetes(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), regressor).fit(X, y)
    >>> bool(pipeline.score(X, y) > 0.4)
    True
    """

    scorer = staticmethod(r2_score)
    score = BaseWrapper.score

    @property
    def target_encoder(self):
        """The unfitted transformer of the targets; override it for your own."""
        return RegressorTargetEncoder()

    def predict(self, X, **kwargs):
        """Predict values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, ...)
            Samples.
        **kwargs : dict
            Arguments of ``keras.Model.predict``.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In float64 for X of float64, else in the model's dtype.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, is not clearly one
            array or a list of several, or holds missing values.
        """
        return super().predict(X, **kwargs)

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=True):
        return super()._validate_data(X, y, reset, y_numeric=True)

    def _type_of_target(self, y):
        return "continuous" if y.ndim == 1 else "continuous-multioutput"

    def _check_model_compatibility(self, y):
        super()._check_model_compatibility(y)
        plain = type(self.target_encoder_) is RegressorTargetEncoder
        width = 1 if y.ndim == 1 else y.shape[1]
        if plain and self._output_shapes[0][1:] not in ((width,), (width, 1)):
            raise ValueError(
                f"The model must have an output of shape (n_samples, {width}) for y of "
                f"shape {y.shape}. Received a model whose output for one sample has "
                f"shape {self._output_shapes[0][1:]}. A function that builds the model "
                "finds the number of targets in meta['n_outputs_']."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        # A user's model, trained for one epoch by default, may be poor.
        tags.regressor_tags.poor_score = True
        return tags

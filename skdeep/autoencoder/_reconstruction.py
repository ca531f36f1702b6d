"""Methods of a fitted autoencoder: codes, samples from codes, scores of samples."""

from dataclasses import replace

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skdeep.autoencoder._forward import decode, encode
from skdeep.encoding import SamplesAsTargets, dense
from skdeep.inference import forward, pieces


class Reconstruction(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The methods of a fitted autoencoder.

    The class inherits TransformerMixin itself, because scikit-learn wraps ``transform``
    in the class that defines it. It needs ``network_``, ``_targets`` and ``_inputs``.
    """

    # Codes

    @property
    def _n_features_out(self):
        return self.network_.spec.n_components

    def transform(self, X):
        """Compute the codes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            In the precision of X.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        check_is_fitted(self)
        network, X = self.network_, self._inputs.samples(self, X)
        codes = encode(network.spec, network.weights, X)
        self._check_output(codes, X)
        dtype = self._inputs.prediction_dtype(X, network.spec.array_dtype)
        return codes.astype(dtype, copy=False)

    def inverse_transform(self, X):
        """Make samples from codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
            In the units of the training data, and images in the shape of the training
            data. In the precision of X, but float64 if single precision would lose
            digits of the training data.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If the codes have another number of columns than ``n_components``.
        """
        check_is_fitted(self)
        network = self.network_
        codes = check_array(X, dtype=("float64", "float32"), estimator=self)
        if codes.shape[1] != network.spec.n_components:
            raise ValueError(
                f"Codes must have {network.spec.n_components} columns, as transform "
                f"gives them. Received X of shape {codes.shape}."
            )
        return self._samples(decode(network.spec, network.weights, codes), codes)

    def reconstruct(self, X):
        """Encode samples and decode the codes; with ``noise`` this removes noise.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.

        Returns
        -------
        samples : ndarray of shape (n_samples, n_features)
            As from :meth:`inverse_transform`.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        check_is_fitted(self)
        network, X = self.network_, self._inputs.samples(self, X)
        return self._samples(forward(network.spec, network.weights, X), X)

    def _samples(self, output, X):
        """Samples in their own units from the network's output for X."""
        self._check_output(output, X)
        values = self._targets.decode(output)
        values = values.astype(self._precision_of(X), copy=False)
        return values.reshape(-1, *self._inputs.row_shape)

    def score(self, X, y=None, sample_weight=None):
        """The share of the variance that the reconstruction keeps (R2).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        score : float
            One minus the sum of squared errors divided by the sum of squared deviations
            from the means of X, over all features, in the units of the training loss:
            with ``normalize`` of standardised features, with ``output_activation`` of X
            itself. At most 1.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        check_is_fitted(self)
        network, X = self.network_, self._inputs.samples(self, X)
        output = forward(network.spec, network.weights, X)
        truth = SamplesAsTargets(X, self._targets.scaling, np.float64)[:]
        return r2_score(
            truth, output, sample_weight=sample_weight, multioutput="variance_weighted"
        )

    # Outliers

    def score_samples(self, X):
        """Minus the reconstruction error of each sample: the higher, the more normal.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the mean squared error over the features, in the units of the training
            loss: with ``normalize`` of standardised features, with
            ``output_activation`` of X itself (pixels times ``rescale``).

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        check_is_fitted(self)
        return minus_errors(self.network_, self._targets, self._inputs.samples(self, X))

    def decision_function(self, X):
        """The scores minus ``offset_``; outliers are below zero.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            :meth:`score_samples` minus ``offset_``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Tell outliers from inliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or images.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            1 for inliers, -1 for outliers.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X has not the form of the data that ``fit`` has seen, or holds missing
            values.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    # As Keras models

    def _build_model(self):
        import keras

        encoder, decoder = self._halves()
        inputs = keras.Input(
            encoder.input_shape[1:], dtype=self.network_.spec.input_dtype
        )
        return keras.Model(inputs, decoder(encoder(inputs)))

    def _halves(self):
        import keras

        from skdeep.networks._build import build_stock

        network = self.network_
        encoder_half, decoder_half = network.spec.halves(network.weights)
        spec, weights, activation = encoder_half
        spec = replace(spec, output=activation)
        encoder = build_stock(spec, weights, network.inputs, None)
        spec, weights, activation = decoder_half
        spec = replace(spec, output=activation)
        decoder = build_stock(spec, weights, None, network.outputs)
        if self._sees_images:
            reshape = keras.layers.Reshape(self.image_shape_, dtype=spec.dtype)
            decoder = keras.Model(decoder.inputs[0], reshape(decoder.output))
        encoder.name, decoder.name = "encoder", "decoder"
        return encoder, decoder

    @property
    def encoder_(self):
        """The part of ``model_`` from raw inputs to codes, a ``keras.Model``."""
        self._require("encoder_")
        return self.model_.get_layer("encoder")

    @property
    def decoder_(self):
        """The part of ``model_`` from codes to raw outputs, a ``keras.Model``."""
        self._require("decoder_")
        return self.model_.get_layer("decoder")


def minus_errors(network, targets, X):
    """Minus the mean squared error of each sample, in the units of ``targets``."""
    spec, scores = network.spec, np.empty(X.shape[0])
    for piece in pieces(X, spec.execution.rows_at_once):
        # Rows are cast as in training, then computed in double precision. So a score
        # depends neither on the dtype of X nor on other rows.
        rows = dense(X[piece], dtype=spec.input_dtype).astype(np.float64)
        error = forward(spec, network.weights, rows)
        error -= SamplesAsTargets(rows, targets.scaling, np.float64)[:]
        scores[piece] = -np.mean(error**2, axis=1)
    return scores

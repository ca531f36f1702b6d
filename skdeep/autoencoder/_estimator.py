"""Autoencoder: a network that encodes samples, and decodes codes."""

from dataclasses import replace

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.callback import with_callbacks

from skdeep._compat import _fit_context, _weighted_percentile
from skdeep._numbers import plain
from skdeep._rules import is_a, is_number
from skdeep._warn import warn
from skdeep.autoencoder._inputs import ImagesAlone, TablesAlone
from skdeep.autoencoder._parameter_table import AUTOENCODER, CODES
from skdeep.autoencoder._reconstruction import Reconstruction, minus_errors
from skdeep.autoencoder._spec import AutoencoderSpec
from skdeep.base._documented import documented, store_parameters
from skdeep.base._network import BaseNetwork
from skdeep.base._parameter_table import FEATURES, NETWORK, TRAINING
from skdeep.conv._image_parameters import TakesImages, pair
from skdeep.conv._inputs import Images
from skdeep.encoding import (
    ContinuousTargets,
    SamplesAsTargets,
    Standardization,
    smallest_and_largest,
)
from skdeep.networks import (
    activation_range,
    reconstruction_head,
    target_range,
)

# Outliers lie this many interquartile ranges beyond the quartile (Tukey, 1977,
# "Exploratory Data Analysis").
_FENCE = 1.5
_ROUNDING = 1e-6


@documented(
    parameters=(NETWORK, AUTOENCODER),
    attributes=(CODES, TRAINING, FEATURES),
)
class Autoencoder(
    OutlierMixin,
    Reconstruction,
    TakesImages,
    BaseNetwork,
):
    """A network that learns short codes, and reconstructs its inputs from them.

    An encoder turns each sample into a code of ``n_components`` numbers. A decoder with
    the same layers in reverse order turns the code into the sample again. Tables go
    through dense layers. Images, of shape (n_samples, height, width) or (n_samples,
    height, width, channels), or rows with an ``image_shape``, also go through
    convolutions: before the dense layers of the encoder and after those of the decoder.

    See Also
    --------
    ReconstructionDisplay : Samples beside their reconstructions.
    sklearn.decomposition.PCA : Codes by a linear model.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import Autoencoder
    >>> X, _ = load_digits(return_X_y=True)
    >>> autoencoder = Autoencoder(8, epochs=8, random_state=0).fit(X[:1500])
    >>> codes = autoencoder.transform(X[1500:])
    >>> codes.shape, autoencoder.inverse_transform(codes).shape
    ((297, 8), (297, 64))
    >>> bool(autoencoder.score(X[1500:]) > 0.6)
    True
    """

    _stored_types = AutoencoderSpec, ContinuousTargets, ImagesAlone, TablesAlone
    _stored_attributes = {
        "_inputs": is_a(ImagesAlone, TablesAlone),
        "_targets": is_a(ContinuousTargets),
        "offset_": is_number,
    }

    def __init__(
        self,
        n_components=32,
        *,
        hidden_layer_sizes="auto",
        image_shape=None,
        rescale="auto",
        filters=(32, 64),
        kernel_size=3,
        code_activation=None,
        output_activation=None,
        noise=0.0,
        code_l1=0.0,
        tied=False,
        contamination="auto",
        activation="silu",
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
        normalize="auto",
        dtype="float32",
        warm_start=False,
        random_state=None,
        verbose=0,
        engine="auto",
    ):
        store_parameters(self, locals())

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
        """Train the network to reconstruct its inputs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data; or images of shape (n_samples, height, width) or
            (n_samples, height, width, channels).
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one. A weight of zero removes the sample.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data. Without it, ``early_stopping=True`` holds out
            ``validation_fraction`` of the training data.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the validation data.

        Returns
        -------
        self : Autoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or X is not valid, or if they do not fit each other.
        """
        previous = self.network_ if self.warm_start and self._is_fitted else None
        validation = X_val, None, sample_weight_val
        with self._restored_on_error():
            return self._fit(X, None, sample_weight, validation, previous)

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch, going on from the weights and the optimiser's state.

        The first call decides on the standardisation, the last one on ``offset_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, or images.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, scaled to mean one.

        Returns
        -------
        self : Autoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or X is not valid, or X does not fit the first call.
        """
        return self._partial_fit(X, None, sample_weight)

    # The methods that a family defines

    def _make_inputs(self, X):
        n_axes = X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
        if self.image_shape is not None or n_axes > 2:
            return ImagesAlone.of(self)
        return TablesAlone()

    @property
    def _sees_images(self):
        return isinstance(self._inputs, Images)

    def _encode(self, X, y, sample_weight, validation, previous, classes, rng):
        data = super()._encode(X, y, sample_weight, validation, previous, classes, rng)
        n_features = int(np.prod(data.train.X.shape[1:]))
        head = self._head_of(n_features)
        self._check_values(head, data)
        # An activation of the output decides on its range: the output then is X itself.
        if head.output != "linear":
            scaling = self._without_standardization().repeated(n_features)
        elif self.normalize:
            scaling = data.inputs.repeated(n_features)
        else:
            scaling = Standardization.none(n_features)
        targets = ContinuousTargets(False, scaling)
        train, validation = (
            rows and replace(rows, Y=SamplesAsTargets(rows.X, scaling, self.dtype))
            for rows in (data.train, data.validation)
        )
        return replace(
            data, train=train, validation=validation, targets=targets, outputs=scaling
        )

    def _without_standardization(self):
        """The scaling of X as it is, or of pixels times ``rescale``."""
        if self._sees_images:
            return self._inputs.pixel_scaling()
        return Standardization.none(1)

    def _check_values(self, head, data):
        """Refuse X outside of the loss's range; warn outside of the activation's."""
        named = (data.train, "X"), (data.validation, "the validation data")
        for rows, name in named:
            rule = f"loss={self.loss!r} needs {name}"
            message = rows and self._out_of_range(rows, *target_range(self.loss), rule)
            if message:
                raise ValueError(f"{message}, or use loss='auto'.")
        rule = f"output_activation={head.output!r} only gives numbers"
        message = self._out_of_range(data.train, *activation_range(head.output), rule)
        if message:
            warn(f"{message}, or set output_activation=None.")

    def _out_of_range(self, rows, least, most, rule):
        """A message if rows are not all from ``least`` to ``most``, else None."""
        if np.isinf([least, most]).all():
            return None
        low, high = smallest_and_largest(rows.X)
        factor = self._inputs.factor if self._sees_images else 1.0
        # After MinMaxScaler values may leave the range by rounding.
        if low * factor >= least - _ROUNDING and high * factor <= most + _ROUNDING:
            return None
        received = f"numbers from {low:g} to {high:g}"
        remedy = "Scale X, with sklearn.preprocessing.MinMaxScaler(clip=True), say"
        if self._sees_images:
            received += f", which rescale={self.rescale!r} multiplies with {factor:g}"
            if low >= 0:
                remedy = f"Set rescale=1 / {high:g}"
        return f"{rule} from {least:g} to {most:g}. Received {received}. {remedy}"

    def _learn_targets(self, y, weight, classes):
        return ContinuousTargets(False, Standardization.none(1))  # until `_encode`

    def _encode_targets(self, targets, y):
        return y

    def _hidden_widths(self):
        if not isinstance(self.hidden_layer_sizes, str):
            return super()._hidden_widths()
        return () if self._sees_images else (256,)

    def _head(self, targets):
        return self._head_of(targets.n_outputs)

    def _head_of(self, n_outputs):
        head = reconstruction_head(n_outputs, self.loss, self.output_activation)
        return replace(head, penalized=self.code_l1 > 0)

    def _family_spec(self, data, common):
        images = {}
        if self._sees_images:
            if self.tied:
                raise ValueError(
                    "tied=True needs dense layers. Received tied=True with images. Set "
                    "tied=False, or pass flat rows without image_shape."
                )
            images["filters"] = self._positive_integers("filters", least=1)
            images["kernel_size"] = pair(self, "kernel_size")
        return AutoencoderSpec(
            **common,
            **images,
            n_components=int(self.n_components),
            code_activation=self.code_activation or "linear",
            noise=float(self.noise),
            code_l1=float(self.code_l1),
            tied=bool(self.tied),
        )

    def _fitted_attributes(self, network, targets, data=None):
        attributes = super()._fitted_attributes(network, targets, data)
        # A share of outliers refers to all rows of X, also to held-out rows.
        all_rows = self.contamination != "auto" and data.held_out_weight is not None
        parts = data.parts if all_rows else [data.validation_or_training]
        scores = np.concatenate([minus_errors(network, targets, p.X) for p in parts])
        weight = np.concatenate([part.weight.astype(np.float64) for part in parts])
        return {**attributes, "offset_": self._offset(scores, weight)}

    def _offset(self, scores, weight):
        """The score below which a sample is an outlier."""

        def quantile(share):
            return _weighted_percentile(scores, weight, 100 * share, average=True)

        if self.contamination != "auto":
            return float(quantile(plain(self.contamination)))
        low, high = quantile(0.25), quantile(0.75)
        return float(low - _FENCE * (high - low))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.input_tags.sparse = self.image_shape is None
        both = ["float64"] if self.dtype == "float64" else ["float64", "float32"]
        tags.transformer_tags.preserves_dtype = both
        return tags

"""How an estimator reads its X: an object that it makes in ``fit`` and keeps.

Predictions read X with it, so they do not follow ``set_params``. A family whose X is no
table has a class of its own, and makes an object of it in ``_make_inputs``.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from sklearn.utils.validation import validate_data

from skdeep._rules import require
from skdeep.base._held_out import split_rows
from skdeep.base._stored import named, usual
from skdeep.encoding import Standardization, accepted_dtypes, prediction_dtype
from skdeep.inference import forward


@dataclass(eq=False)
class Inputs:
    """Reads tables, dense or sparse; the base of what reads other kinds of X.

    Fields are what is learnt, and the parameters that predictions depend on.
    """

    # Whether rows keep their own dtype until their batch is due.
    casts_batches: ClassVar = False
    # What a file may hold in the fields; see :mod:`skdeep._rules`.
    field_rules: ClassVar = {}

    def read(self, estimator, X, y, *, learn):
        """Training data after scikit-learn's checks.

        Parameters
        ----------
        estimator : BaseNetwork
        X : object
            Any X that ``fit`` may be given.
        y : array-like
        learn : bool
            Whether X decides what later X must be like; if not, it must be so.

        Returns
        -------
        X : {ndarray, CSR} of shape (n_samples, ...)
        y : ndarray
        """
        return validate_data(
            estimator,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=estimator._estimator_type_ == "regressor",
            dtype=accepted_dtypes(X, estimator._array_dtype),
            reset=learn,
        )

    def samples(self, estimator, X):
        """Samples to predict for, as :meth:`forward` takes them.

        Parameters
        ----------
        estimator : BaseNetwork
        X : object
            Any X that ``predict`` may be given.
        """
        return validate_data(
            estimator, X, accept_sparse="csr", dtype=("float64", "float32"), reset=False
        )

    def as_rows(self, samples):
        """Samples as one array or CSR, as the network's layers take them."""
        return samples

    def forward(self, network, samples):
        """Output of the last layer before its activation.

        Parameters
        ----------
        network : FittedNetwork
        samples : object
            From :meth:`samples`.
        """
        return forward(network.spec, network.weights, samples)

    def prediction_dtype(self, samples, own):
        """The dtype of predictions for these samples, by a network of dtype ``own``."""
        return prediction_dtype(samples, own)

    def present(self, X, y, sample_weight):
        """Training data, without what must not be looked at for it has no weight."""
        return X, y, sample_weight

    def split(self, y, n_val, strata, rng):
        """The numbers of the rows to train with and of those to hold out."""
        return split_rows(len(y), n_val, strata, rng)

    def scales(self, normalize):
        """Whether the network's first layer scales its inputs."""
        return bool(normalize)

    def scaling(self, rows, normalize):
        """The statistics of the network's first layer.

        Parameters
        ----------
        rows : EncodedSamples
            To train with.
        normalize : object
            The estimator's parameter.

        Returns
        -------
        scaling : Standardization
        """
        if not normalize:
            return Standardization.none(rows.X.shape[-1])
        return Standardization.of(rows.X, rows.weight)

    # From files

    def check_stored(self, estimator, shape):
        """Refuse what does not belong to a network for samples of this shape."""
        for field, rule in self.field_rules.items():
            value = getattr(self, field)
            require(rule(value), type(self).__name__, field, value)
        n_features = vars(estimator).get("n_features_in_")
        if n_features is not None:
            fits = n_features == prod(self.feature_shape(shape))
            require(fits, type(estimator).__name__, "n_features_in_", n_features)

    def feature_shape(self, shape):
        """Features of X, for a network that takes samples of this shape."""
        return shape

    def trial(self, estimator):
        """Samples that a fitted estimator must take; None where they would be huge."""
        n_features = vars(estimator).get("n_features_in_")
        if n_features is None:
            return None
        return named(estimator, usual(estimator, (1, n_features), n_features))

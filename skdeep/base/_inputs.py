"""How an estimator reads its X: by an object that ``fit`` makes and keeps.

Predictions use this object, so ``set_params`` does not change them. A family that takes
other X than tables has a subclass, whose objects ``_make_inputs`` makes.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from sklearn.utils.validation import validate_data

from skdeep._numbers import plain
from skdeep._rules import require
from skdeep.base._held_out import split_rows
from skdeep.base._stored import mean_samples, with_feature_names
from skdeep.encoding import Standardization, accepted_dtypes, prediction_dtype
from skdeep.inference import forward


@dataclass(eq=False)
class Inputs:
    """Reads tables, dense or sparse; the base of classes for other kinds of X.

    Its fields are learnt from X, or are parameters that predictions depend on.
    """

    # Whether each batch is cast when it is used, not all rows before training.
    casts_batches: ClassVar = False
    # Rules for the fields of an object from a file; see :mod:`skdeep._rules`.
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
            Whether to learn the fields from X. If not, X must fit them.

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
        """Samples for a prediction, in the form that :meth:`forward` takes.

        Parameters
        ----------
        estimator : BaseNetwork
        X : object
            Any X that ``predict`` may be given.
        """
        return validate_data(
            estimator, X, accept_sparse="csr", dtype=("float64", "float32"), reset=False
        )

    def encoded(self, X, *, learn):
        """Rows from :meth:`read`, after a split, as the network takes them.

        Parameters
        ----------
        X : {ndarray, SelectedRows, CSR} of shape (n_samples, ...)
        learn : bool
            Whether X are the training rows, from which statistics are learnt.
        """
        return X

    def as_rows(self, samples):
        """Samples as one array or CSR matrix, in the form that the layers take."""
        return samples

    def forward(self, network, samples):
        """The output of the last layer before its activation.

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

    def without_zero_weights(self, X, y, sample_weight):
        """Training data, without samples of weight zero if ``read`` learns from each.

        All other inputs drop these samples after ``read``.
        """
        return X, y, sample_weight

    def split(self, y, n_val, strata, rng):
        """Indices of the rows to train on, and of the rows to hold out."""
        return split_rows(len(y), n_val, strata, rng)

    def scales(self, normalize):
        """Whether the network's first layer scales its inputs."""
        return bool(normalize)

    def scaling(self, rows, normalize):
        """Mean and scale of the network's first layer.

        Parameters
        ----------
        rows : EncodedSamples
            Training rows.
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
        """Refuse fields that do not fit a network for samples of this shape.

        ``field_rules`` have checked each field alone before.
        """
        n_features = vars(estimator).get("n_features_in_")
        if n_features is not None:
            fits = n_features == prod(self.feature_shape(shape))
            require(fits, type(estimator).__name__, "n_features_in_", n_features)

    def feature_shape(self, shape):
        """The shape of a sample's features in X, for inputs of this shape."""
        return shape

    def trial_samples(self, estimator):
        """Samples that a fitted estimator must take; None if they would be huge."""
        n_features = vars(estimator).get("n_features_in_")
        if n_features is None:
            return None
        X = mean_samples(estimator, (1, n_features), n_features)
        return with_feature_names(estimator, X)


def check_same(estimator, name, fitted):
    """Refuse another value of a parameter when training goes on.

    Parameters
    ----------
    estimator : BaseNetwork
    name : str
        The parameter.
    fitted : object
        Its value in the first fit.
    """
    value = plain(getattr(estimator, name))
    if value != fitted:
        raise ValueError(
            f"{type(estimator).__name__} was fitted with {name}={fitted!r}. Received "
            f"{name}={value!r}. Call fit with warm_start=False to start anew."
        )

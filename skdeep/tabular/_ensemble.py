"""The base of the ensembles for tables."""

import math

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skdeep._compat import _check_sample_weight, _fit_context, _safe_indexing
from skdeep._forked import refuse_if_forked
from skdeep._numbers import plain
from skdeep._rules import require
from skdeep._start import start_tensorflow
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.tabular._folds import make_folds


def _needs_all_rows(estimator):
    raise AttributeError(
        f"{type(estimator).__name__} has no partial_fit: its folds need all rows at "
        "once. Use skdeep.DenseClassifier or skdeep.DenseRegressor."
    )


class BaseTabular(Parameters, Stored, BaseEstimator):
    """Dense networks, each trained without one fold, whose predictions are averaged."""

    _stored_attributes = None

    # Subclasses define the class of the members, and these methods.

    _member_class = None

    def _read_targets(self, template, y):
        """``y`` as an array, with labels in place of one-hot rows."""
        return one_column(y)

    def _strata(self, targets):
        """Labels whose shares random folds keep, or None."""
        return None

    def _weights_of_rows(self, y, weight):
        """``weight`` times the weights of the classes."""
        return weight

    def _decode(self, member, output):
        """What the ensemble averages, from the output of a member's network."""
        raise NotImplementedError

    def _store_held_out(self, predicted, y, kept):
        """Set the attributes that tell how good predictions are for unseen rows.

        Parameters
        ----------
        predicted : ndarray of shape (n_samples, ...)
            NaN for rows that no fold has.
        y : ndarray of shape (n_samples, ...)
            The first result of :meth:`_read_targets`.
        kept : ndarray of int
            Rows whose weight is not zero.
        """
        raise NotImplementedError

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Train the networks, all at once.

        Parameters
        ----------
        X : {data frame, array-like, sparse matrix} of shape (n_samples, n_features)
            Training data. Frames may hold numbers, texts, categories, missing values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights. A row of weight zero counts as if it were not there.
        groups : array-like of shape (n_samples,), default=None
            The group of each row, for ``cv``. Without ``cv`` all rows of a group are in
            the same fold.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not valid, or if they do not fit each other.
        """
        from skdeep.tabular._members import fit_members

        refuse_if_forked()
        start_tensorflow(0)
        rng = check_random_state(self.random_state)
        template = self._member_class(**self._member_parameters())
        y = self._array_of(y, template)
        check_consistent_length(X, y, sample_weight, groups)
        targets = self._read_targets(template, y)
        weight = self._weights_of_rows(targets, _weights(sample_weight, len(targets)))
        kept = np.flatnonzero(weight)
        folds = make_folds(
            self.cv,
            plain(self.n_members),
            targets,
            self._strata(targets),
            groups,
            kept,
            rng,
        )
        rows = X, y
        if len(kept) < len(weight):
            rows = _safe_indexing(X, kept), _safe_indexing(y, kept)
        fitted = fit_members(self, template, *rows, weight[kept], folds, rng)
        self._store(*fitted, folds, targets, kept)
        return self

    def _array_of(self, y, template):
        """``y`` as an array or a sparse matrix."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        y = template._prepared_targets(y)
        return y if sparse.issparse(y) else np.asarray(y)

    def _member_parameters(self):
        """Parameters of the members, but for those that the data decide."""
        return {
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "kernel_initializer": "he_normal",
            "dropout": self.dropout,
            "learning_rate_schedule": "cosine_decay",
            "patience": None,
            "categorical_features": self.categorical_features,
            "normalize": "clip",
        }

    def _store(self, members, outputs, folds, targets, kept):
        """Set the fitted attributes."""
        self.estimators_ = members
        self.n_features_in_ = members[0].n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(members[0], "feature_names_in_"):
            self.feature_names_in_ = members[0].feature_names_in_
        sums, counts = 0.0, np.zeros(len(targets))
        for member, output, (_, held_out) in zip(members, outputs, folds, strict=True):
            decoded = self._decode(member, output)
            if np.ndim(sums) == 0:
                sums = np.zeros((len(targets), *decoded.shape[1:]))
            np.add.at(sums, kept[held_out], decoded)
            np.add.at(counts, kept[held_out], 1)
        counts = counts.reshape(-1, *[1] * (sums.ndim - 1))
        with np.errstate(invalid="ignore"):
            predicted = sums / counts  # NaN where no fold has the row
        self._store_held_out(predicted, targets, kept)

    @available_if(_needs_all_rows)
    def partial_fit(self, X, y):
        """Not available: the folds need all rows at once.

        Parameters
        ----------
        X, y : object
            Ignored.
        """

    def _of_members(self, X):
        """Each member's decoded prediction, and the dtype for their average.

        Returns
        -------
        decoded : ndarray of shape (n_members, n_samples, ...)
        dtype : str
        """
        from skdeep.tabular._members import output_of

        check_is_fitted(self)
        first = self.estimators_[0]
        samples = first._inputs.samples(self, X)  # all members read X alike
        rows = first._inputs.as_rows(samples)
        decoded = []
        for member in self.estimators_:
            with np.errstate(over="ignore", invalid="ignore"):  # refused below
                output = output_of(member, rows)
            member._check_output(output, samples)
            decoded.append(self._decode(member, output))
        return np.stack(decoded).astype(np.float64), first._precision_of(samples)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags

    # From files

    def _check_stored(self):
        self._validate_params()
        if "estimators_" not in vars(self):
            return
        name, members = type(self).__name__, self.estimators_
        sound = isinstance(members, list) and len(members) > 0
        sound = sound and all(type(m) is self._member_class for m in members)
        require(sound, name, "estimators_", members)
        shapes = {m.network_.spec.input_shape for m in members}
        require(len(shapes) == 1, name, "estimators_", members)
        sizes = {m.n_features_in_ for m in members} | {self.n_features_in_}
        require(len(sizes) == 1, name, "n_features_in_", self.n_features_in_)

    def _trial_samples(self):
        if "estimators_" not in vars(self):
            return None
        return self.estimators_[0]._trial_samples()


def one_column(y):
    """``y``, without an axis of one column."""
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _weights(sample_weight, n_rows):
    rows = np.empty((n_rows, 0))
    return _check_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )


def conformal_bound(errors, coverage):
    """The bound that so large a share of new errors does not exceed.

    Split conformal prediction (Lei et al., 2018, "Distribution-Free Predictive
    Inference for Regression"), with errors of rows that a network has not seen.

    Parameters
    ----------
    errors : ndarray of shape (n_errors, ...)
    coverage : float

    Returns
    -------
    bound : ndarray of shape (...)
    """
    if not 0 < coverage < 1:
        raise ValueError(
            f"coverage must lie between 0 and 1. Received coverage={coverage!r}."
        )
    rank = math.ceil((len(errors) + 1) * coverage)
    if rank > len(errors):
        raise ValueError(
            f"coverage={coverage} needs the errors of at least "
            f"{math.ceil(coverage / (1 - coverage))} rows that were held out. Received "
            f"{len(errors)}. Lower coverage, or fit on more rows."
        )
    return np.sort(errors, axis=0)[rank - 1]

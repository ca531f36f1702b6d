"""The base of the ensembles for tables."""

import math
from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skdeep._compat import _check_sample_weight, _fit_context, _safe_indexing
from skdeep._forked import refuse_if_forked
from skdeep._numbers import plain
from skdeep._rules import anything, is_a, require
from skdeep._start import start_tensorflow
from skdeep.base._input_checks import one_column
from skdeep.base._parameters import Parameters
from skdeep.base._stored import Stored
from skdeep.base._target_steps import read_labels
from skdeep.encoding import with_finite_sums
from skdeep.tabular._folds import given_folds, random_folds, warn_of_unseen_labels
from skdeep.tabular._outputs import groups_of

# Fields of the specs of all members.
_ALIKE = "hidden_layer_sizes", "activation", "units", "output", "dtype", "clips"


def _needs_all_rows(estimator):
    raise AttributeError(
        f"{type(estimator).__name__} has no partial_fit: its folds need all rows at "
        "once. Use skdeep.DenseClassifier or skdeep.DenseRegressor."
    )


class BaseTabular(Parameters, Stored, BaseEstimator):
    """Dense networks, each trained without one fold, whose predictions are averaged."""

    _stored_attributes = {
        "_errors": anything,
        "estimators_": lambda value: isinstance(value, list) and len(value) > 0,
        "oof_prediction_": is_a(np.ndarray),
    }

    # Subclasses define the class of the members, and these methods.

    _member_class = None

    def _read_targets(self, template, y):
        """``y`` as an array, with labels in place of one-hot rows."""
        return read_labels(None, y, per_step=False)

    def _labels(self, targets):
        """Labels, one for each row; None for other targets."""
        return None

    def _weights_of_rows(self, targets, weight):
        """``weight`` times the weights of the classes."""
        return weight

    def _decode(self, member, output):
        """What the ensemble averages, from the output of a member's network."""
        raise NotImplementedError

    def _unseen(self, decoded, targets, train):
        """A member's predictions for the rows of its fold, as the ensemble gives them.

        Parameters
        ----------
        decoded : ndarray of shape (n_held_out, ...)
        targets : ndarray of shape (n_rows, ...)
        train : ndarray of int
            The rows that the member was trained on.
        """
        return decoded

    def _error_shape(self, shape):
        """The shape of an error, for predictions of this shape."""
        return shape

    def _measured(self, members, predicted, rows, known):
        """Attributes that tell how good predictions are for unseen rows, by name.

        Parameters
        ----------
        members : list of estimators
        predicted : ndarray of shape (n_rows, ...)
            For rows that are in a fold.
        rows : Rows
        known : ndarray of shape (n_rows,), dtype=bool
            Whether each row is in a fold.

        Returns
        -------
        attributes : dict
            Among them "unseen", the predictions as the ensemble gives them.
        """
        raise NotImplementedError

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Train the networks.

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
        refuse_if_forked()
        start_tensorflow(0)
        from skdeep.tabular._members import fit_members

        rng = check_random_state(self.random_state)
        template = self._member_class(**self._member_parameters())
        rows = self._rows(template, X, y, sample_weight, groups)
        labels = self._labels(rows.targets)
        if self.cv is None:
            n_members = plain(self.n_members)
            n_rows = len(rows.targets)
            folds = random_folds(n_members, n_rows, labels, rows.groups, rng)
        else:
            folds = given_folds(plain(self.cv), rows, labels)
            if labels is not None:
                warn_of_unseen_labels(folds, labels)
        members, outputs = fit_members(self, template, rows, folds, rng)
        self._store(members, outputs, folds, rows)
        return self

    def _rows(self, template, X, y, sample_weight, groups):
        """The rows whose weight is not zero, as :class:`Rows`."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        y = template._prepared_targets(y)
        X, y = (part.tocsr() if sparse.issparse(part) else part for part in (X, y))
        y = y if sparse.issparse(y) else np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = one_column(y.toarray() if sparse.issparse(y) else y)
        check_consistent_length(X, y, groups)
        weight = _check_sample_weight(
            sample_weight,
            np.empty((y.shape[0], 0)),
            dtype=np.float64,
            ensure_non_negative=True,
        )
        rows = Rows(
            X, y, None, with_finite_sums(weight), groups, np.arange(len(weight))
        )
        rows = rows.present()
        if len(rows.kept):
            rows = rows._replace(targets=self._read_targets(template, rows.y))
            weight = self._weights_of_rows(rows.targets, rows.weight)
            rows = rows._replace(weight=weight, known=self._labels(rows.targets))
        return rows.present()

    def _member_parameters(self):
        """Parameters of the members, but for those that the data decide."""
        return {
            "hidden_layer_sizes": self.hidden_layer_sizes,
            "kernel_initializer": "he_normal",
            "dropout": self.dropout,
            "optimizer": "adamw",
            "learning_rate": self.learning_rate,
            "learning_rate_schedule": "cosine_decay",
            "patience": None,
            "categorical_features": self.categorical_features,
            "normalize": "clip",
        }

    def _store(self, members, outputs, folds, rows):
        """Set the fitted attributes."""
        decoded = [
            self._unseen(self._decode(member, output), rows.targets, train)
            for member, output, (train, _) in zip(members, outputs, folds, strict=True)
        ]
        n_rows = len(rows.targets)
        total, count = np.zeros((n_rows, *decoded[0].shape[1:])), np.zeros(n_rows)
        for part, (_, held_out) in zip(decoded, folds, strict=True):
            np.add.at(total, held_out, part)
            np.add.at(count, held_out, 1)
        known = count > 0
        predicted = total[known] / count[known].reshape(-1, *[1] * (total.ndim - 1))
        fitted = self._measured(members, predicted, rows, known)
        unseen = np.full((rows.n_all, *total.shape[1:]), np.nan)
        unseen[rows.kept[known]] = fitted.pop("unseen")
        fitted["oof_prediction_"] = unseen
        self.__dict__.pop("feature_names_in_", None)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(members[0], name):
                fitted[name] = getattr(members[0], name)
        vars(self).update(fitted, estimators_=members)

    @available_if(_needs_all_rows)
    def partial_fit(self, X, y):
        """Not available: the folds need all rows at once.

        Parameters
        ----------
        X, y : object
            Ignored.

        Raises
        ------
        AttributeError
            Always.
        """

    def _of_members(self, X):
        """Each network's decoded prediction, and the dtype for their average.

        Returns
        -------
        decoded : ndarray of shape (n_members, n_samples, ...)
        dtype : str
        """
        check_is_fitted(self)
        decoded, samples, before = {}, None, None
        for group in groups_of(self.estimators_):
            inputs = group.inputs
            if before is None or not inputs.codes_like(before):
                samples = inputs.samples(self, X)
            before = inputs
            with np.errstate(over="ignore", invalid="ignore"):  # refused below
                parts = [
                    group.outputs(inputs.as_rows(part))
                    for part in inputs.parts(samples)
                ]
            outputs = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
            for number, output in zip(group.numbers, outputs, strict=True):
                member = self.estimators_[number]
                member._check_output(output, samples)
                decoded[number] = self._decode(member, output)
        decoded = [decoded[number] for number in sorted(decoded)]
        dtype = self.estimators_[0]._precision_of(samples)
        return np.stack(decoded).astype(np.float64), dtype

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
        are_fitted = all(
            type(m) is self._member_class and m._is_fitted for m in members
        )
        require(are_fitted, name, "estimators_", members)
        names = [_names(part) for part in (self, *members)]
        require(names == [names[0]] * len(names), name, "feature_names_in_", names)
        for member in members:
            self._check_stored_member(members[0], member)
        predicted, errors = self.oof_prediction_, self._errors
        output = self._decode(members[0], np.zeros((1, members[0].network_.spec.units)))
        fits = predicted.shape[1:] == output.shape[1:] and predicted.dtype.kind == "f"
        require(fits, name, "oof_prediction_", predicted)
        if errors is not None:
            known = np.isfinite(predicted.reshape(len(predicted), -1)).all(axis=1)
            shape = known.sum(), *self._error_shape(output.shape[1:])
            fits = isinstance(errors, np.ndarray) and errors.dtype.kind == "f"
            fits = fits and errors.shape == shape and bool(np.isfinite(errors).all())
            require(fits and known.any(), name, "_errors", errors)

    def _check_stored_member(self, first, member):
        """Refuse a member of a file that does not fit the first one."""
        spec, of_first = member.network_.spec, first.network_.spec
        inputs, of_inputs = member._inputs, first._inputs
        fits = (
            all(getattr(spec, part) == getattr(of_first, part) for part in _ALIKE)
            and inputs.categorical_features == of_inputs.categorical_features
            and member._targets.n_outputs == first._targets.n_outputs
        )
        require(fits, type(self).__name__, "estimators_", member)

    def _trial_samples(self):
        if "estimators_" not in vars(self):
            return None
        return self.estimators_[0]._trial_samples()


def _names(estimator):
    """The number of features, and their names if there are any."""
    names = vars(estimator).get("feature_names_in_")
    return estimator.n_features_in_, None if names is None else list(names)


class Rows(NamedTuple):
    """Rows of the training data.

    ``kept`` holds their numbers in the data that ``fit`` got. ``known`` holds labels,
    also of rows that the weights of classes leave out.
    """

    X: object
    y: object
    targets: object
    weight: np.ndarray
    groups: object
    kept: np.ndarray
    known: object = None
    n_all: int = 0

    def present(self):
        """The rows whose weight is not zero."""
        rows = self._replace(n_all=self.n_all or len(self.weight))
        present = np.flatnonzero(self.weight)
        if len(present) == len(self.weight):
            return rows
        parts = "X", "y", "targets", "weight", "groups", "kept"
        chosen = {
            name: None if part is None else _safe_indexing(part, present)
            for name, part in zip(parts, self, strict=False)
        }
        return rows._replace(**chosen)


def conformal_bound(errors, coverage):
    """The bound that about so large a share of new errors does not exceed.

    As in split conformal prediction (Lei et al., 2018, "Distribution-Free Predictive
    Inference for Regression"), with the errors of each network for the rows that it has
    not been trained on. Each row counts once, whatever its weight.

    Parameters
    ----------
    errors : ndarray of shape (n_errors, ...)
    coverage : float

    Returns
    -------
    bound : ndarray of shape (...)
    """
    _check_share("coverage", coverage)
    return _of_rank(
        errors, math.ceil((len(errors) + 1) * coverage), "coverage", coverage
    )


def conformal_quantile(errors, level):
    """The value that about so large a share of new errors lies below.

    Above the median it is such a bound; below it, that of the errors with the other
    sign.
    """
    _check_share("quantiles", level)
    if level >= 0.5:
        rank = math.ceil((len(errors) + 1) * level)
    else:
        rank = math.floor((len(errors) + 1) * level)
    return _of_rank(errors, rank, "quantiles", level)


def _check_share(name, share):
    if not isinstance(share, Real) or not 0 < share < 1:
        raise ValueError(
            f"{name} must be a number between 0 and 1. Received {name}={share!r:.80}."
        )


def _of_rank(errors, rank, name, share):
    """The error of this rank, from one, among the errors in rising order."""
    if not 1 <= rank <= len(errors):
        least = 1 / (len(errors) + 1)
        raise ValueError(
            f"The errors of {len(errors)} rows that were held out say nothing of "
            f"{name} outside of {least:.3g} to {1 - least:.3g}. Received {name}="
            f"{share!r}. Choose another, or fit on more rows."
        )
    return np.sort(errors, axis=0)[rank - 1]

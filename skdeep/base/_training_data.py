"""The arguments of ``fit``, checked, split and encoded for the network."""

import copy
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from skdeep._compat import _check_sample_weight
from skdeep._numbers import plain
from skdeep.base._input_checks import one_column
from skdeep.base._target_steps import encode_targets, read_labels, steps_as_samples
from skdeep.encoding import (
    EncodedSamples,
    Standardization,
    cast_arrays,
    check_range,
    select,
    with_finite_sums,
)


@dataclass
class TrainingData:
    """Training and validation rows as the network takes them.

    Attributes
    ----------
    train : EncodedSamples
    validation : EncodedSamples or None
    targets : object
        The encoding of y.
    inputs, outputs : Standardization
        The scaling of the inputs and of the outputs.
    double_inputs : bool
        Whether the inputs are centred in double precision, even if the layers compute
        in another one.
    held_out_weight : float or None
        Mean weight of a validation row divided by the mean weight of a training row;
        None if validation rows were not held out of X.
    """

    train: EncodedSamples
    validation: EncodedSamples | None
    targets: object
    inputs: Standardization
    outputs: Standardization
    double_inputs: bool
    held_out_weight: float | None = None

    @property
    def validation_or_training(self):
        """The validation rows if there are any, else the training rows."""
        return self.train if self.validation is None else self.validation

    @property
    def parts(self):
        """All rows that ``fit`` got as X, with weights on a common scale."""
        if self.held_out_weight is None:
            return [self.train]
        weight = self.validation.weight * self.held_out_weight
        return [self.train, replace(self.validation, weight=weight)]


def encode(estimator, X, y, sample_weight, validation, previous, classes, rng):
    """Check, split and encode the arguments of ``fit``.

    Parameters
    ----------
    estimator : BaseNetwork
    X, y, sample_weight : object
        Arguments of ``fit``.
    validation : tuple of (X_val, y_val, sample_weight_val) or None
        None in ``partial_fit``, which takes no validation data.
    previous : FittedNetwork or None
        The network with which training goes on.
    classes : array-like or None
        Argument of ``partial_fit``.
    rng : numpy.random.RandomState

    Returns
    -------
    TrainingData
    """
    if previous is None:
        estimator._inputs = estimator._make_inputs(X)
    else:
        # A copy: after an error the estimator gets the old one back, unchanged.
        estimator._inputs = copy.copy(estimator._inputs)
    X, y, weight = _check_rows(estimator, X, y, sample_weight, learn=previous is None)
    per_step = estimator._targets_per_step
    indicator = estimator._indicator(
        steps_as_samples(y) if per_step else y,
        previous,
        more_to_come=validation is None,
    )
    y = read_labels(indicator, y, per_step=per_step)
    held_out = _validation_data(estimator, validation, indicator)
    held_out_weight = None
    if held_out is not None and held_out[0] is None:
        X, y, weight, held_out = _split(estimator, X, y, weight, rng)
        held_out_weight = float(held_out[2].mean() / weight.mean())
    known = classes if indicator is None else indicator
    targets = (
        estimator._targets if previous else _learnt_targets(estimator, y, weight, known)
    )
    class_weight = estimator._class_weight(targets, y, weight)
    if class_weight is not None:
        X, y, weight = _without_zero_weights(X, y, class_weight.times(y, weight))
    X = estimator._inputs.encoded(X, learn=previous is None)
    train = _encoded_rows(estimator, X, y, weight, targets)
    val = None
    if held_out is not None:
        if class_weight is not None:
            X, y, weight = held_out
            weight = class_weight.times(y, weight, "the validation data")
            held_out = _without_zero_weights(X, y, weight)
        X, y, weight = held_out
        X = estimator._inputs.encoded(X, learn=False)
        val = _encoded_rows(estimator, X, y, weight, targets)
    if previous is not None:
        inputs, outputs = previous.inputs, previous.outputs
        double = previous.spec.double_inputs
    else:
        inputs = estimator._inputs.scaling(train, estimator.normalize)
        outputs = targets.scaling
        double = inputs.far and train.X.dtype == np.float64
        double = double and estimator._array_dtype != "float64"
    if not double:
        train, val = _in_network_dtype(estimator, train, val)
    return TrainingData(train, val, targets, inputs, outputs, double, held_out_weight)


def _in_network_dtype(estimator, train, validation):
    """Rows in the dtype of the network, cast once for all epochs."""
    if estimator._inputs.casts_batches:
        return train, validation
    parts = [part for part in (train, validation) if part is not None]
    arrays = cast_arrays(estimator._array_dtype, *(part.X for part in parts))
    parts = [replace(part, X=X) for part, X in zip(parts, arrays, strict=True)]
    return (*parts, None) if validation is None else tuple(parts)


def _check_rows(estimator, X, y, sample_weight, *, learn):
    """X, y and weights after scikit-learn's checks, without rows of weight zero."""
    X, y, sample_weight = estimator._inputs.without_zero_weights(X, y, sample_weight)
    y = estimator._prepared_targets(y)
    X, y = estimator._inputs.read(estimator, X, y, learn=learn)
    check_range(X, estimator._array_dtype, "X")
    if y.ndim == 2 and y.shape[1] == 1 and not estimator._targets_per_step:
        y = one_column(y.toarray() if sparse.issparse(y) else y)
    weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    return _without_zero_weights(X, y, with_finite_sums(weight))


def _validation_data(estimator, validation, indicator):
    """(X, y, weight); three times None to split them off X; None for no validation."""
    if validation is None:
        return None
    X_val, y_val, sample_weight_val = validation
    supervised = estimator.__sklearn_tags__().target_tags.required
    if supervised and (X_val is None) != (y_val is None):
        given, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise ValueError(
            f"X_val and y_val belong together. Received {given} without {missing}."
        )
    if X_val is None:
        holds_out = estimator.early_stopping and estimator.monitor.startswith("val_")
        return (None, None, None) if holds_out else None
    X, y, weight = _check_rows(estimator, X_val, y_val, sample_weight_val, learn=False)
    y = read_labels(indicator, y, per_step=estimator._targets_per_step)
    return X, y, weight


def _split(estimator, X, y, weight, rng):
    """X, y and weights to train on, and the tuple of the same to hold out."""
    n_val = int(np.ceil(len(y) * plain(estimator.validation_fraction)))
    if n_val >= len(y):
        raise ValueError(
            f"validation_fraction={estimator.validation_fraction} leaves no training "
            f"sample of n_samples={len(y)}. Lower it, pass validation data, or set "
            "early_stopping=False."
        )
    # A warm start must not train on rows that were held out before.
    if not (estimator.warm_start and hasattr(estimator, "_split_seed")):
        estimator._split_seed = int(rng.randint(2**31 - 1))
    split_rng = np.random.RandomState(estimator._split_seed)
    strata = estimator._strata(y)
    train, held_out = estimator._inputs.split(y, n_val, strata, split_rng)
    validation = select(X, held_out), y[held_out], weight[held_out]
    return select(X, train), y[train], weight[train], validation


def _learnt_targets(estimator, y, weight, known):
    if estimator._targets_per_step:
        weight, y = np.repeat(weight, y.shape[1]), steps_as_samples(y)
    return estimator._learn_targets(y, weight, known)


def _encoded_rows(estimator, X, y, weight, targets):
    """Rows with encoded targets and weights of mean one."""
    weight = (weight * (len(weight) / weight.sum())).astype(estimator._array_dtype)
    per_step = estimator._targets_per_step
    Y = encode_targets(estimator, targets, y, per_step=per_step)
    return EncodedSamples(X, Y, weight)


def _without_zero_weights(X, y, weight):
    """X, y and weights without the rows whose weight is zero."""
    present = weight > 0
    if present.all():
        return X, y, weight
    return select(X, np.flatnonzero(present)), y[present], weight[present]

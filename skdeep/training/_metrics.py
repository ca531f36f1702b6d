"""Keras metrics by name or object, fresh for each use."""

import inspect
import re

import keras

from skdeep._compat import get_object_name
from skdeep.networks import closest
from skdeep.networks._losses import STANDARDIZED, loss_rule, redefines
from skdeep.networks._made_anew import check_described, made_anew
from skdeep.networks._own_units import unscaled

_ACCURACY = "accuracy", "acc"


def make_metrics(metrics, head):
    """New Keras metrics.

    Parameters
    ----------
    metrics : sequence of str, callable or keras.metrics.Metric
        "accuracy" becomes the accuracy that fits the output layer, "f1_score" the mean
        over its columns.
    head : Head

    Returns
    -------
    metrics : list of keras.metrics.Metric
        With the names of :func:`metric_names`.
    """
    made = [_make(metric, head) for metric in metrics]
    for metric, name in zip(made, metric_names(metrics), strict=True):
        metric.name = name
    return made


class InOwnUnits(keras.metrics.Metric):
    """A metric of Keras's engine that sees targets in the units of the user's.

    Parameters
    ----------
    metric : keras.metrics.Metric
    n_units : int
        Columns of the output; what follows is a penalty.
    units : Standardization
        That the network learns in.
    """

    def __init__(self, metric, n_units, units):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.metric = metric
        self._n_units = n_units
        self._units = units

    def update_state(self, y_true, y_pred, sample_weight=None):
        output = y_pred[..., : self._n_units]
        pair = in_units_of(self.metric, y_true, output, self._units)
        self.metric.update_state(*pair, sample_weight=sample_weight)

    def result(self):
        # A variable would be that of the next reset by the time it is read.
        return keras.ops.multiply(self.metric.result(), 1)

    def reset_state(self):
        self.metric.reset_state()


def in_units_of(metric, y, output, units):
    """Standardised targets and outputs in the units that ``metric`` needs.

    Parameters
    ----------
    metric : keras.metrics.Metric
    y, output : tensor of shape (..., n_outputs)
    units : Standardization or the like
        With ``mean`` and ``scale``, arrays or tensors.
    """
    mean, scale = units.mean, units.scale
    if _is_of_differences(metric):
        # Far from zero single precision would lose what values differ by.
        mean = 0.0 * mean
    return [unscaled(values, mean, scale) for values in (y, output)]


def _is_of_differences(metric):
    """Whether a metric gives the same wherever the values lie."""
    if redefines(metric, "update_state"):
        return False
    if isinstance(metric, (keras.metrics.RootMeanSquaredError, keras.metrics.R2Score)):
        return True
    formula = getattr(metric, "_fn", None)  # of a mean over samples
    return formula is not None and loss_rule(formula).values == STANDARDIZED


def metric_names(metrics):
    """The names in the history: Keras's own, whatever the process did before.

    Keras numbers the metrics of a process ("auc_2"). Here a name has a number where
    the same list has it already, as Keras numbers those of one model.

    Parameters
    ----------
    metrics : sequence of str, callable or keras.metrics.Metric

    Returns
    -------
    names : list of str
    """
    names = []
    for own in map(plain_name, metrics):
        if own == "loss" or own.startswith("val_"):
            raise ValueError(
                f"A metric must not be named 'loss' or 'val_...', which the history "
                f"needs for other values. Received a metric named {own!r}. Rename it."
            )
        name, number = own, 0
        while name in names:
            number += 1
            name = f"{own}_{number}"
        names.append(name)
    return names


def plain_name(metric):
    """Keras's name of a metric without the number of the process."""
    if isinstance(metric, str) and not isinstance(_metric_class(metric), type):
        return metric
    metric = _metric_class(metric) if isinstance(metric, str) else metric
    if isinstance(metric, type):
        metric = metric()
    name = get_object_name(metric)
    plain = re.sub(r"_\d+$", "", name)
    numbered = plain.replace("_", "") == type(metric).__name__.lower()
    return plain if numbered else name


def _metric_class(name):
    """The class of a name like "AUC"; None for others, such as "auc" and "mse"."""
    found = getattr(keras.metrics, name, None)
    return found if isinstance(found, type) else None


def _make(metric, head):
    if isinstance(metric, str):
        if metric.lower() in _ACCURACY:
            return _accuracy(metric, head)
        metric = _by_name(metric, head)
    if isinstance(metric, type):
        metric = metric()
    if isinstance(metric, keras.metrics.Metric):
        check_described(metric)
        _check_threshold(metric, head)
        return made_anew(metric)
    return keras.metrics.MeanMetricWrapper(metric)


def _by_name(name, head):
    metric = _named(name)
    if isinstance(metric, keras.metrics.FBetaScore):
        # Keras's defaults give a number per column and take the largest for the label.
        if head.output == "linear" and head.labels is not None:
            raise ValueError(
                f"metrics=[{name!r}] needs probabilities, which the loss "
                f"{head.loss!r} does not give. Use 'accuracy', or another loss."
            )
        return type(metric)(average="macro", threshold=_threshold(head))
    return metric


def _threshold(head):
    """From which value on a column is a label of its own, or None: the largest is."""
    several = head.units > 1 and head.labels == "one"
    if head.labels is None or head.output == "softmax" or several:
        return None
    return 0.0 if head.output == "linear" else 0.5


def _check_threshold(metric, head):
    """Refuse F-scores that take the largest column where each is a decision."""
    if not isinstance(metric, keras.metrics.FBetaScore) or metric.threshold is not None:
        return
    if _threshold(head) is not None:
        raise ValueError(
            f"With threshold=None {type(metric).__name__} takes the largest column for "
            f"the label, but each of the {head.units} columns is a decision of its "
            f"own here. Pass keras.metrics.{type(metric).__name__}(average='macro', "
            f"threshold=0.5), or metrics=['f1_score']."
        )


def _named(name):
    try:
        return keras.metrics.get(name)
    except ValueError as error:
        if inspect.isfunction(found := getattr(keras.metrics, name, None)):
            return found  # such as "huber", which Keras knows as a loss only
        known = {"accuracy", *(n for n in dir(keras.metrics) if n[0] != "_")}
        raise ValueError(
            "metrics must hold names or objects of keras.metrics, or functions. "
            f"Received {name!r}.{closest(name, known)}"
        ) from error


def _accuracy(name, head):
    if head.labels is None and head.output not in (None, "softmax"):
        raise ValueError(
            f"metrics=[{name!r}] needs a classifier. Use 'mean_absolute_error' or "
            "another regression metric."
        )
    if head.sparse:
        return keras.metrics.SparseCategoricalAccuracy()
    threshold = _threshold(head)
    if threshold is None:
        return keras.metrics.CategoricalAccuracy()
    return keras.metrics.BinaryAccuracy(threshold=threshold)

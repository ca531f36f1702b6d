"""Makes Keras metrics from names, functions and objects, anew for each use."""

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
    """Make new Keras metrics.

    Parameters
    ----------
    metrics : sequence of str, callable or keras.metrics.Metric
        "accuracy" becomes the accuracy that fits the output layer, "f1_score" the mean
        F-score of its columns.
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
    """A metric for ``keras.Model.fit`` that undoes the standardisation of targets.

    Parameters
    ----------
    metric : keras.metrics.Metric
    n_units : int
        Columns of the output; a further column is a penalty.
    units : Standardization
        How the targets are standardised.
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
        # A copy: Keras may reset the variable before it reads the result.
        return keras.ops.multiply(self.metric.result(), 1)

    def reset_state(self):
        self.metric.reset_state()


def in_units_of(metric, y, output, units):
    """Undo the standardisation of targets and outputs, as far as ``metric`` needs it.

    Parameters
    ----------
    metric : keras.metrics.Metric
    y, output : tensor of shape (..., n_outputs)
    units : Standardization or the like
        With ``mean`` and ``scale``, arrays or tensors.
    """
    mean, scale = units.mean, units.scale
    if _is_of_differences(metric):
        # Single precision would lose small differences of large values.
        mean = 0.0 * mean
    return [unscaled(values, mean, scale) for values in (y, output)]


def _is_of_differences(metric):
    """Whether a metric depends on differences of values only."""
    if redefines(metric, "update_state"):
        return False
    if isinstance(metric, (keras.metrics.RootMeanSquaredError, keras.metrics.R2Score)):
        return True
    formula = getattr(metric, "_fn", None)  # metrics that are means have one
    return formula is not None and loss_rule(formula).values == STANDARDIZED


def metric_names(metrics):
    """The names of metrics in the history, independent of earlier fits.

    Keras numbers the metrics of a process ("auc_2"). Here a name gets a number only if
    it stands in ``metrics`` twice, as for the metrics of one Keras model.

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
    """Keras's name of a metric, without the number that Keras may append."""
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
    """The Keras class with the name "AUC", say; None for names like "auc" and "mse"."""
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
        # With Keras's defaults it would give a number for each column, and take the
        # largest column as the label.
        if head.output == "linear" and head.labels is not None:
            raise ValueError(
                f"metrics=[{name!r}] needs probabilities, which the loss "
                f"{head.loss!r} does not give. Use 'accuracy', or another loss."
            )
        return type(metric)(average="macro", threshold=_threshold(head))
    return metric


def _threshold(head):
    """The output above which a sample has a column's label; None: the largest wins."""
    several = head.units > 1 and head.labels == "one"
    if head.labels is None or head.output == "softmax" or several:
        return None
    return 0.0 if head.output == "linear" else 0.5


def _check_threshold(metric, head):
    """Refuse F-scores that take the largest column where each column is a decision."""
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
            return found  # such as "huber", which keras.metrics.get does not know
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

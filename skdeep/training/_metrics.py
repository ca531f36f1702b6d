"""Keras metrics by name or object, fresh for each use."""

import keras

from skdeep.networks import check_described


def make_metrics(metrics, head):
    """New Keras metrics.

    Parameters
    ----------
    metrics : sequence of str, callable or keras.metrics.Metric
        "accuracy" becomes the accuracy that fits the output layer.
    head : Head

    Returns
    -------
    metrics : list of keras.metrics.Metric
    """
    return [_make(metric, head) for metric in metrics]


def _make(metric, head):
    if metric in ("accuracy", "acc"):
        return _accuracy(head)
    if isinstance(metric, str):
        metric = keras.metrics.get(metric)
    if isinstance(metric, type):
        metric = metric()
    if isinstance(metric, keras.metrics.Metric):
        check_described(metric)
        return type(metric).from_config(metric.get_config())
    name = getattr(metric, "__name__", "metric")
    return keras.metrics.MeanMetricWrapper(metric, name=name)


def _accuracy(head):
    if head.output in ("linear", "exponential") and head.labels is None:
        raise ValueError(
            "metrics=['accuracy'] needs a classifier. Use 'mean_absolute_error' or "
            "another regression metric."
        )
    if head.sparse:
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    several = head.units > 1 and head.labels == "one"
    if head.output == "softmax" or several:
        return keras.metrics.CategoricalAccuracy(name="accuracy")
    threshold = 0.0 if head.output == "linear" else 0.5
    return keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)

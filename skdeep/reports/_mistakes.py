"""The samples of a report on which the network does worst."""

import html
from math import isqrt

import numpy as np
from scipy.special import xlogy

from skdeep._compat import _safe_indexing
from skdeep.inspection._fitted import network_and_samples
from skdeep.reports._page import table
from skdeep.reports._pictures import image, sequence

_LONGEST_TEXT = 300
_MOST_FEATURES = 8
_LEAST_SIDE = 8


def mistakes(estimator, X, shown, n_worst=12):
    """The samples with the largest losses.

    Parameters
    ----------
    estimator : object
        The estimator of the report, perhaps a pipeline.
    X : array-like of shape (n_samples, ...)
    shown : Predictions
    n_worst : int, default=12

    Returns
    -------
    content : str
        HTML.
    """
    losses = shown.losses
    worst = np.argsort(-losses, kind="stable")
    if shown.probabilities is not None:
        worst = worst[shown.wrong[worst]]
    worst = worst[:n_worst]
    if not len(worst):
        return "<p>None: every prediction is right.</p>"
    given = _safe_indexing(X, worst)
    inner, samples = network_and_samples(estimator, given)
    is_image = inner.network_.spec.of_images  # a str is the path of an image then
    is_table = hasattr(given, "columns")
    if not (is_image or is_table) and all(isinstance(x, str) for x in given):
        return _texts(given, worst, shown)
    pictures = _pictures(inner, samples, given)
    if pictures is None:
        return _feature_table(inner, given, worst, shown)
    figures = "".join(
        f"<figure>{drawing}<figcaption>{_caption(number, shown)}</figcaption></figure>"
        for number, drawing in zip(worst, pictures, strict=True)
    )
    return f'<div class="grid">{figures}</div>'


def losses_of(y, predicted, probabilities, classes):
    """A loss per row: cross-entropy, or error by the targets' standard deviation.

    Parameters
    ----------
    y, predicted : ndarray of shape (n,) or (n, n_outputs)
    probabilities : ndarray of shape (n, n_classes) or None
    classes : ndarray of shape (n_classes,) or None
    """
    if probabilities is None:
        error = np.abs(y - predicted).reshape(len(y), -1)
        spread = np.std(y.reshape(len(y), -1), axis=0)
        return (error / np.where(spread > 0, spread, 1)).mean(axis=1)
    tiny = np.finfo("float32").tiny
    if y.ndim > 1:
        true, likely = y, np.clip(probabilities, tiny, 1)
        unlikely = np.clip(1 - probabilities, tiny, 1)
        return -(xlogy(true, likely) + xlogy(1 - true, unlikely)).mean(axis=1)
    column = np.searchsorted(classes, y)
    return -np.log(np.clip(probabilities[np.arange(len(y)), column], tiny, 1))


def _pictures(estimator, samples, given):
    """A picture for each sample, or None if samples cannot be drawn.

    Rows of pixels are looked for in the samples that the network gets and, because a
    pipeline may have changed them, in the samples that were given.
    """
    spec = estimator.network_.spec
    # The window of a row needs the rows before it, which are not among the samples.
    has_windows = getattr(estimator, "window", None) is not None
    if hasattr(samples, "tocsr") or has_windows or spec.n_tokens:
        return None
    rows = estimator._network_rows(samples)
    if spec.of_images:
        return [image(row, "image") for row in rows]
    if rows.ndim == 3:
        if spec.masked:
            rows = [row[row[:, -1] > 0.5, :-1] for row in rows]
        return [sequence(row, "sequence") for row in rows]
    tables = [given] if hasattr(estimator, "feature_names_in_") else [rows, given]
    rows = next(filter(_are_images, tables), None)
    if rows is None:
        return None
    side = isqrt(rows.shape[1])
    return [image(row.reshape(side, side, 1), "image") for row in rows]


def _are_images(rows):
    """Whether rows may be square images: enough columns, no value below 0."""
    if not (
        isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "fiu"
    ):
        return False
    side = isqrt(rows.shape[1])
    return side >= _LEAST_SIDE and side**2 == rows.shape[1] and rows.min() >= 0


def _caption(number, shown):
    words = _words(number, shown)
    lines = [f"sample {number}"]
    lines += [f"{key}: {value}" for key, value in words.items()]
    return "<br>".join(html.escape(line) for line in lines)


def _words(number, shown):
    """The target, the prediction and its confidence as texts."""
    words = {
        "true": _text(shown.y, number),
        "predicted": _text(shown.predicted, number),
    }
    if shown.confidence is not None:
        words["confidence"] = f"{shown.confidence[number]:.0%}"
    return words


def _text(values, number):
    """A target as text; of many targets of a sequence the first ones."""
    value = values[number]
    if np.ndim(value) == 0:
        return _short(value)
    parts = [_short(part) for part in np.ravel(value)[:_MOST_FEATURES]]
    more = ", …" if np.size(value) > _MOST_FEATURES else ""
    return ", ".join(parts) + more


def _short(value):
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _feature_table(estimator, given, worst, shown):
    """A row for each sample: its target, its prediction, its first features."""
    rows = []
    for place, number in enumerate(worst):
        words = _words(number, shown)
        features = _features(estimator, _safe_indexing(given, [place]))
        rows.append([number, *words.values(), *features.values()])
    # Lists, because a feature may have the name "true", too.
    return table(["sample", *words, *features], rows)


def _features(estimator, sample):
    if hasattr(sample, "toarray"):
        sample = sample.toarray()
    columns = getattr(sample, "columns", None)
    first = sample.iloc[0] if hasattr(sample, "iloc") else sample[0]
    values = np.ravel(np.asarray(first, dtype=object))
    if columns is None:
        names = getattr(estimator, "feature_names_in_", ())
        same = len(names) == len(values)
        columns = names if same else [f"x{i}" for i in range(len(values))]
    some = list(zip(columns, values, strict=True))[:_MOST_FEATURES]
    return {str(name): _short(value) for name, value in some}


def _texts(given, worst, shown):
    """A paragraph for each text."""
    paragraphs = ""
    for text, number in zip(given, worst, strict=True):
        words = [f"{key}: {value}" for key, value in _words(number, shown).items()]
        head = html.escape(", ".join([f"sample {number}", *words]))
        paragraphs += f"<p><b>{head}</b><br>{html.escape(_short(text))}</p>"
    return paragraphs

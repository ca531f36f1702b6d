"""report: a page on a fitted network, its training and its errors."""

import html
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from skdeep._compat import _changed_params, check_matplotlib_support
from skdeep.inspection import diagnose
from skdeep.inspection._evidence import checked_samples, read_labels, steps_as_rows
from skdeep.inspection._fitted import network_and_samples
from skdeep.networks import readable
from skdeep.reports._mistakes import losses_of, mistakes
from skdeep.reports._page import page, table
from skdeep.reports._pictures import (
    MOST_CLASSES,
    by_label,
    confusion,
    curves,
    residuals,
)

_LONGEST = 400  # characters of a parameter


class Report:
    """An HTML page; notebooks show it.

    Attributes
    ----------
    html : str
        The whole page.
    diagnosis : Diagnosis
        What :func:`skdeep.diagnose` found.

    See Also
    --------
    skdeep.report : Makes it.
    skdeep.inspection.Diagnosis : The findings alone.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, report
    >>> X, y = load_iris(return_X_y=True)
    >>> page = report(DenseClassifier((8,), epochs=2).fit(X, y), X, y)
    >>> page.html.startswith("<!DOCTYPE html>")
    True
    """

    def __init__(self, html, diagnosis):
        self.html = html
        self.diagnosis = diagnosis

    def save(self, path):
        """Write the page to a file.

        Parameters
        ----------
        path : path-like
        """
        Path(path).write_text(self.html, encoding="utf-8")

    def __repr__(self):
        return f"Report of {len(self.html):,} characters; save(path) writes the page."

    def _repr_html_(self):
        # A frame keeps the page's style from the notebook's.
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" title="report" '
            'style="width:100%;height:45em;border:1px solid #8884"></iframe>'
        )


@dataclass
class Predictions:
    """Targets and predictions of some samples.

    Attributes
    ----------
    y, predicted : ndarray of shape (n_samples, ...)
    probabilities : ndarray or None
    losses : ndarray of shape (n_samples,)
        With a target for each step, the mean over the steps.
    """

    y: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray | None
    losses: np.ndarray

    @property
    def wrong(self):
        """Whether a sample has a wrong prediction, in any step or output."""
        different = self.y != self.predicted
        return different.reshape(len(different), -1).any(axis=1)

    @property
    def confidence(self):
        """The probability of each predicted label, if there is one per sample."""
        if self.probabilities is None or self.y.ndim > 1:
            return None
        return self.probabilities.max(axis=1)


def report(estimator, X, y, path=None):
    """Make a page on a fitted network: one HTML file that loads nothing from the web.

    It shows the network and its parameters, the findings of :func:`skdeep.diagnose`,
    the learning curves, the confusion matrix (a table for multilabel targets or many
    classes) or the residuals, the layers, and the samples with the largest losses: as
    images, curves, texts or first features.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, a pipeline that ends with one, or a search
        over either. It stays as it is.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples, in any form that the estimator takes. Best are samples that it was not
        trained on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    path : path-like, default=None
        File to write. None writes no file.

    Returns
    -------
    report : Report
        With the attributes ``html`` and ``diagnosis`` and the method ``save``.

    Raises
    ------
    TypeError
        If the estimator is no network that classifies or regresses.
    ImportError
        Without matplotlib, which comes with ``pip install "skdeep[plot]"``.
    ValueError
        If y is None, or has not as many samples as X.
    FileNotFoundError
        If the folder of ``path`` does not exist.
    IsADirectoryError
        If ``path`` is a folder.

    See Also
    --------
    diagnose : What is wrong with a network, and what to change.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, report
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8,), epochs=5, random_state=0).fit(X, y)
    >>> page = report(classifier, X, y)
    >>> page.html.startswith("<!DOCTYPE html>")
    True
    """
    check_matplotlib_support("skdeep.report")
    _check_path(path)
    X, targets = checked_samples(estimator, X, y)
    diagnosis = diagnose(estimator, X, y)
    inner, samples = network_and_samples(estimator, X)
    shown = _predictions(inner, samples, targets)
    sections = [
        ("What was trained", _trained(estimator, inner, X, y)),
        ("Diagnosis", diagnosis._repr_html_()),
        ("Learning curves", curves(inner)),
        _errors(inner, shown),
        ("Layers", _layers(inner)),
        ("Worst mistakes", mistakes(estimator, X, shown)),
    ]
    made = Report(page(f"Report on {type(inner).__name__}", sections), diagnosis)
    if path is not None:
        made.save(path)
    return made


def _check_path(path):
    if path is None:
        return
    if Path(path).is_dir():
        raise IsADirectoryError(
            f"path must be that of a file. Received the folder {str(path)!r}. Add a "
            "file's name, such as report.html."
        )
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(
            f"path must be in a folder that exists. Received {str(path)!r}. Make the "
            "folder, or pass another path."
        )


def _predictions(estimator, samples, y):
    y = read_labels(estimator, y)
    predicted = read_labels(estimator, estimator.predict(samples))
    probabilities = classes = None
    if hasattr(estimator, "classes_"):
        if not hasattr(estimator, "predict_proba"):
            raise ValueError(
                "A report of a classifier needs probabilities. Received "
                f"{estimator!r}, which has no predict_proba. Use a cross-entropy as "
                "its loss."
            )
        probabilities = estimator.predict_proba(samples)
        classes = estimator.classes_
    rows = None if probabilities is None else steps_as_rows(estimator, probabilities)
    flat = steps_as_rows(estimator, y), steps_as_rows(estimator, predicted)
    losses = losses_of(*flat, rows, classes)
    losses = losses.reshape(len(y), -1).mean(axis=1)
    return Predictions(y, predicted.reshape(y.shape), probabilities, losses)


def _errors(estimator, shown):
    """The heading and the content of the section on errors."""
    pair = [steps_as_rows(estimator, part) for part in (shown.y, shown.predicted)]
    if shown.probabilities is None:
        return "Residuals", residuals(*pair)
    classes = estimator.classes_
    if pair[0].ndim > 1 or len(classes) > MOST_CLASSES:
        return "Labels", by_label(*pair)
    return "Confusion matrix", confusion(*pair, classes)


def _trained(estimator, inner, X, y):
    history = inner.history_
    changed = _changed_params(inner).items()
    changed = ", ".join(f"{name}={_written(value)}" for name, value in changed)
    facts = {
        "network": f"{type(inner).__name__}, {_count(inner)} parameters",
        "parameters": changed or "defaults",
        "inside of": "" if estimator is inner else _written(estimator),
        "samples here": f"X of shape {_shape(X)}, y of shape {_shape(y)}",
        f"{_metric(estimator, inner)} here": f"{estimator.score(X, y):.4g}",
        "epochs": f"{len(history)}, best {inner.best_epoch_}" if len(history) else "",
    }
    if len(history):
        last = history.iloc[-1].items()
        facts["last epoch"] = ", ".join(f"{k} {v:.4g}" for k, v in last)
    return table(None, [fact for fact in facts.items() if fact[1]])


def _metric(estimator, inner):
    """The name of the estimator's score."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    scoring = getattr(estimator, "scoring", None)
    if scoring is not None:
        return scoring if isinstance(scoring, str) else "score"
    return "accuracy" if hasattr(inner, "classes_") else "R2"


def _count(estimator):
    return f"{estimator.summary()['parameters'].sum():,}"


def _shape(values):
    return values.shape if hasattr(values, "shape") else (len(values),)


def _written(value):
    """An object as one line, shortened: a parameter may hold arrays."""
    text = " ".join(repr(readable(value)).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _layers(estimator):
    frame = estimator.summary().reset_index()
    shapes = frame["output_shape"]
    frame["output_shape"] = [
        " by ".join("any" if n is None else str(n) for n in shape) for shape in shapes
    ]
    header = [name.replace("_", " ") for name in frame]
    return table(header, frame.itertuples(index=False))

"""diagnose: what is wrong with a fitted network, and what to do about it."""

import html
import itertools
import textwrap

from skdeep.inspection import _calibration, _fit_findings, _layer_findings
from skdeep.inspection._evidence import measure
from skdeep.inspection._facts import Fact

_CHECKS = (
    _fit_findings.baseline,
    _fit_findings.overfitting,
    _fit_findings.underfitting,
    _fit_findings.capacity,
    _fit_findings.imbalance,
    _calibration.calibration,
    _fit_findings.scales,
    _layer_findings.dead_units,
    _layer_findings.saturated_units,
    _layer_findings.gradients,
    _layer_findings.updates,
)
# Causes come before their effects: unscaled inputs spoil the learning rate, and a wrong
# learning rate spoils the scores.
_MOST_URGENT_FIRST = (
    "unscaled inputs",
    "unscaled target",
    "learning rate too large",
    "learning rate too small",
    "exploding gradient",
    "dead units",
    "saturated units",
    "vanishing gradient",
    "underfitting",
    "no better than the baseline",
    "class imbalance",
    "overfitting",
    "too little data for the capacity",
)
_INDENT = {"initial_indent": "  ", "subsequent_indent": "  "}


class Diagnosis:
    """The result of :func:`diagnose`: text when printed, a table in notebooks.

    Attributes
    ----------
    frame : DataFrame
        A row for each measurement, with the columns ``measure``, ``layer`` (empty
        for the whole network), ``value``, ``healthy`` (the values that need no
        advice), ``finding`` (what is wrong, empty if nothing is) and ``advice``.
    findings : DataFrame
        The rows of ``frame`` that have a finding, causes before their effects. Follow
        the advice of the first row, train, and diagnose again.

    See Also
    --------
    diagnose : Makes it.
    report : A page with it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> diagnosis = diagnose(DenseClassifier((), epochs=2).fit(X, y), X, y)
    >>> diagnosis.frame.loc[0, "measure"]
    'accuracy'
    """

    def __init__(self, name, n_samples, facts):
        import pandas as pd

        self.frame = pd.DataFrame(facts, columns=Fact._fields)
        self._title = f"{name}, measured on {n_samples:,} samples"

    @property
    def findings(self):
        rows = self.frame[self.frame["finding"] != ""]
        return rows.sort_values("finding", key=_urgency, kind="stable")

    def __repr__(self):
        lines = [f"Diagnosis of {self._title}: {self._count()}.", ""]
        for finding, layers, advice in self._advice():
            lines.append(f"* {finding}{f' ({layers})' if layers else ''}")
            lines += [*textwrap.wrap(advice, 84, **_INDENT), ""]
        facts = self.frame[["measure", "layer", "value", "healthy"]]
        left = {
            name: f"{{:<{facts[name].str.len().max()}}}".format
            for name in ("measure", "layer", "healthy")
        }
        table = facts.to_string(
            index=False, float_format=_number, formatters=left, justify="left"
        )
        return "\n".join([*lines, table])

    def _repr_html_(self):
        items = "".join(
            f"<li><b>{html.escape(finding)}</b>"
            f"{f' ({html.escape(layers)})' if layers else ''}: {html.escape(advice)}"
            "</li>"
            for finding, layers, advice in self._advice()
        )
        columns = ["measure", "layer", "value", "healthy", "finding"]
        table = self.frame[columns].to_html(
            index=False, float_format=_number, border=0, justify="left"
        )
        return (
            f"<p>Diagnosis of {html.escape(self._title)}: {self._count()}.</p>"
            f"<ul>{items}</ul><details><summary>What was measured</summary>"
            f'<div style="overflow-x:auto">{table}</div></details>'
        )

    def _count(self):
        names = self.findings["finding"].unique()
        return f"{len(names)} finding{'s' * (len(names) != 1)}"

    def _advice(self):
        """Each finding once, with its layers and the advice for the first of them."""
        rows = self.findings.to_dict("records")
        for finding in dict.fromkeys(row["finding"] for row in rows):
            alike = [row for row in rows if row["finding"] == finding]
            layers = ", ".join(row["layer"] for row in alike if row["layer"])
            yield finding, layers, alike[0]["advice"]


def diagnose(estimator, X, y):
    """Measure a fitted network, and say what is wrong with it.

    It measures: the score compared with a baseline that predicts the majority or the
    mean, overfitting and underfitting (from ``history_``; without a validation loss
    the loss on X is compared with the training loss), the number of parameters, rare
    classes, calibration, the scale of inputs and targets where the network does not
    standardise them, dead and saturated units, gradients, and the size of updates.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, a pipeline that ends with one, or a search
        over either. It stays as it is.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples, in any form that the estimator takes. Best are samples that it was not
        trained on: with the training data overfitting shows only in a ``val_loss``. At
        most 2000 samples are used, which are drawn at random.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.

    Returns
    -------
    diagnosis : Diagnosis
        With the attributes ``frame`` and ``findings``.

    Raises
    ------
    TypeError
        If the estimator is no network that classifies or regresses.
    ValueError
        If y is None, has not as many samples as X, or holds unknown classes.

    See Also
    --------
    HistoryDisplay : Loss and metrics over the epochs.
    report : A page on a fitted network, with these findings.

    Notes
    -----
    Gradients are the root mean square over single samples, in prediction mode, divided
    by the norm of the layer's weights. A gradient vanishes when it is less than a
    thousandth of another layer's gradient.

    Updates are measured on the first step of a new network of the same kind, because
    too large a learning rate also makes the weights of the trained network large. The
    step has the initial learning rate, or the largest of a schedule object. Large
    updates are a finding only if the training loss rose or hardly fell. A large number
    of parameters is a finding only if the network overfits.

    The limits are rules of thumb, plus two standard errors for small samples. They are
    set so that networks that do well on small and wide tables, images and sequences
    have no finding.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep import DenseClassifier, diagnose
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> classifier = DenseClassifier(normalize=False, epochs=10, random_state=0)
    >>> diagnosis = diagnose(classifier.fit(X, y), X_test, y_test)
    >>> "unscaled inputs" in set(diagnosis.findings["finding"])
    True
    """
    evidence = measure(estimator, X, y)
    facts = itertools.chain.from_iterable(check(evidence) for check in _CHECKS)
    name = type(evidence.estimator).__name__
    return Diagnosis(name, len(evidence.rows), list(facts))


def _urgency(findings):
    """The rank of each finding; findings without a rank come last."""
    places = {finding: place for place, finding in enumerate(_MOST_URGENT_FIRST)}
    return findings.map(lambda finding: places.get(finding, len(places)))


def _number(value):
    return f"{value:.3g}"

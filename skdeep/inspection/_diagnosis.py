"""diagnose: what is wrong with a fitted network, and what to do about it."""

import html
import itertools
import textwrap

from skdeep.inspection import _calibration, _fit_findings, _layer_findings
from skdeep.inspection._evidence import gathered
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
# Causes before what comes of them: a rate can be judged once the inputs have one scale,
# scores and calibration once the network has learnt.
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
    """What :func:`diagnose` finds; prints as text, and as a table in notebooks.

    Attributes
    ----------
    frame : DataFrame
        A row for each measurement, with the columns ``measure``, ``layer`` (empty
        where it is one of the whole network), ``value``, ``healthy`` (the values that
        need no advice), ``finding`` (what is wrong, empty if nothing is) and
        ``advice``.
    findings : DataFrame
        The rows of ``frame`` that have a finding, causes before what may come of them:
        follow the advice of the first, train, and diagnose again.
    """

    def __init__(self, name, n_samples, facts):
        import pandas as pd

        self.frame = pd.DataFrame(facts, columns=Fact._fields)
        self._title = f"{name}, measured on {n_samples:,} samples"

    @property
    def findings(self):
        found = self.frame[self.frame["finding"] != ""]
        return found.sort_values("finding", key=_urgency, kind="stable")

    def __repr__(self):
        lines = [f"Diagnosis of {self._title}: {self._count()}.", ""]
        for finding, layers, advice in self._advice():
            lines.append(f"* {finding}{f' ({layers})' if layers else ''}")
            lines += [*textwrap.wrap(advice, 84, **_INDENT), ""]
        facts = self.frame[["measure", "layer", "value", "healthy"]]
        table = facts.to_string(index=False, float_format=_number, justify="left")
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
            those = [row for row in rows if row["finding"] == finding]
            layers = ", ".join(row["layer"] for row in those if row["layer"])
            yield finding, layers, those[0]["advice"]


def diagnose(estimator, X, y):
    """Measure a fitted network, and say what is wrong with it.

    Measured are: the score beside that of predicting the majority or the mean,
    overfitting and underfitting (from ``history_``; without a validation loss the
    loss on X is set beside that of training), the number of parameters, rare
    classes, calibration, the scale of inputs and targets where the network does not
    standardise them, dead and saturated units, gradients, and the size of updates.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, a pipeline that ends with one, or a search
        over either. It stays as it is.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples, in any form that the estimator takes. New samples tell the most; with
        the training data overfitting shows only in a ``val_loss``. Of many samples a
        random part is used, 2000 at most.
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
    by the norm of the layer's weights; a layer's gradient vanishes when it is less than
    a thousandth of another layer's. The size of updates is that of the first step of a
    new network of the same kind with the initial learning rate (of a schedule object,
    the largest), for in trained networks too large a rate has made the weights large,
    too. Large steps count against a
    network only if its training loss rose or hardly fell, numbers of parameters only if
    it overfits. The limits are rules of thumb, wider by two standard errors where few
    samples are noisy, set so that networks that do well on scientists' small tables,
    wide tables of texts, digits as rows, images and sequences have no finding.

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
    evidence = gathered(estimator, X, y)
    facts = itertools.chain.from_iterable(check(evidence) for check in _CHECKS)
    name = type(evidence.estimator).__name__
    return Diagnosis(name, len(evidence.rows), list(facts))


def _urgency(findings):
    """The place of each finding; those that are not named come last."""
    places = {finding: place for place, finding in enumerate(_MOST_URGENT_FIRST)}
    return findings.map(lambda finding: places.get(finding, len(places)))


def _number(value):
    return f"{value:.3g}"

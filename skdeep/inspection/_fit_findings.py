"""Findings about a whole fit: from its history, the data and the predictions."""

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import r2_score, recall_score

from skdeep.inspection._evidence import standard_error
from skdeep.inspection._facts import Fact, remedies, size_parameters
from skdeep.networks import STANDARDIZED, loss_name, loss_rule

# A finding must lie beyond its limit by this many standard errors.
_NOISE = 2
_MOST_RISE = 0.15
_MOST_GAP = 0.5
_MOST_LATE_FALL = 0.1
_LEAST_SKILL = 0.1
# Losses whose predictions need not be near the targets: R2 does not measure them.
_NOT_THE_MEAN = "quantile", "cosine_similarity"
_MOST_INPUT = 100
_MOST_INPUT_RATIO = 1000
_TARGETS = 0.01, 10
_LEAST_IMBALANCE = 3
_MOST_LOST_RECALL = 0.15
_LEAST_COUNT = 5
_STOP, _AUGMENT = "early_stopping=True", "augment='flip'"
_MOST_PARAMETERS = 10


def overfitting(evidence):
    """A risen validation loss, or a loss on X far above the training loss."""
    history = evidence.estimator.history_
    if not len(history):
        return
    if "val_loss" in history:
        fact, most = _risen(evidence.estimator, history), _MOST_RISE
        more = "The validation loss has risen since its best epoch"
    else:
        fall = loss_fall(history.loss)
        gap = (evidence.loss - history.loss.iloc[-1]) / fall
        most = _MOST_GAP + _NOISE * evidence.loss_error / fall
        fact = Fact("loss on X above training loss", gap, f"at most {most:.2g}")
        more = "The loss on X is far above that of training"
    ways = remedies(evidence.estimator, _STOP, "dropout=0.3", "l2=0.001")
    yield fact.with_finding_if(
        np.isfinite(fact.value) and fact.value > most,
        "overfitting",
        f"{more}, by {fact.value:.0%} of what training took off the loss: set {ways}, "
        "take smaller layers, or get more data.",
    )


def _risen(estimator, history):
    """How far the validation loss of the final weights is above the best one."""
    losses = history["val_loss"].dropna()
    final = losses.iloc[-1]
    if estimator.early_stopping and estimator.best_epoch_ in losses.index:
        final = losses[estimator.best_epoch_]
    start = max(losses.iloc[0], history.loss.iloc[0])
    scale = max(start - losses.min(), abs(start) / 5)
    rise = (final - losses.min()) / max(scale, 1e-30)
    return Fact("rise of the validation loss", float(rise), f"at most {_MOST_RISE}")


def loss_fall(losses):
    """By how much training lowered the loss; at least a fifth of the first loss."""
    fall = losses.iloc[0] - losses.min()
    return max(fall, abs(losses.iloc[0]) / 5, 1e-30)


def underfitting(evidence):
    """A training loss that was still falling at the end.

    The second half of the epochs counts, because the default schedule takes only tiny
    steps at the very end.
    """
    estimator = evidence.estimator
    losses = estimator.history_.get("loss", ())
    stopped = estimator.early_stopping and len(losses) < estimator.epochs
    overfits = any(fact.finding for fact in overfitting(evidence))
    if len(losses) < 3 or stopped or overfits:
        return
    fall = losses.iloc[(len(losses) - 1) // 2] - losses.iloc[-1]
    share = float(fall / loss_fall(losses))
    healthy = f"at most {_MOST_LATE_FALL}"
    fact = Fact("fall of the loss in the second half", share, healthy)
    yield fact.with_finding_if(
        share > _MOST_LATE_FALL,
        "underfitting",
        f"{share:.0%} of the fall of the training loss came in the second half of the "
        "epochs, so it had not ended: raise epochs, or learning_rate.",
    )


def baseline(evidence):
    """Predictions that are no better than the majority, or the mean.

    A low accuracy alone is no finding if the mean recall of the classes is good, as in
    fits with class weights. Predictions that are the same for every sample leave no
    doubt.
    """
    if loss_name(evidence.estimator.loss) in _NOT_THE_MEAN:
        return
    y, predicted = evidence.y, evidence.predicted
    blank = np.zeros((len(y), 1))
    if evidence.probabilities is None:
        name, simple, best = "R2", DummyRegressor(), "the mean"
        score = _r2(y, predicted)
        floor = _r2(y, simple.fit(blank, y).predict(blank))
        noise = _NOISE * np.max(_r2_errors(y, predicted))
    else:
        name, best = "accuracy", "the majority"
        simple = DummyClassifier(strategy="most_frequent")
        score = float(np.mean(predicted == y))
        floor = float(np.mean(simple.fit(blank, y).predict(blank) == y))
        noise = _NOISE * _share_error(score, len(y))
    if _says_one_thing(evidence):
        noise = 0
    least = floor + _LEAST_SKILL * (1 - floor)
    fact = Fact(name, score, f"above {least:.2g} ({best}: {floor:.2g})")
    # If y has one class or one value only, the baseline is perfect.
    yield fact.with_finding_if(
        floor < 1 and not score + noise > least and not _finds_classes(evidence),
        "no better than the baseline",
        f"Predicting {best} for every sample does about as well: look for unscaled "
        "inputs, dead layers and a wrong learning_rate, raise epochs or "
        f"{size_parameters(evidence.estimator)}; if nothing helps, the features may "
        "not tell the target.",
    )
    if name == "R2" and y.ndim > 1:
        yield _worst_output(y, predicted)


def _says_one_thing(evidence):
    """Whether predictions are all alike, though no class is rare."""
    y, predicted = evidence.y, evidence.predicted
    if evidence.probabilities is None:
        counts = np.array([len(y)])
    elif y.ndim == 1:
        counts = np.unique(y, return_counts=True)[1]
    else:
        return False  # labels that are never predicted have a finding of their own
    alike = (predicted == predicted[:1]).all() and counts.min() >= _LEAST_COUNT
    return bool(alike) and not any(fact.finding for fact in imbalance(evidence))


def _worst_output(y, predicted):
    """The least R2 of an output, and the outputs that are not predicted."""
    scores = np.array([_r2(*pair) for pair in zip(y.T, predicted.T, strict=True)])
    noise = _NOISE * _r2_errors(y, predicted)
    bad = np.flatnonzero((scores + noise <= _LEAST_SKILL) & (y.std(axis=0) > 0))
    fact = Fact("least R2 of an output", float(scores.min()), f"above {_LEAST_SKILL}")
    return fact.with_finding_if(
        bool(len(bad)),
        "no better than the baseline",
        f"Predicting the mean does about as well for {_columns('output', bad)}: its "
        "features may not tell it, or its loss is small beside that of the others. Try "
        "normalize=True, or a network of its own.",
    )


def _columns(kind, numbers):
    """Columns of y in words."""
    return f"{kind}{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def _share_error(share, n):
    """The standard error of a share, by Agresti and Coull (1998).

    It is not zero for a share of 0 or 1.
    """
    share = (share * n + 2) / (n + 4)
    return np.sqrt(share * (1 - share) / (n + 4))


def _r2_errors(y, predicted):
    """The standard error of each output's R2.

    R2 counts as the mean of a difference of squares. The error is zero where
    predictions are not finite, for their R2 is minus infinity.
    """
    y, predicted = (a.reshape(len(y), -1).astype("float64") for a in (y, predicted))
    if not np.isfinite(predicted).all():
        return np.zeros(y.shape[1])
    gains = (y - y.mean(axis=0)) ** 2 - (y - predicted) ** 2
    return standard_error(gains) / np.maximum(y.var(axis=0), 1e-30)


def _finds_classes(evidence):
    """Whether the mean recall of the classes beats chance, as with class weights."""
    if evidence.probabilities is None or evidence.y.ndim > 1:
        return False
    recalls = _recalls(evidence)[2]
    chance = 1 / len(recalls)
    return np.mean(recalls) > chance + _LEAST_SKILL * (1 - chance)


def _recalls(evidence):
    """The classes in y, the number of samples of each, and the recall of each."""
    y, predicted = evidence.y, evidence.predicted
    present, counts = np.unique(y, return_counts=True)
    recalls = recall_score(y, predicted, labels=present, average=None, zero_division=0)
    return present, counts, recalls


def _r2(y, predicted):
    if not np.isfinite(predicted).all():
        return -np.inf
    return float(r2_score(y, predicted)) if len(y) > 1 else np.nan


def imbalance(evidence):
    """Rare classes that are hardly ever predicted."""
    y, predicted = evidence.y, evidence.predicted
    if evidence.probabilities is None:
        return
    if y.ndim > 1:
        yield _missed_labels(evidence)
        return
    present, counts, recalls = _recalls(evidence)
    yield Fact("share of the largest class", float(counts.max() / counts.sum()))
    never = [c for c in present[counts >= _LEAST_COUNT] if not (predicted == c).any()]
    yield Fact("classes never predicted", float(len(never)))
    balanced = float(np.mean(recalls))
    lost = float(np.mean(predicted == y)) - balanced
    # The recall of very few samples says nothing.
    few = counts < _LEAST_COUNT
    errors = np.where(few, 0.5, _share_error(recalls, counts))
    noise = _NOISE * np.sqrt(np.sum(errors**2)) / len(counts)
    uneven = counts.max() >= _LEAST_IMBALANCE * counts.min()
    rarest = present[counts.argmin()]
    remedy = "set class_weight='balanced'"
    if evidence.estimator.class_weight is not None:
        remedy = "raise the weight of rare classes in class_weight"
    yield Fact("balanced accuracy", balanced).with_finding_if(
        bool(uneven and (never or lost > _MOST_LOST_RECALL + noise)),
        "class imbalance",
        f"Rare classes are missed (class {rarest} has {counts.min()} of {len(y)} "
        f"samples, of which {recalls[counts.argmin()]:.0%} are found): {remedy}, or "
        "get more samples of them.",
    )


def _missed_labels(evidence):
    """Columns of a multilabel y that are never predicted."""
    counts, n_predicted = evidence.y.sum(axis=0), evidence.predicted.sum(axis=0)
    never = np.flatnonzero((counts >= _LEAST_COUNT) & (n_predicted == 0))
    return Fact("labels never predicted", float(len(never)), "0").with_finding_if(
        bool(len(never)),
        "class imbalance",
        f"Of {len(evidence.y)} samples none is predicted to have "
        f"{_columns('label', never)}, which {', '.join(map(str, counts[never]))} have: "
        "raise sample_weight of such samples, get more of them, or compare "
        "predict_proba with a threshold below 0.5.",
    )


def scales(evidence):
    """Inputs or targets of very different or very large values."""
    spec = evidence.spec
    if not (spec.normalize or spec.n_tokens or spec.backbone):
        yield from _input_scales(evidence)
    targets = evidence.estimator._targets
    if evidence.probabilities is None and (targets.scaling.scale == 1).all():
        yield _target_scale(evidence)


def _input_scales(evidence):
    rows = evidence.rows
    if evidence.spec.masked:
        rows = rows[..., :-1]
    largest = np.abs(rows.reshape(-1, rows.shape[-1])).max(axis=0)
    largest = largest[largest > 0]
    if not len(largest):
        return
    advice = (
        "The inputs are of very different or large size, so that some weights learn "
        "far faster than others: set normalize=True, or put a StandardScaler in front."
    )
    most = float(largest.max())
    yield Fact("largest input", most, f"at most {_MOST_INPUT}").with_finding_if(
        most > _MOST_INPUT, "unscaled inputs", advice
    )
    ratio = float(most / largest.min())
    fact = Fact("largest feature by smallest", ratio, f"at most {_MOST_INPUT_RATIO}")
    yield fact.with_finding_if(ratio > _MOST_INPUT_RATIO, "unscaled inputs", advice)


def _target_scale(evidence):
    size = float(np.sqrt(np.mean(np.square(evidence.Y, dtype="float64"))))
    low, high = _TARGETS
    can_scale = loss_rule(evidence.estimator.loss).values == STANDARDIZED
    fact = Fact("root mean square target", size, f"{low} to {high}")
    return fact.with_finding_if(
        can_scale and not low <= size <= high,
        "unscaled target",
        "The network has to reach numbers of another size than its weights: set "
        "normalize=True, or wrap it in sklearn.compose.TransformedTargetRegressor.",
    )


def capacity(evidence):
    """Too many parameters for the samples given, if the network overfits.

    Many parameters alone are no fault, because large networks often generalise. The
    number of training samples is not known, so the samples given count.
    """
    parameters = evidence.estimator.summary()["parameters"].sum()
    n_values = evidence.n_samples * evidence.y.size / len(evidence.rows)
    ratio = float(parameters / n_values)
    overfits = any(fact.finding for fact in overfitting(evidence))
    ways = evidence.estimator, _STOP, "dropout=0.3", "l2=0.001", _AUGMENT
    yield Fact("parameters per target value given here", ratio).with_finding_if(
        overfits and ratio > _MOST_PARAMETERS,
        "too little data for the capacity",
        f"The network overfits and has {ratio:,.0f} parameters for each target value "
        f"of the {evidence.n_samples:,} samples given here: set {remedies(*ways)}, "
        "take smaller layers, or get more data.",
    )

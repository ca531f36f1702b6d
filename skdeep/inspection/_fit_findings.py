"""What can be wrong with a fit as a whole: histories, data, predictions."""

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import r2_score, recall_score

from skdeep.inspection._facts import Fact, sizes
from skdeep.networks import STANDARDIZABLE, loss_name

_MOST_RISE = 0.15
_MOST_GAP = 0.5
_MOST_LATE_FALL = 0.1
_LEAST_SKILL = 0.1
# Losses whose predictions are not meant to be near the targets' mean.
_NOT_THE_MEAN = "quantile", "cosine_similarity"
_MOST_INPUT = 100
_MOST_INPUT_RATIO = 1000
_TARGETS = 0.01, 10
_LEAST_IMBALANCE = 3
_MOST_LOST_RECALL = 0.15
_MOST_PARAMETERS = 10
_N_BINS = 15
_MOST_OVERCONFIDENCE = 0.1
# Too little confidence hides no mistake, and label smoothing brings it about.
_MOST_UNDERCONFIDENCE = 0.2
_CALIBRATE = "wrap the fitted network in CalibratedClassifierCV(FrozenEstimator(...))"


def overfitting(evidence):
    """Validation loss that has risen, or a loss on X far above that of training."""
    history = evidence.estimator.history_
    if not len(history):
        return
    if "val_loss" in history:
        fact, most = _risen(evidence.estimator, history), _MOST_RISE
        more = "the validation loss has risen since its best epoch"
    else:
        gap = (evidence.loss - history.loss.iloc[-1]) / whole_fall(history.loss)
        measure = "loss on X above training loss"
        fact, most = Fact(measure, gap, f"at most {_MOST_GAP}"), _MOST_GAP
        more = "the loss on X is far above that of training"
    yield fact.or_ill(
        np.isfinite(fact.value) and fact.value > most,
        "overfitting",
        f"As a share of what training took off, {more} by {fact.value:.0%}: set "
        "early_stopping=True, dropout=0.3 or l2, take smaller layers, or get more "
        "data.",
    )


def _risen(estimator, history):
    """How far the validation loss of the network that was kept is above its best."""
    losses = history["val_loss"].dropna()
    kept = losses.iloc[-1]
    if estimator.early_stopping and estimator.best_epoch_ in losses.index:
        kept = losses[estimator.best_epoch_]
    start = max(losses.iloc[0], history.loss.iloc[0])
    scale = max(start - losses.min(), abs(start) / 5)
    rise = (kept - losses.min()) / max(scale, 1e-30)
    return Fact("rise of the validation loss", float(rise), f"at most {_MOST_RISE}")


def whole_fall(losses):
    """What training took off the loss, but no less than a fifth of the first loss."""
    fall = losses.iloc[0] - losses.min()
    return max(fall, abs(losses.iloc[0]) / 5, 1e-30)


def underfitting(evidence):
    """A training loss that was still falling at the end.

    The second half of the epochs counts: at its very end the default schedule takes no
    steps worth mentioning.
    """
    estimator = evidence.estimator
    losses = estimator.history_.get("loss", ())
    stopped = estimator.early_stopping and len(losses) < estimator.epochs
    ill = [fact for fact in overfitting(evidence) if fact.finding]
    if len(losses) < 3 or stopped or ill:
        return
    fall = losses.iloc[(len(losses) - 1) // 2] - losses.iloc[-1]
    share = float(fall / whole_fall(losses))
    healthy = f"at most {_MOST_LATE_FALL}"
    yield Fact("fall of the loss in the second half", share, healthy).or_ill(
        share > _MOST_LATE_FALL,
        "underfitting",
        f"{share:.0%} of what training took off the loss fell in the second half of "
        "the epochs, so it had not ended: raise epochs, or learning_rate.",
    )


def baseline(evidence):
    """Predictions that are no better than the majority, or the mean.

    Accuracy may be: where classes are weighted, that of the classes decides.
    """
    if loss_name(evidence.estimator.loss) in _NOT_THE_MEAN:
        return
    y, predicted = evidence.y, evidence.predicted
    blank = np.zeros((len(y), 1))
    if evidence.probabilities is None:
        name, simple, best = "R2", DummyRegressor(), "the mean"
        score = _r2(y, predicted)
        floor = _r2(y, simple.fit(blank, y).predict(blank))
    else:
        name, best = "accuracy", "the majority"
        simple = DummyClassifier(strategy="most_frequent")
        score = float(np.mean(predicted == y))
        floor = float(np.mean(simple.fit(blank, y).predict(blank) == y))
    least = floor + _LEAST_SKILL * (1 - floor)
    fact = Fact(name, score, f"above {least:.2g} ({best}: {floor:.2g})")
    # A y of one class, or of one value, says nothing about a network.
    yield fact.or_ill(
        floor < 1 and not score > least and not _finds_classes(evidence),
        "no better than the baseline",
        f"Predicting {best} for every sample does about as well: look for unscaled "
        "inputs, dead layers and a wrong learning_rate, raise epochs or "
        f"{sizes(evidence.estimator)}; if nothing helps, the features may not tell the "
        "target.",
    )


def _finds_classes(evidence):
    """Whether classes are found that the majority hides, as with class weights."""
    if evidence.probabilities is None or evidence.y.ndim > 1:
        return False
    recalls = _recalls(evidence)[2]
    chance = 1 / len(recalls)
    return np.mean(recalls) > chance + _LEAST_SKILL * (1 - chance)


def _recalls(evidence):
    """The classes in y, how many samples they have, and the share that is found."""
    y, predicted = evidence.y, evidence.predicted
    present, counts = np.unique(y, return_counts=True)
    recalls = recall_score(y, predicted, labels=present, average=None, zero_division=0)
    return present, counts, recalls


def _r2(y, predicted):
    if not np.isfinite(predicted).all():
        return -np.inf
    return float(r2_score(y, predicted)) if len(y) > 1 else np.nan


def imbalance(evidence):
    """Rare classes that are not found."""
    y, predicted = evidence.y, evidence.predicted
    if evidence.probabilities is None or y.ndim > 1:
        return
    present, counts, recalls = _recalls(evidence)
    yield Fact("share of the largest class", float(counts.max() / counts.sum()))
    never = [c for c in present[counts >= 5] if not (predicted == c).any()]
    yield Fact("classes never predicted", float(len(never)))
    balanced = float(np.mean(recalls))
    lost = float(np.mean(predicted == y)) - balanced
    uneven = counts.max() >= _LEAST_IMBALANCE * counts.min()
    rarest = present[counts.argmin()]
    remedy = "set class_weight='balanced'"
    if getattr(evidence.estimator, "class_weight", None) is not None:
        remedy = "raise the weight of rare classes in class_weight"
    yield Fact("balanced accuracy", balanced).or_ill(
        bool(uneven and (never or lost > _MOST_LOST_RECALL)),
        "class imbalance",
        f"Rare classes are missed (class {rarest} has {counts.min()} of {len(y)} "
        f"samples, of which {recalls[counts.argmin()]:.0%} are found): {remedy}, or "
        "get more samples of them.",
    )


def scales(evidence):
    """Inputs or targets of different or large size, as the network gets them."""
    spec = evidence.spec
    tokens = getattr(spec, "n_tokens", 0)
    if not (spec.normalize or tokens or getattr(spec, "backbone", None)):
        yield from _input_scales(evidence)
    targets = evidence.estimator._targets
    if evidence.probabilities is None and (targets.scaling.scale == 1).all():
        yield _target_scale(evidence)


def _input_scales(evidence):
    rows = evidence.rows
    if getattr(evidence.spec, "masked", False):
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
    yield Fact("largest input", most, f"at most {_MOST_INPUT}").or_ill(
        most > _MOST_INPUT, "unscaled inputs", advice
    )
    ratio = float(most / largest.min())
    measure = "largest feature by smallest"
    yield Fact(measure, ratio, f"at most {_MOST_INPUT_RATIO}").or_ill(
        ratio > _MOST_INPUT_RATIO, "unscaled inputs", advice
    )


def _target_scale(evidence):
    size = float(np.sqrt(np.mean(np.square(evidence.Y, dtype="float64"))))
    low, high = _TARGETS
    known = loss_name(evidence.estimator.loss) in STANDARDIZABLE
    return Fact("root mean square target", size, f"{low} to {high}").or_ill(
        known and not low <= size <= high,
        "unscaled target",
        "The network has to reach numbers of another size than its weights: set "
        "normalize=True, or wrap it in sklearn.compose.TransformedTargetRegressor.",
    )


def capacity(evidence):
    """Many parameters for few samples, where the network overfits.

    Without that they are no fault: large networks often generalise.
    """
    parameters = evidence.estimator.summary()["parameters"].sum()
    n_values = evidence.n_samples * evidence.y.size / len(evidence.rows)
    ratio = float(parameters / n_values)
    ill = [fact for fact in overfitting(evidence) if fact.finding]
    yield Fact("parameters per target value of X", ratio).or_ill(
        bool(ill) and ratio > _MOST_PARAMETERS,
        "too little data for the capacity",
        f"{parameters:,} parameters learn by heart what {evidence.n_samples:,} samples "
        "tell: take smaller layers, dropout, l2, early_stopping=True or (images) "
        "augment, or get more data.",
    )


def calibration(evidence):
    """Confidence beside accuracy: the expected calibration error.

    Guo et al., 2017, "On calibration of modern neural networks", section 2.
    """
    if evidence.probabilities is None:
        return
    confidence, right = _confidences(evidence)
    difference = float(np.mean(confidence) - np.mean(right))
    noise = 0.5 / np.sqrt(len(right))  # at most so large is the standard error
    low, high = -_MOST_UNDERCONFIDENCE - noise, _MOST_OVERCONFIDENCE + noise
    measure, healthy = "mean confidence minus accuracy", f"{low:.2g} to {high:.2g}"
    fact = Fact(measure, difference, healthy)
    yield fact if low <= difference <= high else fact.ill(*_miscalibrated(fact))
    error = _calibration_error(confidence, right)
    # What samples that are few in their bins make of a calibrated network.
    base = _MOST_OVERCONFIDENCE if difference > 0 else _MOST_UNDERCONFIDENCE
    most = base + 0.4 * np.sqrt(_N_BINS / len(right))
    yield Fact("expected calibration error", error, f"at most {most:.2g}").or_ill(
        low <= difference <= high and error > most,
        "miscalibrated",
        f"Predictions of about the same probability are right more or less often than "
        f"it says, by {error:.2f} on average: {_CALIBRATE}.",
    )


def _miscalibrated(fact):
    """The finding and the advice."""
    off = f"{abs(fact.value):.2f}"
    if fact.value > 0:
        remedy = "set label_smoothing=0.1, dropout or early_stopping=True"
        return "over-confident", (
            f"The probabilities of predictions are {off} above the share of right "
            f"ones: {remedy}, or {_CALIBRATE}."
        )
    remedy = "lower label_smoothing and dropout, raise epochs"
    return "under-confident", (
        f"The probabilities of predictions are {off} below the share of right "
        f"ones: {remedy}, or {_CALIBRATE}."
    )


def _confidences(evidence):
    """The probability of each prediction, and whether it is right."""
    probabilities, y = evidence.probabilities, evidence.y
    right = (evidence.predicted == y).ravel()
    if y.ndim > 1:
        return np.maximum(probabilities, 1 - probabilities).ravel(), right
    return probabilities.max(axis=1), right


def _calibration_error(confidence, right):
    bins = np.minimum((confidence * _N_BINS).astype(int), _N_BINS - 1)
    differences = np.bincount(bins, confidence - right, minlength=_N_BINS)
    return float(np.abs(differences).sum() / len(right))

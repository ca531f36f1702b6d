"""What can be wrong with probabilities."""

import numpy as np

from skdeep.inspection._facts import Fact

_N_BINS = 15
_MOST_OVERCONFIDENCE = 0.1
# Too little confidence hides no mistake, and label smoothing brings it about.
_MOST_UNDERCONFIDENCE = 0.2
_CALIBRATE = "wrap the fitted network in CalibratedClassifierCV(FrozenEstimator(...))"


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

"""Findings about predicted probabilities: over-confidence, under-confidence."""

import numpy as np

from skdeep.inspection._facts import Fact

_N_BINS = 15
_MOST_OVERCONFIDENCE = 0.1
# A wider limit: under-confidence hides no mistake, and label smoothing causes it.
_MOST_UNDERCONFIDENCE = 0.2
_CALIBRATE = "wrap the fitted network in CalibratedClassifierCV(FrozenEstimator(...))"


def calibration(evidence):
    """Compare confidence with accuracy, also by the expected calibration error.

    Guo et al., 2017, "On calibration of modern neural networks", section 2.
    """
    if evidence.probabilities is None:
        return
    confidence, right = _confidences(evidence)
    difference = float(np.mean(confidence) - np.mean(right))
    noise = 0.5 / np.sqrt(len(right))  # the largest possible standard error
    low, high = -_MOST_UNDERCONFIDENCE - noise, _MOST_OVERCONFIDENCE + noise
    measure, healthy = "mean confidence minus accuracy", f"{low:.2g} to {high:.2g}"
    fact = Fact(measure, difference, healthy)
    healthy_difference = low <= difference <= high
    yield fact if healthy_difference else fact.with_finding(*_miscalibrated(fact))
    error = _calibration_error(confidence, right)
    base = _MOST_OVERCONFIDENCE if difference > 0 else _MOST_UNDERCONFIDENCE
    # Few samples per bin give even a calibrated network an error of this size.
    most = base + 0.4 * np.sqrt(_N_BINS / len(right))
    fact = Fact("expected calibration error", error, f"at most {most:.2g}")
    yield fact.with_finding_if(
        healthy_difference and error > most,
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

"""How certain probabilities should be, as rows tell that were not trained on."""

import numpy as np
from scipy.optimize import minimize_scalar

# Probabilities of zero would have an infinite loss.
_LEAST = 1e-6
# Few rows that are all predicted right would ask for a temperature of zero.
_MOST_LOG_TEMPERATURE = np.log(4)
# Of few rows the temperature stays close to one.
_DOUBT = 3


def log_loss(log_probabilities, targets, weight):
    """Mean log loss.

    Parameters
    ----------
    log_probabilities : tuple of ndarray of shape (n_rows, n_classes)
        Of each class, and of the others.
    targets : ndarray of shape (n_rows, n_classes)
        Ones for the labels of a row.
    """
    of_class, of_others = log_probabilities
    losses = targets * of_class
    if of_others is not None:
        losses = losses + (1 - targets) * of_others
    return -np.average(losses.sum(axis=1), weights=weight)


def log_tempered(probabilities, temperature, *, one_label):
    """Logarithms of probabilities after their logits are divided by a number.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
    temperature : float
    one_label : bool
        Whether each row has one label, so that its probabilities sum to one.

    Returns
    -------
    of_class, of_others : ndarray of shape (n_rows, n_classes)
        ``of_others`` is None where each row has one label.
    """
    scaled = _log(probabilities) / temperature
    if one_label:
        return scaled - np.logaddexp.reduce(scaled, axis=1, keepdims=True), None
    others = _log(1 - probabilities) / temperature
    total = np.logaddexp(scaled, others)
    return scaled - total, others - total


def fitted_temperature(probabilities, targets, weight, *, one_label):
    """The temperature with the smallest log loss.

    From Guo et al. (2017), "On Calibration of Modern Neural Networks".

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
        For rows that the networks have not been trained on.
    targets : ndarray of shape (n_rows, n_classes)
        Ones for the labels of a row.
    weight : ndarray of shape (n_rows,)
    one_label : bool
    """
    most = _MOST_LOG_TEMPERATURE

    def loss(logarithm):
        tempered = log_tempered(probabilities, np.exp(logarithm), one_label=one_label)
        doubt = _DOUBT * logarithm**2 / len(targets)
        return log_loss(tempered, targets, weight) + doubt

    found = minimize_scalar(loss, bounds=(-most, most), method="bounded")
    return float(np.exp(found.x))


def _log(probabilities):
    return np.log(np.maximum(probabilities, _LEAST))

"""Real data and helpers for the tests of diagnoses."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.model_selection import train_test_split

from skdeep import (
    diagnose,
)

SEED = {"random_state": 0}


def split(load, n=None, **options):
    """X, X_test, y, y_test of the first n samples for training."""
    X, X_test, y, y_test = train_test_split(
        *load(return_X_y=True, **options), random_state=0
    )
    return X[:n], X_test, y[:n], y_test


DIGITS = split(load_digits, 600)
CANCER = split(load_breast_cancer)
DIABETES = split(load_diabetes, scaled=False)
IMAGES = [X.reshape(-1, 8, 8) for X in DIGITS[:2]] + list(DIGITS[2:])
# Labels that have nothing to do with the images.
SHUFFLED = [
    DIGITS[0][:200],
    DIGITS[1],
    np.random.RandomState(0).permutation(DIGITS[2][:200]),
    DIGITS[3],
]


def eights(data):
    """Few eights among other digits."""
    X, X_test, y, y_test = data
    parts = []
    for rows, labels in ((X, y), (X_test, y_test)):
        some = (labels != 8) | (np.arange(len(labels)) % 5 == 0)
        parts.append((rows[some], np.where(labels == 8, "eight", "other")[some]))
    (X, y), (X_test, y_test) = parts
    return X, X_test, y, y_test


def examined(estimator, data, **validation):
    X, X_test, y, y_test = data
    return diagnose(estimator.fit(X, y, **validation), X_test, y_test)


def found(diagnosis):
    return set(diagnosis.findings["finding"])


def value(diagnosis, measure, layer=""):
    rows = diagnosis.frame.query("measure == @measure and layer == @layer")
    return rows["value"].item()

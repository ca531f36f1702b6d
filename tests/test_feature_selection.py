"""Choosing features by the first kernel, as the guide shows it."""

import numpy as np
from sklearn.feature_selection import RFECV

from skdeep import DenseClassifier


def norms(network):
    return np.linalg.norm(network.coefs_[0], axis=1)


def test_rfecv_drops_noise(iris):
    X, y = iris
    X = np.column_stack([np.random.RandomState(0).normal(size=(len(y), 3)), X])
    network = DenseClassifier((8,), epochs=40, learning_rate=0.05, random_state=0)
    selector = RFECV(
        network, importance_getter=norms, step=3, min_features_to_select=4, cv=2
    )
    assert selector.fit(X, y).support_.tolist() == [False] * 3 + [True] * 4

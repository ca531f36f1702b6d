"""scikit-learn's own checks.

Small networks and short fits, for the checks fit some hundred networks. The
untouched estimators pass them too, in either precision.
"""

import pytest
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
    parametrize_with_checks,
)

from skdeep import DenseClassifier, DenseRegressor

FAST = {"hidden_layer_sizes": (16,), "epochs": 40, "learning_rate": 0.05}
WEIGHTS = [
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
]
REASON = "the check compares at 1e-7, below single precision; see test_weights.py"


def expected_failures(estimator):
    return {check.__name__: REASON for check in WEIGHTS}


@parametrize_with_checks(
    [DenseClassifier(**FAST), DenseRegressor(**FAST)],
    expected_failed_checks=expected_failures,
)
def test_sklearn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", WEIGHTS)
@pytest.mark.parametrize("cls", [DenseClassifier, DenseRegressor])
def test_weights_in_double_precision(cls, check):
    check(cls.__name__, cls(**FAST, dtype="float64"))

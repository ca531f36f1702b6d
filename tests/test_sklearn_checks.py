"""scikit-learn's own checks, on the untouched estimators."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import DenseClassifier, DenseRegressor

REASON = "the check compares at 1e-7, below single precision; see test_weights.py"


def expected_failures(estimator):
    if estimator.dtype == "float64":
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": REASON,
        "check_sample_weight_equivalence_on_sparse_data": REASON,
    }


@parametrize_with_checks(
    [
        DenseClassifier(dtype="float64"),
        DenseRegressor(dtype="float64"),
        DenseClassifier(),
        DenseRegressor(),
    ],
    expected_failed_checks=expected_failures,
)
def test_sklearn_check(estimator, check):
    check(estimator)

"""scikit-learn's own checks, on untouched estimators in both precisions."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import DenseClassifier, DenseRegressor

REASON = "the check compares at 1e-7, below single precision; see test_weights.py"


def expected_failures(estimator):
    if estimator.dtype == "float64":
        return {}
    kinds = "dense", "sparse"
    checks = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in kinds]
    return dict.fromkeys(checks, REASON)


@parametrize_with_checks(
    [
        cls(dtype=dtype)
        for cls in (DenseClassifier, DenseRegressor)
        for dtype in ("float32", "float64")
    ],
    expected_failed_checks=expected_failures,
)
def test_sklearn_check(estimator, check):
    check(estimator)

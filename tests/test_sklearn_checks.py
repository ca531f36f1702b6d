"""scikit-learn's own checks, on untouched estimators in both precisions."""

import warnings

from sklearn.base import BaseEstimator
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep

REASON = "the check compares at 1e-7, below single precision; see test_weights.py"


def expected_failures(estimator):
    if estimator.dtype == "float64":
        return {}
    kinds = "dense", "sparse"
    checks = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in kinds]
    return dict.fromkeys(checks, REASON)


with warnings.catch_warnings():
    # scikit-learn has few checks for estimators that take texts.
    warnings.simplefilter("ignore", SkipTestWarning)
    every_check = parametrize_with_checks(
        [
            cls(dtype=dtype)
            for name in skdeep.__all__
            if isinstance(cls := getattr(skdeep, name), type)
            and issubclass(cls, BaseEstimator)
            and "dtype" in cls._get_param_names()
            for dtype in ("float32", "float64")
        ],
        expected_failed_checks=expected_failures,
    )


@every_check
def test_sklearn_check(estimator, check):
    check(estimator)

"""scikit-learn's own checks: all of them on untouched estimators, those that compare
numbers in double precision, too, and on others those that their settings can break.
"""

import warnings

import keras
import pytest
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

import skdeep

ESTIMATORS = [
    cls
    for name in skdeep.__all__
    if isinstance(cls := getattr(skdeep, name), type)
    and issubclass(cls, BaseEstimator)
    and "dtype" in cls._get_param_names()
]
# It compares at 1e-7, which single precision does not reach; see test_weights.py.
IN_DOUBLE_PRECISION = "check_sample_weight_equivalence_on_"
# Parts of the names of checks whose results may depend on the precision.
OF_NUMBERS = (
    *[IN_DOUBLE_PRECISION, "class_weight", "consistency", "contiguous", "dtype"],
    *["idempotent", "invariance", "pickle", "sparse_array", "_train"],
)


def every_check():
    for cls in ESTIMATORS:
        for dtype in ("float32", "float64"):
            with warnings.catch_warnings():
                # scikit-learn has few checks for estimators that take texts.
                warnings.simplefilter("ignore", SkipTestWarning)
                checks = list(estimator_checks_generator(cls(dtype=dtype)))
            names = set()
            for number, (estimator, check) in enumerate(checks):
                name = check.func.__name__
                if dtype == "float64":  # without the variants of memory layouts
                    told = name not in names and any(p in name for p in OF_NUMBERS)
                else:
                    told = not name.startswith(IN_DOUBLE_PRECISION)
                names.add(name)
                if told:
                    test = f"{cls.__name__}-{dtype}-{number}-{name}"
                    yield pytest.param(estimator, check, id=test)


@pytest.mark.parametrize(("estimator", "check"), list(every_check()))
def test_sklearn_check(estimator, check):
    check(estimator)


def layers(shape):
    flat = [keras.layers.Flatten()] if len(shape) > 1 else []
    return [*flat, keras.layers.Dense(8, activation="relu")]


SETTINGS = {
    "batch_norm": {"batch_norm": True},
    "dropout": {"dropout": 0.2},
    "early_stopping": {"early_stopping": True},
    "keras": {"engine": "keras"},
    "network": {"network": layers},
    "normalize": {"normalize": False},
    "sgd": {"optimizer": "sgd"},
}
# The settings that each check can fail with. A weight of two cannot be the same as a
# row that is there twice with dropout, which drops the two differently, nor with early
# stopping, which may hold out one of the two.
CHECKS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batch_norm",
        "keras",
        "network",
        "normalize",
        "sgd",
    ),
    "check_fit_idempotent": ("dropout", "early_stopping", "keras", "network"),
    "check_methods_subset_invariance": ("batch_norm", "dropout", "network"),
    "check_fit2d_1feature": ("early_stopping", "network"),
    "check_fit2d_1sample": tuple(SETTINGS),
    "check_estimators_pickle": ("batch_norm", "network"),
}
# Of regressors and autoencoders, too: there the families differ.
OF_ALL_FAMILIES = {
    ("batch_norm", "check_sample_weight_equivalence_on_dense_data"),
    ("keras", "check_sample_weight_equivalence_on_dense_data"),
    ("normalize", "check_sample_weight_equivalence_on_dense_data"),
    ("early_stopping", "check_fit_idempotent"),
}


def checks_with_settings():
    """In double precision, in which a weight of two can be told from the row twice."""
    for cls in (skdeep.DenseClassifier, skdeep.DenseRegressor, skdeep.Autoencoder):
        for setting, params in SETTINGS.items():
            # Small networks are traced in less time.
            small = {} if "network" in params else {"hidden_layer_sizes": (8,)}
            if set(params) <= set(cls._get_param_names()):
                estimator = cls(**params, **small, dtype="float64", epochs=3)
                yield from chosen_checks(estimator, setting)


def chosen_checks(estimator, setting):
    for instance, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        told = is_classifier(estimator) or (setting, name) in OF_ALL_FAMILIES
        if told and setting in CHECKS.get(name, ()):
            test = f"{type(estimator).__name__}-{setting}-{name}"
            yield pytest.param(instance, check, id=test)


# That of ten or twenty rows early stopping holds out few.
@pytest.mark.filterwarnings("ignore:Early stopping holds out")
@pytest.mark.parametrize(("estimator", "check"), list(checks_with_settings()))
def test_sklearn_check_with_settings(estimator, check):
    check(estimator)

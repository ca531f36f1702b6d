"""scikit-learn's own checks, on untouched estimators where what is learnt counts.

Dense estimators are untouched in all of them. The checks of other families only look at
how inputs, targets and parameters are treated where they take small networks: each fit
of a new shape is traced anew.
"""

import warnings

import keras
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier
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
OF_NUMBERS = (IN_DOUBLE_PRECISION, "dtype", "idempotent", "subset_invariance", "_train")
# For other families than dense networks: values that their own layers compute.
OF_LAYERS = (IN_DOUBLE_PRECISION, "idempotent", "subset_invariance")
_OF_SEQUENCES = {"cell": "conv", "units": (4,), "epochs": 1}
_OF_IMAGES = {"filters": (4,), "hidden_layer_sizes": (8,), "epochs": 1}
SMALL = {
    skdeep.Autoencoder: {
        "n_components": 2,
        "hidden_layer_sizes": (8,),
        "epochs": 1,
    },
    skdeep.ConvClassifier: _OF_IMAGES,
    skdeep.ConvRegressor: _OF_IMAGES,
    skdeep.SequenceClassifier: _OF_SEQUENCES,
    skdeep.SequenceRegressor: _OF_SEQUENCES,
}
# Each of these has a variant that gives the same numbers in memory that is read-only.
WITH_VARIANTS = ("check_classifiers_train", "check_outliers_train", "_regressors_train")


def every_check():
    for cls in ESTIMATORS:
        for dtype in ("float32", "float64"):
            names = set()
            for number, (estimator, check) in enumerate(sized_checks(cls, dtype)):
                name = check.func.__name__
                if told(cls, dtype, name, check.keywords, names):
                    test = f"{cls.__name__}-{dtype}-{number}-{name}"
                    yield pytest.param(estimator, check, id=test)
                names.add(name)


def sized_checks(cls, dtype):
    """Pairs of estimators and checks, each with the network that it needs."""
    with warnings.catch_warnings():
        # scikit-learn has few checks for estimators that take texts.
        warnings.simplefilter("ignore", SkipTestWarning)
        pairs = list(estimator_checks_generator(cls(dtype=dtype)))
    for estimator, check in pairs:
        name, small = check.func.__name__, SMALL.get(cls, {})
        if "_train" in name:
            small = {}  # what is learnt must be right
        elif "class_weight" in name:
            small = {"cell": "conv"} if "cell" in small else {}
        elif small and any(part in name for part in OF_LAYERS):
            small = {**small, "epochs": 3}
            small.pop("cell", None)
        yield clone(estimator).set_params(**small), check


def told(cls, dtype, name, options, earlier):
    """Whether a check is run."""
    if cls in SMALL and name.endswith(WITH_VARIANTS):
        return dtype == "float32" and options == {"readonly_memmap": True}
    if dtype == "float64":  # without the variants of memory layouts
        parts = OF_LAYERS if cls in SMALL else OF_NUMBERS
        return name not in earlier and any(part in name for part in parts)
    return not name.startswith(IN_DOUBLE_PRECISION)


@pytest.mark.parametrize(("estimator", "check"), list(every_check()))
def test_sklearn_check(estimator, check):
    check(estimator)


def layers(shape):
    flat = [keras.layers.Flatten()] if len(shape) > 1 else []
    return [*flat, keras.layers.Dense(8, activation="relu")]


SETTINGS = {
    "keras": {"engine": "keras"},
    "network": {"network": layers},
    "raw": {"batch_norm": True, "normalize": False, "optimizer": "sgd"},
    "stopped": {"dropout": 0.2, "early_stopping": True},
}
# The settings that each check can fail with. A weight of two cannot be the same as a
# row that is there twice with dropout, which drops the two differently, nor with early
# stopping, which may hold out one of the two.
CHECKS = {
    "check_sample_weight_equivalence_on_dense_data": ("keras", "network", "raw"),
    "check_fit_idempotent": ("keras", "network", "stopped"),
    "check_methods_subset_invariance": ("network", "raw", "stopped"),
    "check_fit2d_1feature": ("network", "stopped"),
    "check_fit2d_1sample": tuple(SETTINGS),
    "check_estimators_pickle": ("network", "raw"),
}
# Of regressors and autoencoders, too: there the families differ.
OF_ALL_FAMILIES = {
    ("keras", "check_sample_weight_equivalence_on_dense_data"),
    ("raw", "check_sample_weight_equivalence_on_dense_data"),
    ("stopped", "check_fit_idempotent"),
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

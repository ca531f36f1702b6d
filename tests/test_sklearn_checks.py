"""scikit-learn's own checks, on untouched estimators where what is learnt counts.

Most checks look at how inputs, targets and parameters are treated. Their fits take no
step, since each fit of a new shape is traced anew. Other families than dense networks
have small ones where what is learnt does not count.
"""

import warnings

import keras
import pytest
from agreement import run_keras_eagerly, take_no_steps
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
OF_NUMBERS = (IN_DOUBLE_PRECISION, "dtype", "subset_invariance")
# For other families than dense networks: values that their own layers compute.
OF_LAYERS = (IN_DOUBLE_PRECISION, "subset_invariance")
# Parts of the names of checks whose results depend on what is learnt.
OF_LEARNING = (
    IN_DOUBLE_PRECISION,
    "idempotent",
    "classifiers_train",
    "regressors_train",
    "class_weight",
    "one_label",
)
# How targets are read is the same code for all families.
OF_TARGETS = ("data_not_an_array", "regressors_int", "multilabel_representation")
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
# Their heads and engine are those of the other estimator of the family.
TWINS = (skdeep.ConvRegressor, skdeep.SequenceClassifier)
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
        if name.endswith(
            ("regressors_train", "classifiers_train", "class_weight_classifiers")
        ):
            small = {}  # what is learnt must be right
        elif small and any(part in name for part in (*OF_LAYERS, "idempotent")):
            small = {**small, "epochs": 3}
            small.pop("cell", None)
        yield clone(estimator).set_params(**small), check


def told(cls, dtype, name, options, earlier):
    """Whether a check is run."""
    if cls in TWINS and any(part in name for part in OF_LEARNING):
        return False
    if name.endswith(WITH_VARIANTS):
        if cls in SMALL:
            return dtype == "float32" and options == {"readonly_memmap": True}
        return dtype == "float32" and "readonly_memmap" in options
    if dtype == "float64":  # without the variants of memory layouts
        parts = OF_LAYERS if cls in SMALL else OF_NUMBERS
        return name not in earlier and any(part in name for part in parts)
    return not name.startswith(IN_DOUBLE_PRECISION)


def learns(estimator, check):
    """Whether the check can only fail if its fits take their steps."""
    parts = OF_LEARNING if type(estimator) in SMALL else OF_LEARNING + OF_TARGETS
    return any(part in check.func.__name__ for part in parts)


@pytest.mark.parametrize(("estimator", "check"), list(every_check()))
def test_sklearn_check(estimator, check, monkeypatch):
    if not learns(estimator, check):
        take_no_steps(monkeypatch)
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
def test_sklearn_check_with_settings(estimator, check, monkeypatch):
    run_keras_eagerly(monkeypatch)
    if not learns(estimator, check):
        take_no_steps(monkeypatch)
    check(estimator)

"""Checks that an estimator's attributes fit together, before saving and after loading.

Digests find damage, but whoever changes a file can write new digests. These checks
find the changes: an estimator that passes has valid parameters and weights of the
shapes that its spec says, and it can predict.
"""

import json

import numpy as np

from skdeep._rules import require
from skdeep.encoding import ContinuousTargets
from skdeep.networks import BACKBONES, is_weight

# Attributes of every estimator that `fit` trains.
_TRAINED = {"network_", "_targets", "n_outputs_", "_history", "n_epochs_"}
_TRAINED |= {"best_epoch_"}


def check_estimator(estimator):
    """Refuse an estimator whose attributes do not fit together.

    Raises
    ------
    ValueError
        If its parameters are invalid, or its fitted attributes cannot come from
        ``fit``.
    """
    rules = estimator._all_stored_attributes()
    if rules is None:
        estimator._check_stored()
        return
    name = type(estimator).__name__
    estimator._validate_params()
    others = {*estimator._get_param_names(), "_model", "_skl_callbacks"}
    others |= {"_callbacks_before", "_network_made"}
    fitted = {k: v for k, v in vars(estimator).items() if k not in others}
    unknown = sorted(set(fitted) - set(rules))
    if unknown:
        raise ValueError(f"{name} has the unknown attributes {unknown}.")
    for attribute, value in fitted.items():
        require(rules[attribute](value), name, attribute, value)
    if "network_" in fitted:
        _check_network(estimator)
    elif set(fitted) & _TRAINED:
        missing = sorted(_TRAINED - set(fitted))
        raise ValueError(f"{name} lacks the fitted attributes {missing}.")
    estimator._check_stored()
    if "network_" in fitted or (fitted and "network_" not in rules):
        estimator._try_stored()


def check_generator(generator):
    """Refuse a random generator whose position lies outside of its state.

    NumPy does not check the position, and would read beyond its memory.

    Parameters
    ----------
    generator : numpy.random.RandomState or numpy.random.Generator
    """
    bits = getattr(generator, "_bit_generator", None) or generator.bit_generator
    state = bits.state
    position, in_buffer = state["state"].get("pos", 0), state.get("buffer_pos", 0)
    n_numbers = len(state["state"].get("key", ()))
    valid = 0 <= position <= n_numbers and 0 <= in_buffer <= 4
    require(valid, "A random generator", "position", (position, in_buffer))


def _check_network(estimator):
    name, network = type(estimator).__name__, estimator.network_
    spec = network.spec
    _check_scaling(network.inputs, (spec.input_shape[-1], 1))
    # Targets that are not scaled have a scaling of length one.
    _check_scaling(network.outputs, (1, spec.units))
    _check_weights(spec, network.weights)
    if "n_epochs_" in estimator._all_stored_attributes():
        missing = sorted(_TRAINED - set(vars(estimator)))
        if missing:
            raise ValueError(f"{name} lacks {missing}.")
        _check_targets(estimator)
        _check_epochs(estimator)


def _check_scaling(scaling, lengths):
    n_columns = len(scaling.mean)
    sound = n_columns in lengths and len(scaling.scale) == n_columns
    require(sound, "A network", "scaling", scaling)


def _check_targets(estimator):
    name, targets = type(estimator).__name__, estimator._targets
    units, tags = estimator.network_.spec.units, estimator.__sklearn_tags__()
    require(targets.n_outputs == estimator.n_outputs_, name, "_targets", targets)
    if isinstance(targets, ContinuousTargets):
        fits = tags.estimator_type != "classifier" and units == targets.n_outputs
        require(fits, name, "_targets", targets)
        _check_scaling(targets.scaling, (targets.n_outputs,))
        return
    classes = targets.classes
    several = len(classes) >= (1 if targets.kind == "multilabel-indicator" else 2)
    sound = several and tags.estimator_type != "regressor"
    require(sound, name, "classes", classes)
    if hasattr(estimator, "classes_"):
        same = np.array_equal(estimator.classes_, classes)
        require(same, name, "classes_", estimator.classes_)
    indicator = targets.indicator
    sound = indicator is None or indicator.n_columns == len(classes)
    require(sound, name, "_targets", targets)
    binary = targets.kind == "binary"
    fitting = (1, 2) if binary else (len(classes),)
    require(units in fitting, name, "units", units)
    require(binary == (len(classes) == 2) or several, name, "kind", targets.kind)


def _check_epochs(estimator):
    name, n_epochs = type(estimator).__name__, estimator.n_epochs_
    require(len(estimator._history) == n_epochs, name, "n_epochs_", n_epochs)
    best = estimator.best_epoch_
    require(best <= n_epochs, name, "best_epoch_", best)


def _check_weights(spec, weights):
    lists = weights.trainable, weights.non_trainable
    for array in (*weights.trainable, *weights.non_trainable):
        finite = array.dtype.kind != "f" or np.isfinite(array).all()
        require(finite, "A network", "weights", array)
    shapes = [[array.shape for array in part] for part in lists]
    planned = spec.array_shapes or _planned_shapes(spec)
    if [list(map(tuple, part)) for part in planned] != shapes:
        raise ValueError(
            f"A network must have weights of the shapes {planned!r:.200}. Received "
            f"{shapes!r:.200}."
        )
    learnt, fixed = ({a.dtype.name for a in p if is_weight(a)} for p in lists)
    # For inputs far from zero, mean and scale are kept in double precision.
    sound = learnt <= {spec.array_dtype} and fixed <= set(spec.row_dtypes)
    require(sound, "A network", "dtype", spec.dtype)


def _planned_shapes(spec):
    from skdeep.persistence._keras_objects import check_config, planned_network

    backbone = spec.backbone
    if backbone is not None and backbone not in BACKBONES:
        check_config(json.loads(backbone))
    return planned_network(spec)

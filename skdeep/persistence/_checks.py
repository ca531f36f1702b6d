"""Whether an estimator's attributes belong together: before saving, after loading.

A digest tells damage. What it cannot tell, who wrote the digest, is looked at here:
an estimator that passes has the parameters that ``fit`` takes, a network of the
shapes that it says, and predicts.
"""

import json
from itertools import pairwise
from math import prod
from numbers import Integral, Real

import numpy as np

from skdeep.encoding import (
    ClassTargets,
    ContinuousTargets,
    Indicator,
    Standardization,
    Tokenizer,
)
from skdeep.networks import (
    BACKBONES,
    AutoencoderSpec,
    ConvSpec,
    DenseSpec,
    SequenceSpec,
    Weights,
    is_weight,
)

# Values of a sample up to which one is made to try a loaded estimator with.
_MOST_VALUES = 2**24
_SPECS = {
    "Autoencoder": AutoencoderSpec,
    "ConvClassifier": ConvSpec,
    "ConvRegressor": ConvSpec,
    "DenseClassifier": DenseSpec,
    "DenseRegressor": DenseSpec,
    "ImageEmbedder": ConvSpec,
    "SequenceClassifier": SequenceSpec,
    "SequenceRegressor": SequenceSpec,
    "TextClassifier": SequenceSpec,
    "TextGenerator": SequenceSpec,
    "TextRegressor": SequenceSpec,
}
# Of those that `fit` trains.
_TRAINED = {"network_", "_targets", "n_outputs_", "_history", "n_epochs_"}
_TRAINED |= {"best_epoch_"}


def _is_size(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 1


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0


def _is_sizes(value):
    return isinstance(value, tuple) and all(map(_is_size, value))


def _is_shape(value):
    # Sequences may have any number of steps.
    return isinstance(value, tuple) and len(value) > 0 and _is_steps(value)


def _is_steps(value):
    return (value[0] is None or _is_size(value[0])) and all(map(_is_size, value[1:]))


def _is_bool(value):
    return isinstance(value, (bool, np.bool_))


def _is_number(value):
    return isinstance(value, Real) and not _is_bool(value) and np.isfinite(value)


def _is_share(value):
    return _is_number(value) and 0 <= value < 1


def _is_penalty(value):
    return _is_number(value) and value >= 0


def _one_of(*values):
    return lambda value: any(value is v or value == v for v in values)


def _is_a(*classes):
    return lambda value: isinstance(value, classes)


def _or_none(rule):
    return lambda value: value is None or rule(value)


def _is_texts(value):
    return isinstance(value, np.ndarray) and value.ndim == 1 and len(value) > 0


def _is_history(value):
    return isinstance(value, list) and all(
        isinstance(record, dict)
        and all(isinstance(name, str) for name in record)
        and all(isinstance(number, Real) for number in record.values())
        for record in value
    )


def _anything(value):
    return True


# What each attribute of a fitted estimator may be, whatever the family.
_ATTRIBUTES = {
    "_bytes": _is_bool,
    "_integers": _is_bool,
    "_history": _is_history,
    "_kept_epoch": _or_none(_is_count),
    "_learnt": _is_a(dict),
    "_learnt_settings": _is_a(dict),
    "_metadata_request": _anything,
    "_n_tokens": _is_count,
    "_pixel_factor": _is_number,
    "_random_state": _or_none(_is_a(np.random.RandomState, Integral)),
    "_row_shape": _is_sizes,
    "_split_seed": _or_none(_is_count),
    "_targets": _is_a(ClassTargets, ContinuousTargets),
    "_tokenizer": _is_a(Tokenizer),
    "_window": _or_none(_is_size),
    "best_epoch_": _is_count,
    "classes_": _is_a(np.ndarray),
    "feature_names_in_": _is_texts,
    "image_shape_": _is_sizes,
    "length_": _or_none(_is_size),
    "n_epochs_": _is_count,
    "n_features_in_": _is_size,
    "n_outputs_": _is_size,
    "network_": _anything,
    "offset_": _is_number,
    "sequence_shape_": _is_shape,
}
_SPEC_FIELDS = {
    "input_shape": _is_shape,
    "units": _is_size,
    "output": _or_none(_is_a(str)),
    "hidden_layer_sizes": _is_sizes,
    "dropout": _is_share,
    "batch_norm": _is_bool,
    "use_bias": _is_bool,
    "l1": _is_penalty,
    "l2": _is_penalty,
    "normalize": _one_of(True, False, "auto"),
    "dtype": _one_of("float32", "float64", "mixed_bfloat16"),
    "double_inputs": _is_bool,
    "filters": _is_sizes,
    "kernel_size": lambda value: _is_size(value) or _is_sizes(value),
    "convs_per_block": _is_size,
    "strides": _is_sizes,
    "padding": _one_of("same", "valid"),
    "pooling": _one_of("max", "average", None),
    "pool_size": _is_sizes,
    "global_pooling": _one_of("max", "average", None),
    "augment": _is_a(tuple),
    "fine_tune": _is_count,
    "masked": _is_bool,
    "n_tokens": _is_count,
    "embedding_dim": _is_count,
    "frozen_embedding": _is_bool,
    "cell": _one_of("lstm", "gru", "rnn", "conv", "average"),
    "cell_units": _is_sizes,
    "bidirectional": _is_bool,
    "recurrent_dropout": _is_share,
    "return_sequences": _is_bool,
    "n_components": _is_size,
    "noise": _is_penalty,
    "code_l1": _is_penalty,
    "tied": _is_bool,
}


def check_estimator(estimator):
    """Refuse an estimator whose attributes do not belong together.

    Raises
    ------
    ValueError
        If ``fit`` would not take its parameters, or what it learnt cannot have been
        learnt.
    """
    name = type(estimator).__name__
    params = estimator._get_param_names()
    others = {*params, "_model", "_skl_callbacks", "_callbacks_before", "_network_made"}
    fitted = {k: v for k, v in vars(estimator).items() if k not in others}
    if name in ("KerasClassifier", "KerasRegressor"):
        _check_wrapper(estimator)
        return
    estimator._validate_params()
    if name == "Forecaster":
        _check_forecaster(estimator)
        return
    unknown = sorted(set(fitted) - set(_ATTRIBUTES))
    if unknown:
        raise ValueError(f"{name} has the unknown attributes {unknown}.")
    for attribute, value in fitted.items():
        _require(_ATTRIBUTES[attribute](value), name, attribute, value)
    if "network_" in fitted:
        _check_network(estimator)
    elif set(fitted) & _TRAINED:
        raise ValueError(f"{name} must have all that it learns. Received {fitted}.")
    if "network_" in fitted if name in _SPECS else fitted:
        _try_out(estimator)


def check_generator(generator):
    """Refuse a random generator whose next number is none of those that it holds.

    NumPy does not look, and would read beyond its memory.

    Parameters
    ----------
    generator : numpy.random.RandomState or numpy.random.Generator
    """
    bits = getattr(generator, "_bit_generator", None) or generator.bit_generator
    state = bits.state
    place = state["state"].get("pos", 0), state.get("buffer_pos", 0)
    sound = 0 <= place[0] <= len(state["state"].get("key", ())) and 0 <= place[1] <= 4
    _require(sound, "A random generator", "place", place)


def _require(fits, owner, name, value):
    if not fits:
        raise ValueError(f"{owner} cannot have {name}={value!r:.80}.")


def _check_network(estimator):
    from skdeep.estimators._base import FittedNetwork

    name, network = type(estimator).__name__, estimator.network_
    _require(type(network) is FittedNetwork, name, "network_", network)
    spec, weights = network.spec, network.weights
    _require(type(spec) is _SPECS[name], name, "spec", spec)
    _require(type(weights) is Weights, name, "weights", weights)
    for field, rule in _SPEC_FIELDS.items():
        if hasattr(spec, field):
            value = getattr(spec, field)
            _require(rule(value), "A network", field, value)
    _check_scaling(network.inputs, (spec.input_shape[-1], 1))
    _check_shape(estimator)
    # That of targets that are learnt as they are is of one column.
    _check_scaling(network.outputs, (1, spec.units))
    _check_weights(spec, weights)
    if name != "ImageEmbedder":
        missing = sorted(_TRAINED - set(vars(estimator)))
        if missing:
            raise ValueError(f"{name} lacks {missing}.")
        _check_targets(estimator)
        _check_epochs(estimator)


def _check_shape(estimator):
    """Whether samples are of the size that the network takes."""
    name, shape = type(estimator).__name__, estimator.network_.spec.input_shape
    attributes = vars(estimator)
    n_features = attributes.get("n_features_in_")
    if "image_shape_" in attributes:
        _require(shape == estimator.image_shape_, name, "image_shape_", shape)
    elif "sequence_shape_" in attributes:
        steps, channels = estimator.sequence_shape_
        whole = _window(estimator) is None and steps is not None
        shape = (steps, channels) if whole else (channels,)
    if n_features is not None and "_tokenizer" not in attributes:
        _require(n_features == prod(shape), name, "n_features_in_", n_features)


def _check_scaling(scaling, lengths):
    _require(type(scaling) is Standardization, "A network", "scaling", scaling)
    mean, scale = scaling.mean, scaling.scale
    sound = (
        _is_bool(scaling.far)
        and all(isinstance(array, np.ndarray) for array in (mean, scale))
        and mean.shape == scale.shape
        and mean.ndim == 1
        and len(mean) in lengths
        and np.isfinite(mean).all()
        and np.isfinite(scale).all()
        and (scale > 0).all()
    )
    _require(sound, "A network", "scaling", scaling)


def _check_targets(estimator):
    name, targets = type(estimator).__name__, estimator._targets
    units, tags = estimator.network_.spec.units, estimator.__sklearn_tags__()
    _require(targets.n_outputs == estimator.n_outputs_, name, "_targets", targets)
    if isinstance(targets, ContinuousTargets):
        fits = tags.estimator_type != "classifier" and name != "TextGenerator"
        _require(fits and units == targets.n_outputs, name, "_targets", targets)
        forms = targets.one_dimensional, targets.positive
        _require(all(map(_is_bool, forms)), name, "_targets", targets)
        _check_scaling(targets.scaling, (targets.n_outputs,))
        return
    classes = targets.classes
    _require(isinstance(classes, np.ndarray), name, "classes", classes)
    several = len(classes) >= (1 if targets.kind == "multilabel-indicator" else 2)
    different = len({*classes.tolist()}) == len(classes)
    sound = classes.ndim == 1 and different and several
    _require(sound and tags.estimator_type != "regressor", name, "classes", classes)
    if hasattr(estimator, "classes_"):
        same = np.array_equal(estimator.classes_, classes)
        _require(same, name, "classes_", estimator.classes_)
    indicator = targets.indicator
    sound = indicator is None or (
        type(indicator) is Indicator and indicator.n_columns == len(classes)
    )
    _require(sound and _is_bool(targets.margins), name, "_targets", targets)
    binary = targets.kind == "binary"
    fitting = (1, 2) if binary else (len(classes),)
    _require(units in fitting, name, "units", units)
    _require(binary == (len(classes) == 2) or several, name, "kind", targets.kind)


def _check_epochs(estimator):
    name, n_epochs = type(estimator).__name__, estimator.n_epochs_
    _require(len(estimator._history) == n_epochs, name, "n_epochs_", n_epochs)
    best = estimator.best_epoch_
    _require(best <= n_epochs, name, "best_epoch_", best)


def _check_weights(spec, weights):
    lists = weights.trainable, weights.non_trainable, weights.optimizer or []
    for arrays in lists:
        sound = isinstance(arrays, list) and all(
            isinstance(array, (np.ndarray, np.generic)) and array.dtype.kind in "biuf"
            for array in arrays
        )
        _require(sound, "A network", "weights", arrays)
    _require(_is_count(weights.n_steps), "A network", "n_steps", weights.n_steps)
    kind = weights.optimizer_kind
    _require(kind is None or isinstance(kind, str), "A network", "optimizer_kind", kind)
    for array in (*weights.trainable, *weights.non_trainable):
        finite = array.dtype.kind != "f" or np.isfinite(array).all()
        _require(finite, "A network", "weights", array)
    found = [[array.shape for array in part] for part in lists[:2]]
    planned = _dense_shapes(spec) or _planned_shapes(spec)
    if [list(map(tuple, part)) for part in planned] != found:
        raise ValueError(
            f"A network must have weights of the shapes {planned!r:.200}. Received "
            f"{found!r:.200}."
        )
    learnt, fixed = ({a.dtype.name for a in p if is_weight(a)} for p in lists[:2])
    # Inputs far from zero have their mean and scale in double precision.
    sound = learnt <= {spec.array_dtype} and fixed <= set(spec.row_dtypes)
    _require(sound, "A network", "dtype", spec.dtype)


def _dense_shapes(spec):
    """Those of a dense network, whose prediction needs no Keras; None for others."""
    if type(spec) is not DenseSpec or not isinstance(spec.activation, str):
        return None
    if len(spec.input_shape) != 1 or spec.input_shape[0] is None:
        return [], []  # no such network has weights
    trainable, fixed = [], [spec.input_shape] * 2 if spec.normalize else []
    for before, after in pairwise((*spec.input_shape, *spec.hidden_layer_sizes)):
        n_others = 2 if spec.batch_norm else int(spec.use_bias)
        trainable += [(before, after), *[(after,)] * n_others]
        fixed += [(after,), (after,)] if spec.batch_norm else []
        fixed += [(2,)] if spec.dropout else []  # the state of a random generator
    last = (*spec.input_shape, *spec.hidden_layer_sizes)[-1]
    return [*trainable, (last, spec.units), *[(spec.units,)] * spec.use_bias], fixed


def _planned_shapes(spec):
    from skdeep.persistence._keras_objects import check_config, planned_network

    backbone = getattr(spec, "backbone", None)
    if backbone is not None and backbone not in BACKBONES:
        check_config(json.loads(backbone))
    return planned_network(spec)


def _try_out(estimator):
    """One sample through all that a fitted estimator does with samples."""
    X = _sample(estimator)
    if X is None:
        return
    for method in ("predict", "predict_proba", "transform", "score_samples"):
        if hasattr(estimator, method):
            found = getattr(estimator, method)(X)
            if method == "transform" and hasattr(estimator, "inverse_transform"):
                estimator.inverse_transform(found)
    if hasattr(estimator, "predict_next"):
        estimator.predict_next("a", top=1)


def _sample(estimator):
    """One sample as the estimator takes it; None where it would be huge."""
    attributes = vars(estimator)
    if "_tokenizer" in attributes:
        return None if hasattr(estimator, "predict_next") else ["a"]
    if "image_shape_" in attributes:
        shape = 1, *estimator.image_shape_
        if attributes.get("_bytes"):
            return _zeros(shape, "uint8")
        return _usual(estimator, shape, shape[-1])
    if "sequence_shape_" in attributes:
        steps, channels = estimator.sequence_shape_
        if _window(estimator) is not None:
            return _named(estimator, _usual(estimator, (steps, channels), channels))
        if steps is None:
            X = _usual(estimator, (1, channels), channels)
            return X if X is None else [X, X]
        if attributes.get("n_features_in_") == steps * channels and channels == 1:
            return _named(estimator, _usual(estimator, (1, steps), channels))
        return _usual(estimator, (1, steps, channels), channels)
    if "n_features_in_" in attributes:
        n_features = estimator.n_features_in_
        return _named(estimator, _usual(estimator, (1, n_features), n_features))
    return None


def _usual(estimator, shape, channels):
    """The means of the data of ``fit``: far from them a network may overflow."""
    X, network = _zeros(shape), vars(estimator).get("network_")
    return X if X is None or network is None else X + network.inputs.mean[:channels]


def _window(estimator):
    """Rows of a series that make one sample, or None."""
    return estimator._as_learnt("window") if hasattr(estimator, "window") else None


def _zeros(shape, dtype=float):
    return np.zeros(shape, dtype) if prod(shape) <= _MOST_VALUES else None


def _named(estimator, X):
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or X is None:
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=names)


def _check_wrapper(estimator):
    from skdeep.inference._keras_model import HeldModel

    name, held = type(estimator).__name__, vars(estimator).get("_held")
    _require(held is None or isinstance(held, HeldModel), name, "_held", held)
    if held is None:
        return
    shape, dtype = estimator.X_shape_, estimator.X_dtype_
    arrays = [variable.numpy() for variable in held.model.variables]
    finite = all(a.dtype.kind != "f" or np.isfinite(a).all() for a in arrays)
    _require(finite, name, "model_", "a model with NaN or infinite weights")
    several = not isinstance(dtype, np.dtype)
    _require(several or _is_sizes(shape), name, "X_shape_", shape)
    X = None if several else _zeros((1, *shape[1:]), dtype)
    if X is not None:
        estimator.predict(_named(estimator, X))


def _check_forecaster(estimator):
    from skdeep.forecasting._series import Series
    from skdeep.forecasting._supervised import Supervised

    if "estimators_" not in vars(estimator):
        return
    series, exog, supervised = estimator._y, estimator._X, estimator._supervised_
    _require(type(supervised) is Supervised, "Forecaster", "_supervised_", supervised)
    _require(type(series) is Series, "Forecaster", "_y", series)
    _require(exog is None or type(exog) is Series, "Forecaster", "_X", exog)
    for part in (series, exog):
        if part is not None:
            shape = len(part.index), len(part.columns)
            sound = part.values.shape == shape and np.isfinite(part.values).all()
            _require(sound, "Forecaster", "series", part)
    if exog is None:
        estimator.predict()
        return
    needed = supervised.future_rows(estimator._n_steps(None))
    future = np.repeat(exog.values[-1:], max(needed, 1), axis=0)
    estimator.predict(X=future if needed else None)

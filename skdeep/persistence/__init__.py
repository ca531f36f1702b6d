"""Saving and loading without pickle.

One zip file: ``estimator.json`` describes the estimator, ``arrays/N.npy`` hold its
arrays. Loading builds only the few types listed here, checks every digest, and
runs no code from the file.
"""

import dataclasses
import hashlib
import io
import json
import pathlib
import zipfile

import numpy as np

from skdeep import __version__
from skdeep.encoding import (
    ClassTargets,
    ContinuousTargets,
    Indicator,
    Standardization,
    Tokenizer,
)
from skdeep.exceptions import FileFormatError
from skdeep.networks import (
    AutoencoderSpec,
    ConvSpec,
    DenseSpec,
    FrozenModel,
    SequenceSpec,
    Weights,
)
from skdeep.persistence._replacing import replacing

__all__ = ["load", "save"]

_FORMAT = 1
_DESCRIPTION = "estimator.json"


def _types():
    """What a file may contain beside plain values, by name."""
    from skdeep.estimators._base import FittedNetwork

    types = (
        AutoencoderSpec,
        ClassTargets,
        Indicator,
        ContinuousTargets,
        ConvSpec,
        SequenceSpec,
        DenseSpec,
        FittedNetwork,
        FrozenModel,
        Standardization,
        Tokenizer,
        Weights,
    )
    return {cls.__name__: cls for cls in types}


def _estimators():
    from skdeep import estimators

    return {name: getattr(estimators, name) for name in estimators.__all__}


def save(estimator, path):
    """Write a fitted or unfitted estimator to one file.

    Parameters
    ----------
    estimator : object
        An estimator of this package.
    path : path-like
        File to write; an existing one is replaced.

    Raises
    ------
    TypeError
        If a parameter cannot be written as data: a function, a custom class.

    Examples
    --------
    >>> import os, tempfile, skdeep
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = skdeep.DenseClassifier((4,), epochs=2).fit(X, y)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.skdeep")
    >>> skdeep.save(classifier, path)
    >>> bool((skdeep.load(path).predict(X) == classifier.predict(X)).all())
    True
    """
    name = type(estimator).__name__
    if _estimators().get(name) is not type(estimator):
        raise TypeError(
            f"skdeep.save takes estimators of skdeep. Received {type(estimator)!r}. "
            "Use joblib.dump for pipelines and for estimators of other packages."
        )
    writer = _Writer()
    state = {
        k: v for k, v in estimator.__getstate__().items() if k != "_sklearn_version"
    }
    state.pop("_skl_callbacks", None)
    content = {
        "format": _FORMAT,
        "skdeep": __version__,
        "estimator": name,
        "state": {key: writer.encode(value, key) for key, value in state.items()},
    }
    content["digests"] = [hashlib.sha256(a).hexdigest() for a in writer.arrays]
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(_DESCRIPTION, json.dumps(content))
        for number, data in enumerate(writer.arrays):
            archive.writestr(f"arrays/{number}.npy", data)


def load(path):
    """Read an estimator that :func:`save` has written.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    estimator : object
        The estimator, fitted if it was.

    Raises
    ------
    FileFormatError
        If the file is damaged, was changed, or holds anything unknown.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content, arrays = _read(archive)
        return _rebuild(content, arrays)
    except FileFormatError:
        raise
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise _damaged(path, error) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path, error):
    return FileFormatError(
        f"{path} is not a file of skdeep.save, or it is damaged: {error!r}. Save the "
        "estimator again."
    )


def _read(archive):
    content = json.loads(archive.read(_DESCRIPTION))
    if content.get("format") != _FORMAT:
        raise FileFormatError(
            f"The file has format {content.get('format')!r}; this version of skdeep "
            f"reads format {_FORMAT}. It was written by skdeep "
            f"{content.get('skdeep')!r}: install that version or save again."
        )
    digests = content["digests"]
    expected = {_DESCRIPTION, *(f"arrays/{i}.npy" for i in range(len(digests)))}
    if set(archive.namelist()) != expected:
        unknown = sorted(set(archive.namelist()) ^ expected)
        raise FileFormatError(f"The file has unexpected or missing parts: {unknown}.")
    arrays = []
    for number, digest in enumerate(digests):
        data = archive.read(f"arrays/{number}.npy")
        if hashlib.sha256(data).hexdigest() != digest:
            raise FileFormatError(f"arrays/{number}.npy does not match its digest.")
        arrays.append(np.load(io.BytesIO(data), allow_pickle=False))
    return content, arrays


_FITTED = frozenset(
    [
        "_bytes",
        "_history",
        "_kept_epoch",
        "_learnt",
        "_learnt_settings",
        "_n_tokens",
        "_pixel_factor",
        "_random_state",
        "_row_shape",
        "_split_seed",
        "_targets",
        "_tokenizer",
        "_window",
        "best_epoch_",
        "classes_",
        "feature_names_in_",
        "image_shape_",
        "length_",
        "n_epochs_",
        "n_features_in_",
        "n_outputs_",
        "network_",
        "offset_",
        "sequence_shape_",
        "_metadata_request",
    ]
)


def _rebuild(content, arrays):
    classes = _estimators()
    name = content["estimator"]
    if name not in classes:
        raise FileFormatError(
            f"The file holds an unknown estimator, {name!r}. Known: {sorted(classes)}."
        )
    reader = _Reader(arrays)
    state = {key: reader.decode(value) for key, value in content["state"].items()}
    params = classes[name]._get_param_names()
    unknown = set(state) - set(params) - _FITTED
    missing = set(params) - set(state)
    if unknown or missing:
        raise FileFormatError(
            f"The file's attributes are not those of {name}: unknown "
            f"{sorted(unknown)}, missing {sorted(missing)}."
        )
    estimator = classes[name](**{param: state.pop(param) for param in params})
    estimator.__dict__.update(state)
    return estimator


class _Writer:
    """Turns values into JSON, and arrays into bytes kept aside."""

    def __init__(self):
        self.arrays = []

    def encode(self, value, where):
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, pathlib.PurePath):
            return {"path": str(value)}
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value))}
        if isinstance(value, np.ndarray):
            return self._encode_array(value, where)
        if isinstance(value, (list, tuple)):
            items = [self.encode(item, where) for item in value]
            return {"list" if isinstance(value, list) else "tuple": items}
        if isinstance(value, dict):
            pairs = [[self.encode(x, where) for x in pair] for pair in value.items()]
            return {"dict": pairs}
        if isinstance(value, np.random.RandomState):
            return {"random_state": self.encode(value.get_state(), where)}
        return self._encode_object(value, where)

    def _encode_object(self, value, where):
        name = type(value).__name__
        if _types().get(name) is type(value):
            if dataclasses.is_dataclass(value):
                fields = [field.name for field in dataclasses.fields(value)]
            else:
                fields = sorted(vars(value))
            parts = {
                field: self.encode(getattr(value, field), where) for field in fields
            }
            return {"object": name, "fields": parts}
        package = type(value).__module__.split(".")[0]
        if package in ("keras", "skdeep") and hasattr(value, "get_config"):
            import keras

            return {"keras": keras.saving.serialize_keras_object(value)}
        raise TypeError(
            f"skdeep.save cannot write {where}={value!r} as data: it takes numbers, "
            "strings, arrays and Keras's own objects. Use pickle or joblib, which "
            "can keep code."
        )

    def _encode_array(self, value, where):
        if value.dtype == object:
            items = [self.encode(item, where) for item in value.tolist()]
            return {"object_array": items}
        return {"array": self._array(value)}

    def _array(self, value):
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        self.arrays.append(buffer.getvalue())
        return len(self.arrays) - 1


class _Reader:
    """The inverse of :class:`_Writer`."""

    def __init__(self, arrays):
        self._arrays = arrays

    def decode(self, value):
        if not isinstance(value, dict):
            if isinstance(value, list):
                raise FileFormatError(f"The file holds an unmarked list: {value!r}.")
            return value
        tag = next(iter(value))
        decode = getattr(self, f"_decode_{tag}", None)
        if decode is None:
            raise FileFormatError(f"The file holds an unknown kind of value: {tag!r}.")
        return decode(value)

    def _decode_path(self, value):
        return pathlib.Path(value["path"])

    def _decode_scalar(self, value):
        return self._arrays[value["scalar"]][()]

    def _decode_array(self, value):
        return self._arrays[value["array"]]

    def _decode_object_array(self, value):
        items = [self.decode(item) for item in value["object_array"]]
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array

    def _decode_list(self, value):
        return [self.decode(item) for item in value["list"]]

    def _decode_tuple(self, value):
        return tuple(self.decode(item) for item in value["tuple"])

    def _decode_dict(self, value):
        return {self.decode(k): self.decode(v) for k, v in value["dict"]}

    def _decode_random_state(self, value):
        generator = np.random.RandomState(0)
        generator.set_state(self.decode(value["random_state"]))
        return generator

    def _decode_object(self, value):
        name, fields = value["object"], value["fields"]
        types = _types()
        if name not in types:
            raise FileFormatError(f"The file holds an unknown object: {name!r}.")
        made = types[name](**{key: self.decode(item) for key, item in fields.items()})
        return made.thaw() if isinstance(made, FrozenModel) else made

    def _decode_keras(self, value):
        import keras

        from skdeep.networks._quantile_loss import QuantileLoss

        known = {"skdeep>QuantileLoss": QuantileLoss}
        return keras.saving.deserialize_keras_object(
            value["keras"], custom_objects=known, safe_mode=True
        )

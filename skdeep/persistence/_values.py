"""Estimators and their attributes as JSON and arrays, and back."""

import dataclasses
import inspect
import pathlib

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

import skdeep
from skdeep._rules import check_fields
from skdeep.base._stored import Stored
from skdeep.exceptions import FileFormatError
from skdeep.networks._undecayed import names_without_decay
from skdeep.persistence import _splitters
from skdeep.persistence._archive import array_bytes, read_array
from skdeep.persistence._checks import check_estimator, check_generator
from skdeep.persistence._indexes import decoded_index, encoded_index


def stored_class(name):
    """The public class of this name, if files may hold its estimators; else None."""
    cls = getattr(skdeep, name) if name in skdeep.__all__ else None
    return cls if isinstance(cls, type) and issubclass(cls, Stored) else None


def is_own(value):
    """Whether ``value`` is an estimator of this package, and not of a subclass."""
    return isinstance(value, Stored) and stored_class(type(value).__name__) is type(
        value
    )


def _fields(cls):
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    return list(inspect.signature(cls).parameters)


class Writer:
    """Turns values into JSON, and arrays into parts of the archive.

    Attributes
    ----------
    parts : dict of str to bytes
    """

    def __init__(self):
        self.parts = {}
        self._types = {}  # by name; the classes that the current estimator may hold

    def encode(self, value, where):
        """``value`` as JSON; ``where`` is its name in error messages."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, pathlib.PurePath):
            return {"path": str(value)}
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value))}
        if isinstance(value, np.ndarray):
            return self._encode_array(value, where)
        if isinstance(value, np.dtype):
            return {"dtype": value.str}
        if isinstance(value, list) or type(value) is tuple:
            items = [self.encode(item, where) for item in value]
            return {"list" if isinstance(value, list) else "tuple": items}
        if isinstance(value, (set, frozenset)):
            return {"set": [self.encode(item, where) for item in sorted(value)]}
        if type(value) is dict:
            pairs = [[self.encode(x, where) for x in pair] for pair in value.items()]
            return {"dict": pairs}
        if isinstance(value, np.random.RandomState):
            return {"random_state": self.encode(value.get_state(), where)}
        if isinstance(value, pd.Index):
            return {"index": self.encode(encoded_index(value), where)}
        return self._encode_object(value, where)

    def _encode_object(self, value, where):
        name = type(value).__name__
        if self._types.get(name) is type(value):
            check_fields(value)
            fields = _fields(type(value))
            parts = {f: self.encode(getattr(value, f), where) for f in fields}
            return {"object": name, "fields": parts}
        if is_own(value):
            return self._encode_estimator(value)
        if isinstance(value, BaseEstimator):
            return self._encode_steps(value)
        splitter = _splitters.described(value)
        if splitter is not None:
            name, parameters = splitter
            return {"splitter": name, "parameters": self.encode(parameters, where)}
        origin = value if inspect.isfunction(value) else type(value)
        if origin.__module__.split(".")[0] in ("keras", "skdeep"):
            from skdeep.persistence import _keras_values

            described = _keras_values.encoded(value)
            if described is not None:
                tag, content = described
                is_json = tag == "keras"
                return {tag: content if is_json else self.encode(content, where)}
        raise TypeError(
            f"skdeep.save cannot write {where}={value!r:.200} as data: it takes "
            "numbers, strings, arrays and Keras's own objects. Use pickle or joblib, "
            "which can keep code." + _remedy(where)
        )

    def _encode_estimator(self, estimator):
        state = dict(estimator.__getstate__())
        for name in ("_sklearn_version", "_skl_callbacks", "_network_made"):
            state.pop(name, None)
        if names_without_decay(state.get("optimizer")):
            raise TypeError(
                "skdeep.save cannot write an optimiser with variables that are "
                "excluded from weight decay (exclude_from_weight_decay). Received "
                f"{type(estimator.optimizer).__name__}. Use pickle or joblib."
            )
        types_outside, self._types = self._types, estimator._all_stored_types()
        encoded = {name: self.encode(value, name) for name, value in state.items()}
        self._types = types_outside
        # Checked last: the errors of encode name the remedy.
        check_estimator(estimator)
        return {"estimator": type(estimator).__name__, "state": encoded}

    def _encode_steps(self, value):
        from skdeep.persistence import _steps

        data, own = _steps.dumped(value, is_own)
        networks = [self.encode(estimator, "a step") for estimator in own]
        return {"steps": self._part("steps", "skops", data), "networks": networks}

    def _encode_array(self, value, where):
        if value.dtype == object:
            items = [self.encode(item, where) for item in value.ravel().tolist()]
            return {"object_array": items, "shape": list(value.shape)}
        if value.dtype.kind not in "biufUSmM":
            value = np.asarray(value, dtype="float32")  # bfloat16 and the like
        return {"array": self._array(value)}

    def _array(self, value):
        return self._part("arrays", "npy", array_bytes(value))

    def _part(self, folder, suffix, data):
        name = f"{folder}/{len(self.parts)}.{suffix}"
        self.parts[name] = data
        return name


def _remedy(where):
    if where != "model":
        return ""
    return (
        " For a model that a function builds, set the fitted one first: "
        "est.set_params(model=est.model_)."
    )


class Reader:
    """The inverse of :class:`Writer`.

    Parameters
    ----------
    parts : dict of str to bytes
    needs_all_parameters : bool
        Whether the file must hold all parameters of its estimators. Files of older
        versions may lack some.
    """

    def __init__(self, parts, needs_all_parameters):
        self._parts = dict(parts)
        self._needs_all_parameters = needs_all_parameters
        self._types = {}  # by name; the classes that the current estimator may hold

    def finish(self):
        """Refuse parts that nothing refers to."""
        if self._parts:
            raise FileFormatError(
                f"The file has parts that nothing refers to: {sorted(self._parts)}."
            )

    def decode(self, value):
        """The value that a piece of JSON describes; :class:`Writer` sets the tags."""
        if not isinstance(value, dict):
            if isinstance(value, list):
                raise FileFormatError(f"The file holds a bare list: {value!r:.80}.")
            return value
        tag = next(iter(value), None)
        decode = getattr(self, f"_decode_{tag}", None)
        if decode is None:
            raise FileFormatError(f"The file holds an unknown kind of value: {tag!r}.")
        return decode(**value)

    def _take(self, name):
        # Format 1 has numbers as names.
        name = f"arrays/{name}.npy" if isinstance(name, int) else name
        if name not in self._parts:
            raise FileFormatError(
                f"The file refers to the part {name!r}, which is missing or was used "
                "before."
            )
        # Each part is used once: else a small file could become many large arrays.
        return self._parts.pop(name)

    def _decode_path(self, path):
        return pathlib.Path(path)

    def _decode_scalar(self, scalar):
        return read_array(self._take(scalar))[()]

    def _decode_array(self, array):
        return read_array(self._take(array))

    def _decode_dtype(self, dtype):
        if not isinstance(dtype, str):
            raise FileFormatError(f"The file holds an unknown dtype: {dtype!r:.80}.")
        return np.dtype(dtype)

    def _decode_object_array(self, object_array, shape=None):
        items = [self.decode(item) for item in object_array]
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array if shape is None else array.reshape(shape)

    def _decode_list(self, list):
        return [self.decode(item) for item in list]

    def _decode_tuple(self, tuple):
        return (*map(self.decode, tuple),)

    def _decode_set(self, set):
        return {self.decode(item) for item in set}

    def _decode_dict(self, dict):
        return {self.decode(key): self.decode(value) for key, value in dict}

    def _decode_random_state(self, random_state):
        generator = np.random.RandomState(0)
        generator.set_state(self.decode(random_state))
        check_generator(generator)
        return generator

    def _decode_index(self, index):
        return decoded_index(*self.decode(index))

    def _decode_object(self, object, fields):
        cls = self._types.get(object)
        if cls is None:
            raise FileFormatError(f"The file holds an unknown object: {object!r}.")
        made = cls(**{key: self.decode(item) for key, item in fields.items()})
        check_fields(made)
        if hasattr(cls, "thaw"):  # a parameter that was a Keras model
            from skdeep.persistence import _keras_values

            return _keras_values.thawed(made)
        return made

    def _decode_splitter(self, splitter, parameters):
        try:
            return _splitters.rebuilt(splitter, self.decode(parameters))
        except (TypeError, ValueError) as error:
            raise FileFormatError(f"The file holds no splitter: {error}") from error

    def _decode_keras(self, keras):
        from skdeep.persistence import _keras_objects

        return _keras_objects.rebuilt(keras)

    def _decode_keras_model(self, keras_model):
        from skdeep.persistence import _keras_values

        return _keras_values.decoded_model(*self.decode(keras_model))

    def _decode_held_model(self, held_model):
        from skdeep.persistence import _keras_values

        return _keras_values.decoded_held(*self.decode(held_model))

    def _decode_steps(self, steps, networks):
        from skdeep.persistence import _steps

        own = [self.decode(network) for network in networks]
        return _steps.loaded(self._take(steps), own)

    def _decode_estimator(self, estimator, state):
        cls = stored_class(estimator)
        if cls is None:
            raise FileFormatError(
                f"The file holds an unknown estimator, {estimator!r}."
            )
        types_outside, self._types = self._types, cls._all_stored_types()
        values = {name: self.decode(value) for name, value in state.items()}
        self._types = types_outside
        made = _with_attributes(cls, values, self._needs_all_parameters)
        check_estimator(made)
        return made


def _with_attributes(cls, values, needs_all_parameters):
    """An estimator with these parameters and fitted attributes."""
    params = cls._get_param_names()
    missing = [name for name in params if name not in values]
    if missing and needs_all_parameters:
        raise FileFormatError(
            f"The file's attributes are not those of {cls.__name__}: missing {missing}."
        )
    # Files of older versions lack newer parameters, which take their defaults.
    estimator = cls(**{name: values.pop(name) for name in params if name in values})
    vars(estimator).update(values)
    return estimator

"""Checks of wrappers around Keras models in files of ``skdeep.save``."""

import numpy as np

from skdeep._rules import is_sizes, require
from skdeep.base._stored import Stored, with_feature_names, zeros
from skdeep.inference._keras_model import PicklableModel


class StoredModel(Stored):
    """A wrapper that ``skdeep.save`` writes."""

    _stored_attributes = None

    def _check_stored(self):
        name, held = type(self).__name__, vars(self).get("_held")
        require(held is None or isinstance(held, PicklableModel), name, "_held", held)
        if held is None:
            return
        shape, dtype = self.X_shape_, self.X_dtype_
        arrays = [variable.numpy() for variable in held.model.variables]
        finite = all(a.dtype.kind != "f" or np.isfinite(a).all() for a in arrays)
        require(finite, name, "model_", "a model with NaN or infinite weights")
        several = not isinstance(dtype, np.dtype)
        require(several or is_sizes(shape), name, "X_shape_", shape)
        X = None if several else zeros((1, *shape[1:]), dtype)
        if X is not None:
            self.predict(with_feature_names(self, X))

"""How autoencoders read X: tables or images, which are also the targets."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from sklearn.utils.validation import validate_data

from skdeep._rules import is_sizes, one_of
from skdeep.base._input_checks import refuse_data_sets
from skdeep.base._inputs import Inputs, check_same
from skdeep.conv._inputs import Images
from skdeep.encoding import accepted_dtypes, deviations

# Features count as having one unit if the median of their standard deviations is at
# least this share of the largest. In tables of many units it is below a hundredth.
_COMMON_UNIT_SHARE = 0.1


@dataclass(eq=False)
class TablesAlone(Inputs):
    """Reads tables without targets.

    Parameters
    ----------
    row_shape : tuple of (int,)
        The number of features.
    normalize : {True, False, "auto", "common"}
        The estimator's parameter.
    """

    field_rules: ClassVar = {
        "row_shape": is_sizes,
        "normalize": one_of(True, False, "auto", "common"),
    }

    row_shape: tuple = ()
    normalize: object = "auto"

    def read(self, estimator, X, y, *, learn):
        if not learn and estimator.image_shape is not None:
            raise ValueError(
                "warm_start and partial_fit go on with the same network, which was "
                "fitted on a table. Received "
                f"image_shape={estimator.image_shape}. Set image_shape=None, or call "
                "fit with warm_start=False."
            )
        if learn:
            self.normalize = estimator.normalize
        check_same(estimator, "normalize", self.normalize)
        dtype = accepted_dtypes(X, estimator._array_dtype)
        X = self._checked(estimator, X, dtype, learn)
        self.row_shape = X.shape[1:]
        return X, _placeholder_targets(X)

    def samples(self, estimator, X):
        return self._checked(estimator, X, ("float64", "float32"), learn=False)

    def _checked(self, estimator, X, dtype, learn):
        refuse_data_sets(X)
        return validate_data(
            estimator, X, accept_sparse="csr", dtype=dtype, reset=learn
        )

    def scales(self, normalize):
        return bool(normalize)

    def scaling(self, rows, normalize):
        scaling = super().scaling(rows, normalize)
        if isinstance(normalize, bool):
            return scaling
        spread = deviations(rows.X, rows.weight)
        least = _COMMON_UNIT_SHARE * spread.max()
        if normalize == "auto" and np.median(spread) < least:
            return scaling
        common = np.sqrt(np.mean(spread**2)) or 1.0
        return replace(scaling, scale=np.full(len(spread), common))


@dataclass(eq=False)
class ImagesAlone(Images):
    """Reads images without targets.

    Parameters
    ----------
    row_shape : tuple of int
        Shape of a sample in X, which may be a flat row.
    normalize : {True, False, "auto", "common"}
        The estimator's parameter.
    """

    field_rules: ClassVar = {**Images.field_rules, **TablesAlone.field_rules}

    row_shape: tuple = ()
    normalize: object = "auto"

    def read(self, estimator, X, y, *, learn):
        if learn:
            self.normalize = estimator.normalize
        check_same(estimator, "normalize", self.normalize)
        images = super().read(estimator, X, learn=learn)
        return images, _placeholder_targets(images)

    def _learn(self, estimator, X):
        super()._learn(estimator, X)
        self.row_shape = X.shape[1:]


def _placeholder_targets(X):
    """Stand-ins for targets while X and y are split; the targets are made from X."""
    return np.zeros(X.shape[0], bool)

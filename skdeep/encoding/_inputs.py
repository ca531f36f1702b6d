"""Encoded samples, and the statistics that standardise them.

Samples stay in the caller's array: NumPy, memory map or CSR. Training copies the rows
of the next few batches into dense buffers.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler
from sklearn.utils.sparsefuncs import mean_variance_axis

from skdeep._rules import is_bool, is_vector

_CHUNK_VALUES = 2**20
# Selected rows of arrays larger than this are not copied.
_MOST_COPIED_BYTES = 32 * 2**20
# TensorFlow's tensors start at multiples of this many bytes.
_ALIGNMENT = 64
# A column is far from zero if its mean is more than this many standard deviations. Up
# to there single precision is exact to less than a thousandth of a deviation.
_FAR = 1_000
_SMALL = 1e-30
# A column is constant if its deviation is at most this many rounding steps of its mean.
# The limit is low because few steps may carry information: an hour in epoch seconds
# has 28 values in single precision.
_NOISE = 2
_VANISHING = 1e-150  # squares of smaller numbers are zero


@dataclass(frozen=True)
class EncodedSamples:
    """Encoded samples.

    Attributes
    ----------
    X : ndarray of shape (n_samples, ...) or CSR of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_targets), or SamplesAsTargets
    weight : ndarray of shape (n_samples,), of mean one
    """

    X: object
    Y: np.ndarray
    weight: np.ndarray

    def __len__(self):
        return self.X.shape[0]

    @property
    def width(self):
        """Values per sample, targets included."""
        return int(np.prod(self.X.shape[1:]) + np.prod(self.Y.shape[1:]))

    def buffers(self, *leading, dtypes):
        """Empty arrays for samples and targets, with the axes ``leading`` in front."""
        shapes = [(*leading, *part.shape[1:]) for part in (self.X, self.Y)]
        return [_aligned(*pair) for pair in zip(shapes, dtypes, strict=True)]

    def gather(self, order, out_X, out_Y):
        """Copy the rows ``order``, of shape (steps, batch), into dense buffers."""
        flat = order.ravel()
        if sparse.issparse(self.X):
            out_X[...] = self.X[flat].toarray().reshape(out_X.shape)
        else:
            X, rows = self.X, flat
            if isinstance(X, SelectedRows):
                X, rows = X.source, X.index[flat]
            flat_out = out_X.reshape(len(flat), *X.shape[1:])
            if X.flags.c_contiguous and X.dtype == out_X.dtype:
                # With mode="clip" NumPy writes into `out` without a buffer.
                np.take(X, rows, axis=0, out=flat_out, mode="clip")
            else:
                flat_out[...] = X[rows]
        if isinstance(self.Y, SamplesAsTargets):
            self.Y.write(out_X, out_Y)
            return
        np.take(
            self.Y,
            flat,
            axis=0,
            out=out_Y.reshape(len(flat), *self.Y.shape[1:]),
            mode="clip",
        )

    def chunks(self, size, *, dtype):
        """Yield dense (X, Y, weight) pieces of at most ``size`` rows."""
        for start in range(0, len(self), size):
            piece = slice(start, start + size)
            yield dense(self.X[piece], dtype=dtype), self.Y[piece], self.weight[piece]


class SamplesAsTargets:
    """Targets of an autoencoder: samples, flattened and scaled at each use.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...), SelectedRows, or CSR
    scaling : Standardization
        Mean and scale for each number of a sample.
    dtype : str
    """

    ndim = 2

    def __init__(self, X, scaling, dtype):
        self._X, self._scaling, self._dtype = X, scaling, dtype
        self.shape = (X.shape[0], len(scaling.mean))

    def __getitem__(self, rows):
        flat = dense(self._X[rows]).reshape(-1, self.shape[1])
        return self._scaling.apply(flat).astype(self._dtype)

    def write(self, X, out):
        """Write the targets of the dense samples ``X`` into ``out``."""
        shape = X.shape[: out.ndim - 1]
        flat = X.reshape(*shape, -1)
        np.subtract(flat, self._scaling.mean, out=out, casting="same_kind")
        out /= self._scaling.scale


class SelectedRows:
    """Some rows of an array, copied only at their use.

    Parameters
    ----------
    source : ndarray
    index : ndarray of int
    """

    def __init__(self, source, index):
        self.source, self.index = source, index
        self.shape = (len(index), *source.shape[1:])
        self.dtype = source.dtype

    def __len__(self):
        return len(self.index)

    def __getitem__(self, rows):
        return self.source[self.index[rows]]


def select(X, index):
    """The rows ``index`` of ``X``: a copy of small arrays, else SelectedRows."""
    if isinstance(X, SelectedRows):
        return SelectedRows(X.source, X.index[index])
    if sparse.issparse(X) or X.nbytes <= _MOST_COPIED_BYTES:
        return X[index]
    return SelectedRows(X, index)


def accepted_dtypes(X, dtype):
    """The dtypes that ``X`` may keep, for scikit-learn's ``validate_data``.

    Arrays of any other dtype are converted to the first.

    Parameters
    ----------
    X : array-like
    dtype : str
        The dtype in which the network computes.
    """
    if dtype == "float64":
        return ["float64"]
    own = getattr(X, "dtype", None)
    # Single precision holds small integers, and takes half the memory.
    small = isinstance(own, np.dtype) and np.can_cast(own, dtype)
    return [dtype, "float64"] if small else ["float64", dtype]


def prediction_dtype(samples, dtype):
    """The dtype of predictions: the wider of the network's and the samples'.

    Samples that are neither float32 nor float64 count as float64, as in scikit-learn.

    Parameters
    ----------
    samples : ndarray, CSR, or list of ndarray
    dtype : str
    """
    arrays = samples if isinstance(samples, list) else [samples]
    single = all(array.dtype == np.float32 for array in arrays)
    return np.dtype(dtype) if single else np.dtype(np.float64)


def cast_arrays(dtype, *arrays):
    """The arrays in this dtype, except those whose copy would take more memory.

    Parameters
    ----------
    dtype : str
    *arrays : ndarray, SelectedRows or CSR
        SelectedRows of one array share its copy.

    Returns
    -------
    arrays : list
    """
    copies = {}

    def cast(X):
        if isinstance(X, SelectedRows):
            return SelectedRows(cast(X.source), X.index)
        if X.dtype == dtype or not (sparse.issparse(X) or X.flags.c_contiguous):
            return X  # windows of a series overlap in memory, their copies would not
        if id(X) not in copies:
            copies[id(X)] = X.astype(dtype)
        return copies[id(X)]

    return [cast(X) for X in arrays]


def check_range(X, dtype, name):
    """Refuse numbers that are finite in double precision, but not in ``dtype``.

    Parameters
    ----------
    X : ndarray, SelectedRows or CSR
    dtype : str
        The dtype in which the network computes.
    name : str
        The name of the argument, for the error.
    """
    most = float(np.finfo(dtype).max)
    if X.dtype.kind != "f" or float(np.finfo(X.dtype).max) <= most or not X.shape[0]:
        return
    low, high = smallest_and_largest(X)
    largest = max(high, -low)
    if largest > most:
        raise ValueError(
            f"{name} must hold numbers up to {most:.1e}, the largest of "
            f"dtype={dtype!r}. Received {largest:.1e} in {name}. Divide {name} by "
            "a constant, or set dtype='float64'."
        )


def smallest_and_largest(X):
    """The smallest and the largest number, NaN left out.

    Parameters
    ----------
    X : ndarray, SelectedRows or CSR
        With at least one number.
    """
    size = max(1, _CHUNK_VALUES // max(1, int(np.prod(X.shape[1:]))))
    ends = []
    for start in range(0, X.shape[0], size):
        piece = X[start : start + size]
        values = piece.data if sparse.issparse(piece) else piece
        if values.size < np.prod(piece.shape):  # sparse rows do not store zeros
            ends.append(0)
        if values.size:
            ends += [np.fmin.reduce(values, None), np.fmax.reduce(values, None)]
    return float(np.fmin.reduce(ends)), float(np.fmax.reduce(ends))


def _moments(X, weight, columns_of):
    """Mean and variance along the last axis, in double precision.

    They are computed from the differences from the first row. Squares of numbers far
    from zero have no digits left for a small variance.
    """
    scaler = StandardScaler()
    # In pieces, because the scaler makes a temporary array of the size of its input.
    size = max(1, _CHUNK_VALUES // int(np.prod(X.shape[1:])))
    first = None
    for start in range(0, len(X), size):
        piece = slice(start, start + size)
        columns, weights = columns_of(X[piece], weight[piece])
        if first is None:
            first = columns[0].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            distances = columns - first
            largest = np.abs(distances).max(axis=0)
            _refuse_columns(np.isinf(largest), largest)
            scaler.partial_fit(distances, sample_weight=weights)
    _check_moments(scaler.mean_, scaler.var_)
    return first + scaler.mean_, scaler.var_


def _check_moments(mean, variance):
    """Refuse columns whose squares overflow or vanish in double precision."""
    vanished = (variance == 0) & (mean != 0) & (np.abs(mean) < _VANISHING)
    _refuse_columns(vanished | ~np.isfinite(variance), mean)


def _refuse_columns(wrong, mean):
    if wrong.any():
        column = int(wrong.argmax())
        raise ValueError(
            f"Column {column} of the data cannot be standardised: double precision "
            "does not hold the squares of its numbers. Received a mean distance of "
            f"{mean[column]:.1e} from the first one. Multiply the column by a "
            "constant, or set normalize=False."
        )


def _sparse_moments(X, weight):
    doubled = sparse.csr_matrix(
        (X.data.astype(np.float64), X.indices, X.indptr), X.shape, copy=False
    )
    weight = np.asarray(weight, np.float64)
    mean, variance = mean_variance_axis(doubled, axis=0, weights=weight)
    _check_moments(mean, variance)
    return mean, variance


def deviations(X, weight):
    """The weighted standard deviation of each column, zero for constants."""
    if sparse.issparse(X):
        return np.sqrt(_sparse_moments(X, weight)[1])
    return np.sqrt(_moments(X, weight, _all_steps)[1])


def _all_steps(X, weight):
    inner = int(np.prod(X.shape[1:-1]))
    return X.reshape(-1, X.shape[-1]), np.repeat(weight, inner)


def _present_steps(X, weight):
    present = X[..., -1] > 0
    return X[..., :-1][present], np.repeat(weight, present.sum(axis=1))


def _last_steps(X, weight):
    return X[:, -1, :-1], weight


def _aligned(shape, dtype):
    """An empty array, aligned in memory as TensorFlow's tensors are."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def dense(X, *, dtype=None):
    """``X`` as a dense array."""
    return np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=dtype)


@dataclass(frozen=True)
class Standardization:
    """Mean and scale per column or channel.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_columns,)
        In double precision.
    far : bool
        Whether single precision would lose significant digits. That is so where a
        column's mean is many times its deviation, or its deviation is very small or
        very large.
    """

    mean: np.ndarray
    scale: np.ndarray
    far: bool = False

    field_rules: ClassVar = {
        "mean": is_vector,
        "scale": lambda value: is_vector(value) and bool((value > 0).all()),
        "far": is_bool,
    }

    @classmethod
    def of(cls, X, weight):
        """The weighted statistics along the last axis; constants get the scale one."""
        if sparse.issparse(X):
            return cls._from_moments(*_sparse_moments(X, weight), X.dtype)
        return cls._from_moments(*_moments(X, weight, _all_steps), X.dtype)

    @classmethod
    def of_masked(cls, X, weight, *, overlapping):
        """The statistics of sequences whose last channel is a mask.

        Steps that the mask leaves out do not count. The mask itself gets the mean zero
        and the scale one.

        Parameters
        ----------
        X : ndarray of shape (n_samples, steps, channels + 1)
        weight : ndarray of shape (n_samples,)
        overlapping : bool
            Whether the samples are windows of one series. Then only the last step of
            each window counts, so that each step of the series counts once.
        """
        columns_of = _last_steps if overlapping else _present_steps
        found = cls._from_moments(*_moments(X, weight, columns_of), X.dtype)
        return cls(np.append(found.mean, 0.0), np.append(found.scale, 1.0), found.far)

    @classmethod
    def _from_moments(cls, mean, variance, dtype):
        scale = np.sqrt(variance)
        # The rounding step depends on the dtype in which the numbers came.
        eps = np.finfo(dtype).eps if dtype.kind == "f" else 0
        varies = scale > _NOISE * eps * np.abs(mean)
        far = np.abs(mean) > _FAR * scale
        far |= (scale < _SMALL) | (scale > 1 / _SMALL)
        return cls(mean, np.where(varies, scale, 1.0), bool((far & varies).any()))

    @classmethod
    def none(cls, n_columns):
        """Statistics that change nothing."""
        return cls(np.zeros(n_columns), np.ones(n_columns))

    def repeated(self, n_columns):
        """The statistics of channels, for the columns of flattened images."""
        times = n_columns // len(self.mean)
        mean, scale = np.tile(self.mean, times), np.tile(self.scale, times)
        return type(self)(mean, scale, self.far)

    def apply(self, X):
        """``X`` in units of its standard deviation around its mean."""
        return (X - self.mean) / self.scale

    def undo(self, X):
        """The inverse of :meth:`apply`."""
        return X * self.scale + self.mean

"""The networks of an ensemble: how each is trained, without one fold."""

import copy
import itertools
import math
from dataclasses import replace

import keras
import numpy as np
from scipy import sparse

from skdeep._compat import _safe_indexing
from skdeep._numbers import plain
from skdeep._warn import warn
from skdeep.base._training_data import encode
from skdeep.encoding import SelectedRows, select
from skdeep.tabular._outputs import output_of
from skdeep.training import train_together

# The recipe was chosen on 47 tables of 200 to 4,000 rows, by the geometric mean of the
# errors; docs/guide/tables.md has figures.
_EPOCHS, _FEWEST_EPOCHS = 32, 4
# Tables of some dozens of rows would otherwise get too few steps to learn anything.
_FEWEST_STEPS = 500
# Small batches help small tables; large ones take less time.
_BATCHES_PER_EPOCH = 40
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 64
# Networks learn enough from so many rows in each of 32 epochs. Of larger tables there
# are larger batches and fewer epochs.
_MANY_ROWS, _LARGEST_BATCH_OF_MANY = 12_800, 512
# Every second network takes bins of numbers, too. They help where the target bends or
# changes in steps at some numbers, and harm elsewhere. They multiply the memory.
_FEWEST_BINS, _MOST_BINS, _MOST_BIN_COLUMNS = 4, 8, 512
_MOST_BIN_VALUES = 2**22
# Each network's rows are copied for speed where the table has fewer bytes.
_MOST_COPIED_BYTES = 4 * 2**20
# Of squared gradients AdamW remembers less than by default, for fits are short.
_BETA_2 = 0.99


def fit_members(ensemble, template, rows, folds, rng):
    """Train a network for each fold, on all other rows.

    Of random folds, all rows teach what the columns hold (levels, medians, means, bins)
    and the scale of continuous targets. Of folds by ``cv``, only the rows that the
    network is trained on do: rows held out may be those of a later time.

    Parameters
    ----------
    ensemble : BaseTabular
        Its parameters say how.
    template : DenseClassifier or DenseRegressor
        Unfitted.
    rows : Rows
    folds : list of (train, held_out)
        Numbers of rows.
    rng : numpy.random.RandomState

    Returns
    -------
    members : list of estimators
        Copies of ``template``, fitted.
    outputs : list of ndarray
        What each network gives for the rows of its fold.
    """
    n_rows = min(len(train) for train, _ in folds)
    template.batch_size = _batch_size(plain(ensemble.batch_size), n_rows)
    read = _read_apart if ensemble.cv is not None else _read_together
    fits = []
    for member, data in read(ensemble, template, rows, folds, rng):
        fits.append((member, data, *_job(ensemble, member, data, rng)))
    outcomes = train_together([job for *_, job in fits])
    interrupted = any(outcome.interrupted for outcome in outcomes)
    for (member, data, seeds, job), outcome in zip(fits, outcomes, strict=True):
        outcome = replace(outcome, interrupted=False)  # one warning is enough
        member._store_outcome(data, job, outcome, seeds, None)
    if interrupted:
        warn("Training interrupted by user.")
    outputs = [output_of(member, data.validation.X) for member, data, *_ in fits]
    return [member for member, *_ in fits], outputs


def _read_together(ensemble, template, rows, folds, rng):
    """Members that read X alike, with the rows of their folds.

    Returns
    -------
    members : list of (estimator, TrainingData)
    """
    every = np.arange(len(rows.weight))
    kinds = [_read(template, rows, every, rng)]
    n_bins = _n_bins(ensemble, kinds[0][0], len(every))
    if n_bins is not None:
        kinds.append(_read(template, rows, every, rng, n_bins=n_bins))
    members = []
    for (reader, data), fold in zip(itertools.cycle(kinds), folds, strict=False):
        train, held_out = (_rows(data.train, rows.weight, part) for part in fold)
        data = replace(data, train=train, validation=held_out)
        members.append((copy.copy(reader), data))
    return members


def _read_apart(ensemble, template, rows, folds, rng):
    """Members that have learnt how to read X from the rows they are trained on."""
    members = []
    for number, (train, held_out) in enumerate(folds):
        n_bins = None
        if number % 2:
            n_bins = _n_bins(ensemble, members[0][0], len(rows.weight))
        members.append(_read(template, rows, train, rng, held_out, n_bins))
    return members


def _read(template, rows, train, rng, held_out=None, n_bins=None):
    """A copy of ``template`` that reads X, and the rows that it has read."""
    reader = copy.copy(template)
    reader.n_bins = n_bins
    validation = None, None, None
    if held_out is not None:
        validation = _arguments(rows, held_out)
    known = None if rows.known is None else np.unique(rows.known)
    arguments = _arguments(rows, train)
    return reader, encode(reader, *arguments, validation, None, known, rng)


def _arguments(rows, index):
    """X, y and weights of these rows, as ``fit`` takes them."""
    weight = _mean_one(rows.weight[index])
    if len(index) == len(rows.weight):
        return rows.X, rows.y, weight
    return _safe_indexing(rows.X, index), _safe_indexing(rows.y, index), weight


def _n_bins(ensemble, reader, n_rows):
    """``n_bins`` of every second network, or None.

    Parameters
    ----------
    ensemble : BaseTabular
    reader : DenseClassifier or DenseRegressor
        It has read the same X without bins.
    n_rows : int
    """
    n_bins = plain(ensemble.n_bins)
    if n_bins != "auto":
        return n_bins
    if reader._inputs.columns is None:  # of a sparse X
        return None
    columns = min(_MOST_BIN_COLUMNS, _MOST_BIN_VALUES // n_rows)
    n_bins = min(_MOST_BINS, columns // reader.n_features_in_)
    return n_bins if n_bins >= _FEWEST_BINS else None


def _job(ensemble, member, data, rng):
    """The member's random numbers and its job."""
    epochs = plain(ensemble.epochs)
    if epochs == "auto":
        n_rows = len(data.train)
        steps = -(-n_rows // member.batch_size)
        fewer = max(_FEWEST_EPOCHS, round(_EPOCHS * _MANY_ROWS / n_rows))
        epochs = max(min(_EPOCHS, fewer), -(-_FEWEST_STEPS // steps))
    member.epochs, member.early_stopping = epochs, True
    member.random_state = int(rng.randint(2**31 - 1))
    seeds = np.random.RandomState(member.random_state)
    job = member._job(data, epochs, None, seeds, True)
    # Members hold no object of Keras, with which a file would load TensorFlow.
    return seeds, replace(job, optimizer=_optimizer(ensemble))


def _rows(samples, weight, index):
    """These rows of :class:`EncodedSamples`, with weights of mean one."""
    weight = _mean_one(weight[index]).astype(samples.weight.dtype)
    return replace(
        samples, X=_part(samples.X, index), Y=samples.Y[index], weight=weight
    )


def _mean_one(weight):
    return weight / weight.mean()


def _part(X, index):
    """The rows ``index``: a copy of a small table, else a view."""
    if sparse.issparse(X) or X.nbytes <= _MOST_COPIED_BYTES:
        return select(X, index)
    return SelectedRows(X, index)


def _batch_size(given, n_rows):
    if given != "auto":
        return min(given, n_rows)
    size = 2 ** round(math.log2(max(1, n_rows / _BATCHES_PER_EPOCH)))
    if n_rows > _MANY_ROWS:
        size = _LARGEST_BATCH * 2 ** round(math.log2(n_rows / _MANY_ROWS))
        return min(size, _LARGEST_BATCH_OF_MANY)
    return min(n_rows, max(_SMALLEST_BATCH, min(size, _LARGEST_BATCH)))


def _optimizer(ensemble):
    return keras.optimizers.AdamW(
        plain(ensemble.learning_rate),
        beta_2=_BETA_2,
        weight_decay=plain(ensemble.weight_decay),
        epsilon=1e-8,
    )

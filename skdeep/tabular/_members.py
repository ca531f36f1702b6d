"""The networks of an ensemble: how each is trained, without one fold."""

import copy
import math
from dataclasses import replace

import keras
import numpy as np
from scipy import sparse

from skdeep._numbers import plain
from skdeep.base._training_data import encode
from skdeep.encoding import SelectedRows, select
from skdeep.tabular._outputs import output_of
from skdeep.training import train_together

# The recipe was chosen on 47 tables of 200 to 4,000 rows, by the geometric mean of the
# errors; docs/guide/tables.md has figures.
_EPOCHS = 32
# Tables of some dozens of rows would otherwise get too few steps to learn anything.
_FEWEST_STEPS = 500
# Small batches help small tables; large ones take less time.
_BATCHES_PER_EPOCH = 40
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 64
# Every second network takes bins of numbers, too. They help where the target bends or
# changes in steps at some numbers, and harm elsewhere.
_FEWEST_BINS, _MOST_BINS, _MOST_BIN_COLUMNS = 4, 16, 512
# Each network's rows are copied for speed where the table has fewer bytes.
_MOST_COPIED_BYTES = 4 * 2**20
# Of squared gradients AdamW remembers less than by default, for fits are short.
_BETA_2 = 0.99


def fit_members(ensemble, template, rows, folds, rng):
    """Train a network for each fold, on all other rows.

    What the columns hold (levels, medians, means) is learnt from all rows.

    Parameters
    ----------
    ensemble : BaseTabular
        Its parameters say how.
    template : DenseClassifier or DenseRegressor
        Unfitted. Afterwards it reads X as the members do.
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
    template.optimizer = _optimizer(ensemble)
    kinds = _kinds(ensemble, template, rows, rng)
    fits = [
        _prepared(ensemble, *kinds[number % len(kinds)], fold, rng)
        for number, fold in enumerate(folds)
    ]
    outcomes = train_together([job for *_, job in fits])
    members, outputs = [], []
    for number, (fit, outcome) in enumerate(zip(fits, outcomes, strict=True)):
        member, part, seeds, job = fit
        member._store_outcome(part, job, outcome, seeds, None)
        members.append(member)
        _, data = kinds[number % len(kinds)]
        outputs.append(output_of(member, _part(data.train.X, folds[number][1])))
    return members, outputs


def _kinds(ensemble, template, rows, rng):
    """The kinds of networks, with what they read: members are of each kind in turn.

    Returns
    -------
    kinds : list of (template, TrainingData)
        Without bins, and with bins.
    """
    known = None if rows.known is None else np.unique(rows.known)

    def read(template):
        validation = None, None, None
        X, y, weight = rows.X, rows.y, rows.weight
        return template, encode(template, X, y, weight, validation, None, known, rng)

    kinds = [read(template)]
    n_bins = _n_bins(plain(ensemble.n_bins), template)
    if n_bins is not None:
        with_bins = copy.copy(template)
        with_bins.n_bins = n_bins
        kinds.append(read(with_bins))
    return kinds


def _n_bins(given, template):
    columns = template._inputs.columns
    if given != "auto" or columns is None:
        return None if columns is None else given
    n_bins = min(_MOST_BINS, _MOST_BIN_COLUMNS // max(1, len(columns.numbers)))
    return n_bins if n_bins >= _FEWEST_BINS else None


def _prepared(ensemble, template, data, fold, rng):
    """A member, its data, its random numbers and its job."""
    train, held_out = fold
    member = copy.copy(template)
    part = replace(
        data,
        train=_rows(data.train, train),
        validation=_rows(data.train, held_out),
    )
    epochs = plain(ensemble.epochs)
    if epochs == "auto":
        steps = -(-len(train) // member.batch_size)
        epochs = max(_EPOCHS, -(-_FEWEST_STEPS // steps))
    member.epochs = epochs
    member.random_state = int(rng.randint(2**31 - 1))
    member.early_stopping = True
    seeds = np.random.RandomState(member.random_state)
    job = member._job(part, epochs, None, seeds, True)
    return member, part, seeds, job


def _rows(samples, index):
    """These rows of :class:`EncodedSamples`, with weights of mean one."""
    weight = samples.weight[index].astype(np.float64)
    weight = (weight * (len(weight) / weight.sum())).astype(samples.weight.dtype)
    X, Y = _part(samples.X, index), samples.Y[index]
    return replace(samples, X=X, Y=Y, weight=weight)


def _part(X, index):
    """The rows ``index``: a copy of a small table, else a view."""
    if sparse.issparse(X) or X.nbytes <= _MOST_COPIED_BYTES:
        return select(X, index)
    return SelectedRows(X, index)


def _batch_size(given, n_rows):
    if given != "auto":
        return min(given, n_rows)
    size = 2 ** round(math.log2(max(1, n_rows / _BATCHES_PER_EPOCH)))
    return min(n_rows, max(_SMALLEST_BATCH, min(size, _LARGEST_BATCH)))


def _optimizer(ensemble):
    return keras.optimizers.AdamW(
        plain(ensemble.learning_rate),
        beta_2=_BETA_2,
        weight_decay=plain(ensemble.weight_decay),
        epsilon=1e-8,
    )

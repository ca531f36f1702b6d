"""Training histories over the values of one hyper-parameter."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from skdeep.base._network import BaseNetwork
from skdeep.fusion import fuse
from skdeep.model_selection._labels import value_labels


def training_histories(
    estimator,
    X,
    y,
    param_name,
    param_range,
    *,
    sample_weight=None,
    X_val=None,
    y_val=None,
    sample_weight_val=None,
    n_jobs=None,
):
    """Train once for each value of a parameter, all at once, and compare epochs.

    :func:`sklearn.model_selection.validation_curve` shows the score at the end of each
    fit; this shows each epoch. With an int as ``random_state`` of the estimator, all
    fits get the same order of samples, and networks of the same shape the same initial
    weights.

    Parameters
    ----------
    estimator : object
        An estimator of skdeep, or a pipeline whose last step is one. It is cloned.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Training data, in any form that the estimator takes.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        Targets; None for estimators without targets.
    param_name : str
        The parameter that varies, in a pipeline ``step__parameter``.
    param_range : sequence
        Its values: learning rates, batch sizes, optimisers (names or objects),
        initialisers, activations, widths (tuples), ...
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, for the network.
    X_val, y_val, sample_weight_val : array-like, default=None
        Validation data; a pipeline's other steps are applied to ``X_val``. Without
        them, ``early_stopping=True`` of the estimator holds out some samples.
    n_jobs : int, default=None
        How many fits may be under way at once, as in :func:`skdeep.fuse`.

    Returns
    -------
    histories : DataFrame
        A row per epoch, from one. The columns have two levels: the value of the
        parameter (objects, tuples and None as text) and the name in ``history_``. Fits
        that stopped early, or diverged, have NaN in later epochs.

    Raises
    ------
    TypeError
        If ``estimator`` is no network, or ``param_range`` no sequence.
    ValueError
        If the estimator has no such parameter, ``param_range`` is empty or a value is
        not allowed. Nothing has been trained then.

    See Also
    --------
    ParameterHistoriesDisplay : Draws the histories.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, training_histories
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8,), epochs=5, random_state=0)
    >>> rates = [0.001, 0.01]
    >>> histories = training_histories(classifier, X, y, "learning_rate", rates)
    >>> histories.shape
    (5, 2)
    >>> bool(histories[0.01, "loss"].iloc[-1] < histories[0.001, "loss"].iloc[-1])
    True
    """
    if isinstance(param_range, str) or not np.iterable(param_range):
        raise TypeError(
            "param_range must be a sequence of values. Received "
            f"param_range={param_range!r}. Pass a list, [{param_range!r}], say."
        )
    values = list(param_range)
    _check(estimator, param_name, values)
    candidates = [clone(estimator).set_params(**{param_name: v}) for v in values]
    networks = fit_together(
        candidates,
        X,
        y,
        n_jobs=n_jobs,
        X_val=X_val,
        y_val=y_val,
        sample_weight=sample_weight,
        sample_weight_val=sample_weight_val,
    )
    frames = [_with_loss(network.history_) for network in networks]
    names = [param_name, "metric"]
    return pd.concat(frames, axis=1, keys=value_labels(values), names=names)


def _with_loss(history):
    """``history``, with a column even if the first epoch diverged.

    Without a column, pandas.concat would drop the value of the parameter.
    """
    return history if len(history.columns) else history.reindex(columns=["loss"])


def _check(estimator, param_name, values):
    last_step(estimator)
    known = estimator.get_params()
    if param_name not in known:
        raise ValueError(
            f"param_name must be a parameter of the estimator. Received "
            f"param_name={param_name!r}. Choose one of {sorted(known)}."
        )
    if not values:
        raise ValueError(
            "param_range must hold at least one value. Received none. Pass the values "
            f"of {param_name!r} to train with."
        )


def last_step(estimator):
    """The network at the end of a pipeline, or the estimator itself."""
    network = estimator
    while isinstance(network, Pipeline):
        network = network[-1]
    if not isinstance(network, BaseNetwork):
        raise TypeError(
            "estimator must be a network of skdeep, or a pipeline that ends with one. "
            f"Received {estimator!r}. In place of a search, pass its estimator or its "
            "best_estimator_."
        )
    return network


def fit_together(candidates, X, y, *, n_jobs=None, **options):
    """Train networks, or pipelines that end with one, at once.

    Parameters
    ----------
    candidates : list of estimator
        They are fitted in place.
    n_jobs : int or None
    **options
        For the networks' ``fit``; None counts as not passed.

    Returns
    -------
    networks : list of estimator
    """
    for candidate in candidates:
        # All of them, so that an invalid value is an error before anything is trained.
        last_step(candidate)._validate_params()
    with fuse():
        return Parallel(n_jobs=n_jobs)(
            delayed(fit_network)(candidate, X, y, **options) for candidate in candidates
        )


def fit_network(estimator, X, y, **options):
    """Fit, transform the validation data like X, and return the network.

    Parameters
    ----------
    estimator : object
        A network, or a pipeline that ends with one, fitted in place.
    X, y : array-like
    **options
        For the network's ``fit``; None counts as not passed.
    """
    options = {name: value for name, value in options.items() if value is not None}
    if not isinstance(estimator, Pipeline):
        return estimator.fit(X, y, **options)
    if len(estimator) > 1:
        before = estimator[:-1]
        X = before.fit_transform(X, y)
        if "X_val" in options:
            options["X_val"] = before.transform(options["X_val"])
    return fit_network(estimator[-1], X, y, **options)

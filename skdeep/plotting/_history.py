"""HistoryDisplay: loss and metrics over the epochs."""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import check_matplotlib_support
from skdeep.base._network import BaseNetwork
from skdeep.inspection._fitted import network_estimator
from skdeep.model_selection._labels import distinct, short, value_labels
from skdeep.model_selection._training_histories import fit_together
from skdeep.plotting._axes import colors_of
from skdeep.plotting._curves import best_epoch_of, draw_curves


class HistoryDisplay:
    """Loss and metrics over the epochs, of one fit or of several.

    Training is a solid line, validation a dashed one, and a point marks the best
    epoch. Make it with :meth:`from_estimator`, :meth:`from_history` or
    :meth:`from_search`. All parameters are stored as attributes.

    Parameters
    ----------
    histories : dict of DataFrame
        By name, a row per epoch with Keras's names as columns.
    best_epochs : dict of int or None, default=None
        By name, the epoch to mark. An epoch of None is not marked.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The loss, then each metric.
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D
        The keys are pairs of a name of ``histories`` and a column.

    See Also
    --------
    ParameterHistoriesDisplay : Histories over the values of one parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, HistoryDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8,), epochs=5, early_stopping=True)
    >>> display = HistoryDisplay.from_estimator(classifier.fit(X, y))
    >>> sorted(display.lines_)
    [('DenseClassifier', 'loss'), ('DenseClassifier', 'val_loss')]
    """

    def __init__(self, histories, *, best_epochs=None):
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(
        cls,
        estimator,
        *,
        ax=None,
        metrics=None,
        smoothing=0.0,
        log_scale=False,
        line_kw=None,
    ):
        """Draw the histories of fitted estimators.

        Parameters
        ----------
        estimator : object, list of objects or dict of objects
            Fitted networks, pipelines that end with one, or searches over one. Of a
            search the ``best_estimator_`` is drawn, the only one that it keeps. The
            keys of a dict are the names in the legend.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        metrics : list of str or str, default=None
            See :meth:`plot`.
        smoothing : float, default=0.0
            See :meth:`plot`.
        log_scale : bool, default=False
            See :meth:`plot`.
        line_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : HistoryDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        networks = _networks(estimator)
        histories = {name: network.history_ for name, network in networks.items()}
        best = {
            name: network.best_epoch_ if "val_loss" in histories[name] else None
            for name, network in networks.items()
        }
        return cls(histories, best_epochs=best).plot(
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
        )

    @classmethod
    def from_history(
        cls,
        history,
        *,
        ax=None,
        metrics=None,
        smoothing=0.0,
        log_scale=False,
        line_kw=None,
    ):
        """Draw histories; the best epoch has the lowest validation loss.

        Parameters
        ----------
        history : DataFrame, or dict of DataFrame
            A row per epoch, like ``history_``; or the dict of lists
            ``History.history``, which ``keras.Model.fit`` returns.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        metrics : list of str or str, default=None
            See :meth:`plot`.
        smoothing : float, default=0.0
            See :meth:`plot`.
        log_scale : bool, default=False
            See :meth:`plot`.
        line_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : HistoryDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_history")
        histories = {n: _frame(h) for n, h in _named_histories(history).items()}
        best = {name: best_epoch_of(frame) for name, frame in histories.items()}
        return cls(histories, best_epochs=best).plot(
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
        )

    @classmethod
    def from_search(
        cls,
        search,
        X,
        y,
        *,
        n_best=4,
        ax=None,
        metrics=None,
        smoothing=0.0,
        log_scale=False,
        line_kw=None,
        **fit_params,
    ):
        """Train the best candidates of a search once more and draw them side by side.

        A search keeps the scores of its candidates, not their histories. The
        candidates are trained together, see :func:`skdeep.fuse`.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or the like
            Fitted.
        X, y : array-like
            Training data.
        n_best : int, default=4
            Number of different candidates, by their rank.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        metrics : list of str or str, default=None
            See :meth:`plot`.
        smoothing : float, default=0.0
            See :meth:`plot`.
        log_scale : bool, default=False
            See :meth:`plot`.
        line_kw : dict, default=None
            See :meth:`plot`.
        **fit_params
            For the networks: ``X_val``, ``y_val``, ``sample_weight``, ...

        Returns
        -------
        display : HistoryDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_search")
        chosen = _best_params(search, n_best)
        # A parameter may be an estimator; the search's own one stays unfitted.
        candidates = [
            clone(search.estimator).set_params(
                **{name: clone(value, safe=False) for name, value in params.items()}
            )
            for params in chosen
        ]
        networks = fit_together(candidates, X, y, **fit_params)
        names = distinct(_candidate_labels(chosen))
        pairs = dict(zip(names, networks, strict=True))
        return cls.from_estimator(
            pairs,
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
        )

    def plot(
        self, *, ax=None, metrics=None, smoothing=0.0, log_scale=False, line_kw=None
    ):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided if there are metrics. Several axes must be as many as
            the loss and the metrics. None makes a figure.
        metrics : list of str or str, default=None
            The metrics to draw, such as ``["loss"]``, without ``val_``; None draws all.
        smoothing : float, default=0.0
            In [0, 1): draw exponentially weighted means. Each epoch has ``smoothing``
            times the weight of the next one, and the weights are divided by their sum
            (``adjust=True`` of pandas). The measured values are drawn faintly behind
            the means, with the point of the best epoch.
        log_scale : bool, default=False
            Whether the loss has a logarithmic axis.
        line_kw : dict, default=None
            For matplotlib's ``plot``.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.axes_, self.lines_ = draw_curves(
            self.histories,
            self.best_epochs or {},
            colors_of(list(self.histories)),
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
        )
        self.figure_ = self.axes_[0].figure
        return self


def _networks(estimator):
    """The fitted networks, by the names in the legend."""
    if isinstance(estimator, Mapping):
        networks = {name: _network(fitted) for name, fitted in estimator.items()}
    else:
        fitted = estimator if isinstance(estimator, (list, tuple)) else [estimator]
        unnamed = list(map(_network, fitted))
        names = distinct([type(network).__name__ for network in unnamed])
        networks = dict(zip(names, unnamed, strict=True))
    if not networks:
        raise ValueError("estimator must hold at least one estimator. Received none.")
    return networks


def _network(estimator):
    # network_estimator refuses networks that predict no samples (TextGenerator), but
    # they have a history, too.
    if isinstance(estimator, BaseNetwork) and not estimator._predicts_samples:
        check_is_fitted(estimator)
        return estimator
    return network_estimator(estimator)


def _named_histories(history):
    if isinstance(history, pd.DataFrame):
        return {"history": history}
    values = list(history.values()) if isinstance(history, Mapping) else []
    if not values:
        raise TypeError(
            "history must be a DataFrame such as history_, or a dict of them. Received "
            f"{history!r}."
        )
    is_of_keras = not isinstance(values[0], (pd.DataFrame, Mapping))
    return {"history": history} if is_of_keras else dict(history)


def _frame(history):
    if isinstance(history, pd.DataFrame):
        return history
    frame = pd.DataFrame(history)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="epoch")
    return frame


def _best_params(search, n_best):
    if n_best < 1:
        raise ValueError(f"n_best must be at least 1. Received n_best={n_best}.")
    check_is_fitted(search, "cv_results_")
    results = search.cv_results_
    several = isinstance(search.refit, str) and "rank_test_score" not in results
    key = f"rank_test_{search.refit if several else 'score'}"
    if key not in results:
        raise ValueError(
            "A search with several scores needs the name of one as refit. Received "
            f"refit={search.refit!r}. Set it to the score that decides."
        )
    different = []
    # The same candidate may be in several rounds of a halving search.
    for number in results[key].argsort(kind="stable"):
        params = results["params"][number]
        if not any(_equal(params, other) for other in different):
            different.append(params)
    return different[:n_best]


def _equal(params, others):
    return params.keys() == others.keys() and all(
        value is others[name] or np.array_equal(value, others[name])
        for name, value in params.items()
    )


def _candidate_labels(chosen):
    """The parameters in which the candidates differ, as texts for a legend."""
    same = [
        name
        for name, value in chosen[0].items()
        if all(
            name in params and _equal({name: value}, {name: params[name]})
            for params in chosen
        )
    ]
    differing = [
        {name: value for name, value in params.items() if name not in same} or params
        for params in chosen
    ]
    return [
        textwrap.fill(_params_label(params), 36, break_long_words=False)
        for params in differing
    ]


def _params_label(params):
    labels = map(short, value_labels(params.values()))
    pairs = zip(params, labels, strict=True)
    return ", ".join(f"{name.split('__')[-1]}={label}" for name, label in pairs)

"""ParameterHistoriesDisplay: training histories over a parameter's values."""

import pandas as pd

from skdeep._compat import check_matplotlib_support
from skdeep.model_selection import training_histories
from skdeep.plotting._axes import colors_of
from skdeep.plotting._curves import best_epoch_of, draw_curves


class ParameterHistoriesDisplay:
    """Loss and metrics over the epochs, for each value of one parameter.

    Training is a solid line, validation a dashed one, and a point marks the epoch of
    the lowest validation loss. The colours of numbers follow their order. Make it with
    :meth:`from_estimator` or :meth:`from_frame`.

    Parameters
    ----------
    histories : DataFrame
        From :func:`skdeep.training_histories`.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The loss, then each metric.
    figure_ : matplotlib Figure
    lines_ : dict of matplotlib Line2D
        The keys are the columns of ``histories``: pairs of a value and a name.

    See Also
    --------
    sklearn.model_selection.ValidationCurveDisplay : Scores at the end of the fits.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, ParameterHistoriesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8,), epochs=5, random_state=0)
    >>> display = ParameterHistoriesDisplay.from_estimator(
    ...     classifier, X, y, param_name="activation", param_range=["relu", "tanh"]
    ... )
    >>> list(display.lines_)
    [('relu', 'loss'), ('tanh', 'loss')]
    """

    def __init__(self, histories):
        self.histories = histories

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        param_name,
        param_range,
        ax=None,
        metrics=None,
        smoothing=0.0,
        log_scale=False,
        line_kw=None,
        **fit_params,
    ):
        """Train for each value and draw.

        Parameters
        ----------
        estimator, X, y, param_name, param_range : object
            See :func:`skdeep.training_histories`.
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
            Further arguments of :func:`skdeep.training_histories`: ``X_val``,
            ``y_val``, ``sample_weight``, ``n_jobs``, ...

        Returns
        -------
        display : ParameterHistoriesDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        histories = training_histories(
            estimator, X, y, param_name, param_range, **fit_params
        )
        return cls(histories).plot(
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
        )

    @classmethod
    def from_frame(
        cls,
        histories,
        *,
        ax=None,
        metrics=None,
        smoothing=0.0,
        log_scale=False,
        line_kw=None,
    ):
        """Draw the histories that :func:`skdeep.training_histories` returned.

        Parameters
        ----------
        histories : DataFrame
            A table whose columns have two levels.
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
        display : ParameterHistoriesDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_frame")
        if not isinstance(histories, pd.DataFrame) or histories.columns.nlevels != 2:
            raise TypeError(
                "histories must be a DataFrame whose columns have two levels, the "
                "value and the name in history_, as training_histories gives it. "
                f"Received {type(histories).__name__}. For one history use "
                "HistoryDisplay.from_history."
            )
        return cls(histories).plot(
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
            See :meth:`HistoryDisplay.plot`.
        metrics : list of str or str, default=None
            See :meth:`HistoryDisplay.plot`.
        smoothing : float, default=0.0
            See :meth:`HistoryDisplay.plot`.
        log_scale : bool, default=False
            See :meth:`HistoryDisplay.plot`.
        line_kw : dict, default=None
            See :meth:`HistoryDisplay.plot`.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        columns = self.histories.columns
        values = list(dict.fromkeys(columns.get_level_values(0)))
        histories = {value: self.histories[value] for value in values}
        self.axes_, self.lines_ = draw_curves(
            histories,
            {value: best_epoch_of(frame) for value, frame in histories.items()},
            colors_of(values),
            ax=ax,
            metrics=metrics,
            smoothing=smoothing,
            log_scale=log_scale,
            line_kw=line_kw,
            legend_title=columns.names[0] and columns.names[0].split("__")[-1],
        )
        self.figure_ = self.axes_[0].figure
        return self

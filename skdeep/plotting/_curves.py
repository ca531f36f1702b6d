"""Curves of training histories, for all displays of histories."""

from collections.abc import Mapping
from numbers import Real

import numpy as np

from skdeep.model_selection._labels import short
from skdeep.plotting._axes import add_legend, grid_of_axes
from skdeep.plotting._diverged import DIVERGED, clip_diverged

_VALIDATION = "val_"


def metric_names(histories, metrics=None):
    """``metrics``, which the histories must have; None means the loss and all metrics.

    Parameters
    ----------
    histories : dict of DataFrame
    metrics : list of str, str or None

    Returns
    -------
    names : list of str
    """
    columns = (c for history in histories.values() for c in history.columns)
    known = list(dict.fromkeys(c.removeprefix(_VALIDATION) for c in columns))
    if not known or (metrics is not None and not metrics):
        raise ValueError(
            f"There must be a loss or a metric to draw. Received metrics={metrics} and "
            f"histories with {known or 'no epochs'}. Fit the network, or name some."
        )
    if metrics is None:
        return known
    metrics = [metrics] if isinstance(metrics, str) else metrics
    for name in metrics:
        if name not in known:
            raise ValueError(
                "metrics must be names in the histories without 'val_': training and "
                f"validation are drawn together. Received {name!r}. Choose from "
                f"{known}, or train with metrics=[...] to have more."
            )
    return list(metrics)


def best_epoch_of(history):
    """The epoch of the lowest validation loss, or None where nothing was held out."""
    losses = history.get("val_loss")
    if losses is None or losses.isna().all():
        return None
    return int(losses.idxmin())


def draw_curves(
    histories,
    best_epochs,
    colors,
    *,
    ax,
    metrics,
    smoothing,
    log_scale,
    line_kw,
    legend_title=None,
):
    """A row of axes: the loss, then each metric.

    Parameters
    ----------
    histories : dict of DataFrame
    best_epochs : dict of int or None
    colors : list
        One for each history.
    ax, metrics, smoothing, log_scale, line_kw
        See :meth:`HistoryDisplay.plot`.
    legend_title : str or None

    Returns
    -------
    axes : ndarray of shape (n_metrics,)
    lines : dict of Line2D
        The keys are pairs of a name and a column.
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    _check_options(histories, smoothing, log_scale, line_kw)
    line_kw = normalize_kwargs(line_kw, Line2D)
    names = metric_names(histories, metrics)
    axes, cell = grid_of_axes(ax, len(names), legend=True)
    lines = {}
    for name, metric_ax in zip(names, axes, strict=True):
        for (label, history), color in zip(histories.items(), colors, strict=True):
            for column in (name, _VALIDATION + name):
                if column in history:
                    options = {"color": color, **_style(column), **line_kw}
                    values = history[column].dropna()
                    line = _curve(metric_ax, values, smoothing, options)
                    line.set_label(f"{label} {column}")
                    lines[label, column] = line
            line = lines.get((label, _VALIDATION + name)) or lines.get((label, name))
            _mark_epoch(metric_ax, line, history, name, best_epochs.get(label))
        metric_ax.set(xlabel="Epoch", ylabel=name.replace("_", " ").capitalize())
        metric_ax.xaxis.get_major_locator().set_params(integer=True)
        if log_scale and name == "loss":
            metric_ax.set_yscale("log")
        else:
            clip_diverged(metric_ax, name, histories, colors)
    # line_kw may have set other colours than `colors`.
    drawn = {label: line.get_color() for (label, _), line in lines.items()}
    colors = [drawn.get(*pair) for pair in zip(histories, colors, strict=True)]
    handles = _handles(histories, best_epochs, colors, lines)
    if any(line.get_label() == DIVERGED for part in axes for line in part.lines):
        arrow = {"marker": "^", "markersize": 8, "linestyle": "", "color": "0.35"}
        handles.append(Line2D([], [], label=DIVERGED, **arrow))
    add_legend(axes[-1], ax is None, cell, handles=handles, title=legend_title)
    return axes, lines


def _check_options(histories, smoothing, log_scale, line_kw):
    if not isinstance(smoothing, Real) or not 0 <= smoothing < 1:
        raise ValueError(
            "smoothing must be a number, at least 0 and below 1. Received "
            f"smoothing={smoothing!r}. Use 0 for the values as they are, 0.9 for much "
            "smoothing."
        )
    if line_kw is not None and not isinstance(line_kw, Mapping):
        raise TypeError(
            f"line_kw must be a dict of properties of lines. Received {line_kw!r}."
        )
    losses = [h.filter(regex="^(val_)?loss$").to_numpy() for h in histories.values()]
    finite = map(_without_nan, losses)
    lowest = min((part.min() for part in finite if part.size), default=1)
    if log_scale and lowest <= 0:
        raise ValueError(
            "log_scale=True needs losses above zero. Received a loss of "
            f"{lowest:.4g}. Use log_scale=False."
        )


def _without_nan(values):
    return values[~np.isnan(values)]


def _style(column):
    return {"linestyle": "--" if column.startswith(_VALIDATION) else "-"}


def _curve(ax, values, smoothing, options):
    marker = {"marker": "."} if len(values) == 1 else {}
    if smoothing:
        ax.plot(values.index, values, **{**options, "alpha": 0.4, "linewidth": 1})
        # Weighted means over the epochs so far; the first ones are not drawn to zero.
        values = values.ewm(alpha=1 - smoothing, adjust=True).mean()
    return ax.plot(values.index, values, **{**marker, **options})[0]


def _mark_epoch(ax, line, history, name, epoch):
    """A point at the best epoch and its measured value, also on a smoothed line."""
    column = _VALIDATION + name if _VALIDATION + name in history else name
    if line is None or epoch is None or epoch not in history[column].dropna():
        return
    style = {"marker": "o", "markersize": 7, "markeredgecolor": "black"}
    value = history[column][epoch]
    ax.plot([epoch], [value], color=line.get_color(), zorder=3, **style)


def _handles(histories, best_epochs, colors, lines):
    from matplotlib.lines import Line2D

    handles = []
    for label, color in zip(histories, colors, strict=True):
        if len(histories) > 1:
            handles.append(Line2D([], [], color=color, label=short(label), linewidth=3))
    grey = colors[0] if len(histories) == 1 else "0.35"
    kinds = [column.startswith(_VALIDATION) for _, column in lines]
    if not all(kinds):
        handles.append(Line2D([], [], color=grey, label="training"))
    if any(kinds):
        handles.append(Line2D([], [], color=grey, linestyle="--", label="validation"))
    epochs = [epoch for epoch in best_epochs.values() if epoch is not None]
    if epochs:
        label = f"best epoch: {epochs[0]}" if len(histories) == 1 else "best epoch"
        marker = {"marker": "o", "markeredgecolor": "black", "linestyle": ""}
        handles.append(Line2D([], [], color=grey, label=label, **marker))
    return handles

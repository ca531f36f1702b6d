"""Curves of fits that diverged, beside others that they must not flatten."""

import numpy as np

# What the better fits begin with, so many times, is where a fit counts as diverged.
_MOST_TIMES = 5
GONE = "diverged"


def clip_diverged(ax, name, histories, colors):
    """Limits that show the usual curves, and arrows where others leave them.

    Parameters
    ----------
    ax : matplotlib Axes
        With the curves.
    name : str
        Of the loss or the metric.
    histories : dict of DataFrame
        One alone has the limits that its values need.
    colors : list
        One for each history.
    """
    parts = [_values(history, name) for history in histories.values()]
    firsts = [abs(part.iloc[0]) for part in parts if len(part)]
    if not firsts:  # no fit has an epoch
        for color in colors[: len(parts)]:
            _point(ax, 1, ax.get_ylim()[1], "^", color)
        return
    if len(parts) < 2:
        return
    most = _MOST_TIMES * np.quantile(firsts, 0.25, method="lower")
    gone = [not len(part) or bool((part.abs() > most).any()) for part in parts]
    if not any(gone) or all(gone):
        return
    usual = np.concatenate(
        [p for p, is_gone in zip(parts, gone, strict=True) if not is_gone]
    )
    low, high = usual.min(), usual.max()
    margin = 0.05 * ((high - low) or abs(high) or 1.0)
    limits = low - margin, high + 2 * margin
    ax.set_ylim(limits)
    for part, color, is_gone in zip(parts, colors, gone, strict=True):
        if is_gone:
            beyond = part[part.abs() > most].sort_index()
            # Without an epoch it has diverged in the first.
            epoch, value = next(beyond.items(), (1, np.inf))
            place, marker = (limits[1], "^") if value > 0 else (limits[0], "v")
            _point(ax, epoch, place, marker, color)


def _point(ax, epoch, place, marker, color):
    style = {"color": color, "marker": marker, "markersize": 9, "label": GONE}
    ax.plot([epoch], [place], linestyle="", clip_on=False, zorder=4, **style)


def _values(history, name):
    """Those of training, then those of validation, by epoch."""
    import pandas as pd

    columns = [history[c] for c in (name, f"val_{name}") if c in history]
    return pd.concat(columns).dropna() if columns else pd.Series(dtype=float)

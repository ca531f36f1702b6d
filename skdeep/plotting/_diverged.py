"""Limits of axes that diverged fits do not stretch."""

import numpy as np

# A fit has diverged where it ends at, or rises to, this many times the first values of
# the better fits. A fit that starts there and falls, as with a large penalty, has not.
_MOST_TIMES = 5
DIVERGED = "diverged"


def clip_diverged(ax, name, histories, colors):
    """Limit the axes to the curves that did not diverge; arrows point to the others.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes with the curves.
    name : str
        The name of the loss or the metric.
    histories : dict of DataFrame
        A single history is never clipped.
    colors : list
        One for each history.
    """
    parts = [_values(history, name) for history in histories.values()]
    firsts = [abs(part.iloc[0]) for part in parts if len(part)]
    if not firsts:  # no fit has an epoch
        # There are no values to read off: arrows stand side by side at the top.
        ax.set(xlim=(0.5, 1.5), ylim=(0, 1), xticks=[1], yticks=[])
        places = np.linspace(0.5, 1.5, len(parts) + 2)[1:-1]
        for place, color in zip(places, colors, strict=False):
            _point(ax, place, 1, "^", color)
        return
    if len(parts) < 2:
        return
    most = _MOST_TIMES * np.quantile(firsts, 0.25, method="lower")
    diverged = [_has_diverged(part.abs(), most) for part in parts]
    if not any(diverged) or all(diverged):
        return
    usual = [part for part, off in zip(parts, diverged, strict=True) if not off]
    low, high = np.min(np.concatenate(usual)), np.max(np.concatenate(usual))
    margin = 0.05 * ((high - low) or abs(high) or 1.0)
    limits = low - margin, high + 2 * margin
    ax.set_ylim(limits)
    for part, color, off in zip(parts, colors, diverged, strict=True):
        if off:
            beyond = part[part.abs() > most].sort_index()
            # A history without an epoch has diverged in the first one.
            epoch, value = next(beyond.items(), (1, np.inf))
            place, marker = (limits[1], "^") if value > 0 else (limits[0], "v")
            _point(ax, epoch, place, marker, color)


def _has_diverged(sizes, most):
    if not len(sizes):
        return True
    epochs = sizes.index
    first, last = (sizes[epochs == end].max() for end in (epochs.min(), epochs.max()))
    return bool(last > most or sizes.max() > max(most, first))


def _point(ax, epoch, place, marker, color):
    style = {"color": color, "marker": marker, "markersize": 9, "label": DIVERGED}
    ax.plot([epoch], [place], linestyle="", clip_on=False, zorder=4, **style)


def _values(history, name):
    """The training values, then the validation values, by epoch."""
    import pandas as pd

    columns = [history[c] for c in (name, f"val_{name}") if c in history]
    return pd.concat(columns).dropna() if columns else pd.Series(dtype=float)

"""Axes to draw in, their legends, and colours that most readers can tell apart."""

from numbers import Real

import numpy as np

# Petroff, 2021, "Accessible Color Sequences for Data Visualization",
# https://arxiv.org/abs/2107.02270, the sequence of ten.
COLORS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
MARKERS = "o", "^", "s", "D", "v", "P"


def colors_of(values):
    """A colour for each: numbers in their order along a map, others by sequence.

    Parameters
    ----------
    values : sequence of object

    Returns
    -------
    colors : list
    """
    numeric = all(isinstance(v, Real) and not isinstance(v, bool) for v in values)
    if not numeric or len(values) < 3:
        return [COLORS[number % len(COLORS)] for number in range(len(values))]
    import matplotlib as mpl

    # Its last colours are too light for a line.
    places = np.argsort(np.argsort(values)) / (len(values) - 1) * 0.9
    return list(mpl.colormaps["viridis"](places))


def grid_of_axes(ax, n_axes, n_columns=None, *, size=(4.0, 3.5), gap=0.4):
    """Axes in rows and columns, as in PartialDependenceDisplay of scikit-learn.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes or None
        One is divided into a grid, several are drawn in, and None makes a figure.
    n_axes : int
    n_columns : int or None
        None puts all into one row.
    size : tuple of float
        Width and height of one of the axes in a new figure, in inches.
    gap : float
        Between the parts of a divided axes, in units of their sides.

    Returns
    -------
    axes : ndarray of shape (n_axes,)
    is_new : bool
        Whether the figure is new, and so has room for a legend beside the axes.
    """
    import matplotlib.pyplot as plt

    n_columns = min(n_columns or n_axes, n_axes)
    n_rows = -(-n_axes // n_columns)
    if ax is None:
        figure = plt.figure(
            figsize=(size[0] * n_columns, size[1] * n_rows), layout="constrained"
        )
        axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    elif not isinstance(ax, plt.Axes):
        return _given(ax, n_axes), False
    elif n_axes == 1:
        axes = np.array([ax], dtype=object)
    else:
        axes = _divided(ax, n_rows, n_columns, gap)
    for unused in axes[n_axes:]:
        unused.set_axis_off()
    return axes[:n_axes], ax is None


def _given(axes, n_axes):
    axes = np.asarray(axes, dtype=object).ravel()
    if len(axes) != n_axes:
        raise ValueError(
            f"ax must be one axes, which is divided, or {n_axes} of them. Received "
            f"{len(axes)}. Use plt.subplots(1, {n_axes}), say."
        )
    return axes


def _divided(ax, n_rows, n_columns, gap):
    ax.set_axis_off()
    spec = ax.get_subplotspec()
    if spec is not None:
        grid = spec.subgridspec(n_rows, n_columns, wspace=gap, hspace=gap)
    else:
        x, y = ax.get_position().intervalx, ax.get_position().intervaly
        sides = {"left": x[0], "right": x[1], "bottom": y[0], "top": y[1]}
        grid = ax.figure.add_gridspec(
            n_rows, n_columns, wspace=gap, hspace=gap, **sides
        )
    return np.array([ax.figure.add_subplot(cell) for cell in grid], dtype=object)


def add_legend(ax, is_new, **options):
    """A legend right of ``ax`` in a figure of ours, else where it hides least."""
    n_entries = len(options.get("handles") or ax.get_legend_handles_labels()[0])
    if not is_new:
        small = {"loc": "best", "fontsize": "x-small", "ncols": -(-n_entries // 6)}
        return ax.legend(**{**small, **options})
    figure = ax.figure
    width, height = figure.get_size_inches()
    n_columns = -(-n_entries // int(3.5 * height))
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "borderaxespad": 0.8}
    legend = ax.legend(**{**place, "ncols": n_columns, **options})
    # The axes keep their width.
    beside = legend.get_window_extent().width / figure.dpi
    figure.set_size_inches(width + beside, height)
    return legend


def hide_ticks(ax):
    """For pictures, whose coordinates say nothing."""
    ax.set(xticks=[], yticks=[])
    return ax

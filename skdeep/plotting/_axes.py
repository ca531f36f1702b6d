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
    """A colour for each value: numbers by their order on a colour map, others in turn.

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

    # The last colours of viridis are too light for a line.
    places = np.argsort(np.argsort(values)) / (len(values) - 1) * 0.9
    return list(mpl.colormaps["viridis"](places))


def grid_of_axes(ax, n_axes, n_columns=None, *, size=(4.0, 3.5), gap=0.4, legend=False):
    """Axes in rows and columns, as in PartialDependenceDisplay of scikit-learn.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes or None
        One axes is divided into a grid, several are drawn in, None makes a figure.
    n_axes : int
    n_columns : int or None
        None puts all into one row.
    size : tuple of float
        Width and height of one of the axes in a new figure, in inches.
    gap : float
        Between the parts of a divided axes, in units of their sides.
    legend : bool
        Whether a divided axes needs a cell for a legend, at the right.

    Returns
    -------
    axes : ndarray of shape (n_axes,)
    cell : matplotlib Axes or None
        For the legend.
    """
    import matplotlib.pyplot as plt

    n_columns = min(n_columns or n_axes, n_axes)
    n_rows = -(-n_axes // n_columns)
    cell = None
    if ax is None:
        figure = plt.figure(
            figsize=(size[0] * n_columns, size[1] * n_rows), layout="constrained"
        )
        axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    elif not isinstance(ax, plt.Axes):
        axes = _checked_axes(ax, n_axes)
    elif n_axes == 1:
        axes = np.array([ax], dtype=object)
    else:
        grid = _divided(ax, n_rows, n_columns, gap, legend)
        places = [grid[row, i] for row in range(n_rows) for i in range(n_columns)]
        axes = np.array([ax.figure.add_subplot(place) for place in places])
        if legend:
            cell = ax.figure.add_subplot(grid[:, -1])
            cell.set_axis_off()
    for unused in axes[n_axes:]:
        unused.set_axis_off()
    return axes[:n_axes], cell


def _checked_axes(axes, n_axes):
    axes = np.asarray(axes, dtype=object).ravel()
    if len(axes) != n_axes:
        raise ValueError(
            f"ax must be one axes, which is divided, or {n_axes} of them. Received "
            f"{len(axes)}. Use plt.subplots(1, {n_axes}), say."
        )
    return axes


def _divided(ax, n_rows, n_columns, gap, legend):
    """A grid in place of ``ax``, with a further column for a legend."""
    ax.set_axis_off()
    gaps = {"wspace": gap, "hspace": gap}
    if ax.figure.get_layout_engine() is not None:
        gaps = {}  # the layout engine makes room for the labels itself
    elif legend and n_columns > 1:
        # A gap is measured in mean columns, and the legend's column changes the mean.
        # This keeps the gaps as wide as without a legend.
        share = gap / (n_columns + gap * (n_columns - 1))
        gaps["wspace"] = share * (n_columns + 1) / (1 - share * n_columns)
    shape = n_rows, n_columns + legend
    spec = ax.get_subplotspec()
    if spec is not None:
        return spec.subgridspec(*shape, **gaps)
    x, y = ax.get_position().intervalx, ax.get_position().intervaly
    sides = {"left": x[0], "right": x[1], "bottom": y[0], "top": y[1]}
    return ax.figure.add_gridspec(*shape, **gaps, **sides)


def add_legend(ax, is_new, cell=None, **options):
    """A legend right of ``ax``, or where it hides least.

    Parameters
    ----------
    ax : matplotlib Axes
        The legend names the lines in it.
    is_new : bool
        Whether the display made the figure, so that the figure may be made wider.
    cell : matplotlib Axes or None
        For the legend, see :func:`grid_of_axes`.
    **options
        For ``legend``.
    """
    if "handles" not in options:
        options["handles"], options["labels"] = ax.get_legend_handles_labels()
    n_entries = len(options["handles"])
    if not is_new:
        return _legend_inside(ax, cell, n_entries, options)
    figure = ax.figure
    width, height = figure.get_size_inches()
    n_columns = -(-n_entries // int(3.5 * height))
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "borderaxespad": 0.8}
    legend = ax.legend(**{**place, "ncols": n_columns, **options})
    # The figure grows by the width of the legend, so that the axes keep theirs.
    legend_width = legend.get_window_extent().width / figure.dpi
    figure.set_size_inches(width + legend_width, height)
    return legend


def _legend_inside(ax, cell, n_entries, options):
    small = {"loc": "best", "fontsize": "x-small", "ncols": -(-n_entries // 6)}
    if cell is None:
        return ax.legend(**{**small, **options})
    inches = cell.get_window_extent().height / cell.figure.dpi
    n_columns = -(-n_entries // max(6, int(6 * inches)))
    place = {**small, "loc": "upper right", "borderaxespad": 0, "ncols": n_columns}
    legend = cell.legend(**{**place, **options})
    _fit_width(cell, legend)
    return legend


def _fit_width(cell, legend):
    """Make the column of ``cell``, the last of a grid, as wide as the legend."""
    figure, grid = cell.figure, cell.get_subplotspec().get_gridspec()
    _, _, lefts, rights = grid.get_grid_positions(figure)
    total, gap = sum(rights - lefts), lefts[1] - rights[0]
    needed = legend.get_window_extent().width / figure.bbox.width
    # The legend may use most of the gap before it, which needs no room for ticks. The
    # axes keep at least half of the width.
    share = np.clip((needed - 0.8 * gap) / total, 0.05, 0.5)
    n_others = grid.ncols - 1
    grid.set_width_ratios([1] * n_others + [n_others * share / (1 - share)])
    for ax in figure.axes:
        spec = ax.get_subplotspec()
        if spec is not None and spec.get_gridspec() is grid:
            ax.set_subplotspec(spec)  # moves the axes to their new position


def hide_ticks(ax):
    """Axes without ticks, for images, whose coordinates say nothing."""
    ax.set(xticks=[], yticks=[])
    return ax

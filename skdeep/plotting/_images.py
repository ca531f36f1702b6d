"""Pictures side by side, for the displays that draw some."""

from numbers import Integral

import numpy as np

from skdeep.inspection._layer_outputs import chosen_names
from skdeep.plotting._axes import grid_of_axes, hide_ticks


def draw_images(images, *, ax, n_columns, n_images, titles=None, **options):
    """Images in a grid.

    Parameters
    ----------
    images : sequence of ndarray of shape (height, width) or (height, width, 3)
    ax, n_columns, n_images
        See :meth:`FilterDisplay.plot`.
    titles : list of str or None
    **options
        For ``imshow``.

    Returns
    -------
    axes : ndarray of matplotlib Axes
    drawn : list of matplotlib AxesImage
    """
    for name, value in (("n_columns", n_columns), ("n_images", n_images)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1. Received {name}={value}.")
    images = list(images)[:n_images]
    axes, _ = grid_of_axes(ax, len(images), n_columns, size=(1.1, 1.2), gap=0.1)
    drawn = []
    for number, (image, one) in enumerate(zip(images, axes, strict=True)):
        hide_ticks(one)
        drawn.append(one.imshow(image, **options))
        if ax is None:  # or there may be no room
            title = number if titles is None else titles[number]
            one.set_title(str(title), fontsize=9)
    return axes, drawn


def one_layer(network, layer):
    """The name of a layer of a network for images.

    Parameters
    ----------
    network : BaseNetwork
        A fitted one.
    layer : str or int
        See :func:`skdeep.layer_outputs`.
    """
    spec = network.network_.spec
    known = chosen_names(spec, None)
    if "backbone" in known and isinstance(layer, str) and layer not in known:
        raise ValueError(
            f"layer must be one of {known}: the layers within a backbone are not "
            f"shown. Received layer={layer!r}. FeatureMapDisplay draws what the "
            "backbone gives, with layer='backbone'."
        )
    if not isinstance(layer, str | Integral):
        raise ValueError(
            f"layer must be one name or number. Received layer={layer!r}. Choose one "
            f"of {known}."
        )
    return chosen_names(spec, layer)[0]


def add_scale(axes, image, label):
    """What the colours in ``axes`` stand for; only in a figure of ours.

    matplotlib's tight_layout cannot take a scale for several axes.
    """
    bar = axes[0].figure.colorbar(image, ax=list(axes), label=label, aspect=30)
    bar.ax.tick_params(labelsize=8)
    return bar


def unit_of_colors(images):
    """What black and white are: of bytes, of shares, or the extremes of others."""
    low, high = images.min(), images.max()
    if low < 0 or high > 255:
        return low, high
    return (0, 1) if high <= 1 else (0, 255)


def in_unit(image, unit):
    """Colours as shares, which ``imshow`` takes."""
    low, high = unit
    return np.clip((image - low) / ((high - low) or 1), 0, 1)


def largest(values):
    """The largest absolute value, or one: limits of colours centred at zero."""
    return float(np.abs(values).max()) or 1.0

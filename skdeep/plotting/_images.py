"""Images side by side, for displays of images, kernels and feature maps."""

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
    for number, (image, image_ax) in enumerate(zip(images, axes, strict=True)):
        hide_ticks(image_ax)
        drawn.append(image_ax.imshow(image, **options))
        if ax is None:  # the user's axes may have no room for titles
            title = number if titles is None else titles[number]
            image_ax.set_title(str(title), fontsize=9)
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


def add_colorbar(axes, image, label):
    """Add a colour bar for all ``axes``.

    Only for figures that the display has made: matplotlib's tight_layout, which a user
    may call, cannot place a colour bar of several axes.
    """
    bar = axes[0].figure.colorbar(image, ax=list(axes), label=label, aspect=30)
    bar.ax.tick_params(labelsize=8)
    return bar


def color_range(images):
    """The values of black and white: 0 and 1, 0 and 255, or the extremes."""
    low, high = images.min(), images.max()
    if low < 0 or high > 255:
        return low, high
    return (0, 1) if high <= 1 else (0, 255)


def scaled_colors(image, limits):
    """Colours from 0 to 1, as ``imshow`` takes them."""
    low, high = limits
    return np.clip((image - low) / ((high - low) or 1), 0, 1)


def largest(values):
    """The largest absolute value, or 1 if all are zero."""
    return float(np.abs(values).max()) or 1.0

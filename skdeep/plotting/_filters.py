"""FilterDisplay: the kernels of a convolution."""

import numpy as np

from skdeep._compat import check_matplotlib_support
from skdeep.inspection._fitted import check_own_convolutions, network_estimator
from skdeep.plotting._images import add_colorbar, draw_images, largest, one_layer


class FilterDisplay:
    """The kernels of a convolution as pictures.

    Positive weights are red, negative ones blue, zero is white; all filters share one
    scale of colours. Kernels over the three channels of a colour image are drawn as
    coloured images, in which grey is zero. Kernels along time are pictures of channels
    by steps. Make it with :meth:`from_estimator`.

    Parameters
    ----------
    kernels : ndarray of shape (height, width, n_channels, n_filters) or \
            (steps, n_channels, n_filters)
        The weights.
    layer : str
        The name of the layer, for the title.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each filter.
    figure_ : matplotlib Figure
    images_ : list of matplotlib AxesImage

    See Also
    --------
    FeatureMapDisplay : The outputs of a convolution for an image.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ConvClassifier, FilterDisplay
    >>> digits = load_digits()
    >>> classifier = ConvClassifier((8,), epochs=1, random_state=0)
    >>> classifier = classifier.fit(digits.images[:200], digits.target[:200])
    >>> FilterDisplay.from_estimator(classifier).kernels.shape
    (3, 3, 1, 8)
    """

    def __init__(self, kernels, *, layer="conv_1"):
        self.kernels = kernels
        self.layer = layer

    @classmethod
    def from_estimator(
        cls,
        estimator,
        *,
        layer="conv_1",
        channel=None,
        ax=None,
        n_columns=8,
        n_images=64,
        im_kw=None,
    ):
        """Draw the kernels of a fitted network.

        Parameters
        ----------
        estimator : object
            A fitted network with convolutions, a pipeline that ends with one or a
            search over one.
        layer : str or int, default="conv_1"
            A convolution, by its name in ``summary()`` or by its number among all
            layers, see :func:`skdeep.layer_outputs`.
        channel : int, default=None
            See :meth:`plot`.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        n_columns : int, default=8
            See :meth:`plot`.
        n_images : int, default=64
            See :meth:`plot`.
        im_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : FilterDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network = network_estimator(estimator)
        check_own_convolutions(network)
        name, kernels = one_layer(network, layer), _kernels(network)
        if name not in kernels:
            have = f"Choose one of {list(kernels)}." if kernels else "It has none."
            raise ValueError(
                f"layer must be a convolution of the network. Received "
                f"layer={layer!r}, which is {name!r}. {have}"
            )
        return cls(kernels[name], layer=name).plot(
            channel=channel, ax=ax, n_columns=n_columns, n_images=n_images, im_kw=im_kw
        )

    def plot(self, *, channel=None, ax=None, n_columns=8, n_images=64, im_kw=None):
        """Draw.

        Parameters
        ----------
        channel : int, default=None
            The input channel whose weights to draw. None draws kernels over three
            channels in colour, and the mean over any other number of channels.
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided into a grid; None makes a figure.
        n_columns : int, default=8
            Pictures in a row.
        n_images : int, default=64
            Largest number of filters; the first ones are drawn.
        im_kw : dict, default=None
            For matplotlib's ``imshow``.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        images, description = self._pictures(channel)
        limit = largest(images)
        options = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
        if images.ndim == 4:
            images, options = 0.5 + images / (2 * limit), {}
        if self.kernels.ndim == 3:
            options["aspect"] = "auto"
        self.axes_, self.images_ = draw_images(
            images,
            ax=ax,
            n_columns=n_columns,
            n_images=n_images,
            **{**options, **(im_kw or {})},
        )
        self.figure_ = self.axes_[0].figure
        if ax is None:
            if images.ndim == 3:
                add_colorbar(self.axes_, self.images_[0], "Weight")
            self.figure_.suptitle(f"{self.layer}{description}", fontsize=11)
        return self

    def _pictures(self, channel):
        """Pictures of shape (n_filters, height, width[, 3]), and words for a title."""
        filters = np.moveaxis(self.kernels, -1, 0)
        if self.kernels.ndim == 3:
            return filters.swapaxes(1, 2), ": channels (down) by steps"
        n_channels = filters.shape[-1]
        if channel is not None:
            if not -n_channels <= channel < n_channels:
                raise ValueError(
                    f"channel must number one of {n_channels} channels, from 0. "
                    f"Received channel={channel}."
                )
            return filters[..., channel], f", channel {channel % n_channels}"
        if n_channels == 1:
            return filters[..., 0], ""
        if n_channels == 3:
            return filters, ""
        return filters.mean(axis=-1), f", mean over {n_channels} channels"


def _kernels(network):
    """The kernels of all convolutions by the names of their layers."""
    return {
        name.removesuffix("/kernel"): array
        for name, array in network.get_weights().items()
        if name.startswith("conv_") and name.endswith("/kernel")
    }

"""FeatureMapDisplay: the outputs of a convolution for one image."""

import difflib

import numpy as np

from skdeep._compat import check_matplotlib_support
from skdeep.inspection import layer_outputs
from skdeep.inspection._fitted import check_own_convolutions, network_and_samples
from skdeep.inspection._layer_outputs import chosen_names
from skdeep.plotting._images import (
    add_colorbar,
    color_range,
    draw_images,
    one_layer,
    scaled_colors,
)


class FeatureMapDisplay:
    """One image, and the maps that a layer makes of it.

    One scale of colours holds for all maps. Make it with :meth:`from_estimator`.

    Parameters
    ----------
    maps : ndarray of shape (height, width, n_filters)
        The outputs of the layer.
    image : ndarray of shape (height, width) or (height, width, n_channels)
        The input.
    layer : str
        The name of the layer, for the title.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The image, then the maps.
    figure_ : matplotlib Figure
    images_ : list of matplotlib AxesImage

    See Also
    --------
    FilterDisplay : The kernels of a convolution.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import ConvClassifier, FeatureMapDisplay
    >>> digits = load_digits()
    >>> classifier = ConvClassifier((8,), epochs=1, random_state=0)
    >>> classifier = classifier.fit(digits.images[:200], digits.target[:200])
    >>> display = FeatureMapDisplay.from_estimator(classifier, digits.images[0])
    >>> display.maps.shape
    (8, 8, 8)
    """

    def __init__(self, maps, image, *, layer="conv_1"):
        self.maps = maps
        self.image = image
        self.layer = layer

    @classmethod
    def from_estimator(
        cls,
        estimator,
        image,
        *,
        layer="conv_1",
        ax=None,
        n_columns=9,
        n_images=64,
        im_kw=None,
    ):
        """Draw the maps of a fitted network.

        Parameters
        ----------
        estimator : object
            A fitted network for images, a pipeline that ends with one or a search over
            one.
        image : array-like of shape (height, width), (height, width, n_channels) or \
                (n_features,), or path
            One sample, as the estimator takes it. For a row of pixels, or a path, the
            image that the network gets is drawn.
        layer : str or int, default="conv_1"
            A convolution or a pooling, see :func:`skdeep.layer_outputs`; also the name
            of a layer within a backbone, such as "conv2_block1_out" of ResNet50.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        n_columns : int, default=9
            See :meth:`plot`.
        n_images : int, default=64
            See :meth:`plot`.
        im_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : FeatureMapDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        network, samples = network_and_samples(estimator, np.asarray(image)[None])
        check_own_convolutions(network)
        name, maps = _maps(network, samples, layer)
        if maps.ndim != 4:
            raise ValueError(
                "layer must give maps of shape (height, width, n_filters): a "
                f"convolution or a pooling. Received layer={layer!r}, which gives the "
                f"shape {maps.shape[1:]}."
            )
        shown = np.asarray(image if np.ndim(image) > 1 else samples[0])
        return cls(maps[0], _as_image(shown, network), layer=name).plot(
            ax=ax, n_columns=n_columns, n_images=n_images, im_kw=im_kw
        )

    def plot(self, *, ax=None, n_columns=9, n_images=64, im_kw=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided into a grid; None makes a figure.
        n_columns : int, default=9
            Pictures in a row.
        n_images : int, default=64
            Largest number of maps; the maps of the first filters are drawn.
        im_kw : dict, default=None
            For matplotlib's ``imshow`` of the maps.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        maps = np.moveaxis(self.maps, -1, 0)[:n_images]
        scale = {"vmin": min(0, self.maps.min()), "vmax": self.maps.max()}
        self.axes_, self.images_ = draw_images(
            [self.image, *maps],
            ax=ax,
            n_columns=n_columns,
            n_images=n_images + 1,
            titles=["image", *range(len(maps))],
            **{"cmap": "viridis", **scale, **(im_kw or {})},
        )
        # The image has its own scale of colours.
        self.images_[0].set(cmap="gray", clim=(np.min(self.image), np.max(self.image)))
        self.figure_ = self.axes_[0].figure
        if ax is None:
            add_colorbar(self.axes_, self.images_[-1], "Activation")
            self.figure_.suptitle(self.layer, fontsize=11)
        return self


def _maps(network, samples, layer):
    """The layer's name, and its outputs."""
    known = chosen_names(network.network_.spec, None)
    if "backbone" in known and isinstance(layer, str) and layer not in known:
        return layer, _maps_within(network, samples, layer)
    name = one_layer(network, layer)
    return name, layer_outputs(network, samples, name)[name]


def _maps_within(network, samples, layer):
    """The outputs of a layer of the backbone, which is a Keras model in the model."""
    import keras

    model = network.model_
    steps = list(model.operations)
    backbone = next(step for step in steps if isinstance(step, keras.Model))
    names = [part.name for part in backbone.layers]
    if layer not in names:
        near = difflib.get_close_matches(layer, names, n=5) or names[-5:]
        raise ValueError(
            f"layer must be one of {chosen_names(network.network_.spec, None)}, or a "
            f"layer within a backbone, such as {near}. Received layer={layer!r}."
        )
    before = keras.Model(model.inputs[0], steps[steps.index(backbone) - 1].output)
    within = keras.Model(backbone.inputs[0], backbone.get_layer(layer).output)
    return keras.ops.convert_to_numpy(within(before(network._network_rows(samples))))


def _as_image(image, network):
    """An array for ``imshow``: grey values, or colours from 0 to 1."""
    if image.ndim == 1:
        image = image.reshape(network.image_shape_)
    if image.ndim == 2:
        return image
    if image.shape[-1] == 3:
        return scaled_colors(image, color_range(image))
    return image.mean(axis=-1)

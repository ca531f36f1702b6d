"""ReconstructionDisplay: samples above their reconstructions."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep._compat import check_matplotlib_support
from skdeep.model_selection._labels import distinct
from skdeep.plotting._axes import COLORS, add_legend, grid_of_axes, hide_ticks
from skdeep.plotting._images import color_range, scaled_colors


class ReconstructionDisplay:
    """Samples, and below them the reconstructions of models.

    Images are drawn as images, rows of numbers as curves over the original. Make it
    with :meth:`from_estimator` or :meth:`from_estimators`.

    Parameters
    ----------
    originals : ndarray of shape (n_samples, ...)
        The samples.
    reconstructions : dict of ndarray of shape (n_samples, ...)
        By the name of the model.

    Attributes
    ----------
    errors : dict of float
        The mean squared error of each model, over all samples and values.
    axes_ : ndarray of matplotlib Axes of shape (1 + n_models, n_drawn)
        For rows of numbers the shape is (n_models, n_drawn).
    figure_ : matplotlib Figure

    See Also
    --------
    Autoencoder : A network that learns codes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdeep import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> display = ReconstructionDisplay.from_estimator(
    ...     PCA(20).fit(X), X, image_shape=(8, 8)
    ... )
    >>> round(display.errors["PCA"], 1)
    2.0
    """

    def __init__(self, originals, reconstructions):
        self.originals = originals
        self.reconstructions = reconstructions

    @property
    def errors(self):
        """The mean squared error of each model, by name."""
        return {
            name: float(np.square(values - self.originals).mean())
            for name, values in self.reconstructions.items()
        }

    @classmethod
    def from_estimator(
        cls, estimator, X, *, image_shape=None, n_samples=8, ax=None, plot_kw=None
    ):
        """Draw samples and their reconstructions by ``transform`` and its inverse.

        Parameters
        ----------
        estimator : object
            A fitted estimator with ``transform`` and ``inverse_transform``: an
            autoencoder, scikit-learn's ``PCA`` or ``NMF``, a pipeline of these, ...
        X : array-like of shape (n_samples, n_features), or images
            Samples. The errors are measured on all of them, the first ones are drawn.
        image_shape : tuple of int, default=None
            See :meth:`plot`.
        n_samples : int, default=8
            See :meth:`plot`.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        plot_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
        """
        return cls.from_estimators(
            [estimator],
            X,
            image_shape=image_shape,
            n_samples=n_samples,
            ax=ax,
            plot_kw=plot_kw,
        )

    @classmethod
    def from_estimators(
        cls, estimators, X, *, image_shape=None, n_samples=8, ax=None, plot_kw=None
    ):
        """Draw several models side by side.

        Parameters
        ----------
        estimators : list of objects or dict of objects
            See :meth:`from_estimator`; the keys of a dict are the names.
        X : array-like of shape (n_samples, n_features), or images
            See :meth:`from_estimator`.
        image_shape : tuple of int, default=None
            See :meth:`plot`.
        n_samples : int, default=8
            See :meth:`plot`.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        plot_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay

        Raises
        ------
        ValueError
            If a reconstruction has not the shape of X.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimators")
        named = _named(estimators)
        originals = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        reconstructions = {
            name: _reconstruction(estimator, X, originals.shape)
            for name, estimator in named.items()
        }
        return cls(originals.astype(float), reconstructions).plot(
            image_shape=image_shape, n_samples=n_samples, ax=ax, plot_kw=plot_kw
        )

    def plot(self, *, image_shape=None, n_samples=8, ax=None, plot_kw=None):
        """Draw.

        Parameters
        ----------
        image_shape : tuple of int, default=None
            (height, width) or (height, width, 3) of samples that are rows of pixels.
            None draws rows as curves.
        n_samples : int, default=8
            Number of samples to draw, from the first on.
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided into a grid; None makes a figure.
        plot_kw : dict, default=None
            For matplotlib's ``imshow``, or for ``plot`` of the reconstructions.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        if n_samples < 1:
            raise ValueError(f"n_samples must be at least 1. Received {n_samples}.")
        originals = self.originals[:n_samples]
        rows = {n: r[:n_samples] for n, r in self.reconstructions.items()}
        if originals.ndim > 2 or image_shape is not None:
            shape = _image_shape(originals, image_shape)
            rows = {"original": originals, **rows}
            images = {n: row.reshape(-1, *shape) for n, row in rows.items()}
            self._draw_images(images, ax, plot_kw or {})
        else:
            self._draw_curves(originals, rows, ax, plot_kw or {})
        self.figure_ = self.axes_[0, 0].figure
        return self

    def _draw_images(self, rows, ax, options):
        self.axes_, _ = _grid(ax, rows, size=(1.1, 1.15), gap=0.1)
        # All rows share one scale, so that a pale reconstruction looks pale.
        low, high = rows["original"].min(), rows["original"].max()
        limits = color_range(rows["original"])
        style = {"cmap": "gray_r", "vmin": low, "vmax": high, **options}
        for (name, images), axes in zip(rows.items(), self.axes_, strict=True):
            for image, image_ax in zip(images, axes, strict=True):
                if image.ndim == 3:
                    image = scaled_colors(image, limits)
                hide_ticks(image_ax).imshow(image, **style)
            axes[0].set_ylabel(self._label(name), fontsize=9)

    def _draw_curves(self, originals, rows, ax, options):
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        self.axes_, cell = _grid(ax, rows, size=(2.2, 1.8), gap=0.4, legend=True)
        options = normalize_kwargs(options, Line2D)
        style = {"color": COLORS[2], "linewidth": 1, **options}
        for (name, values), axes in zip(rows.items(), self.axes_, strict=True):
            pairs = zip(originals, values, axes, strict=True)
            for number, (original, value, curve_ax) in enumerate(pairs):
                curve_ax.plot(original, color="0.6", linewidth=2, label="original")
                curve_ax.plot(value, label="reconstruction", **style)
                curve_ax.tick_params(labelsize=7)
                if name == next(iter(rows)):
                    curve_ax.set_title(f"sample {number}", fontsize=9)
            axes[0].set_ylabel(self._label(name), fontsize=9)
        for curve_ax in self.axes_[-1]:
            curve_ax.set_xlabel("Feature", fontsize=8)
        small = {"fontsize": 8} if ax is None else {}
        add_legend(self.axes_[0, -1], ax is None, cell, **small)

    def _label(self, name):
        if name not in self.reconstructions:
            return name
        return f"{name}\nMSE {self.errors[name]:.3g}"


def _named(estimators):
    if isinstance(estimators, Mapping):
        named = dict(estimators)
    else:
        names = distinct([type(estimator).__name__ for estimator in estimators])
        named = dict(zip(names, estimators, strict=True))
    if not named:
        raise ValueError("estimators must hold at least one. Received none.")
    for name, estimator in named.items():
        check_is_fitted(estimator)
        for method in ("transform", "inverse_transform"):
            if not hasattr(estimator, method):
                raise TypeError(
                    f"A reconstruction needs transform and inverse_transform. Received "
                    f"{name}, {estimator!r}, without {method}."
                )
    return named


def _reconstruction(estimator, X, shape):
    values = np.asarray(estimator.inverse_transform(estimator.transform(X)), float)
    if values.size != np.prod(shape):
        raise ValueError(
            f"{type(estimator).__name__}.inverse_transform must give the shape of X, "
            f"{shape}. Received {values.shape}."
        )
    return values.reshape(shape)


def _image_shape(originals, image_shape):
    shape = originals.shape[1:] if image_shape is None else tuple(image_shape)
    shape = shape[:2] if len(shape) == 3 and shape[2] == 1 else shape
    is_image = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
    if not is_image or np.prod(shape) != np.prod(originals.shape[1:]):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, 3), with as many "
            f"values as a sample, {int(np.prod(originals.shape[1:]))}. Received "
            f"image_shape={image_shape} for samples of shape {originals.shape[1:]}."
        )
    return shape


def _grid(ax, rows, **options):
    n_columns = len(next(iter(rows.values())))
    axes, cell = grid_of_axes(ax, len(rows) * n_columns, n_columns, **options)
    return axes.reshape(len(rows), n_columns), cell

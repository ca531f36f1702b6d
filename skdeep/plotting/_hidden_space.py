"""HiddenSpaceDisplay: samples in the plane of a hidden layer with two units."""

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length

from skdeep._compat import check_matplotlib_support
from skdeep._numbers import is_integer
from skdeep.inspection import layer_outputs
from skdeep.inspection._evidence import read_labels
from skdeep.inspection._fitted import network_and_samples, network_estimator
from skdeep.inspection._layer_outputs import chosen_names
from skdeep.model_selection._training_histories import fit_network, last_step
from skdeep.plotting._axes import COLORS, MARKERS, add_legend, grid_of_axes


class HiddenSpaceDisplay:
    """Samples in the plane of a hidden layer with two units, coloured by class.

    :meth:`from_estimator` draws them after a fit, :meth:`from_epochs` after several of
    its epochs side by side. Continuous targets are coloured by a colour map.

    Parameters
    ----------
    points : ndarray of shape (n_epochs, n_samples, 2)
        The layer's outputs.
    target : ndarray of shape (n_samples,)
        Classes, or values.
    epochs : list of int or None, default=None
        The epoch of each picture; None after the last epoch of a fit.
    layer : str, default=None
        The name of the layer, for the axes.
    classes : ndarray of shape (n_classes,), default=None
        None for continuous targets.
    scores : list of float, default=None
        The accuracy or R2 of each picture, for the titles. None if the estimator does
        not predict the target, as with an autoencoder.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_epochs,)
    figure_ : matplotlib Figure
    scatters_ : list of matplotlib PathCollection
        For each picture one per class, or a single one for continuous targets.

    See Also
    --------
    layer_outputs : The outputs of a layer as an array.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DenseClassifier, HiddenSpaceDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = DenseClassifier((8, 2), epochs=4, random_state=0)
    >>> display = HiddenSpaceDisplay.from_epochs(classifier, X, y, epochs=[1, 4])
    >>> display.points.shape
    (2, 150, 2)
    """

    def __init__(
        self, points, target, *, epochs=None, layer=None, classes=None, scores=None
    ):
        self.points = points
        self.target = target
        self.epochs = epochs
        self.layer = layer
        self.classes = classes
        self.scores = scores

    @classmethod
    def from_estimator(cls, estimator, X, y, *, layer=None, ax=None, scatter_kw=None):
        """Draw the outputs of a fitted network's layer for samples.

        Parameters
        ----------
        estimator : object
            A fitted network, a pipeline that ends with one or a search over one.
        X : array-like of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,)
            Their targets.
        layer : str or int, default=None
            A layer of two units, see :func:`skdeep.layer_outputs`. None takes the last
            hidden layer of two units.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        scatter_kw : dict, default=None
            See :meth:`plot`.

        Returns
        -------
        display : HiddenSpaceDisplay

        Raises
        ------
        ValueError
            If the layer has not two units, or X and y have different lengths.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        y = _one_column(y)
        check_consistent_length(X, y)
        name, points = _plane(estimator, X, layer)
        return cls(
            points[None],
            y,
            layer=name,
            classes=_classes(estimator, y),
            scores=_scores([estimator], X, y),
        ).plot(ax=ax, scatter_kw=scatter_kw)

    @classmethod
    def from_epochs(
        cls,
        estimator,
        X,
        y,
        *,
        epochs=6,
        layer=None,
        ax=None,
        n_columns=3,
        scatter_kw=None,
        **fit_params,
    ):
        """Train a clone and draw the samples after some of its epochs.

        Parameters
        ----------
        estimator : object
            A network, or a pipeline that ends with one.
        X : array-like of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Targets.
        epochs : int or list of int, default=6
            The epochs to draw, or their number. A number of epochs is spread from the
            first to the last epoch, more densely among the first ones. Epochs of a list
            that early stopping does not reach are left out. If it reaches none of
            them, the last epoch is drawn.
        layer : str or int, default=None
            See :meth:`from_estimator`.
        ax : matplotlib Axes or array-like of Axes, default=None
            See :meth:`plot`.
        n_columns : int, default=3
            See :meth:`plot`.
        scatter_kw : dict, default=None
            See :meth:`plot`.
        **fit_params
            For the network's ``fit``: ``X_val``, ``y_val``, ``sample_weight``, ...

        Returns
        -------
        display : HiddenSpaceDisplay

        Raises
        ------
        ValueError
            If the layer has not two units, an epoch lies beyond ``epochs`` of the
            estimator, or training diverges in the first epoch.
        """
        check_matplotlib_support(f"{cls.__name__}.from_epochs")
        target = _one_column(y)
        estimator = clone(estimator)
        network = last_step(estimator)
        recorder = _Recorder(_listed_epochs(epochs, network), layer)
        network.set_callbacks(*getattr(network, "_skl_callbacks", ()), recorder)
        fit_network(estimator, X, y, **fit_params)
        _, samples = network_and_samples(estimator, X)
        reached = recorder.chosen(epochs)
        if not reached:
            raise ValueError(
                f"An epoch must end without divergence. Received epochs={epochs} and a "
                "fit that reached none. Lower the learning_rate, or scale X."
            )
        planes = [_plane(fitted, samples, layer) for fitted in reached.values()]
        scores = _scores(reached.values(), samples, target)
        return cls(
            np.stack([points for _, points in planes]),
            target,
            epochs=list(reached),
            layer=planes[0][0],
            classes=_classes(estimator, target),
            scores=scores,
        ).plot(ax=ax, n_columns=n_columns, scatter_kw=scatter_kw)

    def plot(self, *, ax=None, n_columns=3, scatter_kw=None):
        """Draw; all pictures have the same limits, which makes them comparable.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            One axes is divided where there are several epochs; None makes a figure.
        n_columns : int, default=3
            Pictures in a row.
        scatter_kw : dict, default=None
            For matplotlib's ``scatter``.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        options = _long_names(scatter_kw)
        single = len(self.points) == 1
        size = (5.5, 4.5) if single else (3.2, 3.0)
        has_legend = self.classes is not None
        self.axes_, cell = grid_of_axes(
            ax, len(self.points), n_columns, size=size, legend=has_legend
        )
        self.figure_ = self.axes_[0].figure
        self.scatters_ = []
        for number, (axes, points) in enumerate(
            zip(self.axes_, self.points, strict=True)
        ):
            self.scatters_ += self._scatter(axes, points, options)
            self._describe(axes, number, n_columns)
        self._share_limits()
        if has_legend:
            last = self.axes_[min(n_columns, len(self.axes_)) - 1]
            add_legend(last, ax is None, cell, title="Class", markerscale=1.5)
        elif "color" not in options:
            beside = list(self.axes_) if ax is None else self.axes_[-1]
            self.figure_.colorbar(self.scatters_[-1], ax=beside, label="Target")
        return self

    def _scatter(self, ax, points, options):
        style = {"s": 14, "alpha": 0.8, "linewidth": 0}
        if self.classes is None:
            if "color" not in options:
                style |= {"c": self.target, "cmap": "viridis"}
            return [ax.scatter(*points.T, **{**style, **options})]
        drawn = []
        for number, label in enumerate(self.classes):
            look = {
                "color": COLORS[number % len(COLORS)],
                "marker": MARKERS[number % len(MARKERS)],
                "label": str(label),
            }
            chosen = points[self.target == label]
            drawn.append(ax.scatter(*chosen.T, **{**style, **look, **options}))
        return drawn

    def _share_limits(self):
        """Give all axes the same limits, which hold every point."""
        for side in "xy":
            limits = np.array([getattr(ax, f"get_{side}lim")() for ax in self.axes_])
            common = limits[:, 0].min(), limits[:, 1].max()
            for ax in self.axes_:
                getattr(ax, f"set_{side}lim")(*common)

    def _describe(self, ax, number, n_columns):
        parts = []
        if self.epochs is not None:
            parts.append(f"Epoch {self.epochs[number]}")
        if self.scores is not None:
            name = "R2" if self.classes is None else "accuracy"
            parts.append(f"{name} {self.scores[number]:.2f}")
        if parts:
            title = ", ".join(parts)
            ax.set_title(title[0].upper() + title[1:], fontsize=10)
        names = [f"{self.layer or 'Hidden layer'}, unit {unit}" for unit in (0, 1)]
        if number + n_columns >= len(self.points):
            ax.set_xlabel(names[0])
        if number % n_columns == 0:
            ax.set_ylabel(names[1])
        ax.tick_params(labelsize=8)


class _Recorder:
    """A callback of scikit-learn that keeps the network after some epochs.

    Parameters
    ----------
    epochs : set of int or None
        The epochs to keep, counted from one; None keeps all.
    layer : str, int or None
        The layer to draw; it is checked after the first epoch.

    Attributes
    ----------
    fitted : dict of int to estimator
        By epoch.
    last : dict of int to estimator
        The last epoch that was reached, and its estimator.
    """

    def __init__(self, epochs, layer):
        self.epochs = epochs
        self.layer = layer
        self.fitted = {}
        self.last = {}

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        epoch = context.task_id + 1
        if fitted_estimator is None:
            return
        if epoch == 1:
            _plane_layer(fitted_estimator, self.layer)
        self.last = {epoch: fitted_estimator}
        if self.epochs is None or epoch in self.epochs:
            self.fitted[epoch] = fitted_estimator

    def chosen(self, epochs):
        """The epochs to draw, and their estimators."""
        if self.epochs is not None:
            return self.fitted or self.last
        numbers = _spread(len(self.fitted), epochs)
        return {number: self.fitted[number] for number in numbers}


def _long_names(scatter_kw):
    """``scatter_kw`` with full names, so that it overrides the display's options."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import PathCollection

    options = normalize_kwargs(scatter_kw, PathCollection)
    if "c" in options:  # a name that only scatter has
        options["color"] = options.pop("c")
    return options


def _one_column(y):
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(
            "y must have one label or value per sample, to colour it by. Received y of "
            f"shape {y.shape}. Draw the points of skdeep.layer_outputs yourself, "
            "coloured by one column."
        )
    return y


def _spread(n_epochs, n_chosen):
    """``n_chosen`` epochs of ``n_epochs``, more densely among the first."""
    if n_epochs == 0:
        return []
    chosen = set(np.geomspace(1, n_epochs, n_chosen).round().astype(int).tolist())
    # Rounding made some of the first epochs equal: others take their places.
    free = [number for number in range(1, n_epochs + 1) if number not in chosen]
    return sorted(chosen | set(free[: n_chosen - len(chosen)]))


def _listed_epochs(epochs, network):
    """The epochs to keep; None for all, if early stopping makes the number unknown."""
    n_epochs = int(network.epochs)
    if isinstance(epochs, str) or not np.iterable(epochs):
        if not is_integer(epochs) or epochs < 1:
            raise ValueError(
                "epochs must be an int of at least 1, how many to draw, or a list of "
                f"epochs. Received {epochs!r}. Use 6, say, or [1, 5, 20]."
            )
        if network.early_stopping:
            return None
        return set(_spread(n_epochs, int(epochs)))
    chosen = set(epochs)
    if not chosen or not chosen <= set(range(1, n_epochs + 1)):
        raise ValueError(
            f"epochs must be some of 1 to {n_epochs}, the epochs of the estimator. "
            f"Received epochs={list(epochs)}. Raise the estimator's epochs, or choose "
            "others."
        )
    return chosen


def _plane(estimator, X, layer):
    """The layer's name and its outputs."""
    name = _plane_layer(network_estimator(estimator), layer)
    return name, layer_outputs(estimator, X, name)[name]


def _plane_layer(network, layer):
    """The name of the layer, which must have two units."""
    shapes = network.summary()["output_shape"].to_dict()
    if layer is None:
        names = [name for name in list(shapes)[:-1] if shapes[name] == (2,)]
    else:
        names = chosen_names(network.network_.spec, layer)
    if not names or shapes[names[-1]] != (2,):
        raise ValueError(
            f"layer must be one of two units. Received layer={layer!r} and a network "
            f"whose layers give {shapes}. Give the network such a layer, as with "
            "hidden_layer_sizes=(64, 2)."
        )
    return names[-1]


def _scores(estimators, X, y):
    """Accuracies or R2; None if the estimators do not predict y."""
    scores = [_score(estimator, X, y) for estimator in estimators]
    return None if None in scores else scores


def _score(estimator, X, y):
    # Not estimator.score, which in a search may be any measure.
    network = network_estimator(estimator)
    predicted = read_labels(network, estimator.predict(X))
    if predicted.shape != y.shape:
        return None
    if is_regressor(network):
        return r2_score(y, predicted)
    has_labels = is_classifier(network) and np.isin(y, network.classes_).all()
    return accuracy_score(y, predicted) if has_labels else None


def _classes(estimator, y):
    """The labels, or None for continuous targets."""
    if is_regressor(estimator) or type_of_target(y).startswith("continuous"):
        return None
    return np.unique(y)

"""NetworkDisplay: the nodes and weights of a small dense network."""

import numpy as np
import pandas as pd

from skdeep._compat import _num_samples, check_matplotlib_support
from skdeep.inspection import forward_trace
from skdeep.inspection._fitted import network_and_steps_before
from skdeep.plotting._images import largest

# Lengths are in distances between two nodes: the gap beside a node, the font size.
_NODE, _NAMES = 0.5, 0.3
# Standardised values are darkest at this many standard deviations.
_DARKEST = 2
# Layers of a trace that are drawn in place of others, not in columns of their own.
_EXTRA_LAYERS = "standardized_input", "rescaled_output"


class NetworkDisplay:
    """A dense network as nodes in columns and weights between them.

    Lines of weights are red above zero and blue below. The larger a weight is compared
    with the other weights of its layer, the wider and darker is its line. With a
    sample, the nodes show its activations, the first column its features. Nodes are red
    above zero and blue below. Probabilities are darkest at 1, standardised values at
    two standard deviations from the mean, and other columns at their largest value.
    Make it with :meth:`from_estimator`.

    Parameters
    ----------
    kernels : list of ndarray of shape (n_inputs, n_units)
        One per layer, with batch normalisation folded in.
    activations : list of ndarray of shape (n_nodes,), default=None
        One per column, the features first.
    shades : list of ndarray of shape (n_nodes,), default=None
        The colours of the nodes, from -1 (blue) to 1 (red). None divides each column by
        its largest activation.
    feature_names, output_names : list of str, default=None
        Names beside the nodes of the first and the last column.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib LineCollection
        The weights of each layer.
    nodes_ : list of list of matplotlib Circle
        The nodes of each column, from the top.

    See Also
    --------
    FilterDisplay : The kernels of a convolution.
    forward_trace : The numbers of one prediction, step by step.

    Examples
    --------
    >>> from skdeep import DenseRegressor, NetworkDisplay
    >>> kernels = [[[3, 1], [3, 5]], [[2], [-1]]]
    >>> network = DenseRegressor.from_weights(kernels, activation="linear")
    >>> display = NetworkDisplay.from_estimator(network, [-1.0, 2.0])
    >>> [values.tolist() for values in display.activations]
    [[-1.0, 2.0], [3.0, 9.0], [-3.0]]
    """

    def __init__(
        self,
        kernels,
        *,
        activations=None,
        shades=None,
        feature_names=None,
        output_names=None,
    ):
        self.kernels = kernels
        self.activations = activations
        self.shades = shades
        self.feature_names = feature_names
        self.output_names = output_names

    @classmethod
    def from_estimator(
        cls, estimator, x=None, *, feature_names=None, max_nodes=32, ax=None
    ):
        """Draw a fitted dense network.

        Parameters
        ----------
        estimator : object
            A fitted dense network, a pipeline that ends with one or a search over one.
        x : array-like of shape (n_features,) or (1, n_features), default=None
            One sample, whose activations to draw; also a sparse row.
        feature_names : list of str, default=None
            None takes the names that the network has seen in ``fit``, or the names that
            a pipeline's steps before it give, if any.
        max_nodes : int, default=32
            Networks with wider layers or more features are refused: nobody could read
            the picture.
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display : NetworkDisplay

        Raises
        ------
        ValueError
            If a layer has more than ``max_nodes`` nodes.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inner, before = network_and_steps_before(estimator)
        spec = inner.network_.spec
        if spec.dense_layer_names is None:
            raise TypeError(
                "estimator must be a dense network: DenseClassifier or "
                f"DenseRegressor without network=. Received {inner!r}. Of others draw "
                "FilterDisplay or FeatureMapDisplay."
            )
        _check_sizes(spec, max_nodes)
        if feature_names is None:
            feature_names = _names_in_fit(inner, before)
        drawn = {} if x is None else _activations_and_shades(estimator, x, spec)
        return cls(
            inner.coefs_,
            feature_names=_names(feature_names, spec.input_shape[0]),
            output_names=_output_names(inner, spec.units),
            **drawn,
        ).plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        self : object
            The display.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt

        sizes = [self.kernels[0].shape[0], *(k.shape[1] for k in self.kernels)]
        tallest = max(sizes)
        distance = max(3.0, tallest / 4)
        left, right = self._room_for_names()
        limits = -0.6 - left, distance * (len(sizes) - 1) + 0.6 + right
        if ax is None:
            inches = 0.5 if tallest <= 12 else 0.36
            size = inches * (limits[1] - limits[0]), inches * (tallest + 1)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        places = [_column(n, distance * i, tallest) for i, n in enumerate(sizes)]
        top = max(column[:, 1].max() for column in places) + 0.9
        ax.set_axis_off()
        ax.set(xlim=limits, ylim=(0.4 - tallest, top + 0.3), aspect="equal")
        pairs = zip(self.kernels, places, places[1:], strict=False)
        self.lines_ = [self._draw_weights(*pair) for pair in pairs]
        self.nodes_ = [self._draw_nodes(i, xy) for i, xy in enumerate(places)]
        self._label(places, top)
        return self

    def _room_for_names(self):
        """The room for names left and right, in distances between two nodes."""
        for names in (self.feature_names, self.output_names):
            yield 0.6 * _NAMES * max(map(len, names), default=0) if names else 0

    def _font_size(self, share, largest_size):
        """A font size in points, for a share of the distance between two nodes."""
        box, ax = self.ax_.get_window_extent(), self.ax_
        units = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
        pixels = min(box.width / units[0], box.height / units[1])
        points = 72 * pixels / self.figure_.dpi
        return float(np.clip(share * points, 3, largest_size))

    def _draw_weights(self, kernel, left, right):
        from matplotlib.collections import LineCollection

        segments = [(a, b) for a in left for b in right]
        size = kernel.ravel() / largest(kernel)
        lines = LineCollection(
            segments,
            colors=_shades(size),
            linewidths=0.3 + 2.7 * np.abs(size) * min(1, 64 / size.size) ** 0.5,
            zorder=1,
        )
        return self.ax_.add_collection(lines)

    def _draw_nodes(self, column, places):
        from matplotlib.patches import Circle

        values, colors = [None] * len(places), ["white"] * len(places)
        if self.activations is not None:
            values = self.activations[column]
            shades = self.shades[column] if self.shades else values / largest(values)
            colors = _shades(0.8 * np.asarray(shades))
        nodes = []
        for place, value, color in zip(places, values, colors, strict=True):
            circle = Circle(place, 0.4, facecolor=color, edgecolor="0.2", zorder=2)
            nodes.append(self.ax_.add_patch(circle))
            if value is not None:
                size = self._font_size(0.25, 9)
                ink = _text_color(color)
                self._write(place, _number(value), color=ink, fontsize=size)
        return nodes

    def _label(self, places, top):
        size = self._font_size(_NAMES, 9)
        names = ["input"]
        names += [f"dense_{number}" for number in range(1, len(places) - 1)]
        for name, column in zip([*names, "output"], places, strict=True):
            self._write((column[0, 0], top), name, fontsize=size)
        for name, (x, y) in zip(self.feature_names or (), places[0], strict=False):
            self._write((x - _NODE, y), f"{name} ", ha="right", fontsize=size)
        for name, (x, y) in zip(self.output_names or (), places[-1], strict=False):
            self._write((x + _NODE, y), f" {name}", ha="left", fontsize=size)

    def _write(self, place, text, *, ha="center", **options):
        self.ax_.text(*place, text, ha=ha, va="center", zorder=3, **options)


def _check_sizes(spec, max_nodes):
    sizes = [spec.input_shape[0], *spec.hidden_layer_sizes, spec.units]
    if max(sizes) > max_nodes:
        raise ValueError(
            f"NetworkDisplay draws layers of at most max_nodes={max_nodes} nodes. "
            f"Received a network of {sizes}. Fit one with fewer features or smaller "
            "hidden_layer_sizes, or raise max_nodes."
        )


def _activations_and_shades(estimator, x, spec):
    """Activations and colours of each column: the features, then the layers."""
    x = _one_row(x)
    trace = forward_trace(estimator, x)
    layers = trace.groupby("layer", observed=True)["activation"]
    values = {name: column.to_numpy() for name, column in layers}
    shades = {name: column / largest(column) for name, column in values.items()}
    if spec.output in ("sigmoid", "softmax"):
        shades["output"] = values["output"]
    # Features have different units, so their standardised values decide on the colour.
    for name, standardized in _standardized_columns(values).items():
        shades[name] = np.clip(standardized / _DARKEST, -1, 1)
    values["output"] = values.get("rescaled_output", values["output"])
    names = [name for name in values if name not in _EXTRA_LAYERS]
    return {
        "activations": [values[name] for name in names],
        "shades": [shades[name] for name in names],
    }


def _standardized_columns(values):
    columns = {}
    if "standardized_input" in values:
        columns["input"] = values["standardized_input"]
    if "rescaled_output" in values:
        columns["output"] = values["output"]
    return columns


def _one_row(x):
    """``x`` as a table of one row, which keeps the names of columns."""
    if isinstance(x, pd.Series):
        row = x.to_frame().T.infer_objects()
    else:
        row = x if np.ndim(x) == 2 else np.atleast_2d(x)
    if _num_samples(row) != 1:
        raise ValueError(
            "x must be one sample, of shape (n_features,) or (1, n_features). Received "
            f"shape {np.shape(x)}. Pass one row."
        )
    return row


def _names_in_fit(inner, before):
    """The features' names after the steps before the network, or None."""
    if hasattr(inner, "feature_names_in_"):
        return inner.feature_names_in_
    if not before or not hasattr(before[0], "feature_names_in_"):
        return None
    names = None
    for steps in before:
        try:
            names = steps.get_feature_names_out(names)
        except AttributeError:  # a step has no get_feature_names_out
            return None
    return names


def _names(names, n_features):
    if names is None:
        return None
    if len(names) != n_features:
        raise ValueError(
            f"feature_names must hold {n_features} names. Received {len(names)}."
        )
    return [str(name) for name in names]


def _output_names(estimator, units):
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return None
    return [str(label) for label in (classes if units > 1 else classes[-1:])]


def _column(n_nodes, x, tallest):
    """Centres of the nodes from the top; the column is centred vertically."""
    y = -np.arange(n_nodes) - (tallest - n_nodes) / 2
    return np.column_stack([np.full(n_nodes, x), y])


def _number(value):
    """A number in about six characters."""
    size = abs(value)
    if size < 0.01:
        return f"{value:.3f}" if size >= 0.0005 else "0"
    return f"{value:.2g}" if size < 100 else f"{value:.0f}"


def _shades(sizes):
    """Red above zero, blue below: white at zero, dark at -1 and 1."""
    import matplotlib as mpl

    return mpl.colormaps["RdBu_r"](0.5 + np.asarray(sizes, float) / 2)


def _text_color(color):
    """Black or white, whichever is read more easily on ``color``."""
    return "white" if np.dot(color[:3], [0.3, 0.6, 0.1]) < 0.5 else "black"

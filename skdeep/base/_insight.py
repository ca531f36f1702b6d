"""The history, the layers and the weights of fitted networks."""

import html
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.networks import Weights
from skdeep.training import History

_SCORES = "val_accuracy", "val_r2_score"
_SIDE_BY_SIDE = "display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start"
_STYLE = (
    "border-collapse:collapse;margin:.5em 0;font-family:monospace;font-size:.9em",
    "border:1px solid #8884;padding:.2em .6em;text-align:right",
)


class NetworkInsight:
    """Public attributes and methods about a fitted network.

    The estimator must have ``network_`` and ``_history``, the records of all epochs.
    """

    @property
    def history_(self):
        """A DataFrame with a row per epoch: ``loss``, metrics and ``val_...``."""
        return History(self._records("history_")).frame()

    @property
    def n_iter_(self):
        """Number of trained epochs: scikit-learn's name for ``n_epochs_``."""
        return len(self._records("n_iter_"))

    @property
    def loss_curve_(self):
        """The training loss of each epoch, a list of float."""
        return [record["loss"] for record in self._records("loss_curve_")]

    @property
    def loss_(self):
        """The training loss of the last epoch; None if there was no epoch."""
        losses = [record["loss"] for record in self._records("loss_")]
        return losses[-1] if losses else None

    @property
    def best_loss_(self):
        """The lowest training loss; None with validation data, as in scikit-learn."""
        records = self._records("best_loss_")
        if not records or any("val_loss" in record for record in records):
            return None
        return float(np.nanmin([record["loss"] for record in records]))

    @property
    def validation_scores_(self):
        """The validation score of each epoch, or None without validation data.

        It is the accuracy or R2 if ``metrics`` has it, else the validation loss times
        -1, as in HistGradientBoosting.
        """
        records = self._records("validation_scores_")
        records = [record for record in records if "val_loss" in record]
        if not records:
            return None
        for name in _SCORES:
            if all(name in record for record in records):
                return [record[name] for record in records]
        return [-record["val_loss"] for record in records]

    @property
    def best_validation_score_(self):
        """The highest of ``validation_scores_``; None without validation data."""
        self._require("best_validation_score_")
        scores = self.validation_scores_
        return None if scores is None else float(np.nanmax(scores))

    def _records(self, attribute):
        self._require(attribute)
        return self._history

    def _require(self, attribute):
        if not self._is_fitted:
            raise AttributeError(
                f"{type(self).__name__} has no attribute {attribute!r} before fit."
            )

    def summary(self):
        """The layers in a table.

        Returns
        -------
        summary : DataFrame
            A row per layer, with its name as index. ``output_shape`` is the shape for
            one sample, with None for steps if sequences differ in length.
            ``parameters`` is the number of weights, ``trainable`` the number of weights
            that training changes. ``flops`` are the floating-point operations of the
            layer's products for one sample, two per multiply-add. Biases, activations,
            poolings and normalisations do not count. If sequences differ in length,
            ``flops`` are those of one step.

        Examples
        --------
        >>> from skdeep import DenseRegressor
        >>> network = DenseRegressor.from_weights([[[3, 1], [3, 5]], [[2], [-1]]])
        >>> network.summary()["parameters"].to_dict()
        {'dense_1': 6, 'output': 3}
        """
        import pandas as pd

        from skdeep.networks._named import named_network

        check_is_fitted(self)
        rows = []
        for layer in named_network(self.network_.spec).layers:
            variables = layer.variables.values()
            sizes = [(int(np.prod(v.shape)), v.trainable) for v in variables]
            row = {
                "layer": layer.name,
                "output_shape": tuple(layer.output.shape[1:]),
                "parameters": sum(size for size, _ in sizes),
                "trainable": sum(size for size, trainable in sizes if trainable),
                "flops": layer.flops,
            }
            rows.append(row)
        return pd.DataFrame(rows).set_index("layer")

    def get_weights(self):
        """The network's arrays by name.

        Returns
        -------
        weights : dict of str to ndarray
            Copies, by names like ``dense_1/kernel`` and ``output/bias``, in the order
            of the layers, with Keras's names and shapes.
        """
        from skdeep.networks._named import values_by_layer

        check_is_fitted(self)
        values = values_by_layer(self.network_.spec, self.network_.weights)
        return {name: np.array(value) for name, value in values.items()}

    def set_weights(self, weights):
        """Replace arrays of the network.

        The state of the optimiser is reset: ``warm_start`` and ``partial_fit`` go on
        with a new optimiser.

        Parameters
        ----------
        weights : dict of str to array-like
            Some or all of the arrays that :meth:`get_weights` names, of equal shapes.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        TypeError
            If ``weights`` is no dict.
        ValueError
            If a name is unknown, a shape differs, a value is not finite, or a variance
            is negative.
        """
        from skdeep.networks._named import with_new_values

        own = self.get_weights()
        if not isinstance(weights, Mapping):
            raise TypeError(
                "weights must be a dict of arrays by name, as get_weights gives it. "
                f"Received {type(weights).__name__}. "
                "dict(zip(est.get_weights(), arrays)) names a list of them."
            )
        new = {}
        for name, value in weights.items():
            if name not in own:
                raise ValueError(
                    f"weights must be some of {list(own)}. Received {name!r}."
                )
            with np.errstate(over="ignore"):  # infinite values are refused below
                new[name] = np.array(value, dtype=own[name].dtype)
            if new[name].shape != own[name].shape:
                raise ValueError(
                    f"{name} must have shape {own[name].shape}. Received shape "
                    f"{new[name].shape}."
                )
            if not np.isfinite(new[name]).all():
                raise ValueError(
                    f"weights must be finite. Received NaN or infinity in {name}."
                )
            if name.endswith("variance") and (new[name] < 0).any():
                raise ValueError(
                    f"{name} must not be negative. Received {new[name].min()}."
                )
        before = self.network_
        lists = with_new_values(before.spec, before.weights, new)
        self.network_ = replace(before, weights=Weights(*lists))
        self._kept_epoch = 0
        self.__dict__.pop("_model", None)
        return self

    def _html_repr(self):
        diagram = super()._html_repr()
        if not self.__sklearn_is_fitted__():
            return diagram
        return (
            f'<div style="{_SIDE_BY_SIDE}"><div>{diagram}</div>'
            f"<div>{_as_html(self.summary())}</div></div>"
        )


def _as_html(summary):
    """The summary as an HTML table."""
    table, cell = _STYLE
    head = "".join(
        f'<th style="{cell}">{html.escape(name.replace("_", " "))}</th>'
        for name in ("layer", *summary.columns)
    )
    body = ""
    for name, row in summary.iterrows():
        cells = [name, *row]
        body += "<tr>"
        body += "".join(f'<td style="{cell}">{_text(value)}</td>' for value in cells)
        body += "</tr>"
    total = f"{summary['parameters'].sum():,}"
    return (
        f"<details open><summary>Network of {total} parameters</summary>"
        f'<table style="{table}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></details>"
    )


def _text(value):
    if isinstance(value, tuple):
        return " &times; ".join("any" if n is None else str(n) for n in value)
    if isinstance(value, str):
        return html.escape(value)
    return f"{value:,}"

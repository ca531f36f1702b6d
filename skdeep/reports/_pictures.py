"""Figures of a report: curves, confusion matrix, residuals, single samples."""

import io

import numpy as np
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PredictionErrorDisplay,
    classification_report,
    confusion_matrix,
)

from skdeep.plotting import HistoryDisplay
from skdeep.reports._page import drawn, picture, table

_MOST_WRITTEN_CLASSES = 15
MOST_CLASSES = 60
_MOST_OUTPUTS = 4
_LONGEST_LABEL = 20


def curves(estimator):
    """The loss and each metric over the epochs."""
    history = estimator.history_
    if not len(history):
        return "<p>None: the network was not trained here.</p>"
    parts = []
    # One picture each: in a common picture they would be too small on a phone.
    for name in dict.fromkeys(column.removeprefix("val_") for column in history):
        figure, ax = _figure(4.4, 2.9)
        HistoryDisplay.from_estimator(estimator, ax=ax, metrics=[name])
        parts.append(picture(drawn(figure), f"{name} over the epochs"))
    return _side_by_side(parts)


def by_label(y, predicted):
    """Precision and recall of each label."""
    scores = classification_report(y, predicted, output_dict=True, zero_division=0)
    scores = {label: row for label, row in scores.items() if isinstance(row, dict)}
    header = ["label", *next(iter(scores.values()))]
    rows = [[label, *row.values()] for label, row in scores.items()]
    return table(header, rows, numbers=True)


def confusion(y, predicted, classes):
    """Classes against predicted classes."""
    written = len(classes) <= _MOST_WRITTEN_CLASSES
    side = np.clip(1.5 + 0.38 * len(classes), 3.5, 8)
    figure, ax = _figure(side, side)
    counts = confusion_matrix(y, predicted, labels=classes)
    labels = [_plain(label) for label in classes]
    ConfusionMatrixDisplay(counts, display_labels=labels).plot(
        ax=ax,
        cmap="Blues",
        colorbar=False,
        include_values=written,
        xticks_rotation="vertical" if max(map(len, labels)) > 3 else "horizontal",
    )
    drawing = picture(drawn(figure), "confusion matrix")
    # With many classes the picture scrolls, so that its labels stay readable.
    return f'<figure class="{"" if written else "wide large"}">{drawing}</figure>'


def residuals(y, predicted):
    """Targets and residuals against predictions, for each output."""
    columns = [part.reshape(len(y), -1) for part in (y, predicted)]
    n_outputs = columns[0].shape[1]
    parts = []
    for number in range(min(n_outputs, _MOST_OUTPUTS)):
        name = f"output {number}" if n_outputs > 1 else ""
        pair = [values[:, number] for values in columns]
        for kind in ("actual_vs_predicted", "residual_vs_predicted"):
            parts.append(_errors(*pair, kind, name))
    content = _side_by_side(parts)
    if n_outputs > _MOST_OUTPUTS:
        content += f"<p>The first {_MOST_OUTPUTS} of {n_outputs} outputs.</p>"
    return content


def _errors(y, predicted, kind, name):
    figure, ax = _figure(4.2, 3.8)
    display = PredictionErrorDisplay(y_true=y, y_pred=predicted)
    display.plot(ax=ax, kind=kind, scatter_kwargs={"alpha": 0.5, "s": 12})
    ax.set_title(name)
    if kind == "actual_vs_predicted":
        ax.tick_params("x", rotation=30)  # sklearn's ticks have many digits
    return picture(drawn(figure), f"{kind.replace('_', ' ')} {name}".strip())


def _side_by_side(parts):
    figures = "".join(f"<figure>{part}</figure>" for part in parts)
    return f'<div class="charts">{figures}</div>'


def image(values, alt):
    """One image of shape (height, width, channels), its values stretched."""
    from matplotlib.image import imsave

    values = np.asarray(values, "float64")
    if values.shape[-1] not in (1, 3):
        values = values.mean(axis=-1, keepdims=True)
    low, high = values.min(), values.max()
    values = (values - low) / max(high - low, 1e-30)
    file = io.BytesIO()
    values = np.repeat(values, 3, axis=-1) if values.shape[-1] == 1 else values
    imsave(file, values, format="png")
    return picture(file.getvalue(), alt, pixels=max(values.shape[:2]) < 96)


def sequence(values, alt):
    """One sequence of shape (steps, channels)."""
    figure, ax = _figure(2.6, 1.8)
    ax.plot(values, linewidth=1)
    ax.tick_params(labelsize=7)
    return picture(drawn(figure), alt)


def _figure(width, height):
    """A figure and its axes, without pyplot's state."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), layout="constrained")
    return figure, figure.subplots()


def _plain(label):
    """Text that matplotlib does not take for mathematics, shortened."""
    label = str(label)
    if len(label) > _LONGEST_LABEL:
        label = label[: _LONGEST_LABEL - 1] + "…"
    return label.replace("$", r"\$")

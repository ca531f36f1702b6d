"""Early stopping: the best epoch, and when to stop."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class StoppingRule:
    """The settings of early stopping.

    Attributes
    ----------
    monitor : str
        The column of the history to watch.
    min_delta : float
        The least improvement that counts for ``patience``.
    patience : int or None
        Epochs without such an improvement after which training stops; None never stops.
    before : dict
        The history's record of the epoch whose weights an earlier fit has kept.
    """

    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int | None = 10
    before: dict = field(default_factory=dict)


class EarlyStopping:
    """Remembers the best state and says when to stop.

    Parameters
    ----------
    rule : StoppingRule
    metrics : list of keras.metrics.Metric
        Columns of the history beside the loss.
    validated : bool
        Whether there are validation data.

    Attributes
    ----------
    best_state : object or None
    best_epoch : int
        The epoch of this state, from one; zero if it comes from an earlier fit.
    """

    def __init__(self, rule, metrics, validated):
        self._rule = rule
        self._sign = _sign(rule.monitor, metrics, validated)
        self._best = self._reference = -math.inf
        self._epochs = self._waited = 0
        self.best_state, self.best_epoch = None, 0

    def begin(self, record, state):
        """Start with the state that an earlier fit has kept."""
        if math.isfinite(record.get(self._rule.monitor, math.nan)):
            self._best = self._reference = self._sign * record[self._rule.monitor]
            self.best_state = state

    def update(self, record, state):
        """Note an epoch; returns whether to stop."""
        self._epochs += 1
        score = self._sign * record[self._rule.monitor]
        if score > self._best:
            self._best, self.best_state, self.best_epoch = score, state, self._epochs
        if score > self._reference + self._rule.min_delta:
            self._reference, self._waited = score, 0
            return False
        self._waited += 1
        patience = self._rule.patience
        return patience is not None and self._waited >= patience


def _sign(monitor, metrics, validated):
    """1 if larger values are better, -1 if smaller ones are."""
    directions = {"loss": "down"}
    directions |= {m.name: getattr(m, "_direction", None) for m in metrics}
    if validated:
        directions |= {f"val_{name}": up for name, up in directions.items()}
    if monitor not in directions:
        raise ValueError(
            f"early_stopping watches a column of history_, which has "
            f"{sorted(directions)}. Received monitor={monitor!r}. Add the metric to "
            "metrics; names that begin with 'val_' need validation data."
        )
    if directions[monitor] is None:
        raise ValueError(
            "early_stopping asks a Keras metric whether larger values are better. "
            f"Received monitor={monitor!r}, which does not say so. Watch another "
            "column, or use keras.callbacks.EarlyStopping with mode= in callbacks."
        )
    return 1 if directions[monitor] == "up" else -1

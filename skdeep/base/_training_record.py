"""What a fit has recorded: the history, and scikit-learn's names for parts of it."""

import numpy as np

from skdeep.training import History

_SCORES = "val_accuracy", "val_r2_score"


class TrainingRecord:
    """Needs ``network_`` and ``_history``, the records of all epochs."""

    @property
    def history_(self):
        """A DataFrame with a row per epoch: ``loss``, metrics and ``val_...``."""
        return History(self._records("history_")).frame()

    @property
    def n_iter_(self):
        """Epochs trained: scikit-learn's name of ``n_epochs_``."""
        return len(self._records("n_iter_"))

    @property
    def loss_curve_(self):
        """The training loss of each epoch, a list of float."""
        return [record["loss"] for record in self._records("loss_curve_")]

    @property
    def loss_(self):
        """The training loss of the last epoch; None without any."""
        losses = [record["loss"] for record in self._records("loss_")]
        return losses[-1] if losses else None

    @property
    def best_loss_(self):
        """The lowest training loss; None with validation data, which chose instead."""
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
        """The highest of ``validation_scores_``; None without any."""
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

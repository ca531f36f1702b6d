"""The history: loss and metrics of each epoch."""

import numpy as np


def lists_by_name(records):
    """A list of values for each name, as in ``keras.callbacks.History``.

    Parameters
    ----------
    records : list of dict
        One for each epoch; some may have more names than others.
    """
    history = {}
    for record in records:
        for name, value in record.items():
            history.setdefault(name, []).append(value)
    return history


class History:
    """One dict per epoch, with Keras's names of the loss and the metrics.

    Parameters
    ----------
    records : list of dict, optional
        The epochs of earlier fits, if this fit continues them.
    """

    def __init__(self, records=()):
        self.records = [dict(record) for record in records]

    def append(self, record):
        self.records.append(record)

    def __len__(self):
        return len(self.records)

    @property
    def best_epoch(self):
        """The epoch, from one, with the lowest validation loss; else the last epoch."""
        losses = [record.get("val_loss", np.nan) for record in self.records]
        if np.all(np.isnan(losses)):
            return len(self.records)
        return int(np.nanargmin(losses)) + 1

    def frame(self):
        """A DataFrame with a row per epoch; its index ``epoch`` starts at one."""
        import pandas as pd

        index = pd.RangeIndex(1, len(self.records) + 1, name="epoch")
        return pd.DataFrame(self.records, index=index)

"""Early stopping on the validation loss."""

import numpy as np


class EarlyStopping:
    """Remembers the best state and says when to stop.

    Parameters
    ----------
    patience : int
        Epochs without a lower validation loss before training stops.
    """

    def __init__(self, patience):
        self.patience = patience
        self.best_loss = np.inf
        self.best_state = None
        self._waited = 0

    def update(self, loss, state):
        """Take in an epoch; returns whether to stop."""
        if loss < self.best_loss:
            self.best_loss, self.best_state, self._waited = loss, state, 0
            return False
        self._waited += 1
        return self._waited >= self.patience

"""Prints the progress of the fits inside of ``fuse()``."""

import threading
import time

_SECONDS_BETWEEN_LINES = 2.0


class Progress:
    """Counts fits and epochs, and prints a line every two seconds.

    Parameters
    ----------
    shown : bool
        Whether to print at all.
    """

    def __init__(self, shown):
        self._shown = shown
        self._lock = threading.Lock()
        self._begun = self._ended = self._expected = 0
        self._in_training = {}
        self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES

    def update(self, group, epochs, waiting):
        """Note the progress of a group of networks.

        Parameters
        ----------
        group : hashable
            A key of the group.
        epochs : list of int
            The number of completed epochs of each of its networks.
        waiting : int
            The number of fits that wait for their turn.
        """
        with self._lock:
            self._in_training[group] = epochs
            if self._shown and time.monotonic() >= self._next_line:
                self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
                print(self._line(waiting), flush=True)

    def expect(self, change):
        """Change the number of tasks that may still bring a fit."""
        with self._lock:
            self._expected += change

    def begin_fit(self):
        """Count a fit that waits or trains."""
        with self._lock:
            self._begun += 1

    def end_fit(self):
        """Count a fit that has its result."""
        with self._lock:
            self._ended += 1

    def close(self):
        """Print the last line."""
        if self._shown:
            self._in_training.clear()
            print(self._line(0), flush=True)

    def _line(self, waiting):
        epochs = [number for group in self._in_training.values() for number in group]
        n_fits = self._begun + self._expected
        line = f"fuse: {self._ended} of {n_fits} fits done"
        if epochs:
            first, last = min(epochs), max(epochs)
            line += f", {len(epochs)} in training at epochs {first} to {last}"
        if waiting:
            line += f", {waiting} waiting"
        return line

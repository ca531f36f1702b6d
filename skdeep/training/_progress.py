"""How far the fits inside of ``fuse()`` are."""

import threading
import time

_SECONDS_BETWEEN_LINES = 2.0


class Progress:
    """Prints now and then how far all fits are together.

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

    def update(self, tile, epochs, waiting):
        """Take in what a tile trains.

        Parameters
        ----------
        tile : hashable
            Names the tile.
        epochs : list of int
            How many epochs each of its networks has behind it.
        waiting : int
            How many fits wait for their turn.
        """
        with self._lock:
            self._in_training[tile] = epochs
            if self._shown and time.monotonic() >= self._next_line:
                self._next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
                print(self._line(waiting), flush=True)

    def expect(self, change):
        """So many more tasks, or fewer, may still bring a fit."""
        with self._lock:
            self._expected += change

    def begin_fit(self):
        """A fit has come."""
        with self._lock:
            self._begun += 1

    def end_fit(self):
        """A fit has got its result."""
        with self._lock:
            self._ended += 1

    def close(self):
        """Print the last line."""
        if self._shown:
            self._in_training.clear()
            print(self._line(0), flush=True)

    def _line(self, waiting):
        epochs = [number for tile in self._in_training.values() for number in tile]
        n_fits = self._begun + self._expected
        line = f"fuse: {self._ended} of {n_fits} fits done"
        if epochs:
            first, last = min(epochs), max(epochs)
            line += f", {len(epochs)} in training at epochs {first} to {last}"
        if waiting:
            line += f", {waiting} waiting"
        return line

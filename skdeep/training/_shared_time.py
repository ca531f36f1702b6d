"""Measures the training time of each of several networks that are trained together."""

import time


class SharedTime:
    """A clock for n networks: a second for all is 1/n of a second for each."""

    def __init__(self):
        self._passed, self._since, self._n = 0.0, time.monotonic(), 1

    def now(self):
        """The time in seconds; a difference of two times is one network's share."""
        return self._passed + (time.monotonic() - self._since) / self._n

    def share(self, n):
        """Let ``n`` networks share the time from now on."""
        self._passed, self._since = self.now(), time.monotonic()
        self._n = max(1, n)

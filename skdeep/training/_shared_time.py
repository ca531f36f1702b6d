"""How long each of several networks has taken that are trained at once."""

import time


class SharedTime:
    """A clock for n networks at once: a second for all is 1/n of a second for each."""

    def __init__(self):
        self._passed, self._since, self._n = 0.0, time.monotonic(), 1

    def now(self):
        """Seconds that one network has taken so far."""
        return self._passed + (time.monotonic() - self._since) / self._n

    def share(self, n):
        """From now on, ``n`` networks share the time."""
        self._passed, self._since = self.now(), time.monotonic()
        self._n = max(1, n)

"""Trains the networks of one estimator, outside of ``fuse()``, on all cores."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from joblib import cpu_count

from skdeep.training._scheduler import Ticket, interrupt, wait_for


class _NoScheduler:
    """What tickets need of a scheduler, where there is none."""

    aborted = False
    alive = True
    calling = staticmethod(contextlib.nullcontext)

    @staticmethod
    def withdraw(ticket):
        return False


def train_on_all_cores(jobs, optimizers):
    """Train ``jobs``; returns an :class:`Outcome` for each.

    Each network is computed as if it were alone. Rounding depends on which networks are
    fused, and that depends on earlier fits and on the number of cores. So the same
    ``random_state`` gives the same networks.
    """
    from skdeep.training._fused import TrainingGroup

    fits = zip(jobs, optimizers, strict=True)
    tickets = [Ticket(*fit, _NoScheduler) for fit in fits]
    n_groups = min(len(tickets), cpu_count())

    def train(group):
        TrainingGroup(lambda free: [], lambda epochs: None, fuses=False).train(group)

    with ThreadPoolExecutor(n_groups) as executor:
        try:
            for first in range(n_groups):
                executor.submit(train, tickets[first::n_groups])
        except BaseException:
            interrupt(tickets)
            raise
        return wait_for(tickets)

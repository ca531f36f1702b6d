"""Trains the networks of one estimator together, outside of ``fuse()``."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from joblib import cpu_count

from skdeep.training._scheduler import Ticket, wait_for


class _Alone:
    """Stands for the scheduler of tickets whose groups are fixed from the start.

    A scheduler forms groups of the fits that happen to wait at the same time. Rounding
    depends on the groups, so an estimator with several networks fixes its own: then the
    same ``random_state`` gives the same networks.
    """

    aborted = False
    alive = True

    calling = staticmethod(contextlib.nullcontext)

    @staticmethod
    def withdraw(ticket):
        return False


def train_groups(jobs, optimizers):
    """Train ``jobs``, on all cores; returns an :class:`Outcome` for each."""
    from skdeep.training._fused import TrainingGroup

    fits = zip(jobs, optimizers, strict=True)
    tickets = [Ticket(*fit, _Alone) for fit in fits]
    n_groups = min(len(tickets), cpu_count())

    def train(group):
        TrainingGroup(lambda free: [], lambda epochs: None).train(group)

    with ThreadPoolExecutor(n_groups) as executor:
        for first in range(n_groups):
            executor.submit(train, tickets[first::n_groups])
        return wait_for(tickets)

"""Collects the fits that wait at the same time and trains them together.

Why nothing can hang:

* A fit waits for its ticket only, and only worker threads settle tickets. Workers
  never wait for a ticket: what a worker itself fits (in a callback, say) is trained
  on the spot. So no circle of waiting exists, at any depth of nesting.
* Workers take tickets after at most ``_QUIET`` seconds without a new one, whatever
  the count of running tasks says; the count only lets them start sooner.
* Every ticket that a worker has taken is settled by it: with an outcome, or with the
  error that stopped it. Closing settles the rest.
* Every wait has a time-out, after which the reason for waiting is looked at again.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict, deque

from joblib import cpu_count

from skdeep.training._progress import Progress

# Seconds without a new fit after which those that wait are trained.
_QUIET = 0.03
_LOOK_AGAIN = 1.0
_here = threading.local()
_active = None
_active_lock = threading.Lock()


def _in_task():
    return getattr(_here, "tasks", 0) > 0


def active_scheduler():
    """The scheduler that fits of this thread go to, or None."""
    return None if getattr(_here, "worker", False) else _active


@contextlib.contextmanager
def scheduling(width=None, verbose=0):
    """Send the fits of all threads to one scheduler; inner uses share the outer's.

    Parameters
    ----------
    width : int or None
        How many fits may wait before training starts.
    verbose : int
        Whether to print how far the fits are.
    """
    scheduler = acquire(width, verbose)
    try:
        yield scheduler
    except BaseException:
        scheduler.abort()
        raise
    finally:
        release(scheduler)


def acquire(width=None, verbose=0):
    """Start the scheduler, or join the one that is at work."""
    global _active
    with _active_lock:
        if _active is None:
            _active = Scheduler(width or default_width(), verbose)
        _active.users += 1
        return _active


def release(scheduler):
    """The counterpart of :func:`acquire`; the last one ends the scheduler."""
    global _active
    with _active_lock:
        scheduler.users -= 1
        last = scheduler.users == 0
        if last:
            _active = None
    if last:
        scheduler.close()


def default_width():
    """Some fits per core, fewer where memory is short."""
    return min(32 * cpu_count(), max(8, _free_memory() // (64 * 2**20)))


def _free_memory():
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 4 * 2**30


class Ticket:
    """A fit that waits to be trained.

    Parameters
    ----------
    job : TrainingJob
    optimizer : OptimizerSpec
    scheduler : Scheduler

    Attributes
    ----------
    key : hashable
        Equal for tickets whose networks can be trained together.
    of_task : bool
        Whether the fit is that of a task that the scheduler counts.
    """

    def __init__(self, job, optimizer, scheduler):
        from skdeep.training._program import template_key

        self.job = job
        self.optimizer = optimizer
        template = template_key(job.spec, job.head, optimizer, job.metrics)
        self.key = template, job.batch_size, job.short
        self.of_task = _in_task()
        self._scheduler = scheduler
        self._interrupted = False
        self._settled = threading.Event()
        self._outcome = None
        self._error = None

    @property
    def interrupted(self):
        """Whether to stop with the epochs so far."""
        return self._interrupted or self._scheduler.aborted

    def resolve(self, outcome):
        self._outcome = outcome
        self._settled.set()

    def fail(self, error):
        if not self._settled.is_set():
            self._error = error
            self._settled.set()

    def wait(self):
        """The outcome; raises what training raised."""
        try:
            self._wait()
        except KeyboardInterrupt:
            # The worker hands back the epochs so far.
            self._interrupted = True
            self._wait()
        if self._error is not None:
            raise self._error
        return self._outcome

    def _wait(self):
        while not self._settled.wait(_LOOK_AGAIN):
            if not self._scheduler.alive:
                self.fail(RuntimeError("fuse() ended while a fit was waiting in it."))


class Scheduler:
    """Worker threads that train what waits.

    Parameters
    ----------
    width : int
        How many fits may wait before training starts.
    verbose : int
        Whether to print how far the fits are.
    """

    def __init__(self, width, verbose=0):
        self.width = width
        self.progress = Progress(verbose > 0)
        self.users = 0
        self.aborted = False
        self._condition = threading.Condition()
        self._waiting = []
        self._last_arrival = 0.0
        self._busy = 0
        self._ready = OrderedDict()
        self._tasks = 0
        self._closing = False
        self._threads = [
            threading.Thread(target=self._work, name=f"skdeep-{i}", daemon=True)
            for i in range(cpu_count())
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self):
        return any(thread.is_alive() for thread in self._threads)

    def train(self, job, optimizer):
        """Train ``job`` with the others; returns its :class:`Outcome`."""
        ticket = Ticket(job, optimizer, self)
        with self._condition:
            accepted = not self._closing
            if accepted:
                self._waiting.append(ticket)
                self._last_arrival = time.monotonic()
                self._condition.notify()
        if not accepted:
            # A thread of the user's that outlives fuse().
            from skdeep.training._loop import train_compiled

            return train_compiled(job, optimizer)
        try:
            with self.resting():
                return ticket.wait()
        finally:
            self.progress.end_fit()

    # Tasks: what else may still bring a fit

    @contextlib.contextmanager
    def task(self):
        """Around a task of joblib: while it runs, its fit may be about to come."""
        _here.tasks = getattr(_here, "tasks", 0) + 1
        self._count(1)
        try:
            yield
        finally:
            _here.tasks -= 1
            self._count(-1)

    @contextlib.contextmanager
    def resting(self):
        """Around what keeps a task from bringing a fit: waiting for others."""
        counted = int(_in_task())
        self._count(-counted)
        try:
            yield
        finally:
            self._count(counted)

    def _count(self, change):
        with self._condition:
            self._tasks += change
            self._condition.notify()

    # Workers

    def _work(self):
        _here.worker = True
        while (key := self._next_key()) is not None:
            from skdeep.training._fused import Tile

            # What went wrong has been told to those who wait.
            with contextlib.suppress(Exception):
                Tile(lambda free, key=key: self._take(key, free), self._report).train()
            with self._condition:
                self._busy -= 1

    def _next_key(self):
        """A template that somebody waits for; None at the end."""
        with self._condition:
            while not self._ready:
                if self._closing:
                    return None
                if not self._waiting:
                    self._condition.wait(_LOOK_AGAIN)
                elif self._complete():
                    self._release_waiting()
                else:
                    self._condition.wait(_QUIET)
            self._busy += 1
            return next(iter(self._ready))

    def _complete(self):
        """Whether no other fit is likely to come soon."""
        if len(self._waiting) >= self.width:
            return True
        if self._tasks == 0 and all(ticket.of_task for ticket in self._waiting):
            return True
        return time.monotonic() - self._last_arrival >= _QUIET

    def _release_waiting(self):
        for ticket in self._waiting:
            self._ready.setdefault(ticket.key, deque()).append(ticket)
        self._waiting.clear()

    def _take(self, key, free):
        """At most ``free`` tickets for a template, a fair share of them at once."""
        with self._condition:
            if self._complete():
                # While all workers are busy, nobody else looks at who waits.
                self._release_waiting()
            tickets = self._ready.get(key, ())
            share = -(-len(tickets) // (1 + len(self._threads) - self._busy))
            taken = [tickets.popleft() for _ in range(min(free, share))]
            if key in self._ready and not tickets:
                del self._ready[key]
            return taken

    def _report(self, epochs):
        with self._condition:
            waiting = len(self._waiting) + sum(map(len, self._ready.values()))
        self.progress.update(threading.get_ident(), epochs, waiting)

    def abort(self):
        """Stop what is in training, with the epochs so far."""
        self.aborted = True

    def close(self):
        """End the workers, once what is in training has ended."""
        with self._condition:
            self._closing = True
            self._release_waiting()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()
        self.progress.close()

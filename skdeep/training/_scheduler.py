"""Collects the fits that wait at the same time and trains them together.

Why nothing can hang:

* A fit waits for its own ticket only, and worker threads settle tickets. A fit that a
  worker starts itself, in a callback, is trained at once in that thread.
* If callbacks wait for the fits of other threads, all workers may stand still. When all
  training threads have been in callbacks for ``_STANDSTILL`` seconds, one ticket that
  no worker has taken is withdrawn. The thread that waits for it trains it. Another
  ticket is withdrawn only when that thread stands still in callbacks as well.
* Workers take tickets at the latest ``_QUIET_IN_TASKS`` seconds after the last one has
  come. The count of running tasks lets them start sooner.
* A worker settles every ticket that it has taken, with an outcome or with an error.
  Closing the scheduler settles the others.
* Every wait for a ticket, a core or a worker has a time-out. Then the thread checks
  whether it still has to wait.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict, deque
from numbers import Integral

from joblib import cpu_count

from skdeep._compat import validate_parameter_constraints
from skdeep._numbers import Interval, plain
from skdeep._warn import warn
from skdeep.training._job import MOST_MEMBERS
from skdeep.training._keras_settings import keras_settings
from skdeep.training._progress import Progress

# After this many seconds without a new fit, the waiting ones are trained. The second
# number holds while tasks that may bring a fit are running.
_QUIET = 0.03
_QUIET_IN_TASKS = 0.25
_LOOK_AGAIN = 1.0
# After this many seconds in callbacks a thread counts as standing still.
_STANDSTILL = 10.0
_CONSTRAINTS = {
    "width": [Interval(Integral, 1, None, closed="left"), None],
    "verbose": ["verbose"],
}
_thread = threading.local()
_active = None
_active_lock = threading.Lock()


def _in_task():
    return getattr(_thread, "tasks", 0) > 0


def active_scheduler():
    """The scheduler for fits of this thread, or None."""
    if getattr(_thread, "worker", False):
        return None
    return getattr(_thread, "scheduler", None) or _active


@contextlib.contextmanager
def scheduling(width=None, verbose=0):
    """Send the fits of all threads to one scheduler; nested blocks share it.

    Parameters
    ----------
    width : int or None
        The number of fits that may be under way.
    verbose : int
        Above zero, the progress is printed.
    """
    scheduler = acquire(width, verbose)
    try:
        yield scheduler
    except BaseException:
        if scheduler.users == 1:  # otherwise fits of other blocks go on
            scheduler.abort()
        raise
    finally:
        release(scheduler)


def check_options(caller, **options):
    """Refuse a wrong ``width`` or ``verbose``, as scikit-learn does for estimators."""
    constraints = {name: _CONSTRAINTS[name] for name in options}
    validate_parameter_constraints(constraints, options, caller)


def _forget():
    """In a forked process, start without a scheduler: its threads are not copied."""
    global _active, _active_lock, _thread
    _active, _active_lock, _thread = None, threading.Lock(), threading.local()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def acquire(width=None, verbose=0):
    """Start the scheduler, or join the one that is running."""
    global _active
    with _active_lock:
        if _active is None:
            width = default_width() if width is None else plain(width)
            _active = Scheduler(width, verbose)
        _active.users += 1
        return _active


def release(scheduler):
    """The counterpart of :func:`acquire`; the last call ends the scheduler."""
    global _active
    with _active_lock:
        scheduler.users -= 1
        last = scheduler.users == 0
        if last:
            _active = None
    if last:
        scheduler.close()


def default_width():
    """The default number of fits under way: 32 per core, fewer if memory is short."""
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
        Whether the fit belongs to a task that the scheduler counts.
    seconds : float
        The training time; of networks that are trained together, this one's share.
    """

    def __init__(self, job, optimizer, scheduler):
        from skdeep.training._program import template_key

        self.job = job
        self.optimizer = optimizer
        template = template_key(job.spec, job.head, optimizer, job.metrics)
        # The length of sequences may differ between fits.
        parts = job.train, job.validation
        shapes = [part and part.X.shape[1:] for part in parts]
        self.key = template, job.batch_size, job.path, *shapes
        self.of_task = _in_task()
        self.seconds = 0.0
        self._scheduler = scheduler
        self._interrupted = False
        self._settled = threading.Event()
        self._outcome = None
        self._error = None
        self._warning = None

    @property
    def interrupted(self):
        """Whether to stop with the epochs so far."""
        return self._interrupted or self._scheduler.aborted

    def interrupt(self):
        """Stop with the epochs so far."""
        self._interrupted = True

    def calling(self):
        """Around the callbacks of this fit."""
        return self._scheduler.calling()

    def resolve(self, outcome):
        self._outcome = outcome
        self._settled.set()

    def fail(self, error):
        if not self._settled.is_set():
            self._error = error
            self._settled.set()

    def warn(self, message):
        """Store a warning, which the waiting thread issues."""
        self._warning = message

    def wait(self, tickets=()):
        """Wait for the outcome; raises the error that training raised.

        Parameters
        ----------
        tickets : sequence of Ticket
            Of fits that an interruption stops, too.
        """
        try:
            self._wait()
        except KeyboardInterrupt:
            # The workers stop training and return the epochs so far.
            interrupt([self, *tickets])
            self._wait()
        if self._error is not None:
            raise self._error
        if self._warning is not None:
            warn(self._warning, RuntimeWarning)
        return self._outcome

    def _wait(self):
        while not self._settled.wait(_LOOK_AGAIN):
            if not self._scheduler.alive:
                self.fail(RuntimeError("fuse() ended while a fit was waiting in it."))
            elif self._scheduler.withdraw(self):
                self._train_alone()

    def _train_alone(self):
        from skdeep.training._loop import train_compiled

        started = time.monotonic()
        try:
            outcome = train_compiled(self.job, self.optimizer, self.calling)
        except BaseException as error:
            self.fail(error)
        else:
            self.seconds = time.monotonic() - started
            self.resolve(outcome)
        finally:
            self._scheduler.end_alone()


def wait_for(tickets):
    """The outcomes of tickets; an interruption, or an error, stops all of them."""
    outcomes = []
    try:
        for ticket in tickets:
            outcomes.append(ticket.wait(tickets))
    except BaseException:
        interrupt(tickets)
        for ticket in tickets:
            with contextlib.suppress(BaseException):
                ticket.wait()
        raise
    return outcomes


def interrupt(tickets):
    """Stop these fits with their epochs so far."""
    for ticket in tickets:
        ticket.interrupt()


class Tasks:
    """Tells a scheduler how many of joblib's tasks may still bring a fit.

    Parameters
    ----------
    scheduler : Scheduler
    n_threads : int
        The number of tasks that run at once. The others wait until one has ended.
    """

    def __init__(self, scheduler, n_threads):
        self._scheduler = scheduler
        self._n_threads = n_threads
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, executor, function):
        """A future of ``function()``; the task counts until it is done."""
        self._change(1)  # before the task starts, which may soon wait for its fit
        try:
            future = executor.submit(self._run, function, keras_settings())
        except BaseException:
            self._change(-1)
            raise
        self._scheduler.progress.expect(1)
        future.add_done_callback(self._end)
        return future

    def _run(self, function, settings):
        with settings, self._scheduler.working():
            results = function()
            _leave_out_waiting(results)
            return results

    def _end(self, future):
        if future.cancelled():
            self._scheduler.progress.expect(-1)
        self._change(-1)

    def _change(self, change):
        with self._lock:
            before = min(self._unfinished, self._n_threads)
            self._unfinished += change
            change = min(self._unfinished, self._n_threads) - before
        self._scheduler.count(change)


def _leave_out_waiting(results):
    """Subtract the time that fits have waited from scikit-learn's ``fit_time``.

    scikit-learn's searches and cross-validations measure the time of a fit inside of
    its task.
    """
    for result in results:
        if isinstance(result, dict) and "fit_time" in result:
            result["fit_time"] = max(0.0, result["fit_time"] - _thread.waited)


class Scheduler:
    """Worker threads that train the waiting fits.

    Parameters
    ----------
    width : int
        The number of fits that may be under way.
    verbose : int
        Above zero, the progress is printed.
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
        self._alone = 0
        self._calling = {}
        self._ready = OrderedDict()
        self._tasks = 0
        self._cores = threading.Semaphore(cpu_count())
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

    def train(self, jobs, optimizers):
        """Train ``jobs`` with other fits; returns an :class:`Outcome` for each."""
        if self.aborted:
            raise KeyboardInterrupt
        fits = list(zip(jobs, optimizers, strict=True))
        tickets = [Ticket(*fit, self) for fit in fits]
        of_task, started = _in_task(), time.monotonic()
        with self._condition:
            accepted = not self._closing
            if accepted:
                self._waiting += tickets
                self._last_arrival = time.monotonic()
                self._tasks -= int(of_task)
                self._condition.notify()
        if not accepted:
            # A thread of the user has outlived fuse().
            from skdeep.training._loop import train_compiled

            return [train_compiled(*fit) for fit in fits]
        self._bring_fits(len(tickets))
        self._leave_core()
        try:
            outcomes = wait_for(tickets)
            if self.aborted and of_task:
                raise KeyboardInterrupt  # ends the task, too
            return outcomes
        finally:
            self.count(int(of_task))
            self._take_core()
            for _ in tickets:
                self.progress.end_fit()
            if of_task:
                trained = sum(ticket.seconds for ticket in tickets)
                _thread.waited += time.monotonic() - started - trained

    def _bring_fits(self, count):
        for _ in range(count):
            self.progress.begin_fit()
        if _in_task() and not _thread.brought:
            _thread.brought = True
            self.progress.expect(-1)  # the expected fit has come

    # The count of tasks that may still bring a fit

    def count(self, change):
        """Change the number of tasks that may soon bring a fit."""
        with self._condition:
            self._tasks += change
            self._condition.notify()

    @contextlib.contextmanager
    def expecting(self):
        """Count the code inside of this block as a task that may bring a fit."""
        self.count(1)
        try:
            yield
        finally:
            self.count(-1)

    @contextlib.contextmanager
    def resting(self):
        """Do not count this task inside of this block: it waits for other tasks."""
        counted = int(_in_task())
        self.count(-counted)
        self._leave_core()
        try:
            yield
        finally:
            self.count(counted)
            self._take_core()

    @contextlib.contextmanager
    def working(self):
        """Around a task: at most as many tasks as cores compute at the same time.

        Dozens of threads would take Python's global lock from each other, and from the
        workers. A task that gets no core within a second goes on without one.
        """
        _thread.tasks, _thread.scheduler = 1, self
        _thread.brought, _thread.waited = False, 0.0
        self._take_core()
        try:
            if self.aborted:
                raise KeyboardInterrupt
            yield
        finally:
            self._leave_core()
            _thread.tasks, _thread.scheduler = 0, None
            if not _thread.brought:
                self.progress.expect(-1)

    def _take_core(self):
        if _in_task():
            _thread.core = self._cores.acquire(timeout=_LOOK_AGAIN)

    def _leave_core(self):
        if _in_task() and _thread.core:
            self._cores.release()
            _thread.core = False

    # Workers

    def _work(self):
        _thread.worker = True
        while (work := self._next_work()) is not None:
            from skdeep.training._fused import TrainingGroup

            key, tickets = work
            # The group has passed the error to the waiting threads already.
            with contextlib.suppress(Exception):
                TrainingGroup(
                    lambda free, key=key: self._take_tickets(key, free), self._report
                ).train(tickets)
            with self._condition:
                self._busy -= 1

    def _next_work(self):
        """A template's key and tickets for it; None when the scheduler closes."""
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
            key = next(iter(self._ready))
            return key, self._take_tickets(key, MOST_MEMBERS)

    @property
    def _idle(self):
        return len(self._threads) - self._busy

    def _complete(self):
        """Whether to start: enough fits wait, or no other is likely to come soon."""
        if len(self._waiting) >= min(self.width, MOST_MEMBERS):
            return True
        if all(ticket.of_task for ticket in self._waiting):
            if self._tasks == 0:
                return True
            quiet = _QUIET_IN_TASKS
        else:
            quiet = _QUIET
        return time.monotonic() - self._last_arrival >= quiet

    def _release_waiting(self):
        for ticket in self._waiting:
            self._ready.setdefault(ticket.key, deque()).append(ticket)
        self._waiting.clear()

    def _take_tickets(self, key, free):
        """At most ``free`` tickets for a template, and a fair share of all of them."""
        with self._condition:
            if self._complete():
                # If all workers are busy, no other thread makes waiting tickets ready.
                self._release_waiting()
            tickets = self._ready.get(key, ())
            # Idle workers take other templates first: so two compile at a time.
            others = max(0, self._idle - (len(self._ready) - 1))
            if len(tickets) >= MOST_MEMBERS <= 2 * self._tasks:
                others = 0  # enough tickets will come for the other workers
            share = -(-len(tickets) // (1 + others))
            taken = [tickets.popleft() for _ in range(min(free, share))]
            if key in self._ready and not tickets:
                del self._ready[key]
            if self._ready:
                self._condition.notify()
            return taken

    def _report(self, epochs):
        with self._condition:
            waiting = len(self._waiting) + sum(map(len, self._ready.values()))
        self.progress.update(threading.get_ident(), epochs, waiting)

    @contextlib.contextmanager
    def calling(self):
        """Around the callbacks of a fit, which may wait for another fit."""
        fit = object()
        self._calling[fit] = time.monotonic()
        try:
            yield
        finally:
            del self._calling[fit]

    def withdraw(self, ticket):
        """Withdraw a ticket if all workers stand still; returns whether it was done.

        The caller then trains it and calls :meth:`end_alone`.
        """
        with self._condition:
            if not self._all_stand_still():
                return False
            for tickets in (self._waiting, self._ready.get(ticket.key, ())):
                if ticket in tickets:
                    tickets.remove(ticket)
                    self._alone += 1
                    return True
            return False

    def end_alone(self):
        """Note that a withdrawn ticket is settled."""
        with self._condition:
            self._alone -= 1

    def _all_stand_still(self):
        """Whether all training threads have been in callbacks for ``_STANDSTILL``."""
        latest = time.monotonic() - _STANDSTILL
        still = sum(since <= latest for since in list(self._calling.values()))
        return still >= len(self._threads) + self._alone

    def abort(self):
        """Stop all training; networks keep the epochs so far."""
        self.aborted = True

    def close(self):
        """End the workers when the networks in training have finished."""
        with self._condition:
            self._closing = True
            self._release_waiting()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()
        self.progress.close()

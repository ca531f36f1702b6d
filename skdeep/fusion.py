"""Searches and cross-validations that train all their networks at once."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from joblib import parallel_config
from joblib.parallel import FallbackToBackend, ParallelBackendBase, SequentialBackend

from skdeep.training._scheduler import (
    Tasks,
    acquire,
    active_scheduler,
    check_options,
    default_width,
    release,
    scheduling,
)

_MAX_DEPTH = 3
_open = threading.local()


@contextlib.contextmanager
def fuse(width=None, verbose=0):
    """Train the networks of unchanged scikit-learn code together.

    Inside of ``with skdeep.fuse():`` whatever scikit-learn does in parallel
    (searches, cross-validation, bagging, ...) runs in threads, and the fits that wait
    at the same time are trained as one program. Their results are those of fits
    without it, up to the rounding of floats.

    Parameters
    ----------
    width : int, default=None
        How many fits may be under way at once. None takes 32 per core, fewer where
        memory is short. An ``n_jobs`` given to scikit-learn lowers it.
    verbose : int, default=0
        Above zero, a line is printed every two seconds: how many of the fits known so
        far are done, how many are in training (and at which epochs), how many wait.

    Yields
    ------
    None
        Nothing to use.

    Raises
    ------
    ValueError
        For a ``width`` that is not a positive integer, or a wrong ``verbose``.

    See Also
    --------
    training_histories : Histories over the values of a parameter, trained together.

    Notes
    -----
    Networks are trained together where they share architecture, batch size,
    optimiser, loss and metrics; learning rates, seeds, rows, weights, epochs and early
    stopping may differ. Where one program would not be faster, they are trained in
    turns on all cores.
    Fits with ``engine="keras"``, or that need it, are trained one by one.

    The ``mean_fit_time`` of a search and the ``fit_time`` of ``cross_validate`` leave
    out how long a fit waits for its turn. The time in which several networks are
    trained together is shared among them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> import skdeep
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = skdeep.DenseClassifier((8,), batch_size=32, random_state=0)
    >>> with skdeep.fuse():
    ...     scores = cross_val_score(classifier, X, y, cv=5)
    >>> bool(scores.mean() > 0.9)
    True
    """
    check_options("fuse", width=width, verbose=verbose)
    backend = FusingBackend()
    with (
        scheduling(width, verbose),
        contextlib.closing(backend),
        _configured(backend),
    ):
        yield


@contextlib.contextmanager
def _configured(backend):
    """Set joblib's ``parallel_config``, where an outer block may end before an inner.

    At its end a configuration of joblib puts back the one that it found. So an inner
    configuration that ends last would put back the outer one, which has ended already.
    """
    configs = _open.__dict__.setdefault("configs", [])
    this = [parallel_config(backend=backend), True]
    configs.append(this)
    try:
        yield
    finally:
        this[1] = False
        while configs and not configs[-1][1]:
            configs.pop()[0].unregister()


class FusingBackend(ParallelBackendBase):
    """Threads for joblib, whose fits are trained together.

    Also by name: ``joblib.parallel_config(backend="skdeep")`` once skdeep has been
    imported.
    """

    default_n_jobs = -1
    supports_retrieve_callback = True
    supports_sharedmem = True
    uses_threads = True
    _executor = None
    _scheduler = None

    def effective_n_jobs(self, n_jobs):
        """The width, or the smaller number that the caller asks for."""
        if n_jobs == 0:
            raise ValueError("n_jobs must not be 0. Use None for the whole width.")
        scheduler = active_scheduler()
        width = scheduler.width if scheduler else default_width()
        if self.nesting_level:
            # Each of the outer tasks gets this many inner ones.
            width = max(2, width // 8)
        return width if n_jobs is None or n_jobs < 0 else min(n_jobs, width)

    def configure(self, n_jobs=1, parallel=None, **options):
        n_jobs = super().configure(n_jobs, parallel)
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.terminate()
        # Unlike a pool, it starts at most as many threads as there are tasks.
        self._executor = ThreadPoolExecutor(n_jobs)
        self._scheduler = acquire()
        self._tasks = Tasks(self._scheduler, n_jobs)
        self._call, self._dispatch = contextlib.ExitStack(), contextlib.ExitStack()
        return n_jobs

    def close(self):
        """End the threads after a call of joblib that failed and left them running."""
        self.terminate(wait=False)

    def terminate(self, wait=True):
        if self._executor is not None:
            self._executor.shutdown(wait, cancel_futures=True)
            self._executor = None
        if self._scheduler is not None:
            self.stop_call()
            scheduler, self._scheduler = self._scheduler, None
            release(scheduler)

    def abort_everything(self, ensure_ready=True):
        if self._scheduler is not None and self._scheduler.users == 1:
            self._scheduler.abort()
        self.terminate(wait=False)
        if ensure_ready:
            self.configure(self.parallel.n_jobs, self.parallel)

    def start_call(self):
        self._call.enter_context(self._scheduler.resting())
        # Until joblib has submitted all tasks, more of them may bring a fit.
        self._dispatch.enter_context(self._scheduler.expecting())

    @contextlib.contextmanager
    def retrieval_context(self):
        self._dispatch.close()
        yield

    def stop_call(self):
        self._dispatch.close()
        self._call.close()

    def submit(self, func, callback=None):
        future = self._tasks.submit(self._executor, func)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, future):
        return future.result()

    def get_nested_backend(self):
        level = (self.nesting_level or 0) + 1
        if level >= _MAX_DEPTH:
            return SequentialBackend(nesting_level=level), None
        return FusingBackend(nesting_level=level), None

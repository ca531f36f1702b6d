"""Fused fits on the workers of a Dask cluster; needs the extra ``skdeep[dask]``."""

try:
    from distributed import WorkerPlugin
except ImportError as error:
    raise ImportError(
        "skdeep.dask needs Dask's distributed. Install it with: "
        'pip install "skdeep[dask]"'
    ) from error

from skdeep.training._scheduler import acquire, check_options, release


class FuseWorkers(WorkerPlugin):
    """Lets every Dask worker train the fits that reach it as one program.

    A worker is given as many fits at once as it has threads, so start it with some
    more threads than cores: they wait most of the time.

    Parameters
    ----------
    width : int, default=None
        As in :func:`skdeep.fuse`, for each worker.

    Raises
    ------
    ValueError
        For a ``width`` that is not a positive integer.

    See Also
    --------
    skdeep.fuse : The same without a cluster.

    Examples
    --------
    .. code-block:: python

        client = Client(LocalCluster(n_workers=2, threads_per_worker=16))
        client.register_plugin(FuseWorkers())
        with joblib.parallel_config(backend="dask"):
            search.fit(X, y)
    """

    name = "skdeep-fuse-workers"

    def __init__(self, width=None):
        check_options("FuseWorkers", width=width)
        self.width = width

    def setup(self, worker):
        self._scheduler = acquire(self.width)

    def teardown(self, worker):
        release(self._scheduler)

"""Fused fits on the workers of a Dask cluster."""

import dask
import joblib
import pytest
from distributed import Client, LocalCluster
from numpy.testing import assert_allclose
from sklearn.model_selection import GridSearchCV

from skdeep import DenseClassifier
from skdeep.dask import FuseWorkers


def test_estimators_that_differ_in_what_they_learnt_differ_for_dask():
    fitted = [DenseClassifier.from_weights([[[weight]]]) for weight in (1.0, -1.0, 1.0)]
    tokens = [dask.tokenize.tokenize(network.predict) for network in fitted]
    assert tokens[0] == tokens[2] != tokens[1]


def test_a_worker_trains_together_what_reaches_it(iris):
    # Nested functions, for those of a test module cannot be imported by workers.
    def record_sizes():
        from skdeep.training import _fused, _fused_program

        _fused_program._MAPPING_STEPS = 0  # however few steps there are
        _fused.sizes, run = [], _fused.FusedProgram.run

        def recording(self, states, metrics, chunk, **options):
            _fused.sizes.append(len(chunk.n_steps))
            return run(self, states, metrics, chunk, **options)

        _fused.FusedProgram.run = recording

    def sizes():
        from skdeep.training import _fused

        return _fused.sizes

    classifier = DenseClassifier((8,), epochs=5, batch_size=32, random_state=0)
    search = GridSearchCV(classifier, {"learning_rate": [0.003, 0.01, 0.03]}, cv=4)
    with (
        # A worker is silent while it imports TensorFlow.
        dask.config.set({"distributed.scheduler.worker-ttl": None}),
        LocalCluster(n_workers=1, threads_per_worker=6, dashboard_address=None) as one,
        Client(one) as client,
    ):
        client.run(record_sizes)
        client.register_plugin(FuseWorkers())
        with joblib.parallel_config(backend="dask"):
            search.fit(*iris)
        groups = client.run(sizes)
    alone = GridSearchCV(classifier, search.param_grid, cv=4).fit(*iris)
    key = "mean_test_score"
    assert_allclose(search.cv_results_[key], alone.cv_results_[key], atol=0.021)
    assert [max(seen) >= 2 for seen in groups.values()] == [True]


def test_wrong_width_is_refused_before_it_travels():
    with pytest.raises(ValueError, match="'width' parameter of FuseWorkers"):
        FuseWorkers(width=0)

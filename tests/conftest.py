"""Shared data and fitted models: every fit of a new architecture compiles anew."""

import gc
import os
import random
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# XLA compiles without the passes that pay only for programs that run long.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)

if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker for each core: threads of one would only wait for those of the other.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    # What TensorFlow and its dependencies warn of at import is not ours to mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras  # noqa: F401

import numpy as np
import pytest
from agreement import (
    move_weights,
    run_keras_eagerly,
    run_xla_as_graph,
    take_no_steps,
)
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
)
from sklearn.preprocessing import scale

from skdeep import DenseClassifier, DenseRegressor


def pytest_collection_finish():
    """Spare what has been imported for good from each run of the garbage collector.

    Each graph that skdeep drops is collected at once, which would otherwise take half a
    second among the objects of all the packages that the tests import.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Draw the same weights in each run where a test gives Keras's layers no seed.

    Keras draws the seeds of initialisers from Python's generator.
    """
    random.seed(0)
    np.random.seed(0)


TINY = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}


@pytest.fixture(scope="session", autouse=True)
def _room_for_programs():
    """More programs are kept than by default: tests of many files share some."""
    from skdeep.training import _program

    _program._programs._most = 600 * 2**20


@pytest.fixture(scope="session")
def iris():
    """Iris in random order."""
    X, y = load_iris(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(y))
    return X[order], y[order]


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:500], y[:500]


@pytest.fixture(scope="session")
def diabetes():
    X, y = load_diabetes(return_X_y=True, scaled=False)
    return X[:200], y[:200]


@pytest.fixture(scope="session")
def titanic():
    """Passengers as they come: words, and missing ages."""
    from bokeh_sampledata.titanic import data as passengers

    table = passengers[passengers["class"] != "*"].sample(400, random_state=0)
    return table[["class", "sex", "age"]], table["survived"]


@pytest.fixture(scope="session")
def cancer():
    """Breast cancer, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="session")
def progression():
    """The diabetes data, inputs and target standardised."""
    X, y = load_diabetes(return_X_y=True)
    return scale(X), scale(y)


@pytest.fixture(scope="session")
def classifier(iris):
    return DenseClassifier(**TINY).fit(*iris)


@pytest.fixture(scope="session")
def regressor(diabetes):
    return DenseRegressor(**TINY).fit(*diabetes)


@pytest.fixture
def weights_of():
    return lambda estimator: estimator.network_.weights.trainable


@pytest.fixture
def sizes(monkeypatch):
    """How many networks each call of a fused program took."""
    from skdeep.training import _fused_program, _scheduler

    # However slow the machine: those that are expected are waited for.
    monkeypatch.setattr(_scheduler, "_QUIET_IN_TASKS", 60)
    monkeypatch.setattr(_scheduler, "_QUIET", 1)
    # However few steps there are.
    monkeypatch.setattr(_fused_program, "_MAPPING_STEPS", 0)
    seen = []

    def counted(run):
        def counting(self, states, metrics, chunk, *others, **options):
            counts = chunk.n_steps.numpy().reshape(len(chunk.n_steps), -1)[:, 0]
            seen.append(int((counts > 0).sum()))
            return run(self, states, metrics, chunk, *others, **options)

        return counting

    for cls in (_fused_program.FusedProgram, _fused_program.FusedEpochs):
        monkeypatch.setattr(cls, "run", counted(cls.run))
    return seen


@pytest.fixture
def without_xla(monkeypatch):
    """What would be compiled by XLA runs as TensorFlow's graph, which takes less time.

    The programs of other tests keep what is compiled.
    """
    from skdeep.networks._traced import Cache
    from skdeep.training import _program

    monkeypatch.setattr(_program, "_programs", Cache())
    run_xla_as_graph(monkeypatch)


@pytest.fixture
def untrained(monkeypatch):
    """Fits take no step, so that nothing is traced: they only draw weights."""
    take_no_steps(monkeypatch)


@pytest.fixture
def moved(monkeypatch):
    """Fits move the weights at random instead of training them: nothing is traced."""
    move_weights(monkeypatch)


@pytest.fixture
def keras_eagerly(monkeypatch):
    """Keras's own fits are not traced, which takes less time if they have few steps."""
    run_keras_eagerly(monkeypatch)


@pytest.fixture
def figures(monkeypatch):
    """Nothing may be shown, or set for the figures of others; all are closed."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("plt.show was called"))
    before = mpl.rcParams.copy()
    yield
    assert mpl.rcParams == before
    plt.close("all")

"""Searches and ensembles inside ``skdeep.fuse()``, beside the same work without it.

What would take long is timed in part and scaled; the table says so.
"""

import time

import numpy as np
from peers import (
    EPOCHS,
    digits,
    forget_peak,
    keras_model,
    mlp,
    ours,
    peak_mb,
    row,
    seconds,
)

RATES = np.geomspace(3e-4, 3e-2, 12)
FOLDS = 5
ARCHITECTURES = [(32,), (64,), (128,), (32, 32), (64, 64), (128, 64)]


def fused(work, width=None):
    import skdeep

    with skdeep.fuse(width):
        return work()


def forget_programs():
    """As in a new process: every template is traced and compiled again."""
    from skdeep.training import _program

    _program._programs.clear()


def grid_search(estimator, grid, X, y, n_jobs=None):
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(estimator, grid, cv=FOLDS, refit=False, n_jobs=n_jobs)
    return search.fit(X, y)


def keras_fit_seconds(X, y, hidden):
    """A new model's fit of ``EPOCHS`` epochs, from fits of 2 and of 6 epochs."""

    def fit(epochs):
        model = keras_model(hidden=hidden)
        model.fit(X, y, epochs=epochs, batch_size=32, verbose=0)

    short, long = seconds(lambda: fit(2), lambda: fit(6))
    return short + (EPOCHS - 2) * (long - short) / 4


def search():
    X, y = digits()
    train = slice(0, len(X) * (FOLDS - 1) // FOLDS)
    n_fits = len(RATES) * FOLDS

    def work(rates=RATES):
        return grid_search(ours(), {"learning_rate": rates}, X, y)

    forget_programs()
    first = seconds(lambda: fused(work), repeats=1)
    grid = {"learning_rate_init": RATES[:2]}
    grid_search(mlp().set_params(max_iter=1), grid, X, y, n_jobs=2)  # starts workers
    warm, alone, peer = seconds(
        lambda: fused(work),
        lambda: work(RATES[:1]),
        lambda: grid_search(mlp(), grid, X, y, n_jobs=2),
    )
    alone, peer = alone * len(RATES), peer * len(RATES) / 2
    keras_time = keras_fit_seconds(X[train], y[train], (64, 64)) * n_fits
    print("60 fits of 50 epochs on the digits; peers timed in part and scaled;")
    print("first: compilation included")
    row("search, Keras in a loop / fused, first", keras_time / first, ">= 60")
    row("search, Keras in a loop / fused, warm", keras_time / warm, ">= 80")
    row("search, MLP n_jobs=2 / fused, first", peer / first, ">= 5")
    row("search, MLP n_jobs=2 / fused, warm", peer / warm, ">= 7")
    row("search, ours unfused / fused, warm", alone / warm, "")


def members():
    """Cost per step and member, and the share of what the machine multiplies."""
    X, y = digits()
    hidden = (64, 64)
    n_steps = EPOCHS * -(-len(X) // 32)
    kernels = [64 * 64, 64 * 64, 64 * 10]
    # Forward, gradient of the kernels, gradient of the layers' inputs but the first's.
    flops = 2 * 32 * (3 * sum(kernels) - kernels[0])
    rate = gemm_rate()
    print(f"float32 GEMM of 1024 x 1024 on this machine: {rate / 1e9:.0f} GFLOP/s")
    for count in (1, 2, 4, 16, 64, 128, 512):
        work = together(count, ours(hidden_layer_sizes=hidden), X, y)
        fused(work, count)
        repeats = 1 if count > 100 else 3
        took = seconds(lambda w=work, c=count: fused(w, c), repeats=repeats)
        each = took / n_steps / count
        row(f"{count} members: microseconds per step and member", each * 1e6, "<= 25")
        row(f"{count} members: share of the GEMM rate", flops / each / rate, ">= 0.33")


def together(count, estimator, X, y):
    from joblib import Parallel, delayed
    from sklearn.base import clone

    models = [clone(estimator).set_params(random_state=i) for i in range(count)]
    return lambda: Parallel()(delayed(model.fit)(X, y) for model in models)


def gemm_rate():
    import tensorflow as tf

    a = tf.random.stateless_normal((1024, 1024), (0, 0))
    return 2 * 1024**3 / seconds(lambda: tf.matmul(a, a).numpy(), repeats=9)


def architectures():
    X, y = digits()
    train = slice(0, len(X) * (FOLDS - 1) // FOLDS)
    grid = {"hidden_layer_sizes": ARCHITECTURES}
    forget_programs()
    first = seconds(lambda: fused(lambda: grid_search(ours(), grid, X, y)), repeats=1)
    keras_time = FOLDS * sum(
        keras_fit_seconds(X[train], y[train], hidden) for hidden in ARCHITECTURES
    )
    what = "6 architectures x 5 folds, Keras in a loop (scaled) / fused"
    row(what, keras_time / first, ">= 15")


def bagging():
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import BaggingClassifier
    from sklearn.preprocessing import StandardScaler

    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    ensemble = BaggingClassifier(ours(), 50, random_state=0)
    forget_programs()
    first = seconds(lambda: fused(lambda: ensemble.fit(X, y)), repeats=1)
    ten = BaggingClassifier(mlp(), 10, random_state=0, n_jobs=2).fit(X, y)
    warm, peer = seconds(
        lambda: fused(lambda: ensemble.fit(X, y)), lambda: ten.fit(X, y)
    )
    peer *= 5
    row("50 bagged networks, MLP n_jobs=2 (10 timed) / fused, first", peer / first, "")
    row("50 bagged networks, MLP n_jobs=2 (10 timed) / fused, warm", peer / warm, "")


def fused_memory():
    """Peak memory that a member adds, scikit-learn's copy of its fold included."""
    X, y = digits()
    peaks = []
    for count in (16, 128):
        work = together(count, ours(epochs=10), X, y)
        fused(work, count)
        before = forget_peak()
        fused(work, count)
        peaks.append(peak_mb() - before)
    row("fused, 16 members: peak memory, MB", peaks[0], "")
    row("fused, 128 members: peak memory, MB", peaks[1], "")
    row("fused, each further member, MB", (peaks[1] - peaks[0]) / 112, "")


def many_fused_fits():
    """Some thousand tiny fits from many threads; their time stays flat."""
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    tiny = ours(hidden_layer_sizes=(4,), epochs=2)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        models = fused(together(150, tiny, X, y))
        times.append(time.perf_counter() - start)
        assert all(model.n_epochs_ == 2 for model in models)
    late, early = np.median(times[-5:]), np.median(times[2:7])
    row(
        "3,000 tiny fits: last 750 / the 300th to 1,050th",
        late / early,
        "about 1",
    )

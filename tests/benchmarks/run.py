"""Speed, side by side: ``python tests/benchmarks/run.py``.

Prints ratios between peers that do the same work in the same process, medians of
several runs. Absolute times move with the machine; ratios are what counts. Run it
on a quiet machine.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

EPOCHS = 50
BATCH = 32


def seconds(function, repeats=3):
    """Median duration of ``function()``."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def digits():
    from sklearn.datasets import load_digits
    from sklearn.preprocessing import StandardScaler

    X, y = load_digits(return_X_y=True)
    return StandardScaler().fit_transform(X).astype("float32"), y


def ours(**params):
    from skdeep import DenseClassifier

    settings = {
        "hidden_layer_sizes": (64, 64),
        "activation": "relu",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "learning_rate_schedule": None,
        "batch_size": BATCH,
        "epochs": EPOCHS,
        "normalize": False,
        "random_state": 0,
    }
    return DenseClassifier(**{**settings, **params})


def mlp():
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        (64, 64), batch_size=BATCH, max_iter=EPOCHS, tol=0, n_iter_no_change=10**6
    )


def keras_model(n_features=64, hidden=(64, 64), units=10):
    import keras

    layers = [keras.Input((n_features,))]
    layers += [keras.layers.Dense(width, activation="relu") for width in hidden]
    layers += [keras.layers.Dense(units, activation="softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def row(what, ratio, goal):
    print(f"{what:58} {ratio:8.3f}   goal {goal}", flush=True)


def first_fit():
    """Seconds of the first fit in new processes, imports excluded."""
    code = {
        "ours": "model = b.ours(epochs=50); f = lambda: model.fit(X, y)",
        "keras": "f = lambda: b.keras_model().fit(X, y, epochs=50, batch_size=32, "
        "verbose=0)",
    }
    times = {}
    for name, setup in code.items():
        program = (
            "import sys, time; sys.path.insert(0, 'tests/benchmarks'); import run as b;"
            "import keras, tensorflow, skdeep, sklearn.neural_network, pandas;"
            "skdeep.DenseClassifier; X, y = b.digits();" + setup + ";"
            "s = time.perf_counter(); f(); print(time.perf_counter() - s)"
        )
        times[name] = statistics.median(
            float(subprocess.check_output([sys.executable, "-c", program]).split()[-1])
            for _ in range(3)
        )
    row("first fit, keras.Model.fit / ours", times["keras"] / times["ours"], ">= 1")


def warm_fit():
    X, y = digits()
    ours().fit(X, y)
    model = keras_model()
    model.fit(X, y, epochs=1, batch_size=BATCH, verbose=0)
    our_time = seconds(lambda: ours().fit(X, y), 5)
    five = {"epochs": 5, "batch_size": BATCH, "verbose": 0}
    keras_time = seconds(lambda: model.fit(X, y, **five)) * EPOCHS / 5
    mlp_time = seconds(lambda: mlp().fit(X, y))
    row("warm fit, keras.Model.fit / ours", keras_time / our_time, ">= 25")
    row("warm fit, MLPClassifier / ours", mlp_time / our_time, ">= 4.5")
    try:
        from scikeras.wrappers import KerasClassifier
    except ImportError:
        print("scikeras is not installed")
        return
    wrapper = KerasClassifier(keras_model, epochs=5, batch_size=BATCH, verbose=0)
    scikeras_time = seconds(lambda: wrapper.fit(X, y), 3) * EPOCHS / 5
    row("fit, scikeras / ours (5 epochs, scaled)", scikeras_time / our_time, "")


def predict():
    X, y = digits()
    a, b = ours(epochs=1).fit(X, y), mlp().set_params(max_iter=2).fit(X, y)
    for rows, repeats in ((1, 200), (1797, 30)):
        part = X[:rows]
        ratio = seconds(lambda p=part: b.predict(p), repeats) / seconds(
            lambda p=part: a.predict(p), repeats
        )
        row(f"predict {rows} rows, MLPClassifier / ours", ratio, ">= 1")


def many_fits():
    X, y = digits()
    rng = np.random.RandomState(0)
    memory, times = [], []
    for number in range(300):
        rows = rng.permutation(len(X))[: 1437 + number % 2]
        start = time.perf_counter()
        ours(epochs=10, learning_rate=10 ** rng.uniform(-4, -2)).fit(X[rows], y[rows])
        times.append(time.perf_counter() - start)
        memory.append(resource_mb())
    grown = memory[-1] - memory[20]
    row("300 fits: memory grown after the first 20, MB", grown, "< 30")
    last, early = statistics.median(times[-50:]), statistics.median(times[20:70])
    row("300 fits: time of the last 50 / of 20 to 70", last / early, "about 1")


def resource_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def large_fit():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200_000, 100)).astype("float32")
    y = (X[:, :5].sum(axis=1) > 0).astype(int) + (X[:, 5] > 1)
    settings = {"hidden_layer_sizes": (256, 256), "batch_size": 1024, "epochs": 2}
    our_time = seconds(lambda: ours(**settings).fit(X, y))
    model = keras_model(100, (256, 256), 3)
    fit = {"epochs": 2, "batch_size": 1024, "verbose": 0}
    keras_time = seconds(lambda: model.fit(X, y, **fit))
    row("large fit, keras.Model.fit / ours", keras_time / our_time, ">= 1")


def large_memory():
    """Peak memory of a large fit beyond the data and a fit of nothing much."""
    program = (
        "import sys; sys.path.insert(0, 'tests/benchmarks'); import run as b;"
        "import numpy as np, resource as r;"
        "peak = lambda: r.getrusage(r.RUSAGE_SELF).ru_maxrss / 1024;"
        "X = np.random.RandomState(0).standard_normal((200000, 100)).astype('float32');"
        "y = (X[:, 0] > 0).astype(int);"
        "k = dict(hidden_layer_sizes=(256, 256), batch_size=1024);"
        "b.ours(epochs=3, **k).fit(X[:4096], y[:4096]);"
        "before = peak(); b.ours(epochs=2, **k).fit(X, y);"
        "print((peak() - before) / (X.nbytes / 2**20))"
    )
    copies = float(subprocess.check_output([sys.executable, "-c", program]).split()[-1])
    row("large fit: peak memory in copies of X", copies, "<= 2")


def imports():
    def cost(code):
        return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    row(
        "import skdeep / import sklearn.base",
        cost("import skdeep") / cost("import sklearn.base"),
        "about 1",
    )


def accuracy():
    """Untouched estimators on raw tables, beside scikit-learn's MLP on scaled ones."""
    from sklearn import datasets
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skdeep import DenseClassifier, DenseRegressor

    mlp_regressor = TransformedTargetRegressor(
        MLPRegressor(random_state=0), transformer=StandardScaler()
    )
    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        loader = getattr(datasets, f"load_{name}")
        raw = {"scaled": False} if name == "diabetes" else {}
        X, y = loader(return_X_y=True, **raw)
        classify = name != "diabetes"
        estimator = DenseClassifier if classify else DenseRegressor
        peer = MLPClassifier(random_state=0) if classify else mlp_regressor
        splitter = StratifiedKFold if classify else KFold
        folds = splitter(5, shuffle=True, random_state=0)
        models = estimator(random_state=0), make_pipeline(StandardScaler(), peer)
        means = [cross_val_score(model, X, y, cv=folds).mean() for model in models]
        row(f"{name}: score", means[0], f">= {means[1]:.3f} (MLP, scaled)")


BENCHMARKS = {
    function.__name__: function
    for function in (
        imports,
        first_fit,
        warm_fit,
        predict,
        large_fit,
        large_memory,
        many_fits,
        accuracy,
    )
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}")
    warnings.simplefilter("ignore")
    for chosen in parser.parse_args().names or BENCHMARKS:
        BENCHMARKS[chosen]()

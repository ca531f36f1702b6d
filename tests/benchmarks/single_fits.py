"""One fit, one prediction: beside keras.Model.fit, scikeras and scikit-learn's MLP."""

import statistics
import subprocess
import sys
import time

import numpy as np
from peers import (
    BATCH,
    EPOCHS,
    digits,
    keras_model,
    mlp,
    ours,
    resident_mb,
    row,
    seconds,
)


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
            "import sys, time; sys.path.insert(0, 'tests/benchmarks');"
            "import peers as b; import keras, tensorflow, pandas, skdeep;"
            "import sklearn.neural_network; skdeep.DenseClassifier; X, y = b.digits();"
            + setup
            + ";"
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
    five = {"epochs": 5, "batch_size": BATCH, "verbose": 0}
    our_time, tenth_of_keras, mlp_time = seconds(
        lambda: ours().fit(X, y),
        lambda: model.fit(X, y, **five),
        lambda: mlp().fit(X, y),
        repeats=5,
    )
    ratio = tenth_of_keras * EPOCHS / 5 / our_time
    row("warm fit, keras.Model.fit (5 epochs, scaled) / ours", ratio, ">= 25")
    row("warm fit, MLPClassifier / ours", mlp_time / our_time, ">= 4.5")
    from scikeras.wrappers import KerasClassifier

    wrapper = KerasClassifier(keras_model, epochs=5, batch_size=BATCH, verbose=0)
    scikeras_time = seconds(lambda: wrapper.fit(X, y)) * EPOCHS / 5
    row("fit, scikeras (5 epochs, scaled) / ours", scikeras_time / our_time, "")


def watched_fit():
    """Epochs with early stopping and metrics, beside quiet ones and beside peers.

    The networks are those of a first course: a hidden layer of 64, batches of 32. No
    fit stops early, so that all train the same number of epochs.
    """
    from sklearn.datasets import load_iris
    from sklearn.preprocessing import scale

    X, y = load_iris(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(y))
    _watched("iris", scale(X).astype("float32")[order], y[order], 200, "< 0.4")
    _watched("digits", *digits(), EPOCHS, "< 5")


def _watched(name, X, y, n_epochs, limit):
    import keras
    from sklearn.neural_network import MLPClassifier

    settings = {"hidden_layer_sizes": (64,), "epochs": n_epochs}
    stopping = {"early_stopping": True, "patience": None}
    accuracy = {"metrics": ["accuracy"]}
    nets = [
        ours(**settings, **options)
        for options in ({}, stopping, accuracy, {**stopping, **accuracy})
    ]
    for net in nets:
        net.fit(X, y)  # compiles
    never = {"tol": 0, "n_iter_no_change": 10**6}
    peer = MLPClassifier(
        (64,), batch_size=BATCH, max_iter=n_epochs, early_stopping=True, **never
    )
    calls = [lambda net=net: net.fit(X, y) for net in (*nets, peer)]
    quiet, stopped, measured, both, mlp_time = seconds(*calls, repeats=5)
    model = keras_model(X.shape[1], (64,), len(set(y)))
    callback = keras.callbacks.EarlyStopping(patience=10**6)
    options = {"batch_size": BATCH, "verbose": 0, "validation_split": 0.1}
    model.fit(X, y, epochs=1, **options)
    keras_time = seconds(
        lambda: model.fit(X, y, epochs=10, callbacks=[callback], **options)
    )
    per_epoch = 1000 / n_epochs
    row(f"{name}: quiet, ms an epoch", quiet * per_epoch, "")
    row(f"{name}: early stopping, ms an epoch", stopped * per_epoch, limit)
    row(f"{name}: accuracy measured, ms an epoch", measured * per_epoch, limit)
    row(f"{name}: both, ms an epoch", both * per_epoch, limit)
    row(f"{name}: MLPClassifier, early stopping / ours", mlp_time / stopped, ">= 3")
    ratio = keras_time * n_epochs / 10 / stopped
    row(f"{name}: Keras, EarlyStopping / ours", ratio, ">= 25")


def predict():
    X, y = digits()
    a, b = ours(epochs=1).fit(X, y), mlp().set_params(max_iter=2).fit(X, y)
    for rows, repeats in ((1, 200), (1797, 30)):
        part = X[:rows]
        our_time, mlp_time = seconds(
            lambda p=part: a.predict(p), lambda p=part: b.predict(p), repeats=repeats
        )
        row(f"predict {rows} rows, MLPClassifier / ours", mlp_time / our_time, ">= 1")


def many_fits():
    X, y = digits()
    rng = np.random.RandomState(0)
    memory, times = [], []
    for number in range(300):
        rows = rng.permutation(len(X))[: 1437 + number % 2]
        start = time.perf_counter()
        ours(epochs=10, learning_rate=10 ** rng.uniform(-4, -2)).fit(X[rows], y[rows])
        times.append(time.perf_counter() - start)
        memory.append(resident_mb())
    grown = memory[-1] - memory[20]
    row("300 fits: memory grown after the first 20, MB", grown, "< 30")
    last, early = statistics.median(times[-50:]), statistics.median(times[20:70])
    row("300 fits: time of the last 50 / of 20 to 70", last / early, "about 1")


def large_fit():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200_000, 100)).astype("float32")
    y = (X[:, :5].sum(axis=1) > 0).astype(int) + (X[:, 5] > 1)
    settings = {"hidden_layer_sizes": (256, 256), "batch_size": 1024, "epochs": 2}
    model = keras_model(100, (256, 256), 3)
    fit = {"epochs": 2, "batch_size": 1024, "verbose": 0}
    our_time, keras_time = seconds(
        lambda: ours(**settings).fit(X, y), lambda: model.fit(X, y, **fit)
    )
    row("large fit, keras.Model.fit / ours", keras_time / our_time, ">= 1")


def large_memory():
    """Peak memory during a large fit, from after the data and a small fit's import."""
    program = (
        "import sys; sys.path.insert(0, 'tests/benchmarks'); import peers as b;"
        "import numpy as np;"
        "X = np.random.RandomState(0).standard_normal((200000, 100)).astype('float32');"
        "y = (X[:, 0] > 0).astype(int);"
        "k = dict(hidden_layer_sizes=(256, 256), batch_size=1024);"
        "b.ours(epochs=1, **k).fit(X[:4096], y[:4096]);"
        "before = b.forget_peak(); b.ours(epochs=2, **k).fit(X, y);"
        "print((b.peak_mb() - before) / (X.nbytes / 2**20))"
    )
    copies = float(subprocess.check_output([sys.executable, "-c", program]).split()[-1])
    row("large fit: peak memory in copies of X", copies, "<= 2")


def imports():
    def run(code):
        subprocess.run([sys.executable, "-c", code], check=True)

    our_time, base_time = seconds(
        lambda: run("import skdeep"), lambda: run("import sklearn.base")
    )
    row("import skdeep / import sklearn.base", our_time / base_time, "about 1")


def accuracy():
    """Untouched estimators on raw tables, beside scikit-learn's MLP on scaled ones."""
    from sklearn import datasets
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import (
        RepeatedKFold,
        RepeatedStratifiedKFold,
        cross_val_score,
    )
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import skdeep

    mlp_regressor = TransformedTargetRegressor(
        MLPRegressor(random_state=0), transformer=StandardScaler()
    )
    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        loader = getattr(datasets, f"load_{name}")
        raw = {"scaled": False} if name == "diabetes" else {}
        X, y = loader(return_X_y=True, **raw)
        classify = name != "diabetes"
        estimator = skdeep.DenseClassifier if classify else skdeep.DenseRegressor
        peer = MLPClassifier(random_state=0) if classify else mlp_regressor
        splitter = RepeatedStratifiedKFold if classify else RepeatedKFold
        folds = splitter(n_splits=5, n_repeats=4, random_state=0)
        with skdeep.fuse():
            own = cross_val_score(estimator(random_state=0), X, y, cv=folds).mean()
        peer = make_pipeline(StandardScaler(), peer)
        goal = cross_val_score(peer, X, y, cv=folds, n_jobs=2).mean()
        row(f"{name}: score, 4 x 5 folds", own, f">= {goal:.3f} (MLP, scaled)")

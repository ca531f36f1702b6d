"""ImageLoader on real photographs: paths and images to arrays."""

import importlib.resources
import shutil

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skdeep import ConvClassifier, ImageLoader
from skdeep.conv import _image_loader

PHOTOS = importlib.resources.files("sklearn.datasets") / "images"


@pytest.fixture(scope="session")
def china():
    return str(PHOTOS / "china.jpg")


@pytest.fixture(scope="session")
def flower():
    return str(PHOTOS / "flower.jpg")


def test_paths_images_and_arrays_give_the_same(china):
    image = Image.open(china)
    items = [china, PHOTOS / "china.jpg", image, np.asarray(image)]
    images = ImageLoader((20, 30)).fit_transform(items)
    assert images.shape == (4, 20, 30, 3)
    assert images.dtype == np.uint8
    for other in images[1:]:
        assert_array_equal(other, images[0])


@pytest.mark.parametrize("container", [np.array, pd.Series, lambda x: np.array([x]).T])
def test_containers(china, flower, container):
    paths = [china, flower]
    expected = ImageLoader(16).transform(paths)
    assert_array_equal(ImageLoader(16).transform(container(paths)), expected)
    frame = pd.DataFrame({"path": paths})
    assert_array_equal(ImageLoader(16).transform(frame), expected)


@pytest.mark.parametrize(("color", "channels"), [("gray", 1), ("rgb", 3), ("rgba", 4)])
def test_colours(china, color, channels):
    images = ImageLoader((8, 8), color=color).transform([china])
    assert images.shape == (1, 8, 8, channels)
    if color == "rgba":
        assert (images[..., 3] == 255).all()


def test_crop_keeps_proportions(china):
    square = Image.open(china).crop((106, 0, 533, 427))  # 640 x 427, its middle
    expected = ImageLoader(32).transform([square])
    cropped = ImageLoader(32, crop_to_aspect_ratio=True).transform([china])
    assert np.abs(cropped.astype(int) - expected).mean() < 2
    distorted = ImageLoader(32).transform([china])
    assert np.abs(distorted.astype(int) - expected).mean() > 10


def test_orientation_of_the_camera(china, tmp_path):
    image = Image.open(china)
    exif = image.getexif()
    exif[0x0112] = 3  # taken upside down
    image.save(tmp_path / "turned.png", exif=exif)
    images = ImageLoader(64).transform([china, str(tmp_path / "turned.png")])
    turned = images[1, ::-1, ::-1].astype(int)
    assert np.abs(turned - images[0]).mean() < 2


def test_sixteen_bits_are_not_cut_off(china, tmp_path):
    gray = np.asarray(Image.open(china).convert("L"))
    Image.fromarray(gray.astype(np.uint16) << 8).save(tmp_path / "deep.png")
    images = ImageLoader(gray.shape, color="gray").transform([tmp_path / "deep.png"])
    assert_array_equal(images[0, ..., 0], gray)


def test_images_without_a_fixed_range_are_refused(china, tmp_path):
    for mode in "IF":
        Image.open(china).convert("L").convert(mode).save(tmp_path / "deep.tif")
        with pytest.raises(ValueError, match=rf"deep\.tif.*mode '{mode}'"):
            ImageLoader(8).transform([tmp_path / "deep.tif"])


def test_bad_files_are_named(china, tmp_path):
    whole = (PHOTOS / "china.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with (
        Image.open(tmp_path / "half.jpg") as image,
        pytest.raises(ValueError, match=r"half\.jpg', X\[0\], is no image or"),
    ):
        ImageLoader(8).transform([image])
    (tmp_path / "text.jpg").write_text("no image")
    for name in ("half.jpg", "text.jpg"):
        with pytest.raises(ValueError, match=rf"{name}', X\[1\], is no image or"):
            ImageLoader(8).transform([china, str(tmp_path / name)])
    with pytest.raises(FileNotFoundError, match=r"none\.jpg', X\[0\]"):
        ImageLoader(8).transform([tmp_path / "none.jpg"])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("photo.jpg", "list or array of paths"),
        ([3], r"Received a int, X\[0\]"),
        ([np.zeros((4, 4))], r"of float64 and shape \(4, 4\)"),
        ([np.zeros((4, 4, 7), np.uint8)], r"shape \(4, 4, 7\)"),
        (np.zeros((3, 64), np.uint8), r"shape \(64,\)"),
        (pd.DataFrame({"a": ["1.png"], "b": ["2.png"]}), "Received 2 columns"),
    ],
)
def test_what_is_no_image(X, message):
    with pytest.raises(ValueError, match=message):
        ImageLoader(8).transform(X)


@pytest.mark.parametrize("size", [(8,), (8, 0), (8, 8, 3), (8, 2.5), 0, True, "big"])
def test_sizes_that_are_refused(china, size):
    with pytest.raises(ValueError, match="size"):
        ImageLoader(size).fit([china])


def test_progress_bar_on_long_work_only(china, capsys, monkeypatch):
    ImageLoader(8, verbose=1).transform([china] * 3)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(_image_loader, "_SECONDS_WITHOUT_BAR", 0)
    ImageLoader(8, verbose=1).transform([china] * 3)
    assert "3/3" in capsys.readouterr().out
    ImageLoader(8).transform([china] * 3)
    assert capsys.readouterr().out == ""


def test_files_in_a_cross_validated_pipeline(china, flower, tmp_path):
    paths, labels = [], []
    for path in (china, flower):
        photo = Image.open(path)
        for number in range(24):
            left, upper = 80 * (number % 6), 80 * (number // 6)
            tile = photo.crop((left, upper, left + 80, upper + 80))
            paths.append(tmp_path / f"{len(paths)}.png")
            tile.save(paths[-1])
            labels.append(path)
    network = ConvClassifier((8,), hidden_layer_sizes=(), epochs=20, random_state=0)
    pipe = make_pipeline(ImageLoader((16, 16)), network)
    paths = np.array(paths, dtype=object)
    scores = cross_val_score(pipe, paths, labels, cv=3, error_score="raise")
    assert scores.mean() > 0.8
    fitted = clone(pipe).fit(paths, labels)
    shutil.rmtree(tmp_path)
    assert fitted.predict([china, flower]).shape == (2,)

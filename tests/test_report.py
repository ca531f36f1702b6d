"""skdeep.report: what the page holds, and what a browser makes of it."""

import os
import shutil
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from agreement import move_weights
from page import Page
from playwright.sync_api import sync_playwright
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from text_data import paragraphs

from skdeep import (
    ConvClassifier,
    DenseClassifier,
    DenseRegressor,
    SequenceClassifier,
    SequenceRegressor,
    TextClassifier,
    report,
)
from skdeep.reports._mistakes import mistakes
from skdeep.reports._report import Predictions

# What is learnt does not matter; what is validated is trained.
pytestmark = pytest.mark.usefixtures("moved")

TINY = {"epochs": 2, "random_state": 0}
SECTIONS = [
    "What was trained",
    "Diagnosis",
    "Learning curves",
    "Confusion matrix",
    "Layers",
    "Worst mistakes",
]
BROWSERS = "chromium", "chromium-browser", "google-chrome", "chrome", "msedge"


@pytest.fixture(scope="module")
def data():
    """A table with names, labels that are markup, and images."""
    digits = load_digits()
    X = pd.DataFrame(digits.data[:300, 2:14]).add_prefix("<i>pixel & ")
    labels = np.array(["<script>alert(1)</script>", "$odd$ & \"'"])
    return X, labels[digits.target[:300] % 2], digits.images[:300], digits.target[:300]


@pytest.fixture(scope="module")
def pages(data):
    with pytest.MonkeyPatch.context() as patch:
        move_weights(patch)  # the diagnosis of a page trains, too
        return reported(data)


def reported(data):
    X, labels, images, y = data
    classifier = DenseClassifier((8,), metrics=["accuracy"], **TINY)
    classifier.fit(X, labels, X_val=X[:50], y_val=labels[:50])
    regressor = DenseRegressor((8,), early_stopping=True, **TINY).fit(X, y)
    words, names = paragraphs()
    texts = TextClassifier(**TINY).fit(words[:60], names[:60])
    conv = ConvClassifier((4,), **TINY).fit(images[:200], y[:200])
    return {
        "table": report(classifier, X, labels),
        "images": report(conv, images[200:], y[200:]),
        "values": report(regressor, X, y),
        "texts": report(texts, list(words[:60]), names[:60]),
    }


KINDS = "table", "images", "values", "texts"


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_needs_nothing_but_itself(pages, kind):
    page = Page(pages[kind].html)
    assert not {"script", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    addresses = [a[key] for _, a in page.tags for key in ("src", "href") if key in a]
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    policies = [a for a in page.of("meta") if "http-equiv" in a]
    assert policies[0]["content"].startswith("default-src 'none'")
    for forbidden in ("@import", "url("):
        assert forbidden not in pages[kind].html


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_its_sections_and_pictures(pages, kind):
    page = Page(pages[kind].html)
    headings = [
        s if kind != "values" else s.replace("Confusion matrix", "Residuals")
        for s in SECTIONS
    ]
    places = [page.text.find(heading) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)
    assert len(page.images) == {"table": 3, "images": 14, "values": 3, "texts": 2}[kind]
    for image in page.images:
        assert min(image.size) >= 8
        colours = image.convert("RGB").getextrema()
        assert any(low < high for low, high in colours)  # something is drawn
    assert all(attributes["alt"] for attributes in page.of("img"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_a_phone(pages, kind):
    page = Page(pages[kind].html)
    viewports = [a["content"] for a in page.of("meta") if a.get("name") == "viewport"]
    assert viewports == ["width=device-width, initial-scale=1"]
    assert page.of("table")
    assert page.unwrapped == 0
    assert "img { max-width: 100%" in pages[kind].html


def test_names_and_labels_are_text(pages):
    html, page = pages["table"].html, Page(pages["table"].html)
    assert "<i>" not in html
    assert "<i>pixel & 0" in page.text
    assert "<script>alert(1)</script>" in page.text
    assert "$odd$ & \"'" in page.text


def test_what_was_trained_is_told(pages):
    text = " ".join(Page(pages["table"].html).text.split())
    assert "DenseClassifier, 113 parameters" in text
    assert "epochs=2, hidden_layer_sizes=(8,)" in text
    assert "X of shape (300, 12), y of shape (300,)" in text
    assert "val_accuracy" in text
    for name in ("dense_1", "output"):
        assert name in text


def test_the_worst_come_first(data, pages):
    X, labels, _, _ = data
    network = DenseClassifier((8,), metrics=["accuracy"], **TINY)
    network.fit(X, labels, X_val=X[:50], y_val=labels[:50])
    columns = np.searchsorted(network.classes_, labels)
    worst = np.argsort(network.predict_proba(X)[np.arange(300), columns])[:12]
    table = table_of(pages["table"])
    assert table["sample"].astype(int).tolist() == worst.tolist()
    assert table["true"].tolist() == labels[worst].tolist()
    assert table["predicted"].tolist() == network.predict(X)[worst].tolist()
    assert_column(table["<i>pixel & 0"], X.iloc[worst, 0])


def table_of(page):
    header, *rows = Page(section(page, "Worst mistakes")).rows
    return pd.DataFrame(rows, columns=header)


def assert_column(column, expected):
    np.testing.assert_allclose(column.astype(float), expected, rtol=1e-3)


def section(page, heading):
    return page.html.partition(f"<h2>{heading}</h2>")[2].partition("</section>")[0]


def test_mistakes_are_found_behind_unsure_right_predictions(classifier, iris):
    X, y = iris
    predicted = y.copy()
    predicted[7] = (y[7] + 1) % 3
    losses = np.where(predicted == y, 2.0, 1.0)
    shown = Predictions(y, predicted, np.full((len(y), 3), 0.4), losses)
    content = mistakes(classifier, X, shown)
    assert content.count("<tr>") == 2  # the header and sample 7
    assert "None" not in content


def test_errors_of_values_are_the_largest(data, pages):
    X, _, _, y = data
    network = DenseRegressor((8,), early_stopping=True, **TINY).fit(X, y)
    errors = np.abs(network.predict(X) - y)
    table = table_of(pages["values"])
    off = table["true"].astype(float) - table["predicted"].astype(float)
    assert_column(off.abs(), np.sort(errors)[:-13:-1])


def test_images_and_texts_are_shown(data, pages):
    page = Page(section(pages["images"], "Worst mistakes"))
    assert [image.size for image in page.images] == [(8, 8)] * 12
    first = int(page.text.partition("sample ")[2].partition("true")[0])
    shown = np.asarray(page.images[0].convert("L"), float)
    original = data[2][200 + first]
    low, high = original.min(), original.max()
    np.testing.assert_allclose(shown, (original - low) / (high - low) * 255, atol=1)
    text = Page(section(pages["texts"], "Worst mistakes")).text
    words, _ = paragraphs()
    assert any(words[i][:60] in text for i in range(60))


def test_nothing_is_wrong():
    network = DenseClassifier.from_weights([[[1.0]]], classes=["no", "yes"])
    page = report(network, [[-2.0], [3.0]], ["no", "yes"])
    assert "every prediction is right" in section(page, "Worst mistakes")
    assert "not trained here" in section(page, "Learning curves")


def forms():
    digits = load_digits()
    X, y, images = digits.data[:100], digits.target[:100], digits.images[:100]
    units = {"units": (4,), **TINY}
    pipe = make_pipeline(StandardScaler(), DenseClassifier((4,), **TINY))
    grid = {"denseclassifier__dropout": [0.0]}
    search = GridSearchCV(pipe, grid, cv=2, scoring="f1_macro")
    steps = SequenceClassifier("conv", return_sequences=True, **units)
    tokens = SequenceClassifier("average", embedding_dim=4, **units)
    windows = SequenceRegressor("conv", window=5, **units)
    lengths = 4 + np.arange(100) % 5
    ragged = [image[:n] for image, n in zip(images, lengths, strict=True)]
    flat = DenseClassifier((4,), **TINY)
    # Heading of the errors, number of pictures, and what the page says.
    return {
        "search": (search, X, y, "Confusion matrix", 14, "f1_macro here"),
        "multilabel": (flat, X, np.c_[y % 2, y > 5] * 1, "Labels", 13, "recall"),
        "outputs": (
            DenseRegressor((4,), **TINY),
            X[:, :9],
            np.c_[X.sum(1), y],
            "Residuals",
            5,
            "x7",
        ),
        "windows": (windows, X, X.sum(1), "Residuals", 3, "x7"),
        "steps": (
            steps,
            images,
            (images.sum(2) > 40) * 1,
            "Confusion matrix",
            14,
            "true: ",
        ),
        "ragged": (
            SequenceClassifier("conv", **units),
            ragged,
            y,
            "Confusion matrix",
            14,
            "conv_1",
        ),
        "tokens": (tokens, X, y, "Confusion matrix", 2, "embedding"),
        "sparse": (flat, sparse.coo_matrix(X), y, "Confusion matrix", 2, "(100, 64)"),
        "scaled": (pipe, X, y, "Confusion matrix", 14, "accuracy here"),
    }


@pytest.mark.parametrize("form", forms())
def test_every_form_has_a_page(form):
    estimator, X, y, heading, n_pictures, words = forms()[form]
    estimator.fit(X, y)
    fitted = getattr(estimator, "best_estimator_", estimator)
    before = joblib.hash(fitted)
    page = report(estimator, X, y)
    assert joblib.hash(fitted) == before
    parts = Page(page.html)
    assert len(parts.images) == n_pictures
    assert f"<h2>{heading}</h2>" in page.html
    assert words in parts.text


def test_a_score_has_the_name_of_its_metric(iris):
    X, y = iris
    network = DenseClassifier((4,), **TINY)
    search = GridSearchCV(network, {"dropout": [0.0]}, cv=2, scoring="f1_macro")
    pipe = make_pipeline(StandardScaler(), search).fit(X, y)
    text = " ".join(Page(report(pipe, X, y).html).text.split())
    assert f"f1_macro here{pipe.score(X, y):.4g}" in text


def test_many_classes_keep_their_labels_readable():
    digits = load_digits()
    X, y = digits.data[:200], digits.target[:200] * 2 + np.arange(200) % 2
    page = report(DenseClassifier((4,), **TINY).fit(X, y), X, y)
    assert '<figure class="wide large">' in section(page, "Confusion matrix")
    y = np.arange(200) % 65
    page = report(DenseClassifier((4,), **TINY).fit(X, y), X, y)
    assert Page(section(page, "Labels")).rows[0][1:3] == ["precision", "recall"]


def test_long_parameters_are_shortened(classifier, iris):
    weights = {name: index for index, name in enumerate(range(5000), 1)}
    network = DenseClassifier((4,), class_weight=weights, **TINY)
    network.fit(*iris)
    assert len(section(report(network, *iris), "What was trained")) < 2000


def test_files(classifier, iris, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = report(classifier, *iris)
    assert list(tmp_path.iterdir()) == []
    page.save(tmp_path / "saved.html")
    report(classifier, *iris, path="written.html")
    assert (tmp_path / "saved.html").read_text("utf-8") == page.html
    assert (tmp_path / "written.html").read_text("utf-8") == page.html


def test_notebooks_show_it_in_a_frame(pages):
    shown = pages["table"]._repr_html_()
    (frame,) = Page(shown).of("iframe")
    assert frame["srcdoc"] == pages["table"].html
    assert "dense" not in repr(pages["table"])
    assert len(pages["table"].diagnosis.frame)


def test_pyplot_is_left_alone(classifier, iris):
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    report(classifier, *iris)
    assert pyplot.get_fignums() == before


def test_refused_before_any_work(classifier, iris, tmp_path, monkeypatch):
    monkeypatch.setattr("skdeep.reports._report.diagnose", None)
    with pytest.raises(FileNotFoundError, match="folder that exists"):
        report(classifier, *iris, path=tmp_path / "none" / "page.html")
    with pytest.raises(IsADirectoryError, match="that of a file"):
        report(classifier, *iris, path=tmp_path)
    with pytest.raises(ValueError, match="y must hold a target for each"):
        report(classifier, iris[0], None)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        report(classifier, iris[0], iris[1][:-1])
    with pytest.raises(TypeError, match="network of skdeep"):
        report(LogisticRegression(max_iter=1000).fit(*iris), *iris)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"skdeep\.report requires matplotlib"):
        report(classifier, *iris)


# In a browser


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium: playwright's own, or the machine's."""
    with sync_playwright() as playwright:
        known = [playwright.chromium.executable_path, *map(shutil.which, BROWSERS)]
        path = next((p for p in known if p and os.path.exists(p)), None)
        if path is None:
            pytest.skip("no Chromium on this machine: playwright install chromium")
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_shows_it(browser, pages, kind, tmp_path):
    pages[kind].save(tmp_path / "page.html")
    view = browser.new_page(viewport={"width": 390, "height": 800})
    messages, requests = [], []
    view.on("console", lambda message: messages.append(message.text))
    view.on("pageerror", lambda error: messages.append(str(error)))
    view.on("request", lambda request: requests.append(request.url))
    view.goto((tmp_path / "page.html").as_uri())
    assert messages == []
    others = [url for url in requests if not url.startswith("data:")]
    assert others == [(tmp_path / "page.html").as_uri()]
    widths = view.evaluate("[...document.images].map(i => i.complete * i.naturalWidth)")
    assert len(widths) == len(Page(pages[kind].html).images)
    assert min(widths) > 0
    view.locator("summary").click()  # the widest table of the diagnosis
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    for width in (390, 1200):
        view.set_viewport_size({"width": width, "height": 800})
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate(size) >= 16
    view.close()

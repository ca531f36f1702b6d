"""The code in docs/migration.md runs, and prints what the page says it prints."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import skdeep

PAGE = Path(__file__).parents[1] / "docs" / "migration.md"
GUIDE_FOLDER = PAGE.parent / "guide"
GUIDE = sorted(GUIDE_FOLDER.glob("*.md"))
COURSE_FOLDER = PAGE.parent / "course"
COURSE = sorted(COURSE_FOLDER.glob("*.md"))
# Every section begins with the code that stands before the first one.
SETUP, *SECTIONS = re.split(r"^(?=## )", PAGE.read_text(), flags=re.MULTILINE)


def blocks(text):
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def run(block, names):
    """What a block prints, line by line, beside what its comments say."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, PAGE.name, "exec"), names)
    promised = re.findall(r"^print\(.*\)  # (.+)$", block, flags=re.MULTILINE)
    return printed.getvalue().splitlines(), promised


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.split("\n")[0][3:])
def test_code_on_the_page(section, monkeypatch):
    # XLA would compile the longer fits.
    monkeypatch.setattr("skdeep.training._job.SHORT_FIT_STEPS", 10**9)
    # SciKeras changes Keras's classes, unless skdeep has imported it first.
    assert skdeep.KerasClassifier
    names = {"__name__": "page"}
    for block in [*blocks(SETUP), *blocks(section)]:
        # No epoch teaches SciKeras's folds the class that they are tested on.
        shortened = 'verbose=0, **{**settings, "epochs": 1})'
        block = block.replace("verbose=0, **settings)", shortened)
        printed, promised = run(block, names)
        assert len(printed) == len(promised), block
        for line, promise in zip(printed, promised, strict=True):
            if promise.startswith("about "):
                assert float(line) == pytest.approx(float(promise[6:]), abs=0.06), block
            else:
                assert line == promise, block


def test_all_code_on_the_page_is_run():
    fences = re.findall(r"^```(.*)$", PAGE.read_text(), flags=re.MULTILINE)
    assert fences[::2] == ["python"] * len(fences[::2])
    assert set(fences[1::2]) == {""}
    found = sum(len(blocks(section)) for section in (SETUP, *SECTIONS))
    assert found == len(fences) // 2


def anchors(page):
    """The anchors of the headings, outside of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return [re.sub(r"[^\w -]", "", a).replace(" ", "-").lower() for a in titles]


@pytest.mark.parametrize("page", [PAGE, *GUIDE, *COURSE], ids=lambda page: page.stem)
def test_links_on_the_page_lead_somewhere(page):
    for name, anchor in re.findall(r"\]\(([\w./]*)#?([\w-]*)\)", page.read_text()):
        if name.startswith("figures/"):
            continue  # the build draws it, or stops
        target = page.parent / name if name else page
        assert target.is_file(), name
        assert not anchor or anchor in anchors(target), (name, anchor)


def test_the_overview_of_the_guide_has_every_page():
    overview = (GUIDE_FOLDER / "index.md").read_text()
    pages = [page.stem for page in GUIDE if page.stem != "index"]
    tree = re.search(r"^```{toctree}\n:hidden:\n\n(.*?)^```$", overview, re.M | re.S)[1]
    assert sorted(tree.split()) == pages
    assert sorted(set(re.findall(r"^- \[.*?\]\((\w+)\.md\)", overview, re.M))) == pages


def test_the_course_shows_keras_beside_skdeep_and_a_picture():
    overview = (COURSE_FOLDER / "index.md").read_text()
    pages = [page for page in COURSE if page.stem != "index"]
    tree = re.search(r"^```{toctree}\n:hidden:\n\n(.*?)^```$", overview, re.M | re.S)[1]
    assert sorted(tree.split()) == [page.stem for page in pages]
    for page in pages:
        text = page.read_text()
        assert f":link: {page.stem}\n" in overview
        assert text.count("{tab-item} skdeep") == text.count("{tab-item} Keras") > 0
        assert re.search(r"^!\[.{20,}\]\(figures/\w+\.png\)$", text, re.M), page

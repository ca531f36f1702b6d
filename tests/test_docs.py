"""The code in docs/migration.md runs, and prints what the page says it prints."""

import contextlib
import io
import re
from pathlib import Path

import pytest

import skdeep

PAGE = Path(__file__).parents[1] / "docs" / "migration.md"
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
def test_code_on_the_page(section):
    # SciKeras changes Keras's classes, unless skdeep has imported it first.
    assert skdeep.KerasClassifier
    names = {"__name__": "page"}
    for block in [*blocks(SETUP), *blocks(section)]:
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


def test_links_on_the_page_lead_somewhere():
    text = PAGE.read_text()
    pages = {"": text, "guide.md": (PAGE.parent / "guide.md").read_text()}
    for name, anchor in re.findall(r"\]\(([\w.]*)#?([\w-]*)\)", text):
        titles = re.findall(r"^#+ (.*)$", pages[name], flags=re.MULTILINE)
        anchors = [re.sub(r"[^\w -]", "", a).replace(" ", "-").lower() for a in titles]
        assert not anchor or anchor in anchors, anchor

"""The build of the site runs the code on its pages and notices what is wrong."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
RUN = sorted([*DOCS.glob("guide/*.md"), *DOCS.glob("course/*.md"), DOCS / "index.md"])

spec = importlib.util.spec_from_file_location("_snippets", DOCS / "_snippets.py")
snippets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(snippets)


@pytest.fixture
def run(tmp_path):
    def run_text(text, **options):
        page = tmp_path / "page.md"
        page.write_text(text)
        snippets.run_page(page, **options)

    return run_text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", r"page.md:4\n(.|\n)*ZeroDivisionError"),
        ("import warnings\nwarnings.warn('odd')", "page.md:5\n(.|\n)*UserWarning: odd"),
        ("print(1 + 1)  # 3", r"page.md:4: the page promises\n3\nbut .*\n2"),
        ("print(0.5)  # about 0.6", "promises\nabout 0.6"),
        ("print(0.5)  # about [0.5 0.5]", "promises"),
        ("print('a', 'b')\n# a c", "promises"),
        ("print('a  0.5')\n# about\n# a  0.6", "promises"),
        ("print(1,", "SyntaxError"),
    ],
)
def test_wrong_code_stops_the_build(run, code, said):
    with pytest.raises(snippets.SnippetError, match=said):
        run(f"# A page\n\n```python\n{code}\n```\n")


@pytest.mark.parametrize(
    "code",
    [
        "print(1 + 1)  # 2",
        "print(0.96)  # about 0.95",
        "print([0.96, 12.1])  # about [0.95, 12]",
        "print('x   y')\n#  x y\n\n1",
        "print('a  0.51')\n# about\n# a  0.5",
        "print(2)  # a number of things",
        "print(2)\n# The next statement sets y.\ny = 3",
    ],
)
def test_right_code_passes(run, code):
    run(f"```python\n{code}\n```\n")


def test_blocks_of_a_page_share_names_and_an_empty_folder(run, tmp_path):
    run(
        "```python\nx = 2\nopen('file', 'w').close()\n```\ntext\n"
        ":::{tab-item} nested\n```python\nprint(x)  # 2\n```\n:::\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_a_reason_is_needed_to_leave_a_block_out(run):
    run("<!-- not run: downloads 3 MB -->\n```python\n1 / 0\n```\n")
    for comment in ("<!-- not run: -->", "<!-- downloads -->"):
        with pytest.raises(snippets.SnippetError):
            run(f"{comment}\n```python\n1 / 0\n```\n")
    with pytest.raises(snippets.SnippetError):
        run("<!-- not run: slow -->\n```python\n1 / 0\n```\n", everything=True)


def test_figures_are_what_the_code_above_has_drawn(run, tmp_path):
    draws = "```python\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\n```\n"
    run(draws + "\n![A line](figures/line.png)\n")
    assert (tmp_path / "figures/line.png").stat().st_size > 1000
    with pytest.raises(
        snippets.SnippetError, match=r"page.md:1\nThe code has drawn nothing"
    ):
        run("![A line](figures/line.png)\n")


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_every_block_of_the_pages_is_found(page):
    text = page.read_text()
    found = [code for _, code, _ in snippets.parts(text, everything=True) if code]
    assert len(found) == len(re.findall(r"^ *[`~]{3,} *python", text, re.MULTILINE))

"""What the site must have; building it checks the rest (docs/contributing.md)."""

import importlib.util
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import skdeep

ROOT = Path(__file__).parents[1]
REFERENCE = re.findall(
    r"^   ([\w.]+)$", (ROOT / "docs/api/index.md").read_text(), flags=re.MULTILINE
)
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def public_modules():
    """Modules and packages without an underscore, one level deep."""
    for module in pkgutil.iter_modules(skdeep.__path__):
        if not module.name.startswith("_"):
            yield module.name


def test_reference_lists_every_public_name_once():
    top = [name for name in REFERENCE if "." not in name]
    assert sorted(top) == sorted(skdeep.NAMES)


def test_reference_names_exist():
    for path in REFERENCE:
        module, _, name = path.rpartition(".")
        owner = importlib.import_module(f"skdeep.{module}") if module else skdeep
        assert inspect.getdoc(getattr(owner, name)), path
        assert not module or module in public_modules(), path


def test_the_guide_links_to_every_public_name_and_example():
    spec = importlib.util.spec_from_file_location("links", ROOT / "docs/_back_links.py")
    links = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(links)
    pages = links.pages_by_target(ROOT / "docs")
    examples = {path.stem for path in EXAMPLES} - {"plot_displays"}
    assert set(pages) == {f"skdeep.{name}" for name in REFERENCE} | examples
    assert pages["skdeep.QuantileLoss"][0] == "/guide/targets_and_losses"


@pytest.mark.parametrize("path", REFERENCE)
def test_every_page_of_the_reference_has_an_example_and_related_names(path):
    module, _, name = path.rpartition(".")
    owner = importlib.import_module(f"skdeep.{module}") if module else skdeep
    text = inspect.getdoc(getattr(owner, name))
    assert "See Also\n--------\n" in text
    assert "Examples\n--------\n" in text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_can_be_gallery_pages(path):
    text = path.read_text()
    title = re.match(r'"""\n(.+)\n(=+)\n\n[A-Z:]', text)
    assert title, "begins with a title and a sentence"
    assert len(title[1]) == len(title[2])
    assert path.stem.startswith("plot_"), "Sphinx-Gallery runs nothing else"

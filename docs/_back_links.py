"""Shows on the page of a class, function or example which guide pages link to it."""

import re
from pathlib import Path

FOLDERS = "guide", "course"
LINK = re.compile(
    r"\{(?:class|func)\}`(?:[^`<]*<|~)?(skdeep[\w.]+)|</gallery/(plot_\w+)>"
)
TIMING = ".. rst-class:: sphx-glr-timing"  # the end of an example


def pages_by_target(docs):
    """Which pages link to each public name and to each example, in their order."""
    pages = {}
    for folder in FOLDERS:
        overview = (docs / folder / "index.md").read_text()
        names = overview.partition("```{toctree}\n:hidden:\n")[2].partition("```")[0]
        for name in names.split():
            text = (docs / folder / f"{name}.md").read_text()
            for target in {a or b for a, b in LINK.findall(text)}:
                pages.setdefault(target, []).append(f"/{folder}/{name}")
    return pages


def add_links(app, docname, source):
    folder, _, target = docname.rpartition("/")
    if folder not in ("api/generated", "gallery"):
        return
    pages = pages_by_target(Path(app.srcdir)).get(target)
    if not pages:
        return
    links = "\n".join(f"* :doc:`{page}`" for page in pages)
    text, timing, rest = source[0].partition(TIMING)
    source[0] = f"{text}\n\nIn the guide\n{'-' * 12}\n\n{links}\n\n{timing}{rest}"


def setup(app):
    app.connect("source-read", add_links)
    return {"parallel_read_safe": True}

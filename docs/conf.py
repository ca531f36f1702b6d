"""How Sphinx makes the site: ``python -m sphinx -W -b html docs docs/_build/html``."""

import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))  # for _snippets, _back_links

from sphinx_gallery.sorting import ExplicitOrder

import skdeep

project = "skdeep"
author = "The skdeep developers"
project_copyright = "The skdeep developers, BSD-3-Clause"
version = release = skdeep.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "_back_links",
    "_snippets",
]
exclude_patterns = ["_build", "api/generated/backreferences"]
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"
toc_object_entries_show_parents = "hide"  # fit(), not DenseClassifier.fit()
numpydoc_show_class_members = False  # the template of classes lists them

# The order in the gallery: tables, training, images, series, texts, a look inside.
EXAMPLES = [
    "decision_boundaries",
    "penguins_line",
    "iris",
    "titanic",
    "miles",
    "penguin_sets",
    "oscars",
    "calibration",
    "learning_rates",
    "search",
    "fused_search",
    "diagnosis",
    "report",
    "digits_images",
    "mnist",
    "feature_maps",
    "photographs",
    "several_labels",
    "transfer",
    "autoencoder",
    "airline",
    "forecast",
    "inflation",
    "el_nino",
    "text_classes",
    "film_titles",
    "propagation",
    "inner_layers",
]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "backreferences_dir": "api/generated/backreferences",
    "doc_module": ("skdeep",),
    "reference_url": {"skdeep": None},
    # Each process imports TensorFlow, for which some hundred MB are needed.
    "parallel": min(4, os.cpu_count() or 1),
    "show_memory": False,
    "write_computation_times": False,
    "capture_repr": ("_repr_html_",),
    "abort_on_example_error": True,
    "within_subsection_order": ExplicitOrder(
        [*(f"plot_{name}.py" for name in EXAMPLES), "*"]
    ),
    "ignore_pattern": r"plot_displays\.py",  # the guide shows its pictures
}

html_theme = "pydata_sphinx_theme"
html_title = "skdeep"
html_theme_options = {
    "navigation_with_keys": False,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_context = {"default_mode": "auto"}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"index": [], "changelog": []}
html_show_sourcelink = False


def _without_foreign_labels(app, what, name, obj, options, lines):
    """Inherited docstrings refer to other packages' own sites, and have formulas."""
    named = re.compile(r":(?:ref|term|doc):`(?:([^`<]+?)\s*<[^`]+>|([^`<]+))`")
    text = named.sub(lambda m: m[1] or m[2], "\n".join(lines))
    # Formulas would need a script from another host, also where they are only R^2.
    text = text.replace(r":math:`(1 - \frac{u}{v})`", "``1 - u / v``")
    lines[:] = re.sub(r":math:`([^`]+)`", r"``\1``", text).split("\n")


def _pictures_have_texts(app, docname, source):
    """Texts for those who do not see the pictures: the example's title comes first.

    Sphinx-Gallery takes the titles within the picture, or else the name of the file.
    """
    if not docname.startswith("gallery/plot_"):
        return
    title = re.search(r"^(.+)\n=+$", source[0], flags=re.MULTILINE)[1]
    file_name = docname.removeprefix("gallery/").replace("_", " ")

    def text(match):
        within = re.sub(r"(, \d+)+$", "", match[2])  # the numbers of filters
        return match[1] + (title if within == file_name else f"{title}: {within}")

    source[0] = re.sub(r"^( +:alt: )(.+)$", text, source[0], flags=re.MULTILINE)


def setup(app):
    app.connect("source-read", _pictures_have_texts)
    # Before numpydoc, which reads the lines at its default priority.
    app.connect("autodoc-process-docstring", _without_foreign_labels, priority=100)

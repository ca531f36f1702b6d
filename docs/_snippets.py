"""Runs the Python code on the pages of the guide and of the course.

Sphinx calls ``run_changed`` for the pages that it is about to read. By hand::

    python docs/_snippets.py docs/guide/texts.md          # prints what the page prints
    python docs/_snippets.py --all docs/course/digits.md  # runs what a build leaves out

All blocks of a page share one namespace, as if the reader typed them one after another.
Warnings are errors. A comment above a block leaves it out and says why::

    <!-- not run: downloads 14 MB -->

What ``print`` writes is compared with the comment behind it, if that is a number,
another literal or "about" and numbers. Lines of comment below it are compared, too, if
an empty line follows them. They may begin with a line that says "about".

An image of the folder ``figures`` is the figure that the code above it has drawn.
"""

import argparse
import ast
import contextlib
import io
import os
import re
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from joblib import Parallel, delayed
from markdown_it import MarkdownIt
from sphinx.errors import SphinxError
from sphinx.util import logging

RUN = ("index", "guide/", "course/")
SKIPPED = re.compile(r"<!--\s*not run: \S.*-->", re.DOTALL)
FIGURE = re.compile(r"!\[[^\]]+\]\((figures/[\w.-]+\.png)\)")
OUTPUT = re.compile(r"about [-\d\[(]|[-\d\[({'\"]|(True|False|None)$")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
TOLERANCE = 0.03  # of "about": what rounding on another processor may change


class SnippetError(SphinxError):
    category = "Code on a page failed"


def run_changed(app, env, docnames):
    """Run the pages among ``docnames``, before Sphinx reads them."""
    if not app.config.run_snippets:
        return
    pages = [name for name in sorted(docnames) if name.startswith(RUN)]
    # Each process imports TensorFlow, for which some hundred MB are needed.
    processes = min(4, os.cpu_count() or 1, max(1, len(pages)))
    seconds = Parallel(n_jobs=processes)(
        delayed(_seconds)(Path(env.doc2path(name))) for name in pages
    )
    logger = logging.getLogger(__name__)
    for name, of_page in zip(pages, seconds, strict=True):
        logger.info("ran the code of %s: %.1f s", name, of_page)


def _seconds(page):
    """Run the blocks of a page; returns how long it took."""
    start = time.perf_counter()
    run_page(page)
    return time.perf_counter() - start


def run_page(page, everything=False, echo=False):
    """Run the blocks of a page, and draw its figures."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    page = page.resolve()
    text = page.read_text()
    names = {"__name__": "page"}
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        mpl.rc_context({"backend": "agg", "figure.max_open_warning": 0}),
        warnings.catch_warnings(),
    ):
        _warnings_are_errors()
        for line, code, figure in parts(text, everything):
            if figure:
                if not plt.get_fignums():
                    raise SnippetError(f"{page}:{line}\nThe code has drawn nothing.")
                path = page.parent / figure
                path.parent.mkdir(exist_ok=True)
                plt.savefig(path, dpi=120, bbox_inches="tight")
                plt.close("all")
            else:
                _run_block(page, line, code, names, echo)
        plt.close("all")


def _warnings_are_errors():
    warnings.simplefilter("error")
    for package in ("tensorflow", "google", "keras"):
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=package)
    # Keras names np.object when it exports to ONNX.
    warnings.filterwarnings("ignore", message="In the future `np.object`")
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def parts(text, everything):
    """(line, code, None) of each block to run, (line, None, path) of each figure."""
    above = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info == "python":
            skipped = SKIPPED.match(above)
            if everything or not skipped:
                yield token.map[0] + 1, token.content, None
        elif token.type == "inline":
            for path in FIGURE.findall(token.content):
                yield token.map[0] + 1, None, path
        above = token.content if token.type == "html_block" else ""


def _run_block(page, line, code, names, echo):
    """Run one statement after another, and compare what is printed."""
    where = f"{page}:{line + 1}"
    try:
        tree = ast.parse(code, filename=str(page))
        for node in tree.body:
            promise = _promise(code, node)
            statement = ast.increment_lineno(ast.Module([node], []), line)
            where = f"{page}:{node.lineno}"
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(statement, str(page), "exec"), names)
            if echo:
                print(printed.getvalue(), end="")
            if promise and not _matches(printed.getvalue(), promise):
                raise SnippetError(
                    f"{where}: the page promises\n{promise}\n"
                    f"but the code prints\n{printed.getvalue()}"
                )
    except SnippetError:
        raise
    except Exception as error:
        raise SnippetError(f"{where}\n{traceback.format_exc()}") from error


def _promise(code, node):
    """What a comment says that a call of ``print`` prints, or None."""
    call = getattr(node, "value", None)
    if getattr(getattr(call, "func", None), "id", None) != "print":
        return None
    lines = code.splitlines()
    rest = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
    behind = rest.partition("#")[2].strip()
    if behind:
        return behind if OUTPUT.match(behind) else None
    below = []
    for text in lines[node.end_lineno :]:
        if not text:
            break
        if not text.startswith("#"):
            return None  # a comment on the next statement
        below.append(text.removeprefix("#"))
    return "\n".join(below).strip() or None


def _matches(printed, promise):
    if promise.split()[:1] == ["about"]:
        said, found = (list(map(float, NUMBER.findall(t))) for t in (promise, printed))
        pairs = zip(said, found, strict=False)
        return len(said) == len(found) and all(
            abs(a - b) <= max(TOLERANCE, TOLERANCE * abs(a)) for a, b in pairs
        )
    return printed.split() == promise.split()


def setup(app):
    app.add_config_value("run_snippets", True, "", types=[bool])
    app.connect("env-before-read-docs", run_changed)
    return {"parallel_read_safe": True}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="also what builds skip")
    parser.add_argument("pages", nargs="+", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for page in arguments.pages:
        start = time.perf_counter()
        print(f"== {page}")
        run_page(page, everything=arguments.all, echo=True)
        print(f"== {page}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()

"""An HTML page that loads nothing from elsewhere."""

import base64
import html
import io

# Loads nothing and runs no script, whatever the names and texts in the page hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 0 auto;
  padding: 0 1em 3em; overflow-wrap: break-word; }
h1 { font-size: 1.6em; line-height: 1.2; }
h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #8886; }
img { max-width: 100%; height: auto; background: #fff; }
table { border-collapse: collapse; font-size: .9em; }
th, td { padding: .25em .7em; border-bottom: 1px solid #8884; text-align: left;
  vertical-align: top; }
table.numbers :is(th, td):not(:first-child) { text-align: right; }
.wide { overflow-x: auto; }
pre { white-space: pre-wrap; margin: 0; }
figure { margin: 0 0 1em; }
.charts { display: flex; flex-wrap: wrap; gap: 0 1em; }
.grid { display: flex; flex-wrap: wrap; gap: 1em; }
.grid figure { width: 9em; margin: 0; font-size: .85em; }
.grid img { width: 100%; }
.large img { max-width: none; }
.pixels { image-rendering: pixelated; }
summary { cursor: pointer; }
"""


def page(title, sections):
    """The whole page.

    Parameters
    ----------
    title : str
    sections : list of (str, str)
        Headings, as text, and the content below them, as HTML.
    """
    title = html.escape(title)
    body = "".join(
        f"<section><h2>{html.escape(heading)}</h2>{content}</section>\n"
        for heading, content in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )


def table(header, rows, *, numbers=False):
    """A table, which may be wider than the page.

    Parameters
    ----------
    header : sequence of str or None
    rows : iterable of sequence
        Of texts and numbers.
    numbers : bool, default=False
        Whether all but the first column are numbers.
    """
    # Not DataFrame.to_html, which shortens texts by pandas's global options.
    head = "" if header is None else f"<thead>{_row(header, 'th')}</thead>"
    body = "".join(_row(row, "td") for row in rows)
    kind = ' class="numbers"' if numbers else ""
    return f'<div class="wide"><table{kind}>{head}<tbody>{body}</tbody></table></div>'


def _row(cells, tag):
    texts = (f"{c:.4g}" if isinstance(c, float) else str(c) for c in cells)
    return f"<tr>{''.join(f'<{tag}>{html.escape(t)}</{tag}>' for t in texts)}</tr>"


def picture(png, alt, *, pixels=False):
    """A picture inside the page.

    Parameters
    ----------
    png : bytes
    alt : str
        What it shows.
    pixels : bool, default=False
        Whether its pixels should stay squares.
    """
    data = base64.b64encode(png).decode()
    kind = ' class="pixels"' if pixels else ""
    return f'<img{kind} src="data:image/png;base64,{data}" alt="{html.escape(alt)}">'


def drawn(figure):
    """A matplotlib figure as PNG, bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()

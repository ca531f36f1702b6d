"""What a page of HTML consists of."""

import base64
import io
from html.parser import HTMLParser

from PIL import Image


class Page(HTMLParser):
    """What a page consists of.

    Attributes
    ----------
    tags : list of (str, dict)
    images : list of PIL.Image.Image
    text : str
    rows : list of list of str
        Of all tables.
    unwrapped : int
        Tables that are in no box that scrolls.
    """

    def __init__(self, html):
        super().__init__()
        self.tags, self.images, self.text, self.unwrapped = [], [], "", 0
        self.rows, self._open = [], []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag == "img":
            data = attributes["src"].removeprefix("data:image/png;base64,")
            self.images.append(Image.open(io.BytesIO(base64.b64decode(data))))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "table":
            self.unwrapped += "scroll" not in self._open
        if tag not in ("meta", "link", "img", "br"):
            boxes = attributes.get("class") == "wide" or "overflow-x:auto" in (
                attributes.get("style", "")
            )
            self._open.append("scroll" if boxes else tag)

    def handle_endtag(self, tag):
        assert self._open.pop() in (tag, "scroll")

    def handle_data(self, data):
        self.text += data
        if self._open and self._open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

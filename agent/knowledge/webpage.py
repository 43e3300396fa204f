"""Web pages: title, headings and the text that a reader sees; scripts, styles and what is hidden are left out.

lxml parses; it fetches nothing, expands no entities that a page declares, and refuses trees that are too deep.
"""

from __future__ import annotations

import re
from typing import Any

from zosimos.agent.knowledge.document import Found, Page
from zosimos.agent.knowledge.plain import not_text, place, seen
from zosimos.core.errors import DataError

_NOT_READ = frozenset(
    (
        *("script", "style", "noscript", "template", "head", "iframe", "object", "embed", "svg", "math", "canvas"),
        *("select", "textarea", "button", "input", "audio", "video", "nav"),
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | frozenset(
    (
        *("p", "div", "section", "article", "li", "ul", "ol", "dl", "dt", "dd", "table", "caption", "pre"),
        *(
            "blockquote",
            "figure",
            "figcaption",
            "main",
            "header",
            "footer",
            "address",
            "hr",
            "form",
            "fieldset",
            "body",
        ),
    )
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_CLASS = re.compile(r"\.([\w-]+)")


def read_webpage(data: bytes, name: str) -> Found:
    """Return a web page, a page for each heading with what follows it.

    Raises:
        DataError: it is not text, or nothing in it can be read.
    """
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise not_text(name)
    root = _parsed(data, name)
    title = " ".join("".join(text for found in root.iter("title") for text in found.itertext()).split())
    reader = _Reader(_hidden_classes(root))
    reader.read(root)
    lost = ("hidden text was left out",) if reader.hidden else ()
    pages, remarks = [], list(lost)
    for heading, text in reader.sections():
        kept, unseen = seen(text)
        remarks += [remark for remark in unseen if remark not in remarks]
        pages.append(Page(place(seen(heading)[0]), kept))
    return Found(seen(title)[0], tuple(pages), tuple(remarks))


def _parsed(data: bytes, name: str) -> Any:
    from lxml import etree, html

    try:
        data.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = None  # what the page itself says
    parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise DataError(
            f"{name} cannot be read as a web page",
            field="FILES",
            value=name,
            allowed="HTML with some text in it",
            hint="open it in a browser and save it again, or as text",
        ) from error


def _hidden_classes(root: Any) -> frozenset[str]:
    """Return the classes that a page's own style sheets hide."""
    found: set[str] = set()
    for style in root.iter("style"):
        for rule in (style.text or "").split("}"):
            selector, _, body = rule.partition("{")
            if _HIDING.search(body):
                found.update(_CLASS.findall(selector))
    return frozenset(found)


class _Reader:
    """Collects the text of a page by its headings."""

    def __init__(self, hidden_classes: frozenset[str]) -> None:
        self._classes = hidden_classes
        self._sections: list[tuple[bool, list[str]]] = [(False, [])]  # whether it begins with a heading, and its text
        self.hidden = False

    def read(self, root: Any) -> None:
        """Walk a tree without recursion, as it may be deep."""
        waiting: list[tuple[Any, bool]] = [(root, False)]
        while waiting:
            node, done = waiting.pop()
            tag = node.tag if isinstance(node.tag, str) else ""
            if done:
                self._end(tag)
            elif tag and not self._passed_over(node, tag):
                self._begin(node, tag)
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(node))
                continue
            if node is not root and node.tail:
                self._text(node.tail)

    def sections(self) -> list[tuple[str, str]]:
        """Return headings and texts, those without a text left out; a heading is the first paragraph of its text."""
        made = [(headed, _tidy("".join(parts))) for headed, parts in self._sections]
        return [(text.split("\n\n", 1)[0] if headed else "", text) for headed, text in made if text]

    def _passed_over(self, node: Any, tag: str) -> bool:
        if tag in _NOT_READ:
            return True
        hidden = (
            "hidden" in node.attrib
            or node.get("aria-hidden", "").strip().lower() == "true"
            or bool(_HIDING.search(node.get("style", "")))
            or not self._classes.isdisjoint(node.get("class", "").split())
        )
        self.hidden |= hidden
        return hidden

    def _begin(self, node: Any, tag: str) -> None:
        if tag in _HEADINGS:
            self._sections.append((True, []))
        if tag in _BLOCKS:
            self._put("\n\n")
        elif tag in ("tr", "br"):
            self._put("\n")
        if node.text:
            self._text(node.text)

    def _end(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._put(" | ")
        elif tag in _BLOCKS:
            self._put("\n\n")

    def _text(self, text: str) -> None:
        self._put(re.sub(r"\s+", " ", text))

    def _put(self, text: str) -> None:
        self._sections[-1][1].append(text)


def _tidy(text: str) -> str:
    """Return a text with single blanks, and one empty line between paragraphs."""
    lines = (line.strip().removesuffix("|").rstrip() for line in re.sub(r"[ \t]+", " ", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

"""Shown text: words from files, people and instruments made safe to show, on a screen or a page.

They are shown as they are, but for characters that would steer a terminal or make one text read as another.
"""

from __future__ import annotations

import re

# Escape sequences (ECMA-48: CSI, OSC and other strings, two-character ones), then every control that is left, then
# the marks that turn the direction of text (they can make one command read as another) and lone surrogates.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)|\x1b[ -/]*[0-~]?", re.DOTALL
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: object, *, lines: bool = False) -> str:
    r"""Return a value as text that cannot steer a terminal, on one line unless ``lines``.

    >>> clean("a\x1b[31mb\x07\nc")
    'ab c'
    """
    text = _UNSEEN.sub("", _ESCAPES.sub("", str(value).replace("\r\n", "\n")))
    return text if lines else text.replace("\n", " ").replace("\t", " ").replace("\u2028", " ")

"""Exemplars: sentences with what whoever wrote them meant, from which the readers learn.

They were written for this purpose by several hands, each with a way of speaking, none of whom saw the sentences that
the readers are measured on. Of cries, writers 1 to 15 saw no code either; 16 to 25 are one hand that knew the readers,
and wrote 24 and 25 after a look at which lines of others were misread: figures of lines left out flatter a little.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_FILES = ("intents.jsonl", "cries.jsonl")
TALK = 99
"""The writer of what was written for intents."""
NATURAL = (1, 2, 6, 9, 11, 12, 13, 14)
"""Those writers of cries who wrote as people type, not to make cries and calm lines hard to tell apart."""


@dataclass(frozen=True)
class Exemplar:
    """A sentence, what it means (an intent, or ``cry`` or ``calm``), and a number for whoever wrote it."""

    text: str
    label: str
    writer: int


def intents() -> list[Exemplar]:
    """Return sentences with their intents."""
    return [Exemplar(item["text"], item["intent"], item["writer"]) for item in _lines("intents.jsonl")]


def cries() -> list[Exemplar]:
    """Return cries for an immediate stop, and what is none: ordinary talk to an assistant among it."""
    found = _lines("cries.jsonl")
    own = [Exemplar(item["text"], "cry" if item["emergency"] else "calm", item["writer"]) for item in found]
    return own + [Exemplar(item.text, "calm", TALK) for item in intents() if item.label != "abort"]


def digest() -> str:
    """Return the digest of all exemplars, by which weights say what they were learned from."""
    texts = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in _FILES)
    return hashlib.sha256(texts.encode()).hexdigest()


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines()]

"""Sentences that were written before the program that reads them, and are never changed to suit it.

``data/sentences.jsonl`` has what people ask of a campaign, by five ways of speaking; ``data/emergencies.jsonl`` what
they cry when devices must stand still at once, and as much that only looks like it. Whoever wrote them saw a table of
intents and no code. A second reader labelled the first file without seeing its labels, and gave all the same ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Sentence:
    """What somebody types, and what they want.

    Args:
        text: their words.
        intent: what they want.
        also: what would be just as right.
        campaign: which of the two campaigns below they speak of.
        speaker: how they speak.
    """

    text: str
    intent: str
    also: tuple[str, ...]
    campaign: str
    speaker: str

    def right(self, intent: str) -> bool:
        """Say whether an intent is what they want."""
        return intent == self.intent or intent in self.also


@dataclass(frozen=True)
class Cry:
    """What somebody types, and whether devices must stand still at once."""

    text: str
    emergency: bool
    kind: str


CAMPAIGNS = {
    "hydrogel": {
        "parameters": {"temperature": "degC", "concentration": "mol/L", "time": "min", "solvent": ""},
        "choices": {"solvent": ["water", "ethanol", "acetonitrile"]},
        "outcomes": ["yield", "purity"],
    },
    "dyes": {
        "parameters": {"red": "mL", "green": "mL", "blue": "mL", "water": "mL"},
        "choices": {},
        "outcomes": ["difference"],
    },
}
"""What the two campaigns are about: names of parameters with their units, of choices and of outcomes."""


def sentences() -> list[Sentence]:
    """Return what people ask of a campaign."""
    lines = (_DATA / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
    return [Sentence(**{**item, "also": tuple(item["also"])}) for item in map(json.loads, lines)]


def cries() -> list[Cry]:
    """Return cries for a stop, and what only looks like them."""
    lines = (_DATA / "emergencies.jsonl").read_text(encoding="utf-8").splitlines()
    return [Cry(**item) for item in map(json.loads, lines)]

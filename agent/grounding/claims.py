"""Claims: what a text says that can be held against a record, and what came of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["number", "id", "superlative", "status", "deed"]
Verdict: TypeAlias = Literal["found", "unverified", "false", "repaired"]


@dataclass(frozen=True)
class Claim:
    """Something that a text says.

    ``words`` stand in the text from ``start`` to ``end``. ``found`` says where on record it is ("": nowhere), and
    ``instead`` what is shown in place of the words, or behind them (of a verdict other than ``found``). ``cites`` is
    the experiment that it is of, where the passage does not name it.
    """

    kind: Kind
    words: str
    start: int
    end: int
    verdict: Verdict
    found: str = ""
    instead: str = ""
    cites: str = ""

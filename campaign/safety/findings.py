"""Findings: what the rules say of what is stated, each with a verdict, in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from zosimos.campaign.safety.rules import VERDICTS, Verdict
from zosimos.core.canonical import canonical_json

Kind: TypeAlias = Literal["controlled", "never", "pair", "unknown", "hazard", "limit", "number", "undeclared", "check"]


@dataclass(frozen=True)
class Finding:
    """One thing that the rules say.

    Args:
        verdict: whether it is said, needs a person's yes, or is refused.
        kind: what it is about.
        subject: the substance or the pair, however it is spelled.
        words: what it is, in a sentence.
        where: the fields that state it.
    """

    verdict: Verdict
    kind: Kind
    subject: str
    words: str
    where: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What a person's yes is to: this subject, for this reason. Where it stands in the file does not matter.

        >>> Finding("person", "unknown", "x", "x is not known").digest[:8]
        'ba711e2e'
        """
        about = [self.kind, self.subject, self.words]
        return hashlib.sha256(canonical_json(about).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "verdict": self.verdict,
            "kind": self.kind,
            "subject": self.subject,
            "words": self.words,
            "where": list(self.where),
            "digest": self.digest,
        }

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.words} ({', '.join(self.where)})" if self.where else self.words


@dataclass(frozen=True)
class Report:
    """All findings, the gravest first; where nothing is real they are notices, whatever their verdicts say."""

    findings: tuple[Finding, ...] = ()
    simulated: bool = False
    declared: bool = False

    @property
    def refused(self) -> tuple[Finding, ...]:
        """What no yes lets through."""
        return self._real("refuse")

    @property
    def needs(self) -> tuple[Finding, ...]:
        """What a person must say yes to before anything is done."""
        return self._real("person")

    def unmet(self, said_yes: Mapping[str, Any] | frozenset[str]) -> tuple[Finding, ...]:
        """Return what still needs a yes, given the digests of what got one."""
        return tuple(one for one in self.needs if one.digest not in said_yes)

    def lines(self) -> list[str]:
        """Return the findings as lines, each with what is done about it."""
        said = {"refuse": "refused: ", "person": "needs a person's yes: ", "note": ""}
        if self.simulated:
            said = {"refuse": "would be refused: ", "person": "would need a person's yes: ", "note": ""}
        return [f"{said[one.verdict]}{one}" for one in self.findings]

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "simulated": self.simulated,
            "declared": self.declared,
            "findings": [one.as_json() for one in self.findings],
        }

    def _real(self, verdict: Verdict) -> tuple[Finding, ...]:
        return () if self.simulated else tuple(one for one in self.findings if one.verdict == verdict)


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings, the gravest first, those about the same thing as one with all its places."""
    places: dict[str, dict[str, None]] = {}
    kept: dict[str, Finding] = {}
    for one in findings:
        places.setdefault(one.digest, {}).update(dict.fromkeys(one.where))
        if one.digest not in kept or VERDICTS.index(kept[one.digest].verdict) < VERDICTS.index(one.verdict):
            kept[one.digest] = one
    whole = [Finding(one.verdict, one.kind, one.subject, one.words, tuple(places[name])) for name, one in kept.items()]
    return tuple(sorted(whole, key=lambda one: (-VERDICTS.index(one.verdict), one.kind, one.subject)))

"""Grounded: a model's reply as it is shown, with what is not on record marked where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.agent.grounding.claims import Claim
from zosimos.agent.grounding.facts import Facts
from zosimos.agent.grounding.judging import claims_in
from zosimos.agent.grounding.mentions import ids_in
from zosimos.agent.grounding.sight import sight

MOST_MARKS = 200
LEFT_OUT = "(This answer is left out: too much in it is not on record.)"


@dataclass(frozen=True)
class Grounded:
    """A reply as it is shown, the experiments on record that it names, and what of it was held against the record."""

    text: str
    citations: tuple[str, ...]
    claims: tuple[Claim, ...]

    @property
    def marked(self) -> tuple[Claim, ...]:
        """The claims that were not found."""
        return tuple(claim for claim in self.claims if claim.verdict != "found")


def grounded(text: str, facts: Facts) -> Grounded:
    """Return a reply with what is not on record marked in place.

    A number, an experiment or a superlative that nothing bears out is followed by ``(unverified)``. A sentence in which
    the model says that it did something, though it can do nothing but propose, is replaced by what is so. A count
    whose right value is sure is put right. An outcome without its experiment gets it, as ``[e0007]``.
    A reply with more than ``MOST_MARKS`` such places is left out whole.

    Args:
        text: the reply, disarmed: what is not seen in it is gone.
        facts: what there is to know in this turn.
    """
    claims = claims_in(sight(text), facts)
    marks = sum(claim.verdict != "found" for claim in claims)
    shown = _shown(text, claims) if marks <= MOST_MARKS else LEFT_OUT
    named = dict.fromkeys(one.what for one in ids_in(sight(shown).seen))
    known = tuple(name for name in named if name in facts.state.experiments)
    return Grounded(shown, known, tuple(claims))


def _shown(text: str, claims: Sequence[Claim]) -> str:
    """Return a text with marks where claims want them."""
    made, done = [], 0
    for claim in claims:
        if claim.start < done:
            continue
        if claim.verdict in ("false", "repaired"):
            made += [text[done : claim.start], claim.instead]
        elif claim.verdict == "unverified":
            made += [text[done : claim.end], f" {claim.instead}"]
        elif claim.cites:
            made += [text[done : claim.end], f" [{claim.cites}]"]
        else:
            continue
        done = claim.end
    return "".join([*made, text[done:]])

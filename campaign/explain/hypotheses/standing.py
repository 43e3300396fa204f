"""Standing: every hypothesis on record, who made it, what they gave it, and what results make of it now.

An author who speaks when there are results knows them, so their odds change by the results since alone: by the Bayes
factor of all results over that of the results that there were. The data's own probability rests on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.hypotheses.scores import AuthorScore, Judged, author_scores, decided, outcome_of
from zosimos.campaign.explain.hypotheses.weighing import Scales, Weight, shifted
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.planners.advice import Hypothesis
from zosimos.planners.goal.statements import Law, Rule


@dataclass(frozen=True)
class Standing:
    """One hypothesis: as it was made, and what the results make of it.

    Args:
        given: the advice that states it.
        status: of that advice.
        item: the statement and its author's probability.
        weight: what all results make of it.
        then: what those made of it that there were when it was made.
    """

    given: GivenAdvice
    status: str
    item: Hypothesis
    weight: Weight
    then: Weight

    @property
    def data(self) -> float | None:
        """What the results alone make of it: its probability from even odds."""
        return self.weight.chance()

    @property
    def now(self) -> float | None:
        """Its author's probability, changed by the results since it was made."""
        if self.weight.log_factor is None:
            return None
        return shifted(self.item.probability, self.weight.log_factor - (self.then.log_factor or 0.0))

    @property
    def outcome(self) -> bool | None:
        """What came of it since it was made, as a person or else the results say; None: undecided, or decided then."""
        if self.given.holds is not None:
            return self.given.holds
        return outcome_of(self.data, self.then.chance())

    @property
    def remarks(self) -> str:
        """What else there is to say, in words: that it no longer counts, who settled it, what results lack."""
        verdict = {True: "true", False: "false", None: ""}[self.given.holds]
        settled = f"found {verdict} by {self.given.resolved_by}" if verdict else ""
        status = "" if self.status == "in force" else self.status
        return "; ".join(part for part in (status, settled, self.weight.note) if part)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        advice, weight = self.given.advice, self.weight
        row = None if weight.row is None else {"values": dict(weight.row), "why": weight.telling}
        return {
            "advice": advice.id,
            "statement": str(self.item.statement),
            "form": self.item.statement.form,
            "author": advice.author,
            "kind": advice.kind,
            "at": self.given.at,
            "given": advice.given,
            "reason": advice.reason,
            "status": self.status,
            "said": self.item.probability,
            "results": weight.results,
            "data": self.data,
            "now": self.now,
            "outcome": self.outcome,
            "resolved_by": self.given.resolved_by or None,
            "note": weight.note,
            "next": row,
        }


def chance_told(chance: float | None) -> str:
    """Return a probability in words; what rounds to certainty is said as a bound.

    >>> chance_told(0.93), chance_told(1.0 - 1e-9), chance_told(None)
    ('0.930', '> 0.999', '')
    """
    if chance is None:
        return ""
    return "> 0.999" if chance > 0.999 else "< 0.001" if chance < 0.001 else f"{chance:.3f}"


@dataclass(frozen=True)
class Hypothesised:
    """All hypotheses of a campaign: those on record, how their authors did, and the rival formulas of its file."""

    campaign: str
    results: int
    standings: tuple[Standing, ...]
    authors: tuple[AuthorScore, ...]
    rivals: Mapping[str, float]
    rivals_note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "campaign": self.campaign,
            "results": self.results,
            "hypotheses": [one.as_json() for one in self.standings],
            "authors": [one.as_json() for one in self.authors],
            "rivals": dict(self.rivals),
            "rivals_note": self.rivals_note,
        }


def hypotheses_of(state: State, setup: Setup, *, asking: bool = True) -> Hypothesised:
    """Return all hypotheses of a campaign, from its record alone; the same record gives the same answer.

    Args:
        state: the campaign.
        setup: its setup.
        asking: whether to look for the experiments that would tell most.
    """
    made = [
        (given, item) for given in state.advice.values() for item in given.advice.items if isinstance(item, Hypothesis)
    ]
    laws = [law for _, law in setup.laws(state.spec)]
    laws += [item.statement for given, item in made if isinstance(item.statement, Law) and not given.withdrawn]
    total = len(state.observations)
    open_ = context_now(state, setup)
    under_way = state.lens.rows(one.values for one in state.active.values())
    open_ = replace(open_, history=replace(open_.history, pending=under_way))
    now = Scales(context_now(state, setup, total), open_, laws)
    before: dict[int, Scales] = {}
    found = []
    for given, item in made:
        then = given.advice.given
        if then not in before:
            before[then] = Scales(context_now(state, setup, then), open_, laws)
        wanted = asking and given.status(total) == "in force" and given.holds is None
        weight = now.weigh(item.statement, asking=wanted)
        if not wanted or (decided(weight.chance()) and not isinstance(item.statement, Rule)):
            weight = replace(weight, row=None, telling="")
        earlier = weight if then == total else before[then].weigh(item.statement, asking=False)
        found.append(Standing(given, given.status(total), item, weight, earlier))
    scores = author_scores(
        Judged(one.given.advice.author, str(one.item.statement), one.item.probability, one.outcome) for one in found
    )
    return Hypothesised(state.id, len(state.counting()), tuple(found), tuple(scores), *_rivals(now))


def _rivals(scales: Scales) -> tuple[dict[str, float], str]:
    """Return the probabilities of the rival formulas of the campaign's file, given that one of them is true."""
    hypotheses = scales.context.goal.hypotheses
    if hypotheses is None:
        return {}, ""
    known = hypotheses.weighed(scales.context.observations)
    note = "none of them fits the results" if known.fits_none else ""
    return dict(zip(known.names, (float(p) for p in known.probabilities), strict=True)), note

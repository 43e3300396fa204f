"""The planner's card: what planning has done for a campaign, and whether it pays there at all, with the evidence.

How well each quantity was predicted one step ahead comes from the record alone. Which models had weight, and what
chance would have taken, the models are asked for: fitted again to all results, and for the weights to the first few
of them. A planner is of use only if it knows something of rows that nobody has measured; where its predictions are no
better than the mean of what was found before, any other way to choose does as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.definition.taken_for import TakenFor, taken_for
from zosimos.campaign.explain.belief import LEAST, believed
from zosimos.campaign.explain.by_chance import MOST, ByChance, by_chance
from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.embedded import Embedded, embedded
from zosimos.campaign.explain.foretold import ENOUGH, Foretold, foretold
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.objective import to_measure
from zosimos.planners.models.belief import Belief

Verdict: TypeAlias = Literal["too early", "pays", "does not pay", "open"]

_MOMENTS = (10, 25, 50, 100)  # results after which weights are looked at; later fits take long
_LOOKS = 3  # of these, the last
_USEFUL, _USELESS = 0.8, 0.97  # error over that of the mean of what was found before: below and above
_FASTER, _NO_FASTER = 1.5, 1.1  # times chance


@dataclass(frozen=True)
class Weighed:
    """The weight of each kind of model by measured quantity, after so many results."""

    results: int
    weights: Mapping[str, Mapping[str, float]]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"results": self.results, "weights": {name: dict(kinds) for name, kinds in self.weights.items()}}


@dataclass(frozen=True)
class PlannerCard:
    """What planning has done for a campaign.

    Args:
        campaign: its id.
        foretold: how each quantity was predicted before it was measured.
        weighed: which models had weight, the latest last.
        chance: what the same success would have taken at random; None where it cannot be said.
        verdict: whether planning pays: ``too early``, ``pays``, ``does not pay``, or ``open``.
        words: the verdict as a sentence, with its evidence.
        notes: what was unusual about the models, and what could not be said, and why.
        choices: what choices were taken for, where they were looked up.
        embedded: what descriptions of choices tell, where they are described in words.
    """

    campaign: str
    foretold: Sequence[Foretold]
    weighed: Sequence[Weighed]
    chance: ByChance | None
    verdict: Verdict
    words: str
    notes: Sequence[str]
    choices: Sequence[TakenFor] = ()
    embedded: Sequence[Embedded] = ()

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "campaign": self.campaign,
            "predictions": [item.as_json() for item in self.foretold],
            "weights": [item.as_json() for item in self.weighed],
            "chance": None if self.chance is None else self.chance.as_json(),
            "verdict": self.verdict,
            "words": self.words,
            "notes": list(self.notes),
            "choices": [item.as_json() for item in self.choices],
            "embedded": [item.as_json() for item in self.embedded],
        }


def planner_card(state: State, setup: Setup) -> PlannerCard:
    """Return what planning has done for a campaign; the same record gives the same card.

    Predictions are those on record. Models are fitted again; what chance would have taken they are asked up to
    :data:`~zosimos.campaign.explain.by_chance.MOST` results.
    """
    objectives = build_objectives(state.spec)
    wanted = {quantity.name: quantity for quantity in (*objectives, *to_measure(objectives))}
    told = [found for quantity in wanted.values() if (found := foretold(state, quantity)) is not None]
    context = context_now(state, setup)
    belief: Belief | None = None
    notes = []
    if context.usable < LEAST:
        notes.append("there are too few results for a model")
    elif context.too_large:
        notes.append(f"outcomes of {context.too_large} are so large that no model can work with them")
    else:
        belief = believed(context)
        notes += belief.notes
    few = len(context.training) <= MOST
    if not few:
        notes.append(f"of more than {MOST} results models are not asked what chance would have taken: it takes long")
    chance, missing = by_chance(state, setup, belief if few else None)
    if missing:
        notes.append(missing)
    main = next((found for found in told if found.quantity == objectives[0].name), None)
    verdict, words = _verdict(main, chance)
    weighed, choices = _weighed(state, setup, belief), taken_for(state.spec)
    said = () if belief is None else embedded(belief)
    return PlannerCard(state.id, told, weighed, chance, verdict, words, notes, choices, said)


def _weighed(state: State, setup: Setup, belief: Belief | None) -> list[Weighed]:
    """Return the weights after some numbers of results, and now."""
    total = len(state.observations)
    found = []
    for results in [moment for moment in _MOMENTS if moment < total][-_LOOKS:]:
        context = context_now(state, setup, results)
        if context.usable >= LEAST and not context.too_large:
            found.append(Weighed(results, believed(context).weights))
    return [*found, *([] if belief is None else [Weighed(total, belief.weights)])]


def _verdict(told: Foretold | None, chance: ByChance | None) -> tuple[Verdict, str]:
    """Say whether planning pays, from how the first objective was predicted and what chance would have taken."""
    count = 0 if told is None else told.predictions
    if told is None or told.ratio is None or count < ENOUGH:
        return "too early", (
            f"It is too early to tell whether planning pays: {count} of the {ENOUGH} predictions that it takes have "
            "met their results."
        )
    evidence = [
        f"predictions of {told.quantity} were off by {told.ratio:.2f} of what the mean of all results before was off by"
    ]
    faster = None if chance is None else chance.times
    if chance is not None:
        evidence.append(chance.words)
    said = "; ".join(evidence)
    slow = faster is not None and faster < _NO_FASTER
    if told.ratio < _USEFUL and not slow:
        return "pays", f"Planning pays here: {said}."
    if told.ratio > _USELESS and (faster is None or faster < _FASTER):
        return "does not pay", (
            f"Planning does not pay here so far: {said}. Rows chosen evenly do as well; what could help is another "
            "description of the rows, or less noise."
        )
    return "open", f"Whether planning pays here is open: {said}."

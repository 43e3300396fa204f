"""What came of advice: the experiments that followed it, what they brought, and how far its authors are trusted now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zosimos.campaign.decisions.stopping import improvements
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.advice import GivenAdvice
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.planners.advice import described

if TYPE_CHECKING:
    from zosimos.planners.trust import TrustRecord


@dataclass(frozen=True)
class Followed:
    """An experiment that was done because of advice; ``best`` says whether it was the best when its result came."""

    experiment: Experiment
    best: bool

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        item = self.experiment
        return {
            "experiment": item.id,
            "status": item.status,
            "expected": {name: said.as_json() for name, said in item.candidate.expected.items()},
            "outcomes": {name: found.as_outcome() for name, found in item.measurements.items()},
            "best": self.best,
        }


@dataclass(frozen=True)
class AuthorRecord:
    """How an author of advice did: whether their predictions held, and the experiments that came of what they said."""

    record: TrustRecord
    experiments: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return self.record.as_json() | {"experiments": list(self.experiments)}


def followed(state: State, given: Iterable[GivenAdvice]) -> Mapping[str, list[Followed]]:
    """Return the experiments that followed each advice, in order, by its id; all are looked for in one go.

    An experiment has one observation at most. So what follows advice comes after as many experiments as there were
    observations when it was given.
    """
    found: dict[str, list[Experiment]] = {one.advice.id: [] for one in given}
    first = min((state.advice[name].advice.given for name in found), default=len(state.experiments))
    for item in state.experiments.passing(range(first, len(state.experiments))):
        if item.candidate.advice in found:
            found[item.candidate.advice].append(item)
    followers = any(found.values())
    best = {seen.experiment for seen in improvements(state.spec, state.counting())} if followers else set()
    return {name: [Followed(item, item.id in best) for item in items] for name, items in found.items()}


def author_records(state: State) -> list[AuthorRecord]:
    """Return how each author did who ever gave advice, in the order in which they first gave any."""
    from zosimos.planners.trust import trust_in  # scipy: only where it is asked for

    objectives = build_objectives(state.spec)
    came: dict[str, list[str]] = {given.advice.author: [] for given in state.advice.values()}
    for item in state.experiments.passing() if came else ():
        if item.candidate.author in came:
            came[item.candidate.author].append(item.id)
    return [
        AuthorRecord(trust_in(author, state.counting(), objectives), tuple(experiments))
        for author, experiments in came.items()
    ]


def advice_view(state: State, given: GivenAdvice) -> dict[str, Any]:
    """Return advice on record, and what came of it, as JSON data."""
    return advice_views(state, [given])[0]


def advice_views(state: State, given: Sequence[GivenAdvice]) -> list[dict[str, Any]]:
    """Return the same of several pieces of advice."""
    came = followed(state, given)
    return [_view(state, one, came[one.advice.id]) for one in given]


def _view(state: State, given: GivenAdvice, came: Sequence[Followed]) -> dict[str, Any]:
    advice = given.advice
    withdrawn = {"at": given.withdrawn, "by": given.withdrawn_by, "reason": given.withdrawn_reason}
    call = {"model": given.model, "prompt": given.prompt, "cost": given.cost, "cites": given.cites}
    return {
        "advice": advice.id,
        "status": given.status(len(state.observations)),
        "author": advice.author,
        "kind": advice.kind,
        "by": given.by,
        "at": given.at,
        "items": [item.as_json() for item in advice.items],
        "words": [described(item) for item in advice.items],
        "reason": advice.reason,
        "given": advice.given,
        "until": advice.until,
        "withdrawn": withdrawn if given.withdrawn else None,
        **{name: value for name, value in call.items() if value},
        "followed": [one.as_json() for one in came],
    }

"""What came of advice: the experiments that followed it, what they brought, and how far its authors are trusted now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zosimos.campaign.decisions.kept import observed
from zosimos.campaign.decisions.stopping import last_improvement
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
            "outcomes": {
                name: {"value": found.value, "uncertainty": found.uncertainty, "unit": found.unit}
                for name, found in item.measurements.items()
            },
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


def followed(state: State, advice: str) -> list[Followed]:
    """Return the experiments that followed advice, in order."""
    found = [item for item in state.experiments.values() if item.candidate.advice == advice]
    if not found:
        return []
    return [Followed(item, item.status == "measured" and _best_then(state, item.seen)) for item in found]


def author_records(state: State) -> list[AuthorRecord]:
    """Return how each author did who ever gave advice, in the order in which they first gave any."""
    from zosimos.campaign.definition.build import build_objectives
    from zosimos.planners.trust import trust_in  # scipy: only where it is asked for

    objectives = build_objectives(state.spec)
    authors = dict.fromkeys(given.advice.author for given in state.advice.values())
    return [
        AuthorRecord(
            trust_in(author, state.counting(), objectives),
            tuple(item.id for item in state.experiments.values() if item.candidate.author == author),
        )
        for author in authors
    ]


def advice_view(state: State, given: GivenAdvice) -> dict[str, Any]:
    """Return advice on record, and what came of it, as JSON data."""
    advice = given.advice
    withdrawn = {"at": given.withdrawn, "by": given.withdrawn_by, "reason": given.withdrawn_reason}
    call = {"model": given.model, "prompt": given.prompt, "cost": given.cost}
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
        "followed": [one.as_json() for one in followed(state, advice.id)],
    }


def _best_then(state: State, place: int) -> bool:
    """Say whether the observation of that number, which counts, was the best of those up to it."""
    known = observed(state, place)
    return last_improvement(state.spec, known) == len(known)

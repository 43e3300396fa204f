"""Decisions: what to try next, as a pure function of recorded inputs.

A decision rests on the spec (by version), the first N observations in order as they count at that moment, the pending
experiments, the points to avoid, the advice in force, the campaign's seed and the decision's number, and on nothing
else. A result that is corrected or retracted while a decision is made moves the ground of it: it is made again, so that
on record a decision stands after all that it rests on. The inputs are stored
with it, with a digest over what they stand for, so that :mod:`zosimos.campaign.decisions.replay` can make every
decision again. Advice is on record too, so nobody is asked again for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from zosimos.campaign.decisions.fallbacks import fallen_back
from zosimos.campaign.decisions.stopping import room
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.approvals import requests
from zosimos.campaign.record.experiment import Experiment, Forecast
from zosimos.campaign.record.lens import Lens
from zosimos.campaign.record.snapshot.row_keys import may_be_tried
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.canonical import canonical_json
from zosimos.core.ids import local_id
from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Observation
from zosimos.core.revision import FOURTH, SIXTH
from zosimos.core.seeds import derive_seed
from zosimos.planners.advice import Advice
from zosimos.planners.history import History


@dataclass(frozen=True)
class Inputs:
    """Everything a decision rests on; the observations are those that count, ``retracted`` whose results do not.

    Rows from before a parameter came or went are seen through the ``lens`` of the spec; the observations are already.
    """

    number: int
    spec: CampaignSpec
    spec_version: int
    observations: Sequence[Observation]
    observed: str
    pending: tuple[Experiment, ...]
    avoid: tuple[Experiment, ...]
    count: int
    charged: tuple[Values, ...] = ()
    advice: tuple[Advice, ...] = ()
    tried: Callable[[str], bool] | None = None
    retracted: tuple[Experiment, ...] = ()
    amended: str = ""
    lens: Lens = field(default_factory=Lens)
    left: int | None = None

    @property
    def seen(self) -> int:
        """How many observations there are, those included that count no more."""
        return len(self.observations) + len(self.retracted)

    @property
    def lost(self) -> tuple[str, ...]:
        """The authors of advised experiments that were begun and gave no observation, or none that still counts."""
        spent = (*(item for item in self.avoid if item.started_at), *self.retracted)
        return tuple(item.candidate.author for item in spent if item.candidate.author)

    @property
    def history(self) -> History:
        """What was found and may not be proposed; what is under way stands apart, and sources are in the setup."""
        avoid = self.lens.rows(experiment.values for experiment in self.avoid)
        advice = (self.lens.advice(given) for given in self.advice)
        return History(
            self.observations,
            avoid=avoid,
            charged=self.charged,
            advice=tuple(given for given in advice if given is not None),
            lost=self.lost,
            tried=self.tried,
            left=self.left,
        )

    @property
    def under_way(self) -> list[Candidate]:
        """The candidates of the experiments that are pending."""
        return [self.lens.candidate(experiment.candidate) for experiment in self.pending]

    def as_json(self) -> dict[str, Any]:
        """Return what is stored: references into the record, and a digest over what they stand for."""
        return {
            "number": self.number,
            "spec_version": self.spec_version,
            "observations": self.seen,
            "pending": [experiment.id for experiment in self.pending],
            "avoid": [experiment.id for experiment in self.avoid],
            "count": self.count,
            **({"advice": [given.id for given in self.advice]} if self.advice else {}),
            "digest": self.digest,
        }

    @property
    def digest(self) -> str:
        """SHA-256 over the spec, the observations in order, the pending and avoided values, the number and count.

        Where there is advice it covers that too, and whose idea each observation was; where proposers earn their
        shares, the latter. Other decisions rest on neither.
        """
        content = {
            "spec": plain(self.spec),
            "observed": self.observed,
            "pending": [experiment.candidate.as_json() for experiment in self.pending],
            "avoid": [dict(experiment.values) for experiment in self.avoid],
            "number": self.number,
            "count": self.count,
        }
        if self.advice:
            content |= {"advice": [given.as_json() for given in self.advice], "lost": list(self.lost)}
        if self.advice or self.spec.planner.portfolio == "earned":
            content["ideas"] = [seen.idea() for seen in self.observations]
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()


Decide: TypeAlias = Callable[[Setup, Inputs], Sequence[Candidate]]


def inputs_now(state: State, count: int, *, complete: bool = True) -> Inputs:
    """Return the inputs of the next decision in a state.

    Args:
        state: the campaign.
        count: how many candidates are wanted.
        complete: whether to read all observations now, as a thread beside the one that changes the state needs them,
            and keep what is worked out of them for the next decision; else a planner that looks at none reads none.
    """
    total = len(state.observations)
    retracted = tuple(state.retracted.values())
    lens = state.lens
    whole = complete or bool(retracted) or not lens.plain
    observations = state.observed() if whole else state.observations.first(total)
    avoid = tuple(state.avoided.values())
    pending = tuple(state.active.values())
    return Inputs(
        state.decisions + 1,
        state.spec,
        state.spec_version,
        observations,
        state.digests[total],
        pending,
        avoid,
        count,
        _charged(state, observations, pending, (*avoid, *retracted)),
        state.in_force(),
        None if complete or not lens.plain else may_be_tried(state),
        retracted,
        state.amended,
        lens,
        room(state) if _looks_at_budget(state.spec) else None,
    )


def inputs_recorded(state: State, stored: Mapping[str, Any]) -> Inputs:
    """Return the inputs a stored decision names, taken from the record as it was up to that decision.

    Raises:
        KeyError: the record lacks something the inputs name.
        IndexError: it has fewer observations or spec versions.
    """
    n = stored["observations"]
    if n > len(state.observations):
        raise IndexError(f"{n} observations are named, {len(state.observations)} are on record")
    observations = state.observed(n)
    retracted = tuple(one for one in state.retracted.values() if one.seen <= n)
    pending, avoid = (tuple(state.experiments[name] for name in stored[part]) for part in ("pending", "avoid"))
    return Inputs(
        stored["number"],
        state.specs[stored["spec_version"] - 1],
        stored["spec_version"],
        observations,
        state.digests[n],
        pending,
        avoid,
        stored["count"],
        _charged(state, observations, pending, (*avoid, *retracted)),
        tuple(state.advice[name].advice for name in stored.get("advice", ())),
        retracted=retracted,
        amended=state.amended,
        lens=state.lens,
        left=_left(state.specs[stored["spec_version"] - 1], state, observations, pending, (*avoid, *retracted)),
    )


def _charged(
    state: State, observations: Sequence[Observation], pending: Sequence[Experiment], gone: Sequence[Experiment]
) -> tuple[Values, ...]:
    """Return the rows of the experiments that cost something, in the order in which they were chosen.

    ``gone`` are those to avoid, of which some were begun, and those whose results were retracted. Worked out of the
    other inputs alone, which an experiment that ends meanwhile does not change: one that was pending is charged where
    it was to run, others where they ran.
    """
    if state.spec.costs is None and not state.spec.stock:
        return ()
    waits = {item.id for item in pending}
    return state.lens.rows(
        item.values if item.id in waits else item.ran_at for item in _begun(state, observations, pending, gone)
    )


def _begun(
    state: State, observations: Sequence[Observation], pending: Sequence[Experiment], gone: Sequence[Experiment]
) -> Iterator[Experiment]:
    """Yield the experiments that the campaign chose and that count as begun, or as to begin, in order."""
    names = {item.experiment for item in observations} | {item.id for item in pending}
    names |= {item.id for item in gone if item.started_at or item.seen}
    return (item for name, item in state.experiments.items() if name in names and item.decision)


def _left(
    spec: CampaignSpec,
    state: State,
    observations: Sequence[Observation],
    pending: Sequence[Experiment],
    gone: Sequence[Experiment],
) -> int | None:
    """Return how many experiments the budget allows besides those chosen; None in campaigns that do not look at it.

    Worked out of the other inputs alone, as :func:`_charged` is: what :func:`~zosimos.campaign.decisions.stopping.room`
    was when the decision was made.
    """
    if not _looks_at_budget(spec):
        return None
    return max(0, spec.budget.experiments - sum(1 for _ in _begun(state, observations, pending, gone)))


def _looks_at_budget(spec: CampaignSpec) -> bool:
    """Say whether decisions know what the budget leaves; by hand they did not before the sixth revision."""
    return spec.since(FOURTH if spec.lab is not None else SIXTH)


def decide(setup: Setup, inputs: Inputs) -> Sequence[Candidate]:
    """Return up to ``inputs.count`` candidates from the planner that the spec asks for.

    Raises:
        PlanningError: nothing is left to propose.
    """
    from zosimos.planners.planner import make_planner

    planner = make_planner(
        setup.goal(inputs.spec),
        setup.policy(inputs.spec),
        replace(inputs.history, sources=setup.sources(inputs.spec)),
        seed=derive_seed(inputs.spec.seed, "decision", inputs.number),
        sequence_seed=derive_seed(inputs.spec.seed, "sequence"),
    )
    return planner.ask(inputs.count, inputs.under_way)


def decision(
    state: State, inputs: Inputs, candidates: Sequence[Candidate], forecast: Forecast | None = None
) -> list[Draft]:
    """Return what records a decision, the approvals it needs and proposers that failed; nothing if its ground moved."""
    ground = state.spec_version, state.decisions + 1, state.amended
    if ground != (inputs.spec_version, inputs.number, inputs.amended) or state.status != "active":
        return []
    first = state.numbered + 1
    names = [local_id("experiment", first + i) for i in range(len(candidates))]
    proposals = list(zip(names, candidates, strict=True))
    body = {
        "decision": local_id("decision", inputs.number),
        "inputs": inputs.as_json(),
        "policy": state.spec.approval,
        "candidates": [{"experiment": name, "candidate": candidate.as_json()} for name, candidate in proposals],
    }
    if forecast is not None:
        body["outlook"] = forecast.as_json()
    drafts = [Draft("decision.made", body)]
    if state.spec.approval in ("each", "batch"):
        drafts += requests(state, proposals, inputs.spec_version, together=state.spec.approval == "batch")
    return drafts + fallen_back(state, proposals)

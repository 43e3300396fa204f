"""Fallbacks: a proposer that failed is made known with the decision, and pauses the campaign when it keeps failing.

A failure never stops a decision: space-filling points stand in (:mod:`zosimos.planners.planner`). Unseen, that would
turn a campaign into a scan. What is said here follows from the record alone: from the candidates of the new decision,
which carry the failure, and from the experiments that the same proposer was asked for before.
"""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.experiment import Notice
from zosimos.campaign.record.state import State
from zosimos.core.records import Candidate, Fallback
from zosimos.planners.fallback import ADVICE

KIND = "proposer"
IN_A_ROW = 3
"""Decisions in which one proposer failed, with none between in which it did not: then a person is needed."""


def fallen_back(state: State, proposals: Sequence[tuple[str, Candidate]]) -> list[Draft]:
    """Return what records that proposers failed in a decision: a notice each, and a pause when one did repeatedly.

    Args:
        state: the campaign before the decision.
        proposals: the decision's experiments and candidates, in order.
    """
    found: dict[str, tuple[str, Fallback]] = {}
    for name, candidate in proposals:
        if candidate.fallback is not None:
            found.setdefault(candidate.fallback.proposer, (name, candidate.fallback))
    drafts, tired = [], ""
    for proposer, (name, failure) in found.items():
        instead = "advice was left aside" if proposer == ADVICE else "space-filling points stand in for it"
        words = f"{failure.describe()}; {instead}"
        drafts.append(Draft("notice.raised", Notice(KIND, "", name, len(state.observations), words).as_json()))
        count = 1 + failures_before(state, proposer)
        if count % IN_A_ROW == 0:  # once it was resumed it gets as many decisions again
            tired = tired or f"{failure.describe()}, in {count} decisions in a row: correct that, or steer planner"
    if tired and state.status == "active":
        drafts.append(Draft("campaign.paused", {"by": {"name": "zosimos", "at": ""}, "reason": tired}))
    return drafts


def failures_before(state: State, proposer: str) -> int:
    """Return in how many decisions in a row, up to the last it was asked in, a proposer failed."""
    failed: dict[str, bool] = {}
    for experiment in reversed(state.experiments.values()):
        candidate = experiment.candidate
        own = candidate.fallback is not None and candidate.fallback.proposer == proposer
        asked = candidate.origin == proposer or (proposer == ADVICE and bool(candidate.advice))
        if not experiment.decision or not (own or asked):
            continue
        if not own:  # it did something in this decision
            return len(failed) - failed.get(experiment.decision, False)
        failed[experiment.decision] = True
    return len(failed)

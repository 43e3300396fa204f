"""The view of a campaign that an advisor is given: plain JSON data, trimmed, and nothing that could change anything.

It says what may be tried, what is wanted, what was found, what the models expected, and what came of the advisor's own
words. No token, command, file or address is in it. What people and instruments wrote stands in names only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zosimos.campaign.decisions.delivered import coordination
from zosimos.campaign.decisions.followed import author_records
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.standing import front
from zosimos.campaign.record.state import State
from zosimos.core.records import Observation

RESULTS = 100
"""Results in a view at most: the best and the last ones."""
_BEST = 20
_OWN = 20


def advisor_view(state: State, moment: str, author: str = "") -> dict[str, Any]:
    """Return what an advisor is shown.

    Args:
        state: the campaign.
        moment: why it is asked.
        author: its name; its own record is kept under it.

    Returns:
        ``space``, ``constraints`` and ``objectives`` as the campaign file says them; ``results`` in order, each with
        ``experiment``, ``values``, ``outcomes`` (by name: ``value`` and, where it is stated, ``uncertainty``),
        ``failed`` and what was ``predicted``; ``pending`` rows; the ``best`` experiments; ``own``: what the
        advisor expected of rows that were measured, what came of it, and its weight; and ``coordination``: what
        proposers and levels brought, and what may be wished for
        (:func:`~zosimos.campaign.decisions.delivered.coordination`).
    """
    spec = state.spec.model_dump(mode="json")
    found = state.counting()
    shown = _shown(state, found)
    return {
        "name": state.spec.name,
        "description": state.spec.description,
        "moment": moment,
        **{name: spec[name] for name in ("space", "constraints", "objectives")},
        "planner": {
            "acquisition": state.spec.planner.acquisition,
            "shares": dict(state.spec.planner.sharing),
            "portfolio": state.spec.planner.portfolio,
        },
        "budget": {"experiments": state.spec.budget.experiments, "used": state.used},
        "results": [_result(seen) for seen in shown],
        "left_out": len(found) - len(shown),
        "pending": [dict(state.lens.row(item.values)) for item in state.active.values()],
        "best": front(state)[:_BEST],
        "in_force": [
            {"author": one.author, "items": [item.as_json() for item in one.items]} for one in state.in_force()
        ],
        "own": _own(state, author),
        "coordination": coordination(state),
    }


def _shown(state: State, found: Sequence[Observation]) -> Sequence[Observation]:
    """Return the results that are shown, in order: all, or the best and the last of many."""
    if len(found) <= RESULTS:
        return found
    objective = build_objectives(state.spec)[0]
    good = [one for one in found[: _BEST - RESULTS] if not one.failed and objective.name in one.measurements]
    best = sorted(good, key=lambda one: -objective.utility(one.measurements[objective.name].value))[:_BEST]
    names = {one.experiment for one in (*best, *found[_BEST - RESULTS :])}
    return [one for one in found if one.experiment in names]


def _result(seen: Observation) -> dict[str, Any]:
    more: dict[str, Any] = {"predicted": {name: [one.mean, one.spread] for name, one in seen.predictions.items()}}
    more |= {"failed": seen.failed, "author": seen.author}
    outcomes = {}
    for name, one in seen.measurements.items():
        outcomes[name] = {"value": one.value} | ({} if one.uncertainty is None else {"uncertainty": one.uncertainty})
    said = {name: item for name, item in more.items() if item}
    return {"experiment": seen.experiment, "values": dict(seen.values), "outcomes": outcomes, **said}


def _own(state: State, author: str) -> Mapping[str, Any]:
    record = next((one for one in author_records(state) if one.record.author == author), None)
    if record is None:
        return {}
    came = [state.experiments[name] for name in record.experiments[-_OWN:]]
    said = record.record.as_json()
    return {"weight": said["weight"], "scored": said["scored"], "came": [_came(item) for item in came]}


def _came(item: Experiment) -> dict[str, Any]:
    return {
        "experiment": item.id,
        "expected": {name: [one.mean, one.sd] for name, one in item.candidate.expected.items()},
        "predicted": {name: [one.mean, one.spread] for name, one in item.candidate.predictions.items()},
        "found": {name: one.value for name, one in item.measurements.items()},
        "status": item.status,
    }

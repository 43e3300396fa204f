"""Experiments as actions: what was planned and predicted (``object``), what was measured (``result``), when, by whom.

After the Process Run Crate profile (https://w3id.org/ro/wfrun/process/0.5). What a device did in place of what was
asked of it would stand beside the planned value, under ``achieved``; a record holds no such values yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.export.entities import Entity, local, moment, references, uncertain_value, value
from zosimos.campaign.export.provenance import Provenance, person_id
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.core.ids import urn
from zosimos.core.objective import to_measure
from zosimos.core.records import Measurement

_STATUS = {
    "proposed": "PotentialActionStatus",
    "approved": "PotentialActionStatus",
    "cancelled": "PotentialActionStatus",
    "running": "ActiveActionStatus",
    "measured": "CompletedActionStatus",
    "failed": "FailedActionStatus",
    "uncertain": "FailedActionStatus",
    "retracted": "FailedActionStatus",
}


def acts(state: State) -> Iterator[dict[str, str]]:
    """Yield what points to each experiment's action, in the order of the experiments."""
    return ({"@id": local(name)} for name in state.experiments)


def actions(state: State, found: Provenance, table: Entity, artifacts: Mapping[str, Entity]) -> Iterator[Entity]:
    """Yield an action for each experiment, with the values that it refers to, all in the order of their identifiers.

    An experiment's entities are named after its action. So whatever comes before the next action by its name is
    complete when that one's turn comes, and of a long campaign only a few are in memory.

    Args:
        state: the campaign.
        found: who and what took part.
        table: what every experiment's result is in.
        artifacts: the files of raw data, by their names on record.
    """
    objectives = build_objectives(state.spec)
    units = {part.name: part.unit for part in (*objectives, *to_measure(objectives))}
    names = [local(name) for name in state.experiments]
    waiting: list[tuple[str, int, Entity]] = []
    count = 0
    for experiment in state.experiments.passing(sorted(range(len(names)), key=names.__getitem__)):
        while waiting and waiting[0][0] < local(experiment.id):
            yield heappop(waiting)[2]
        planned = list(_planned(state, experiment, units))
        measured = [*_measured(experiment), *_achieved(state, experiment)]
        raw = [artifacts[name] for name in sorted(found.raw.get(experiment.id, ()))]
        for entity in (*planned, *measured, _action(state, experiment, found, planned, [*measured, *raw, table])):
            count += 1
            heappush(waiting, (entity["@id"], count, entity))
    while waiting:
        yield heappop(waiting)[2]


def _action(
    state: State, experiment: Experiment, found: Provenance, planned: list[Entity], results: list[Entity]
) -> Entity:
    action: Entity = {
        "@id": local(experiment.id),
        "@type": "CreateAction",
        "identifier": urn(state.id, experiment.id),
        "name": f"Experiment {experiment.id}",
        "description": _described(experiment),
        "instrument": {"@id": found.program(experiment.id)},
        "object": references(_main(planned)),
        "actionStatus": f"http://schema.org/{_STATUS[experiment.status]}",
    }
    agent = found.agent(experiment.id)
    if agent:
        action["agent"] = {"@id": person_id(agent)}
    if experiment.started_at:
        action["startTime"] = moment(experiment.started_at)
    if experiment.status in ("measured", "failed", "uncertain", "retracted"):
        action["result"] = references(_main(results))
        if experiment.ended_at:
            action["endTime"] = moment(experiment.ended_at)
    if experiment.status in ("failed", "uncertain"):
        action["error"] = experiment.reason or experiment.status
    if experiment.status == "retracted":
        action["error"] = str(experiment.amendments[-1])
    return action


def _described(experiment: Experiment) -> str:
    candidate = experiment.candidate
    why = f": {candidate.reason}" if candidate.reason else ""
    changes = "".join(f"; {amendment}" for amendment in experiment.amendments)
    return f"{experiment.status}; chosen by {candidate.origin}{why}{changes}"


def _main(entities: list[Entity]) -> list[Entity]:
    """Return entities without the uncertainties that others refer to."""
    return [entity for entity in entities if entity["@type"] == "File" or "propertyID" in entity]


def _planned(state: State, experiment: Experiment, units: dict[str, str]) -> Iterator[Entity]:
    """Yield the values that were to be set, and what was expected of them at that time."""
    for name, found in experiment.values.items():
        unit = str(getattr(state.spec.space.get(name), "unit", "") or "")
        yield value(local(experiment.id, "planned", name), name, found, unit, propertyID="planned")
    for name, guess in experiment.candidate.predictions.items():
        identifier = local(experiment.id, "predicted", name)
        yield from uncertain_value(
            identifier, name, guess.mean, guess.spread, units.get(name, ""), propertyID="predicted"
        )


def _achieved(state: State, experiment: Experiment) -> Iterator[Entity]:
    """Yield the values at which it was really run, where these are not those that were to be set."""
    for name, found in experiment.achieved.items():
        unit = str(getattr(state.spec.space.get(name), "unit", "") or "")
        yield value(local(experiment.id, "achieved", name), name, found, unit, propertyID="achieved")


def _remarks(found: Measurement) -> str:
    remarks = [] if found.quality == "good" else [f"quality: {found.quality}"]
    remarks += [] if found.limit is None else [f"a limit: the true value lies {found.limit} it"]
    return ", ".join(remarks)


def _measured(experiment: Experiment) -> Iterator[Entity]:
    for name, item in experiment.measurements.items():
        yield from uncertain_value(
            local(experiment.id, "measured", name),
            name,
            item.value,
            item.uncertainty,
            item.unit,
            item.u_shared,
            propertyID=item.origin,
            description=_remarks(item),
            measurementTechnique=item.instrument,
        )

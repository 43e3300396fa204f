"""What the record says of a lab: what was used up, who held what, which stations were left dirty."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from zosimos.campaign.record.experiment import OPEN, Experiment, Step
from zosimos.campaign.record.steps import ASK
from zosimos.instruments.envelope.effect import Effect
from zosimos.instruments.envelope.verbs import declared
from zosimos.workcell.action import Action

STATION = "station"
CLEANED = "cleaned"
RESERVED = frozenset({STATION, CLEANED, ASK})
"""Names of steps by which a record is read: no reading of an action may have one of them."""


def effects(experiments: Mapping[str, Experiment]) -> Iterator[tuple[Step, Effect]]:
    """Yield every effect on record that happened or may have happened, with its step; a repeated one repeatedly."""
    for experiment in experiments.values():
        for step in experiment.steps:
            if step.how != "read" and step.name in declared() and step.status != "undone":
                for _ in range(step.attempt if step.repeatable else 1):
                    yield step, Effect.from_json(step.params)


def settled(experiments: Mapping[str, Experiment]) -> list[Step]:
    """Return every step that is on record as done, readings too, in the order in which they were."""
    steps = [step for experiment in experiments.values() for step in experiment.steps if step.status == "done"]
    return sorted(steps, key=lambda step: step.seq)


def drawn(experiments: Mapping[str, Experiment]) -> dict[str, float]:
    """Return how much was taken out of each place, in the place's unit."""
    sums: dict[str, float] = {}
    for step, effect in effects(experiments):
        if declared()[effect.verb].draws and "place" in step.params:
            place = str(step.params["place"])
            sums[place] = sums.get(place, 0.0) + (effect.amount or 0.0)
    return sums


def reserved(experiments: Mapping[str, Experiment], actions: Collection[type[Action]]) -> dict[str, str]:
    """Return what interrupted experiments held: their station, and a device in the middle of one of these actions."""
    held: dict[str, str] = {}
    for experiment in experiments.values():
        if experiment.status not in OPEN and experiment.status != "uncertain":
            continue
        station = station_of(experiment)
        if station is not None:
            held[station["station"]] = experiment.id
        last = next((step for step in reversed(experiment.steps) if step.how != "read"), None)
        if last is not None and any(_holds(action, last) for action in actions if last.name in action.settles):
            held[str(last.params["device"])] = experiment.id
    return held


def _holds(action: type[Action], step: Step) -> bool:
    """Ask an action whether it holds its device after a step; where a package's action fails to say, it does."""
    try:
        return bool(action.holds(step))
    except Exception:  # noqa: BLE001 - held in vain is safe, and ends with the experiment
        return True


def station_of(experiment: Experiment) -> Any:
    """Return which station an experiment was given, or None."""
    return next((step.result for step in experiment.steps if step.name == STATION), None)


def used(experiments: Mapping[str, Experiment]) -> set[str]:
    """Return the stations that experiments were given."""
    return {given["station"] for one in experiments.values() if (given := station_of(one)) is not None}


def interrupted(experiments: Mapping[str, Experiment], device: str) -> set[tuple[str, int, int]]:
    """Return the steps of a device that were announced and not settled: experiment, step and attempt."""
    return {
        (one.id, step.index, step.attempt)
        for one in experiments.values()
        for step in one.steps
        if step.status == "intended" and step.params.get("device") == device
    }


def asks(experiment: Experiment) -> bool:
    """Say whether an experiment waits for an operator's answer."""
    last = experiment.steps[-1] if experiment.steps else None
    return experiment.status == "running" and last is not None and last.name == ASK and last.status == "intended"


def dirty(experiments: Mapping[str, Experiment]) -> set[str]:
    """Return the stations whose last experiment did not clean up."""
    last: dict[str, tuple[int, bool]] = {}
    for experiment in experiments.values():
        given = next((step for step in experiment.steps if step.name == STATION), None)
        if given is None:
            continue
        cleaned = any(step.name == CLEANED for step in experiment.steps)
        name = given.result["station"]
        if given.seq > last.get(name, (-1, True))[0]:
            last[name] = (given.seq, cleaned)
    return {name for name, (_, cleaned) in last.items() if not cleaned}

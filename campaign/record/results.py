"""Results: what an executor or a person reports, in the objectives' units, compared with the prediction."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zosimos.core.composite import Composite
from zosimos.core.distance import AS_ASKED, apart
from zosimos.core.errors import DataError, ExecutionError
from zosimos.core.listing import and_more
from zosimos.core.objective import Objective, to_measure
from zosimos.core.parameter import Parameter
from zosimos.core.parameters import Values
from zosimos.core.records import QUALITIES, Candidate, Cause, Measurement, Observation
from zosimos.core.uncertainty import parts
from zosimos.core.units import convert

_NAMED = 8  # experiments that a line names
_FAULTS = frozenset({"InstrumentError", "ConnectError", "ReplyError", "OutcomeUnknownError"})


def teaching(measurements: Mapping[str, Measurement]) -> dict[str, float]:
    """Return the values that models may learn from, by quantity."""
    return {name: found.value for name, found in measurements.items() if found.trains}


def by_objective(
    measurements: Iterable[Measurement],
    objectives: Sequence[Objective],
    at: str,
    values: Values,
    *,
    whole: bool = True,
) -> dict[str, Measurement]:
    """Return the measurements by quantity, each objective's in the objective's unit, stamped with the time.

    An objective that is made of others is worked out from them, whatever was reported of it.

    Args:
        measurements: as reported.
        objectives: what is wanted.
        at: when, for measurements that do not say so.
        values: the parameters of the experiment, which a formula may name.
        whole: whether all of them must be there; else one is enough, and an objective that is made of others follows
            once all of these are there.

    Raises:
        ExecutionError: an objective or what it is made of was not measured, or a quantity was reported twice.
        UnitError: a reported unit does not fit the objective's.
        DataError: what an objective is made of gives no value for it.
    """
    found: dict[str, Measurement] = {}
    for measurement in measurements:
        if measurement.quantity in found:
            raise ExecutionError(f"the lab reported {measurement.quantity} twice", field=measurement.quantity)
        found[measurement.quantity] = measurement.stamped(at)
    wanted = to_measure(objectives)
    there = [quantity for quantity in wanted if quantity.name in found]
    if len(there) < (len(wanted) if whole else 1):
        missing = next(quantity.name for quantity in wanted if quantity.name not in found)
        raise _unmeasured(missing, objectives, found)
    for quantity in there:
        found[quantity.name] = in_unit(found[quantity.name], quantity.unit)
    return {**found, **_made(found, found, objectives, values)}


def joined(
    found: Mapping[str, Measurement], more: Mapping[str, Measurement], objectives: Sequence[Objective], values: Values
) -> dict[str, Measurement]:
    """Return measurements that come to those of an experiment, with the objectives that are complete by them.

    Args:
        found: what is on record, by quantity.
        more: what comes to it.
        objectives: what is wanted.
        values: the parameters of the experiment, which a formula may name.

    Raises:
        DataError: what an objective is made of gives no value for it.
    """
    return {**more, **_made({**found, **more}, more, objectives, values)}


def awaited(measurements: Mapping[str, Measurement], objectives: Sequence[Objective]) -> list[str]:
    """Return what is still to be measured of an experiment that did not fail: what has no value, not even a limit."""
    return [quantity.name for quantity in to_measure(objectives) if quantity.name not in measurements]


def awaited_lines(waits: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what experiments lack in words, a text for those that lack the same.

    >>> awaited_lines({"e0001": ["strength"], "e0003": ["strength"]})
    ['e0001, e0003 wait for: strength']
    """
    found = []
    for missing in dict.fromkeys(tuple(names) for names in waits.values()):
        which = [name for name, names in waits.items() if tuple(names) == missing]
        found.append(f"{and_more(which, _NAMED)} wait{'s' if len(which) == 1 else ''} for: {', '.join(missing)}")
    return found


def half_done(observation: Observation, objectives: Sequence[Objective]) -> bool:
    """Say whether an experiment did not fail and has no value yet of some objective: it teaches, and is no result."""
    return not observation.failed and any(objective.name not in observation.measurements for objective in objectives)


def _made(
    found: Mapping[str, Measurement],
    changed: Mapping[str, Measurement],
    objectives: Sequence[Objective],
    values: Values,
    *,
    moved: bool = False,
) -> dict[str, Measurement]:
    """Return the objectives that are made of what changed, as far as all that they are made of is there."""
    made = {}
    for objective in objectives:
        made_of = [] if objective.of is None else [quantity.name for quantity in objective.of.quantities]
        touched = moved or any(name in changed for name in made_of)
        if objective.of is not None and touched and all(name in found for name in made_of):
            made[objective.name] = _composed(objective, objective.of, found, values)
    return made


def _unmeasured(name: str, objectives: Sequence[Objective], found: Mapping[str, Measurement]) -> ExecutionError:
    made = [o.name for o in objectives if o.of is not None and name in (part.name for part in o.of.quantities)]
    what = "the objective's name" if not made else f"the name in the formula (objectives.{made[0]}.of)"
    return ExecutionError(
        f"the lab did not measure {name}" + (f", which {' and '.join(made)} is made of" if made else ""),
        field=name,
        value=", ".join(found) or "nothing",
        hint=f"correct {what}, or give the experiment a step that measures it",
    )


def recomposed(
    found: Mapping[str, Measurement],
    changed: Mapping[str, Measurement],
    objectives: Sequence[Objective],
    values: Values,
    *,
    moved: bool = False,
) -> dict[str, Measurement]:
    """Return changed measurements, and with them the objectives that are made of one of them, worked out again.

    Args:
        found: what is on record, by quantity.
        changed: what takes the place of some of it.
        objectives: what is wanted.
        values: the parameters of the experiment, which a formula may name.
        moved: whether these are others than before, so that every objective with a formula follows.

    Raises:
        DataError: what an objective is made of gives no value for it.
    """
    known = [objective for objective in objectives if objective.name in found or objective.name in changed]
    return {**changed, **_made({**found, **changed}, changed, known, values, moved=moved)}


def _composed(
    objective: Objective, formula: Composite, found: Mapping[str, Measurement], values: Values
) -> Measurement:
    """Return an objective worked out from measured quantities; it is as good as the least of them."""
    measured = [found[quantity.name] for quantity in formula.quantities]
    if limited := next((part for part in measured if part.limit is not None), None):
        raise DataError(
            f"{objective.name} cannot be worked out: of {limited.quantity} only a limit is known",
            field=objective.name,
            value=f"{limited.quantity} {limited.limit} {limited.value:g}",
            allowed="a value of each quantity that an objective is made of",
            hint="give a value, or record the experiment as failed",
        )
    known = [parts(found[part.name], part) for part in to_measure((objective,))]
    said = any(one.said for one in known)
    numbers = {part.quantity: (part.value, part.uncertainty) for part in measured}
    if said:  # where one says which part is which, what the others state is taken as scatter
        numbers = {part.quantity: (part.value, one.random) for part, one in zip(measured, known, strict=True)}
    try:
        value, uncertainty = formula.measured(numbers, values)
    except DataError as error:
        error.field = objective.name
        raise
    shared = None
    if said:
        of_all = {part.quantity: (part.value, one.shared or 0.0) for part, one in zip(measured, known, strict=True)}
        _, shared = formula.measured(of_all, values)
    worst = max(measured, key=lambda part: (not part.trains, QUALITIES.index(part.quality)))
    made = replace(worst, quantity=objective.name, unit=objective.unit)
    return replace(made, value=value, uncertainty=uncertainty, u_shared=shared)


def in_unit(measurement: Measurement, unit: str) -> Measurement:
    """Return a measurement in a unit: value and uncertainties (first order: the local slope of the conversion)."""
    if not measurement.unit or not unit or measurement.unit == unit:
        return replace(measurement, unit=unit or measurement.unit)
    value = convert(measurement.value, measurement.unit, unit, measurement.quantity)

    def moved(by: float | None) -> float | None:
        if not by:
            return by
        return abs(convert(measurement.value + by, measurement.unit, unit, measurement.quantity) - value)

    random, shared = moved(measurement.uncertainty), moved(measurement.u_shared)
    return replace(measurement, value=value, uncertainty=random, unit=unit, u_shared=shared)


def surprise(
    candidate: Candidate, measurements: Mapping[str, Measurement], *, learned: bool = False
) -> dict[str, float]:
    """Return how far each result lies from its prediction, in standard deviations (predicted and measured combined).

    A measurement that states its uncertainty is judged by it, any other by the noise that the model expects; so are all
    where models ``learned`` how much of what is stated scatters.

    Quantities without a prediction, with no spread at all, or of which only a limit is known, are left out.
    """
    scores = {}
    for name, prediction in candidate.predictions.items():
        measurement = measurements.get(name)
        if measurement is None or measurement.limit is not None:
            continue
        stated = None if learned and prediction.noise is not None else measurement.uncertainty
        spread = prediction.spread if stated is None else math.hypot(prediction.scale * prediction.sd, stated)
        if spread > 0:
            scores[name] = (measurement.value - prediction.mean) / spread
    return scores


def surprise_at(
    parameters: Mapping[str, Parameter],
    candidate: Candidate,
    ran_at: Values,
    measurements: Mapping[str, Measurement],
    *,
    learned: bool = False,
) -> dict[str, float]:
    """Return the same for an experiment that may have run elsewhere than where its outcome was predicted.

    Far from there the prediction was not tested: nothing is surprising then.
    """
    if apart(parameters, candidate.values, ran_at) > AS_ASKED:
        return {}
    return surprise(candidate, measurements, learned=learned)


def failure_cause(error: str, words: str) -> Cause:
    """Return what a failure was due to, for models that learn which experiments work.

    An instrument that refused, was lost or answered wrongly is a fault; what the envelope refuses will be refused
    again. Who tells a failure by hand says so by its first
    word, ``fault`` or ``infeasible``. Anything else may be either.

    Args:
        error: name of the error's class, ``told`` for a result told by hand.
        words: the reason given.
    """
    if error in _FAULTS:
        return "fault"
    if error == "EnvelopeError":
        return "infeasible"
    first = words.strip().lower().partition(" ")[0].rstrip(":,;.")
    if error == "told" and first == "fault":
        return "fault"
    return "infeasible" if error == "told" and first == "infeasible" else "unknown"

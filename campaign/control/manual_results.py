"""Telling: results that a person found, checked against the campaign, and what records them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from zosimos.campaign.control.elsewhere import check_charged, check_inside, loosened, ran_elsewhere
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.record.results import by_objective, surprise_at
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import DataError, StateError, ZosimosError
from zosimos.core.ids import local_id
from zosimos.core.parameters import Values
from zosimos.core.records import Measurement


@dataclass(frozen=True)
class Result:
    """A result reported by a person: for a proposed experiment, or at values of the person's own.

    ``notes`` is what stood beside it, by column; ``place`` says where it was read, for messages. ``achieved`` are the
    values at which a proposed experiment was really run, where these were not the proposed ones; ``rounding`` is how
    far off numbers of the person's own may be as they are written, by parameter.
    """

    experiment: str | None
    values: Values
    measurements: Sequence[Measurement]
    failed: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    achieved: Values = field(default_factory=dict)
    rounding: Mapping[str, float] = field(default_factory=dict)


def telling(
    setup: Setup, state: State, results: Sequence[Result], by: Mapping[str, str], at: str, *, outside: bool
) -> list[Draft]:
    """Return what records results, one event each, stamped with a time.

    Args:
        setup: the campaign's setup.
        state: the campaign.
        results: what was found.
        by: who tells it.
        at: when, for measurements that do not say so.
        outside: whether results at numbers outside the space's bounds, levels or constraints are welcome.

    Raises:
        DataError: a result of the person's own was found where the space has no such point.
        NotFoundError: a result names an experiment that does not exist.
        StateError: an experiment has a result already, is being run by the lab, or is told twice.
        ExecutionError: an objective, or a quantity it is made of, is missing.
        DataError: what an objective is made of gives no value for it.
    """
    drafts: dict[str, Draft] = {}
    fresh = state.numbered
    space = setup.space(state.spec)
    for told in results:
        result = replace(told, values=space.canonical(told.values)) if told.experiment is None else told
        fresh += result.experiment is None
        try:
            if result.experiment is None:
                _check_values(setup, state, result, outside=outside)
            draft = _told(setup, state, result, fresh, by, at, outside=outside)
        except ZosimosError as error:
            error.message = f"{result.place}: {error.message}" if result.place else error.message
            raise
        name = draft.body["experiment"]
        if name in drafts:
            raise StateError(
                f"{result.place}: {name} is told twice" if result.place else f"{name} is told twice",
                field="experiment",
                value=name,
                hint="leave the experiment column empty in one of the rows, to add it as a result of your own",
            )
        drafts[name] = draft
    return list(drafts.values())


def rehearsed(setup: Setup, state: State, results: Sequence[Result], *, outside: bool) -> list[str]:
    """Return the ids that results would get, and record nothing. Raises what :func:`telling` does."""
    if state.status == "aborted":
        raise StateError(f"campaign {state.id} is aborted", field="campaign", value=state.reason or state.status)
    drafts = telling(setup, state, results, {}, state.at, outside=outside)
    return [draft.body["experiment"] for draft in drafts]


def _told(
    setup: Setup, state: State, result: Result, counter: int, by: Mapping[str, str], at: str, *, outside: bool
) -> Draft:
    objectives = setup.objectives(state.spec)
    achieved: Values = {}
    values = result.values
    if result.experiment is not None:
        known = state.experiment(result.experiment)
        achieved = ran_elsewhere(setup, state, known, result.achieved)
        values = {**known.values, **achieved}
        check_inside(setup, state, achieved, outside=outside)
        check_charged(state, known, values)
    found = {} if result.failed else by_objective(result.measurements, objectives, at, values)
    measurements = {name: item.as_json() for name, item in found.items()}
    notes = {"notes": dict(result.notes)} if result.notes else {}
    if result.experiment is None:
        name = local_id("experiment", counter)
        told = {"experiment": name, "values": dict(result.values), "measurements": measurements}
        return Draft("observation.told", {**told, "failed": result.failed, "by": by, **notes})
    experiment = state.experiment(result.experiment)
    if experiment.status not in ("proposed", "approved", "uncertain"):
        raise StateError(
            f"{experiment.id} is {experiment.status}: it takes no result by hand",
            field="experiment",
            value=experiment.id,
            hint="leave the experiment column empty to add a result of your own",
        )
    body = {"experiment": experiment.id, "by": by, **notes, **({"achieved": achieved} if achieved else {})}
    if result.failed:
        return Draft("experiment.failed", {**body, "cause": result.failed, "error": "told", "step": None})
    scores = surprise_at(setup.space(state.spec).by_name, experiment.candidate, values, found)
    return Draft("experiment.measured", {**body, "measurements": measurements, "surprise": scores})


def _check_values(setup: Setup, state: State, result: Result, *, outside: bool) -> None:
    """Refuse values that no parameter knows; numbers outside bounds and constraints only if they are not welcome.

    Sums of numbers that are rounded are a little off: totals are met as far as the numbers are written.
    """
    space, values = setup.space(state.spec), result.values
    welcome = "correct the value; or tell it with --outside (Python: outside=True), to learn from it all the same"
    for name, parameter in space.by_name.items():
        problem = space.value_problem(name, values[name])
        if problem is not None and not (outside and parameter.kind != "text"):
            raise DataError(
                f"a result was found where the space has no point: {problem}",
                field=name,
                value=values[name],
                allowed="a point of the space",
                hint=welcome if parameter.kind != "text" else "correct the name",
            )
    if outside:
        return
    columns = space.columns([values])
    for constraint in space.constraints:
        if not loosened(constraint, result.rounding).holds(columns)[0]:
            raise DataError(
                f"a result was found where the space has no point: it breaks {constraint}",
                field="constraints",
                value=dict(values),
                allowed=str(constraint),
                hint=welcome,
            )

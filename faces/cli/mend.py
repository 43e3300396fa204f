"""Mistakes: results corrected or retracted, proposals that nobody will do; each can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from zosimos.core.errors import DataError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Reason, desk

if TYPE_CHECKING:
    from zosimos.campaign.record.experiment import Experiment
    from zosimos.campaign.record.state import State

ExperimentId: TypeAlias = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Which experiment, such as e0007.", show_default=False)
]


def correct(
    campaign: CampaignId,
    experiment: ExperimentId,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="The right values of outcomes, perhaps with units; OUTCOME_uncertainty=VALUE for standard "
            "uncertainties; PARAMETER=VALUE where it was really run.",
            show_default=False,
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Give back the values from before the last correction.")] = False,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Correct a result; the record keeps both, and decisions from now on go by the new one."""
    from zosimos.campaign.setup import reopened

    given = _given(values or [])
    if undo and given:
        raise DataError(
            "values are given, and taken back",
            field="--undo",
            value=" ".join(values or []),
            allowed="OUTCOME=VALUE, or --undo",
            hint="leave out one of the two",
        )
    with desk(ledger) as here:
        record = here.record(campaign)
        commands, setup = here.commands(record), reopened(record)
        if undo:
            found = commands.uncorrect(setup, experiment, reason)
        else:
            found = commands.correct(setup, experiment, given, reason)
        _mended(here, record.state, found, json=json)


def retract(
    campaign: CampaignId,
    experiment: ExperimentId,
    outcomes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[OUTCOME]...",
            help="Only these of its outcomes; the rest counts (default: all of the result).",
            show_default=False,
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Let what was retracted count again.")] = False,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Let a result, or some outcomes of it, count no more; it stays on record, and the experiment stays used."""
    from zosimos.campaign.setup import reopened

    with desk(ledger) as here:
        record = here.record(campaign)
        commands = here.commands(record)
        if outcomes:
            change = commands.put_back if undo else commands.take_out
            found = change(reopened(record), experiment, outcomes, reason)
        else:
            found = commands.restore(experiment, reason) if undo else commands.retract(experiment, reason)
        _mended(here, record.state, found, json=json)


def drop(
    campaign: CampaignId,
    experiment: ExperimentId,
    exclude: Annotated[
        bool, typer.Option("--exclude", help="Keep away from its values from now on, and from what lies near them.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Let a dropped proposal wait again.")] = False,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Give up a proposal that nobody will do; its place in the budget is free again."""
    from zosimos.campaign.setup import reopened

    if undo and exclude:
        raise DataError(
            "a proposal that is taken up again excludes nothing",
            field="--exclude",
            value="--undo",
            allowed="--exclude, or --undo",
            hint="leave out one of the two",
        )
    with desk(ledger) as here:
        record = here.record(campaign)
        commands = here.commands(record)
        if undo:
            found = commands.take_up(experiment, reason)
        else:
            found = commands.drop(reopened(record), experiment, reason, exclude=exclude)
        _mended(here, record.state, found, json=json)


def _given(texts: list[str]) -> dict[str, str]:
    """Return values by the names of what they are values of."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise DataError(
                "a name is given twice" if equals and name.strip() else "this is no name and value",
                field="OUTCOME=VALUE",
                value=text,
                allowed="such as viscosity=523, or 'viscosity=0.523 Pa*s'",
                hint="write each outcome once, with = between name and value",
            )
        found[name.strip()] = value.strip()
    return found


def _mended(here: Desk, state: State, found: Experiment, *, json: bool) -> None:
    """Say what was changed, and what is best, due or open again after it."""
    from zosimos.campaign import views
    from zosimos.faces.cli.tables import best_line

    amendment, best = found.amendments[-1], views.best(state)
    due, revised = views.due(state), views.revised(state)
    if json:
        data: dict[str, Any] = {"campaign": state.id, "experiment": found.id, "status": found.status}
        data |= {"amendment": amendment.as_json(), "best": best, "due": due, "revised": revised}
        screen.json_line(data | {"used": state.used, "budget": state.spec.budget.experiments})
        return
    screen.say(f"{found.id} {amendment}")
    screen.say(*(f"  {line}" for line in _consequences(state, found)))
    if amendment.kind in ("corrected", "retracted", "restored"):
        words = "none" if best is None else best_line(state, best)
        screen.say(*f"best so far: {words}".splitlines())
    if due:
        screen.say(f"a stop rule is met: {due}")
    if revised:
        screen.say(f"{revised}: {here.hint(f'zosimos resume {state.id}')} takes it up again")


def _consequences(state: State, found: Experiment) -> list[str]:
    """Return what follows from an amendment, in words."""
    used = f"{state.used} of {state.spec.budget.experiments} experiments are used"
    waiting = [name for name in state.outdated if name in state.active]
    lines = []
    match found.amendments[-1].kind:
        case "retracted":
            lines = [f"it stays on record and counts no more; it was done, so the budget does not change: {used}"]
        case "dropped":
            given = found.amendments[-1].advice
            lines = [f"it was not done, so its place in the budget is free: {used}"]
            if found.avoid:
                near = f", nor what lies near it ({given})" if given else ""
                lines.append(f"it is not proposed again{near}")
        case "taken up":
            lines = [f"it waits again: {used}"]
        case _:
            pass
    if waiting and found.amendments[-1].kind in ("corrected", "retracted", "restored"):
        lines.append(f"{' '.join(waiting)} {'was' if len(waiting) == 1 else 'were'} chosen before this")
    return lines

"""What people decide: pause, halt, abort, steer, settle what is uncertain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import LockedError, SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Reason, Sets, desk

if TYPE_CHECKING:
    from zosimos.campaign.control.commands import Commands
    from zosimos.campaign.definition.model import CampaignSpec
    from zosimos.campaign.definition.steer import Change
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State
    from zosimos.campaign.setup import Setup


class Resolution(StrEnum):
    """What to do about an uncertain experiment."""

    done = "done"
    redo = "redo"
    skip = "skip"
    probe = "probe"


def pause(campaign: CampaignId, reason: Reason = "", json: Json = False, ledger: LedgerUrl = None) -> None:
    """Let experiments under way finish and start no new ones."""
    _stopped(campaign, ledger, lambda commands: commands.pause(reason), json=json, goes_on=True)


def halt(campaign: CampaignId, reason: Reason = "", json: Json = False, ledger: LedgerUrl = None) -> None:
    """In an emergency: have devices go to their safe state now, cut experiments short, and pause the campaign."""
    from zosimos.campaign.control.course import NOBODY_RUNS
    from zosimos.campaign.ledger.claims import held_by

    def stop(commands: Commands) -> None:
        commands.halt(reason)
        if not held_by(commands.record.ledger, commands.record.campaign):
            screen.notice(NOBODY_RUNS)

    _stopped(campaign, ledger, stop, json=json, goes_on=True)


def abort(campaign: CampaignId, reason: Reason = "", json: Json = False, ledger: LedgerUrl = None) -> None:
    """End a campaign for good: devices go to their safe state, experiments under way are cut short."""
    _stopped(campaign, ledger, lambda commands: commands.abort(reason), json=json, goes_on=False)


def _stopped(
    campaign: str, ledger: str | None, stop: Callable[[Commands], object], *, json: bool, goes_on: bool
) -> None:
    """Stop a campaign and say how it stands; ``goes_on``: it can be taken up again."""
    with desk(ledger) as here:
        record = here.record(campaign)
        stop(here.commands(record))
        if record.broken is not None:
            _stopping(here, record, json=json)
            return
        _ended(record.state, here.hint(f"zosimos resume {record.campaign}") if goes_on else "", json=json)


def _stopping(here: Desk, record: Record, *, json: bool) -> None:
    """Say what became of a stop of a campaign whose record cannot be changed."""
    from zosimos.campaign.ledger.claims import execution_claim

    try:
        with execution_claim(here.ledger, record.campaign, notice=screen.notice):
            runs = False
    except LockedError:
        runs = True
    if json:
        data = {"campaign": record.campaign, "status": "stopping" if runs else "not running", "recorded": False}
        screen.json_line(data | {"reason": str(record.broken)})
    elif runs:
        screen.say(f"campaign {record.campaign}: the program that runs it was told to stop and make its devices safe")
    else:
        repair = here.hint(f"zosimos repair {record.campaign}")
        screen.say(f"campaign {record.campaign}: no program runs it, and none can; {repair} puts this on record")


def _ended(state: State, follow: str, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": state.id, "status": state.status, "reason": state.reason})
        return
    screen.say(f"campaign {state.id} is {state.status}: {state.reason}")
    if follow:
        screen.say(f"  take it up again with: {follow}")


def steer(
    campaign: CampaignId,
    sets: Sets = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="A whole campaign file, or a few lines of 'path: value'."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last steering back.")] = False,
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Change a campaign from its next decision on; open questions expire."""
    from zosimos.campaign import views
    from zosimos.campaign.setup import reopened

    if (bool(sets), file is not None, undo).count(True) != 1:
        raise SpecError(
            "say one way to steer", field="steer", allowed="--set path=value (repeatable), --file FILE or --undo"
        )
    with desk(ledger) as here:
        record = here.record(campaign)
        commands, setup = here.commands(record), reopened(record)
        due = views.due(record.state)
        before = [approval.token for approval in record.state.open_approvals()]
        if undo:
            changes = commands.undo(setup, reason)
        else:
            wanted = _wanted(record.state, sets, file)
            changes = commands.steer(setup, wanted, reason, source=_source(here, record.state, wanted, file))
        state = record.state
        expired = [token for token in before if state.approvals[token].status == "expired"]
        _steered(state, changes, expired, json=json)
        if not json:
            screen.say(*_goes_on(here, state, due), *_misfits(setup, state))


def _wanted(state: State, sets: Sequence[str] | None, file: Path | None) -> dict[str, Any] | CampaignSpec:
    from zosimos.campaign.definition.read import parse_assignment
    from zosimos.campaign.definition.steer import read_steering

    if file is not None:
        return read_steering(file, state.spec, (state.source or {}).get("overrides", ()))
    return dict(parse_assignment(text) for text in sets or ())


def _source(
    here: Desk, state: State, wanted: Mapping[str, Any] | CampaignSpec, file: Path | None
) -> dict[str, Any] | None:
    """Return what to record of the campaign's own file, when the campaign now does what all of it says."""
    from zosimos.campaign.control.of_file import source_of

    if file is None or isinstance(wanted, dict) or state.source is None or state.source["path"] != str(file.resolve()):
        return None
    return source_of(here.ledger, file, state.source["overrides"])


def _goes_on(here: Desk, state: State, due: str) -> Iterator[str]:
    """Yield what a steering means for a campaign that was over, and for experiments that wait."""
    from zosimos.campaign import views

    if words := views.revised(state):
        yield f"  {words}: {here.hint(f'zosimos resume {state.id}')}"
    elif due and not (now := views.due(state)):
        yield f"  a stop rule was met ({due}), and none is any more: {here.hint(f'zosimos ask {state.id}')}"
    elif due and now:
        yield f"  a stop rule is still met: {now}"
    came = {change.path.partition(".")[2]: change.new for change in state.steerings[-1].changes if change.old is None}
    filled = [f"{name} {state.spec.space[name].default}" for name in came if name in state.lens.filled]
    if filled and (open_ := [*state.active, *state.uncertain]):
        yield f"  experiments that are not done yet ({' '.join(open_)}) are done with {', '.join(filled)}"


def _misfits(setup: Setup, state: State) -> Iterator[str]:
    """Yield what waits to be done by hand and would not be proposed any more."""
    from zosimos.campaign.record.experiment import WAITING

    space, lens = setup.space(state.spec), state.lens
    for item in state.active.values() if state.spec.lab is None else ():
        if item.status in WAITING and (problems := space.problems(lens.row(item.values))):
            yield f"  {item.id} waits and does not fit any more: {problems[0]}; zosimos drop {state.id} {item.id}"


def _steered(state: State, changes: Sequence[Change], expired: Sequence[str], *, json: bool) -> None:
    if json:
        data = {"campaign": state.id, "spec_version": state.spec_version}
        screen.json_line(data | {"changes": [change.as_json() for change in changes], "expired": list(expired)})
        return
    from zosimos.campaign.definition.described import described

    screen.say(f"campaign {state.id}, changed from its next decision on:")
    for change in changes:
        screen.say(f"  {described(change)}")
    for token in expired:
        screen.say(f"  expired: {token} ({' '.join(state.approvals[token].experiments)})")


def resolve(
    campaign: CampaignId,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="The uncertain experiment, such as e0007.")],
    verb: Annotated[
        Resolution,
        typer.Argument(help="It happened; do it again; give it up; ask the lab again.", show_default=False),
    ],
    result: Annotated[
        str | None, typer.Option("--result", metavar="JSON", help="What the step returned, with done.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="For the record.")] = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Settle an experiment whose outcome a crash left unknown."""
    value = _parsed(result, verb)
    with desk(ledger) as here:
        record = here.record(campaign)
        found = here.commands(record).resolve(experiment, verb.value, result=value, note=note)
        data = {"campaign": record.campaign, "experiment": found.id, "status": found.status, "verb": verb.value}
        if json:
            screen.json_line(data)
        else:
            screen.say(f"{found.id}: {verb.value}; it is {found.status} now")
            screen.say(f"  if no process runs the campaign: {here.hint(f'zosimos resume {record.campaign}')}")


def _parsed(result: str | None, verb: Resolution) -> Any:
    import json

    if result is None:
        return None
    if verb is not Resolution.done:
        raise SpecError("only what was done has a result", field="--result", value=result, allowed="with the verb done")
    try:
        return json.loads(result)
    except ValueError as error:
        raise SpecError(
            f"not JSON: {error}", field="--result", value=result, allowed='such as {"volume": 1.5}'
        ) from error

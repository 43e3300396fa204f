"""What people decide: pause, abort, answer questions, steer, settle what is uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import LedgerError, SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.desk import CampaignId, Desk, Json, LedgerUrl, Reason, Sets, desk

if TYPE_CHECKING:
    from zosimos.campaign.record import Record
    from zosimos.campaign.spec.model import CampaignSpec
    from zosimos.campaign.spec.steer import Change
    from zosimos.campaign.state import State


class Verb(StrEnum):
    """What to do about an uncertain experiment."""

    done = "done"
    redo = "redo"
    skip = "skip"
    probe = "probe"


def pause(campaign: CampaignId, reason: Reason = "", json: Json = False, ledger: LedgerUrl = None) -> None:
    """Let experiments under way finish and start no new ones."""
    with desk(ledger) as here:
        record = here.record(campaign)
        here.commands(record).pause(reason)
        _ended(record.state, here.hint(f"zosimos resume {record.campaign}"), json=json)


def abort(campaign: CampaignId, reason: Reason = "", json: Json = False, ledger: LedgerUrl = None) -> None:
    """End a campaign for good: devices go to their safe state, experiments under way are cut short."""
    with desk(ledger) as here:
        record = here.record(campaign)
        here.commands(record).abort(reason)
        _ended(record.state, "", json=json)


def _ended(state: State, follow: str, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": state.id, "status": state.status, "reason": state.reason})
        return
    screen.say(f"campaign {state.id} is {state.status}: {state.reason}")
    if follow:
        screen.say(f"  take it up again with: {follow}")


def approvals(
    campaign: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A campaign; all of them if left out.", show_default=False)
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """List what waits for a yes or a no, with exactly what would run."""
    from zosimos.campaign.views import approval_view, change_view, question_view

    with desk(ledger) as here:
        states = [record.state for record in ([here.record(campaign)] if campaign else _readable(here))]
        running = [state for state in states if state.status in ("active", "paused")]
        found = [approval_view(state, item) for state in running for item in state.open_approvals()]
        changes = [change_view(state, item) for state in states for item in state.open_changes()]
        asked = [question_view(state, item) for state in running for item in state.open_questions()]
        if json:
            screen.json_line({"approvals": found, "changes": changes, "questions": asked})
            return
        if not found and not changes and not asked:
            screen.say("nothing waits for approval")
        out = screen.console()
        for item in found:
            rows = [(one["experiment"], screen.values(one["values"]), one["reason"]) for one in item["experiments"]]
            out.print(screen.text(f"{item['token']}  ({item['campaign']}, asked {item['asked']})", "bold"))
            out.print(screen.table(("experiment", "values", "why"), rows))
            _answers(here, item["token"])
        for item in changes:
            since = f"{item['campaign']}, asked {item['asked']} by {item['by']}"
            out.print(screen.text(f"{item['token']}  ({since})", "bold"))
            screen.say(*(f"  {line}" for line in change_lines(item)))
            _answers(here, item["token"])
        for item in asked:
            out.print(screen.text(f"{item['token']}  ({item['campaign']}, {item['experiment']})", "bold"))
            screen.say(f"  to do: {item['text']}")
            _answers(here, item["token"])


def _answers(here: Desk, token: str) -> None:
    screen.say(f"  yes: {here.hint('zosimos approve ' + token)}", f"  no:  {here.hint('zosimos reject ' + token)}")


def change_lines(view: Mapping[str, Any]) -> list[str]:
    """Return what a proposed change would do, and why, as lines."""
    lines = [f"{item['path']}: {item['old']} -> {item['new']}" for item in view["changes"]]
    return [view["verb"], *lines] + ([f"because: {view['reason']}"] if view["reason"] else [])


def _readable(here: Desk) -> list[Record]:
    """Return the records of all campaigns; one that cannot be read hides none of the others, and is named."""
    from zosimos.campaign.record import Record

    found = []
    for campaign in here.ledger.campaigns():
        try:
            found.append(Record(here.ledger, campaign))
        except LedgerError as error:
            screen.notice(f"campaign {campaign} is passed over: {error.message}")
    return found


def approve(
    tokens: Annotated[list[str], typer.Argument(metavar="TOKEN...", help="As zosimos approvals lists them.")],
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Say yes to exactly what a token stands for: experiments may run, a proposed change is made, a task is done."""
    _answered(tokens, None, json=json, ledger=ledger)


def reject(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="As zosimos approvals lists it.")],
    reason: Reason = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Say no: the experiments are cancelled and their points not proposed again; a proposed change is dropped."""
    _answered([token], reason, json=json, ledger=ledger)


def _answered(tokens: Sequence[str], reason: str | None, *, json: bool, ledger: str | None) -> None:
    """Answer questions: yes if there is no reason, else no."""
    from zosimos.campaign.experiment import Approval, Question
    from zosimos.campaign.find import campaign_of_token
    from zosimos.campaign.views import change_view

    answers: list[dict[str, Any]] = []
    with desk(ledger) as here:
        for token in dict.fromkeys(tokens):
            record = here.record(campaign_of_token(here.ledger, token))
            commands = here.commands(record)
            answer = commands.approve(token) if reason is None else commands.reject(token, reason)
            said: dict[str, Any] = {"token": token, "campaign": record.campaign, "status": answer.status}
            if isinstance(answer, Approval):
                said["experiments"] = list(answer.experiments)
                words = " ".join(answer.experiments)
            elif isinstance(answer, Question):
                said |= {"experiments": [answer.experiment], "text": answer.text}
                words = answer.text
            else:
                found = change_view(record.state, answer)
                said |= {"experiments": [], "verb": answer.verb, "changes": found["changes"]}
                words = "; ".join(change_lines({**found, "reason": ""}))
            answers.append(said)
            if not json:
                screen.say(f"{answer.status} {token}: {words}")
    if json:
        screen.json_line({"approvals": answers})


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
    from zosimos.campaign.session import reopened

    if (bool(sets), file is not None, undo).count(True) != 1:
        raise SpecError(
            "say one way to steer", field="steer", allowed="--set path=value (repeatable), --file FILE or --undo"
        )
    with desk(ledger) as here:
        record = here.record(campaign)
        commands, setup = here.commands(record), reopened(record)
        before = [approval.token for approval in record.state.open_approvals()]
        if undo:
            changes = commands.undo(setup, reason)
        else:
            changes = commands.steer(setup, _wanted(record.state, sets, file), reason)
        state = record.state
        expired = [token for token in before if state.approvals[token].status == "expired"]
        _steered(state, changes, expired, json=json)


def _wanted(state: State, sets: Sequence[str] | None, file: Path | None) -> dict[str, Any] | CampaignSpec:
    from zosimos.campaign.spec.read import parse_assignment
    from zosimos.campaign.spec.steer import read_steering

    if file is not None:
        return read_steering(file, state.spec, (state.source or {}).get("overrides", ()))
    return dict(parse_assignment(text) for text in sets or ())


def _steered(state: State, changes: Sequence[Change], expired: Sequence[str], *, json: bool) -> None:
    if json:
        data = {"campaign": state.id, "spec_version": state.spec_version}
        screen.json_line(data | {"changes": [change.as_json() for change in changes], "expired": list(expired)})
        return
    screen.say(f"campaign {state.id}, spec version {state.spec_version}:")
    for change in changes:
        screen.say(f"  {change.path}: {_shown(change.old)} -> {_shown(change.new)}")
    for token in expired:
        screen.say(f"  expired: {token} ({' '.join(state.approvals[token].experiments)})")


def _shown(value: Any) -> str:
    return "none" if value is None else screen.number(value)


def resolve(
    campaign: CampaignId,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="The uncertain experiment, such as e0007.")],
    verb: Annotated[
        Verb,
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


def _parsed(result: str | None, verb: Verb) -> Any:
    import json

    if result is None:
        return None
    if verb is not Verb.done:
        raise SpecError("only what was done has a result", field="--result", value=result, allowed="with the verb done")
    try:
        return json.loads(result)
    except ValueError as error:
        raise SpecError(
            f"not JSON: {error}", field="--result", value=result, allowed='such as {"volume": 1.5}'
        ) from error

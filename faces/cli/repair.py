"""``repair``: what in a record does not fit is shown, and on a yes set aside; the campaign goes on from before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SpecError, StateError
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Reason, desk
from zosimos.faces.cli.screen import at_terminal

if TYPE_CHECKING:
    from zosimos.campaign.control.repairing import Plan
    from zosimos.campaign.record.record import Record


def repair(
    campaign: CampaignId,
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: set aside what does not fit.")] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Set aside the events of a record that do not fit, and let the campaign go on from before them."""
    from zosimos.campaign.control.repairing import planned

    if not reason.strip():
        raise SpecError("a repair needs a reason", field="--reason", value=reason, allowed="why, in a few words")
    terminal = at_terminal() and not json
    with desk(ledger) as here:
        record = here.record(campaign)
        plan = planned(record, {"name": here.settings.author, "at": ""}, reason)
        if not json:
            _show(record, plan)
        if not yes:
            if not terminal:
                raise StateError(
                    "repair shows what it sets aside and asks, and nobody can answer here: nothing was done",
                    field="--yes",
                    allowed="--yes, with --reason",
                    hint=f"zosimos verify {record.campaign} and zosimos show {record.campaign} --events say more",
                )
            typer.confirm("Set these events aside?", abort=True)
        done = here.commands(record).repair(reason, plan)
        _done(here, record, done, json=json)


def _show(record: Record, plan: Plan) -> None:
    screen.say(f"campaign {record.campaign}: {record.broken}", "to be set aside:")
    rows = [(item["seq"], item["at"], item["kind"], item.get("experiment", "")) for item in plan.as_json()["set_aside"]]
    screen.console().print(screen.table(("event", "at", "kind", "experiment"), rows))
    screen.say(*plan.lines())
    screen.say("answers and results among them do not count any more; nothing is deleted")


def _done(here: Desk, record: Record, plan: Plan, *, json: bool) -> None:
    state = record.state
    if json:
        screen.json_line({"campaign": record.campaign, "status": state.status, "head": state.seq, **plan.as_json()})
        return
    screen.say(f"campaign {record.campaign}: {state.repairs[-1]}", f"it is {state.status} now")
    for name in plan.uncertain:
        verbs = "skip" if state.experiments[name].unreadable else "done|redo|skip|probe"
        screen.say(f"  {here.hint(f'zosimos resolve {record.campaign} {name} {verbs}')}")
    if state.status != "aborted":
        screen.say(f"  {here.hint(f'zosimos resume {record.campaign}')}")

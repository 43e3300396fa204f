"""``verify``: whether records are what was written, and which views of them can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import DamagedError, LedgerError, NotFoundError, SpecError
from zosimos.faces.cli import errors, screen
from zosimos.faces.cli.context import Desk, Json, LedgerUrl, desk

if TYPE_CHECKING:
    from zosimos.campaign.ledger.verify import Head
    from zosimos.campaign.record.verification import Verification


def verify(
    campaign: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A campaign: its id, its last characters, or last.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every campaign in the ledger.")] = False,
    saved: Annotated[
        str | None, typer.Option("--head", metavar="SEQ:HASH", help="A head that was kept, to check against.")
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option("--witness", metavar="FILE", help="A witness's file, each of whose heads must be on the record."),
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Check that a record is what was written and say which views can be trusted; exit code 3 if not all of it can."""
    from zosimos.campaign.ledger.database.integrity import damages
    from zosimos.campaign.ledger.verify import Head

    if every == (campaign is not None) or (every and (saved is not None or witness is not None)):
        raise SpecError(
            "say what to verify", field="verify", allowed="ID, with --head or --witness if heads were kept; or --all"
        )
    expected = None if saved is None else Head.parse(saved)
    with desk(ledger) as here:
        wrong = damages(here.ledger)
        if campaign is None:
            _all(here, wrong, json=json)
            return
        _one(here, campaign, wrong, expected, witness, json=json)


def _one(here: Desk, text: str, wrong: Sequence[str], saved: Head | None, witness: Path | None, *, json: bool) -> None:
    from zosimos.campaign.ledger.safekeeping.witness import require_witnessed
    from zosimos.campaign.record.find import find_campaign
    from zosimos.campaign.record.verification import verify_views

    try:
        name = find_campaign(here.ledger, text)
    except NotFoundError as error:
        if not wrong:
            raise
        raise DamagedError(wrong[0], field="ledger", value=text, hint="restore the ledger from a backup") from error
    seen: list[int] = []

    def witnessed() -> None:
        if witness is not None:
            seen.append(require_witnessed(here.ledger, name, witness))

    found = verify_views(here.ledger, name, wrong, saved, witnessed)
    if json:
        screen.json_line(found.as_json() | ({"witnessed": seen[0]} if seen else {}))
    else:
        _show(here, found)
        screen.say(*(f"all {count} heads that {witness} tells of are on it" for count in seen))
    if not found.valid:
        raise typer.Exit(errors.LEDGER)


def _all(here: Desk, wrong: Sequence[str], *, json: bool) -> None:
    from zosimos.campaign.record.verification import verify_views

    found: list[Verification] = []
    unread: dict[str, LedgerError] = {}
    for name in here.ledger.campaigns():
        try:
            found.append(verify_views(here.ledger, name, wrong))
        except LedgerError as error:  # one that cannot be read hides none of the others
            unread[name] = error
    valid = not wrong and not unread and all(one.valid for one in found)
    if json:
        missing = [{"campaign": name, "valid": False, "error": why.as_dict()} for name, why in unread.items()]
        checked = [one.as_json() for one in found]
        screen.json_line({"valid": valid, "ledger": list(wrong), "campaigns": checked + missing})
    else:
        screen.say(*(f"the ledger does not hold: {line}" for line in wrong))
        screen.say(*(f"campaign {name} cannot be read: {why.message}" for name, why in unread.items()))
        for one in sorted(found, key=lambda one: one.valid):
            screen.say(_first(one), *one.notes) if one.valid else _show(here, one)
        screen.say(f"{sum(one.valid for one in found)} of {len(found) + len(unread)} campaigns hold")
    if not valid:
        raise typer.Exit(errors.LEDGER)


def _first(found: Verification) -> str:
    """Return in a line whether the record of a campaign holds."""
    events = 0 if found.head is None else found.head.seq
    if found.valid:
        return f"campaign {found.campaign} holds: {events} events"
    if found.error is None:
        return f"campaign {found.campaign} is what was written, but makes no sense to its end: {events} events"
    return f"campaign {found.campaign} does not hold: {found.faults[0]}"


def _show(here: Desk, found: Verification) -> None:
    screen.say(_first(found))
    screen.say(*(f"  {fault}" for fault in found.faults[0 if found.error is None else 1 :]))
    if found.head is not None:
        screen.say(f"head {found.head}" if found.valid else f"the chain holds up to {found.head}")
    screen.say(*found.notes)
    screen.say(*(str(repair) for repair in found.repairs))
    rows = [(name, verdict.trusted, verdict.why) for name, verdict in found.views.items()]
    screen.console().print(screen.table(("view", "can be trusted", ""), rows))
    if found.error is not None and found.error.hint:
        screen.say(f"fix: {found.error.hint}")
    elif found.broken is not None:
        screen.say(f"go on from event {found.broken.seq - 1}: {here.hint(f'zosimos repair {found.campaign}')}")

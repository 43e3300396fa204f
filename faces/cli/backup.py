"""Keeping and moving: backups of a whole ledger, campaigns that move from one ledger to another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, Output, desk, settings

if TYPE_CHECKING:
    from zosimos.campaign.ledger.verify import Head


def backup(
    output: Output = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Write the whole ledger into one file, also while campaigns run; verified before it gets its name.

    Copying zosimos.db itself is no backup while a program uses it: the newest events are in zosimos.db-wal.
    """
    from datetime import UTC, datetime

    from zosimos.campaign.ledger.safekeeping.backup import back_up

    path = output or Path("backups") / f"zosimos-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    with desk(ledger) as here:
        heads = back_up(here.ledger, path, force=force)
        for campaign in heads:
            here.look_for_loss(campaign)
    if json:
        screen.json_line({"backup": str(path), "heads": _plain(heads)})
    else:
        screen.say(*_lines(heads), f"backup, verified: {path}")
    here.require_sound()


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="Where: a SQLite file or a database (default: the ledger)."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move a SQLite ledger that is there aside; it is kept under another name.")
    ] = False,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Make a ledger of a backup, verified first; a ledger that is there is left alone unless you say --replace."""
    from zosimos.campaign.ledger.database.engine import normalised_url, shown
    from zosimos.campaign.ledger.safekeeping import backup as backups

    url = to if to is not None else settings(ledger).ledger
    found = backups.restore(file, url, replace=replace)
    place = url if "://" not in url else shown(normalised_url(url))
    if json:
        data = {"ledger": place, "heads": _plain(found.heads)}
        screen.json_line(data | {"replaced": None if found.replaced is None else str(found.replaced)})
        return
    screen.say(*_lines(found.heads), f"restored, verified: {place}")
    if found.replaced is not None:
        screen.say(f"the ledger that was there is now {found.replaced}")
    screen.say("what was done after the backup is not in it: look at the devices before you resume")


def copy(
    campaign: CampaignId,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="Where: a SQLite file or a database.", show_default=False)
    ],
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Copy one campaign to another ledger, or continue an earlier copy; the hashes stay what they are."""
    from zosimos.campaign.ledger.claims import execution_claim, held_by
    from zosimos.campaign.ledger.database.engine import normalised_url, shown
    from zosimos.campaign.ledger.opening import open_ledger
    from zosimos.campaign.ledger.safekeeping.copying import copy_campaign, require_other
    from zosimos.campaign.record.find import find_campaign

    with desk(ledger) as here:
        name = find_campaign(here.ledger, campaign)
        require_other(here.ledger.url, normalised_url(to))
        runs = bool(held_by(here.ledger, name))
        # Nobody may run it there meanwhile: where nobody did before, nobody does.
        with open_ledger(to, new=True, hint="") as there, execution_claim(there, name):
            found = copy_campaign(here.ledger, name, there)
    place = to if "://" not in to else shown(normalised_url(to))
    if json:
        data = {"campaign": name, "to": place, "head": str(found.head), "events": found.events}
        screen.json_line(data | {"artifacts": found.artifacts, "running": runs})
        return
    screen.say(f"campaign {name}: {found.events} events and {found.artifacts} artifacts copied to {place}")
    screen.say(f"head {found.head}, the same in both places")
    if runs:
        screen.say("it is running here: the copy is its beginning; copy it again once it has ended")
    screen.say("run it on in one of the places only: two that go on part, and are never joined again")


def _plain(heads: Mapping[str, Head]) -> dict[str, str]:
    return {campaign: str(head) for campaign, head in heads.items()}


def _lines(heads: Mapping[str, Head]) -> list[str]:
    return [f"{campaign}  head {head}" for campaign, head in heads.items()] or ["the ledger has no campaign"]

"""``carry-over``: a campaign that begins with the results of an old one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.context import Json, LedgerUrl, Sets, SpecFile, desk, settings

if TYPE_CHECKING:
    from zosimos.campaign.control.carrying import Carried


def carry_over(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="The campaign with the results: its id, its last characters, or last.",
            show_default=False,
        ),
    ],
    file: SpecFile,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="The ledger in which OLD is, if it is another one.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="PARAMETER", help="A parameter of OLD that made no difference; repeatable."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be carried over, and begin nothing.")
    ] = False,
    sets: Sets = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Begin the campaign of a file with the results of an old campaign."""
    from datetime import UTC, datetime

    from zosimos.campaign.control.carried_over import begin_with, prepared
    from zosimos.campaign.files import from_file
    from zosimos.campaign.setup import by_hand

    overrides = list(sets or [])
    setup, author, now = by_hand(from_file(file, overrides)), settings(ledger).author, datetime.now(UTC)
    with desk(origin or ledger) as there:
        record = there.record(old)
        carried = prepared(record.state, setup, author=author, now=now, ignored=ignore or [])
        if dry_run:
            _shown(carried, "", file, json=json)
            return
        with desk(ledger, new=True) as here:
            begun = begin_with(
                carried,
                here.ledger,
                setup,
                author=author,
                now=now,
                origin=there.ledger,
                source=file,
                overrides=overrides,
            )
            here.watched(begun, new=True)
            _shown(carried, begun.campaign, file, json=json, then=here.hint(f"zosimos ask {file}"))


def _shown(carried: Carried, campaign: str, file: Path, *, json: bool, then: str = "") -> None:
    if json:
        screen.json_line({"campaign": campaign or None, "dry_run": not campaign, **carried.as_json()})
        return
    screen.say(*carried.lines())
    if campaign:
        screen.say(f"campaign {campaign} begins with them; next: {then}")
    else:
        screen.say(f"the campaign of {file} would begin with them; nothing is recorded")

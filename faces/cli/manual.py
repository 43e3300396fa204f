"""``tell``: the results of experiments that a person did."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zosimos.faces.cli import screen
from zosimos.faces.cli.columns import Columns, read_table, remembered
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, desk


class Decimal(StrEnum):
    """What stands before decimals in a table."""

    point = "point"
    comma = "comma"


def tell(
    campaign: CampaignId,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE", help="A table of results: CSV, .xlsx, or - for pasted text.", show_default=False
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be recorded, and record nothing.")
    ] = False,
    outside: Annotated[
        bool, typer.Option("--outside", help="Take results outside the space's bounds, levels or constraints too.")
    ] = False,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="The sheet that is meant, of a workbook with several.")
    ] = None,
    decimal: Annotated[
        Decimal | None, typer.Option("--decimal", help="What stands before decimals, where the table leaves it open.")
    ] = None,
    column: Columns = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Record results that a person found, all of the table or nothing, and say how it was read."""
    from zosimos.campaign import views
    from zosimos.campaign.control.manual_results import rehearsed
    from zosimos.campaign.setup import reopened
    from zosimos.campaign.tables.sources import STANDARD_INPUT
    from zosimos.faces.cli.tables import best_line

    with desk(ledger) as here:
        record = here.record(campaign)
        if file == STANDARD_INPUT and sys.stdin.isatty():
            screen.notice("paste the table with its header; Ctrl-D on a line of its own ends it")
        sign = None if decimal is None else decimal.value
        reading, said = read_table(record.state, file, column, sheet, sign, ask=not json)
        setup, found = reopened(record), reading.results
        if not json:
            screen.say(*reading.summary.lines())  # before it counts: also where it then cannot be recorded
        if dry_run:
            names = rehearsed(setup, record.state, found, outside=outside)
        else:
            names = here.commands(record).tell(setup, found, outside=outside)
            screen.notice(*remembered(here.commands(record), setup, said))
        best, due = views.best(record.state), views.due(record.state)
        if json:
            told = {"campaign": record.campaign, "experiments": names, "best": best, "due": due}
            screen.json_line({**told, "dry_run": dry_run, "read": reading.summary.as_json()})
            return
        if dry_run:
            screen.say(
                f"would record {len(names)} of campaign {record.campaign}: {' '.join(names)}; nothing is recorded"
            )
            return
        screen.say(f"recorded {len(names)} of campaign {record.campaign}: {' '.join(names)}")
        if best is not None:
            screen.say(*f"best so far: {best_line(record.state, best)}".splitlines())
        if due:
            screen.say(f"a stop rule is met: {due}")

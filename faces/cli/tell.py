"""Results by hand on the command line: a table is read, compared with the record, and asked about where it differs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zosimos.core.errors import DataError, SpecError
from zosimos.faces.cli import screen
from zosimos.faces.cli.begin import campaign_file, started
from zosimos.faces.cli.columns import Columns, DecimalSign, read_table, remembered
from zosimos.faces.cli.context import Desk, Json, LedgerUrl, desk
from zosimos.faces.cli.screen import at_terminal

if TYPE_CHECKING:
    from zosimos.campaign.control.manual_results import Choices, Reported
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State
    from zosimos.campaign.setup import Setup
    from zosimos.campaign.tables.numbers import Sign
    from zosimos.campaign.tables.reading import Reading

_SHOWN = 40  # differences on the screen


def tell(
    campaign: Annotated[
        str,
        typer.Argument(metavar="FILE|ID", help="A campaign, or a campaign file (starts one).", show_default=False),
    ],
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
    achieved: Annotated[
        bool,
        typer.Option("--achieved", help="Values far from those proposed are where experiments were really run."),
    ] = False,
    correct: Annotated[
        bool, typer.Option("--correct", help="Where the table differs from the record, correct the record.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Where the table differs from the record, keep what is on record.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why results are corrected (default: told again).")
    ] = "",
    replicates: Annotated[
        bool,
        typer.Option("--replicates", help="Every row of your own is another measurement, also if it is on record."),
    ] = False,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="The sheet that is meant, of a workbook with several.")
    ] = None,
    decimal: DecimalSign = None,
    column: Columns = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Record what is new in a table of results, all of it or nothing, and say how it was read."""
    from zosimos.campaign.setup import reopened
    from zosimos.campaign.tables.sources import STANDARD_INPUT

    choices = _choices(correct=correct, keep=keep, reason=reason, outside=outside, replicates=replicates)
    sign: Sign | None = None if decimal is None else decimal.value
    said: dict[str, str] = {}

    def told(state: State) -> Reading:
        columns = [*(column or []), *(f"{header}={name}" for header, name in said.items())]
        reading, names = read_table(state, file, columns, sheet, sign, achieved=achieved, ask=not json)
        said.update(names)
        return reading

    if (written := campaign_file(campaign)) is not None:
        if file == STANDARD_INPUT:
            raise DataError(
                "a campaign is started with a table in a file", field="TABLE", value="-", hint="save it first"
            )
        campaign = started(written, ledger, told, choices, dry_run=dry_run, json=json)
    with desk(ledger) as here:
        record = here.record(campaign)
        if file == STANDARD_INPUT and sys.stdin.isatty():
            screen.notice("paste the table with its header; Ctrl-D on a line of its own ends it")
        reading = told(record.state)
        setup = reopened(record)
        if not json:
            screen.say(*reading.summary.lines())  # before it counts: also where it then cannot be recorded
        _report(here, record, setup, reading, choices, dry_run=dry_run, json=json)
        if not dry_run:
            screen.notice(*remembered(here.commands(record), setup, said))


def _choices(*, correct: bool, keep: bool, reason: str, outside: bool, replicates: bool) -> Choices:
    from zosimos.campaign.control.manual_results import REASON, Choices

    if correct and keep:
        raise SpecError("the record is to be corrected, and kept", field="--keep", allowed="--correct, or --keep")
    if reason and keep:
        raise SpecError("what is kept needs no reason", field="--reason", value=reason, allowed="with --correct")
    return Choices(outside, "correct" if correct else "keep" if keep else None, reason.strip() or REASON, replicates)


def _report(
    here: Desk, record: Record, setup: Setup, reading: Reading, choices: Choices, *, dry_run: bool, json: bool
) -> None:
    from zosimos.campaign.control.manual_results import rehearsed

    found = reading.results
    if dry_run:
        came = rehearsed(setup, record.state, found, choices, refuse=False)
    else:
        if choices.differing is None and at_terminal() and not json:
            came = rehearsed(setup, record.state, found, choices, refuse=False)
            choices = _asked(came, choices)
        came = here.commands(record).report(setup, found, choices)
    read = reading.summary.as_json()
    if json:
        _as_json(record, came, read, dry_run=dry_run)
    else:
        _said(record, came, choices, dry_run=dry_run)


def _asked(came: Reported, choices: Choices) -> Choices:
    """Return what a person says is to become of differences, of exactly those that are shown."""
    if not came.differences:
        return choices
    _differences(came)
    answer = ""
    while answer not in ("c", "k", "n"):
        said = typer.prompt("Correct the record (c), keep what is on record (k), or record nothing (n)?")
        answer = str(said).strip().casefold()[:1]
    if answer == "n":
        raise typer.Abort
    return replace(choices, differing="correct" if answer == "c" else "keep", shown=tuple(came.differences))


def _differences(came: Reported) -> None:
    """Show where a table differs from the record."""
    rows = [(item.place, item.experiment, item.column, item.was, item.now) for item in came.differences]
    columns = ("where", "experiment", "column", "on record", "in the table")
    screen.console().print(screen.table(columns, rows[:_SHOWN], "the table differs from the record"))
    if len(rows) > _SHOWN:
        screen.say(f"... and {len(rows) - _SHOWN} more (--dry-run --json has them all)")


def _as_json(record: Record, came: Reported, read: Mapping[str, Any], *, dry_run: bool) -> None:
    from zosimos.campaign import views

    best, due = views.best(record.state), views.due(record.state)
    told = {"campaign": record.campaign, "experiments": came.experiments, **came.as_json(), "best": best, "due": due}
    screen.json_line({**told, "dry_run": dry_run, "read": dict(read)})


def _said(record: Record, came: Reported, choices: Choices, *, dry_run: bool) -> None:
    from zosimos.campaign import views
    from zosimos.faces.cli.tables import best_line

    if dry_run and came.differences and choices.differing is None:
        _differences(came)
        screen.say("to be decided: --correct corrects the record, --keep leaves it")
    screen.say(*came.lines())
    names = came.recorded
    if dry_run:
        would = f"would record {len(names)} of campaign {record.campaign}: {' '.join(names)}; nothing is recorded"
        screen.say(would if names else f"would record nothing of campaign {record.campaign}: nothing is new")
        return
    if not names:
        screen.say(f"nothing is new: nothing is recorded of campaign {record.campaign}")
        return
    screen.say(f"recorded {len(names)} of campaign {record.campaign}: {' '.join(names)}")
    best, due = views.best(record.state), views.due(record.state)
    if best is not None:
        screen.say(*f"best so far: {best_line(record.state, best)}".splitlines())
    if due:
        screen.say(f"a stop rule is met: {due}")

"""By hand: Zosimos suggests, a person does the experiments and tells the results."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SpecError
from zosimos.core.files import require_no_database
from zosimos.faces.cli import screen
from zosimos.faces.cli.columns import Columns, read_table, remembered
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Output, Sets, desk

if TYPE_CHECKING:
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.setup import Setup


def ask(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|ID", help="A campaign file (starts a campaign) or a campaign.", show_default=False
        ),
    ],
    count: Annotated[
        int | None, typer.Option("-n", "--count", min=1, metavar="N", help="How many (default: the campaign's batch).")
    ] = None,
    output: Output = None,
    sets: Sets = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Suggest experiments to do by hand."""
    from zosimos.campaign.ledger.claims import execution_claim
    from zosimos.campaign.setup import from_file, reopened

    file = _file(what)
    if file is None and sets:
        raise SpecError(
            "a campaign that exists is changed by steering", field="--set", hint=f"zosimos steer {what} --set ..."
        )
    fresh = from_file(file, sets or []) if file is not None else None
    if output is not None:
        from zosimos.campaign.tables.writing import check_writable

        require_no_database(output, "-o")  # before anything is asked: the table would move it aside
        check_writable(output)
    with desk(ledger, new=fresh is not None) as here:
        if file is not None and fresh is not None:
            record, setup = here.watched(_created(here, fresh, file, sets or []), new=True), fresh
            screen.notice(*fresh.read_as, *fresh.left_out)
        else:
            record = here.record(what)
            setup = reopened(record)
        with execution_claim(here.ledger, record.campaign, notice=screen.notice):
            found = here.commands(record).ask(setup, count or record.state.spec.batch)
        names = [item.id for item in found]
        kept = None if output is None else _write(record, names, output)
        if json:
            _as_json(record, names, output)
        else:
            _shown(here, record, names, output)
            if kept is not None:
                screen.say(f"the table that was there is {kept} now")


def _file(what: str) -> Path | None:
    """Return the campaign file a text names, or None if it means a campaign."""
    path = Path(what)
    looks_so = path.suffix.lower() in (".yaml", ".yml") or "/" in what
    return path if looks_so or (what != "last" and path.is_file()) else None


def _created(here: Desk, setup: Setup, file: Path, overrides: list[str]) -> Record:
    import random
    from datetime import UTC, datetime

    from zosimos.campaign.control.commands import create

    return create(
        here.ledger,
        setup,
        author=here.settings.author,
        now=datetime.now(UTC),
        entropy=random.SystemRandom(),
        source=file,
        overrides=overrides,
    )


def _write(record: Record, names: list[str], output: Path) -> Path | None:
    """Write the table to fill in, and return where a file that was there, and may hold results, is kept."""
    from zosimos.campaign.tables.writing import write_proposals

    return write_proposals(record.state, [record.state.experiments[name] for name in names], output)


def _as_json(record: Record, names: list[str], output: Path | None) -> None:
    from zosimos.campaign import views

    space = record.state.spec.space
    candidates = []
    for name in names:
        item = record.state.experiments[name]
        predictions = {key: value.as_json() for key, value in item.candidate.predictions.items()}
        values = {key: item.values[key] for key in space}
        candidates.append(
            {"experiment": name, "values": values, "reason": item.candidate.reason, "predictions": predictions}
        )
    file = None if output is None else str(output)
    due = views.due(record.state)
    screen.json_line({"campaign": record.campaign, "candidates": candidates, "file": file, "due": due})


def _shown(here: Desk, record: Record, names: list[str], output: Path | None) -> None:
    from zosimos.campaign import views
    from zosimos.faces.cli.tables import candidates_table

    screen.say(f"campaign {record.campaign} ({record.state.spec.name})")
    experiments = [record.state.experiments[name] for name in names]
    screen.console().print(candidates_table(record.state.spec, experiments))
    file = output if output is not None else "results.csv"
    if output is not None:
        screen.say(f"written to {output}: fill in its result columns")
    if due := views.due(record.state):
        screen.say(f"a stop rule is met: {due}")
    screen.say(f"then: {here.hint(f'zosimos tell {record.campaign} {file}')}")


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

    with desk(ledger) as here:
        record = here.record(campaign)
        if file == STANDARD_INPUT and sys.stdin.isatty():
            screen.notice("paste the table with its header; Ctrl-D on a line of its own ends it")
        reading, said = read_table(
            record.state, file, column, sheet, None if decimal is None else decimal.value, ask=not json
        )
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
            screen.say(f"best so far: {best['experiment']}  {screen.outcomes(best['outcomes'])}")
        if due:
            screen.say(f"a stop rule is met: {due}")

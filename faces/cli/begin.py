"""Beginning with results: a table told to a campaign file starts its campaign, and whoever tells it again means that.

Everything is tried in memory first, so that a table that cannot be told leaves no campaign behind.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from zosimos.core.errors import DataError, SpecError
from zosimos.faces.cli import context, screen
from zosimos.faces.cli.context import desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from zosimos.campaign.control.manual_results import Choices, Reported
    from zosimos.campaign.ledger.store import Ledger
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.record.state import State
    from zosimos.campaign.setup import Setup
    from zosimos.campaign.tables.reading import Reading


def campaign_file(what: str) -> Path | None:
    """Return the campaign file a text names, or None if it means a campaign."""
    path = Path(what)
    looks_so = path.suffix.lower() in (".yaml", ".yml") or "/" in what
    return path if looks_so or (what != "last" and path.is_file()) else None


def started(
    file: Path,
    ledger: str | None,
    read: Callable[[State], Reading],
    choices: Choices,
    *,
    dry_run: bool,
    json: bool,
) -> str:
    """Return the campaign of a file: the newest one in the ledger, or one that is started now.

    Args:
        file: the campaign file.
        ledger: the ledger as the command line named it.
        read: reads the table that is to be told, for a campaign as it stands.
        choices: what is to be done where there is a choice.
        dry_run: nothing is started: it is said what would be, and the command ends.
        json: whether a program reads what is said.

    Raises:
        InputError: the file or the table is wrong; nothing was started.
    """
    from zosimos.campaign.files import from_file
    from zosimos.campaign.setup import by_hand

    if (found := _running(file, ledger)) is not None:
        screen.notice(f"{file} began campaign {found}: the table is told to it")
        return found
    setup = by_hand(from_file(file))
    if setup.spec.lab is not None:
        raise SpecError(
            f"{file} names a lab: its campaign begins when it is run",
            field="lab",
            value=setup.spec.lab.kind,
            allowed="a campaign file without a lab",
            hint=f"zosimos run {file} starts it; then tell the table to that campaign",
        )
    came, reading = _rehearsed(setup, read, choices)
    if dry_run:
        if json:
            said: dict[str, Any] = {"campaign": None, "experiments": came.experiments, **came.as_json()}
            screen.json_line(said | {"best": None, "due": "", "dry_run": True, "read": reading.summary.as_json()})
        else:
            screen.say(*reading.summary.lines())
            screen.say(
                f"would start a campaign of {file} and record {len(came.experiments)} results; nothing is recorded"
            )
        raise typer.Exit
    with desk(ledger, new=True) as here:
        record = here.watched(_created(here.ledger, setup, here.settings.author, file), new=True)
        screen.notice(f"started campaign {record.campaign} ({setup.spec.name})")
        return record.campaign


def _running(file: Path, ledger: str | None) -> str | None:
    """Return the newest campaign that a file started in a ledger, if there is one."""
    from zosimos.campaign.control.of_file import running_of

    if not context.exists(context.settings(ledger).ledger):
        return None
    with desk(ledger) as here:
        found = running_of(here.ledger, file)
        return None if found is None else found.campaign


def _rehearsed(setup: Setup, read: Callable[[State], Reading], choices: Choices) -> tuple[Reported, Reading]:
    """Try the table on a campaign in memory."""
    from zosimos.campaign.control.manual_results import rehearsed
    from zosimos.campaign.ledger.database.engine import MEMORY
    from zosimos.campaign.ledger.store import Ledger

    with closing(Ledger(MEMORY)) as ledger:
        record = _created(ledger, setup, "", None)
        reading = read(record.state)
        if any(one.experiment is not None for one in reading.results):
            raise DataError(
                "the table names experiments of a campaign, and this file has none yet",
                field="experiment",
                hint="tell it to that campaign: zosimos list says which there are",
            )
        return rehearsed(setup, record.state, reading.results, choices), reading


def _created(ledger: Ledger, setup: Setup, author: str, source: Path | None) -> Record:
    import random
    from datetime import UTC, datetime

    from zosimos.campaign.control.beginning import create

    now, entropy = datetime.now(UTC), random.SystemRandom()
    return create(ledger, setup, author=author, now=now, entropy=entropy, source=source)

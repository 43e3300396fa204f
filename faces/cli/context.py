"""The desk each command works at: settings, an open ledger, the campaign that was meant; and the options all share."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from zosimos.core.errors import DataError
from zosimos.faces.cli import screen

if TYPE_CHECKING:
    from zosimos.campaign.control.commands import Commands
    from zosimos.campaign.ledger.store import Ledger
    from zosimos.campaign.record.record import Record
    from zosimos.core.settings import Settings

_TOKEN = re.compile(r"\b([0-9a-z]{8}-[0-9a-f]{8})[0-9a-f]{24}\b")

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
LedgerUrl: TypeAlias = Annotated[
    str | None, typer.Option("--ledger", metavar="URL", help="SQLite file or database URL (default: zosimos.db here).")
]
CampaignId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="A campaign: its id, its last characters, or last.", show_default=False)
]
SpecFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="A campaign file (YAML).", show_default=False)
]
Reason: TypeAlias = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")]
Sets: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Another value for a field, such as space.T.max=80; repeatable."),
]
Output: TypeAlias = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")]


@dataclass(frozen=True)
class Desk:
    """Settings and an open ledger; ``flag`` is the ledger as the command line named it, if it did.

    The records that were looked at are kept (:meth:`Record.keep`) when the command has done its work.
    """

    settings: Settings
    ledger: Ledger
    flag: str | None
    records: list[Record] = field(default_factory=list)

    def record(self, text: str) -> Record:
        """Return the record of the campaign a person means."""
        from zosimos.campaign.record.find import find_campaign
        from zosimos.campaign.record.record import Record

        found = Record(self.ledger, find_campaign(self.ledger, text))
        self.records.append(found)
        if found.broken is not None:
            screen.notice(f"campaign {found.campaign}: {found.broken}; shown as it was up to event {found.state.seq}")
        return found

    def commands(self, record: Record) -> Commands:
        """Return what the author of this session may do to a campaign."""
        from zosimos.campaign.control.commands import Commands

        return Commands(record, self.settings.author)

    def hint(self, command: str) -> str:
        """Return a command as it must be typed to reach this ledger; at a terminal with the beginning of a token."""
        if sys.stdout.isatty():
            command = _TOKEN.sub(r"\1", command)
        if self.flag is None or re.search(r"://[^/@]*:[^/@]*@", self.flag):  # never show a password
            return command
        return f"{command} --ledger {shlex.quote(self.flag)}"


def settings(ledger: str | None) -> Settings:
    """Return the settings with the flag that was given."""
    from zosimos.core.settings import load_settings

    return load_settings() if ledger is None else load_settings(ledger=ledger)


@contextmanager
def desk(ledger: str | None, *, new: bool = False) -> Iterator[Desk]:
    """Open the ledger for one command.

    Args:
        ledger: the URL from the command line, if one was given.
        new: whether the ledger may be made now; else a missing one is an error and stays missing.

    Raises:
        NotFoundError: there is no such ledger.
    """
    from zosimos.campaign.ledger.opening import open_ledger

    found = settings(ledger)
    hint = "zosimos run makes one; --ledger names another, or go to the folder where the campaign was started"
    with open_ledger(found.ledger, new=new, hint=hint) as opened:
        here = Desk(found, opened, ledger)
        yield here
        for record in here.records:
            record.keep()


def exists(url: str) -> bool:
    """Say whether a ledger is there to open."""
    from zosimos.campaign.ledger import opening

    return opening.exists(url)


def write_text(path: Path, content: str, *, new: bool = False) -> None:
    """Write a file that a person asked for; with ``new``, only if there is none yet.

    Raises:
        DataError: it cannot be written.
        FileExistsError: it was to be new and is there.
    """
    try:
        with path.open("x" if new else "w", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}",
            field="-o",
            value=str(path),
            hint="check the folder and its rights",
        ) from error

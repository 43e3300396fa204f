"""The desk each command works at: settings, an open ledger, the campaign that was meant; and the options all share."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from zosimos.core.errors import DamagedError, LedgerError, SettingsError, TamperedError
from zosimos.core.filenames import is_file_name
from zosimos.core.files import cannot_write, require_no_database
from zosimos.core.masking import masked_url
from zosimos.core.writing import write_whole
from zosimos.faces.cli import errors, screen

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
WitnessPlace: TypeAlias = Annotated[
    str | None,
    typer.Option("--witness", metavar="FILE|URL", help="Write heads of the record there too, so that a cut end shows."),
]
Output: TypeAlias = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")]


@dataclass(frozen=True)
class Desk:
    """Settings and an open ledger; ``flag`` is the ledger as the command line named it, if it did.

    The records that were looked at are kept (:meth:`Record.keep`) when the command has done its work.
    """

    settings: Settings
    ledger: Ledger
    flag: str | None = field(repr=False)
    _watched: list[tuple[Record, int]] = field(default_factory=list, init=False)
    _failing: list[DamagedError] = field(default_factory=list, init=False)

    def record(self, text: str) -> Record:
        """Return the record of the campaign a person means."""
        from zosimos.campaign.record.find import find_campaign
        from zosimos.campaign.record.record import Record

        found = Record(self.ledger, find_campaign(self.ledger, text))
        if not is_file_name(found.campaign):
            screen.notice("this campaign's id is none that Zosimos makes: quote it where a command below has it")
        if found.broken is not None:
            screen.notice(f"campaign {found.campaign}: {found.broken}; shown as it was up to event {found.state.seq}")
        self.look_for_loss(found.campaign)
        return self.watched(found)

    def each_record(self) -> Iterator[tuple[str, Record | LedgerError]]:
        """Yield every campaign with its record; or why that cannot be read, which hides none of the others.

        Raises:
            LedgerAwayError: the ledger does not answer, which says nothing of any record.
        """
        from zosimos.campaign.listing import each_record

        for campaign, found in each_record(self.ledger):
            if isinstance(found, DamagedError):
                screen.notice(found.message, *([f"  {found.hint}"] if found.hint else []))
                self._failing.append(found)
            yield campaign, found

    def require_sound(self) -> None:
        """End a command that only looked with the exit code of a ledger that fails, if something failed that it saw."""
        if self._failing:
            raise typer.Exit(errors.LEDGER)

    def watched(self, record: Record, *, new: bool = False) -> Record:
        """Take a record's head to where heads are kept, when this command has changed it, and return the record."""
        self._watched.append((record, 0 if new else record.state.seq))
        return record

    def keep_snapshots(self) -> None:
        """Keep a snapshot of each record that this command read, where it is worth it."""
        for record, _ in self._watched:
            record.keep()

    def keep_heads(self) -> None:
        """Take the heads of all records that this command changed to where they are kept."""
        from zosimos.campaign.ledger.safekeeping.watching import Watcher
        from zosimos.campaign.ledger.verify import Head

        for record, before in self._watched:
            state = record.state
            if state.seq > before:
                try:
                    watcher = Watcher(self.ledger, state.id, self.settings.witness, trouble=screen.notice)
                except SettingsError as error:  # what was done is done
                    screen.notice(error.message, f"  allowed: {error.allowed}")
                    return
                watcher.seen(Head(state.seq, state.head))
                watcher.close()

    def look_for_loss(self, campaign: str) -> None:
        """Say so if events are gone that were on record; looking at the rest goes on."""
        from zosimos.campaign.ledger.safekeeping.marks import copied_in_use, require_kept

        try:
            require_kept(self.ledger, campaign)
        except TamperedError as error:
            screen.notice(error.message, f"  {error.hint}")
            self._failing.append(error)
            return
        if words := copied_in_use(self.ledger, campaign):
            screen.notice(words)

    def commands(self, record: Record) -> Commands:
        """Return what the author of this session may do to a campaign."""
        from zosimos.campaign.control.commands import Commands

        return Commands(record, self.settings.author)

    def hint(self, command: str) -> str:
        """Return a command as it must be typed to reach this ledger; at a terminal with the beginning of a token."""
        if sys.stdout.isatty():
            command = _TOKEN.sub(r"\1", command)
        if self.flag is None or masked_url(self.flag) != self.flag:  # never show a password
            return command
        return f"{command} --ledger {shlex.quote(self.flag)}"


def settings(ledger: str | None, witness: str | None = None) -> Settings:
    """Return the settings with the flags that were given."""
    from zosimos.core.settings import load_settings

    return load_settings(ledger=ledger, witness=witness)


@contextmanager
def desk(ledger: str | None, *, new: bool = False, witness: str | None = None) -> Iterator[Desk]:
    """Open the ledger for one command.

    Args:
        ledger: the URL from the command line, if one was given.
        new: whether the ledger may be made now; else a missing one is an error and stays missing.
        witness: the witness from the command line, if one was given.

    Raises:
        NotFoundError: there is no such ledger.
    """
    from zosimos.campaign.ledger.opening import open_ledger

    found = settings(ledger, witness)
    hint = "zosimos run makes one; --ledger names another, or go to the folder where the campaign was started"
    with open_ledger(found.ledger, new=new, hint=hint) as opened:
        here = Desk(found, opened, ledger)
        try:
            yield here
            here.keep_snapshots()
        finally:
            here.keep_heads()


def exists(url: str) -> bool:
    """Say whether a ledger is there to open."""
    from zosimos.campaign.ledger import opening

    return opening.exists(url)


def write_text(path: Path, content: str, *, new: bool = False) -> None:
    """Write a file that a person asked for; with ``new``, only if there is none yet.

    Raises:
        DataError: it cannot be written, or is a database.
        FileExistsError: it was to be new and is there.
    """
    if not new:
        write_pieces(path, [content])
        return
    require_no_database(path, "-o")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error


def write_pieces(path: Path, pieces: Iterable[str | bytes]) -> None:
    """Write a file that a person asked for, all of it or nothing.

    Args:
        path: the file, replaced if it exists.
        pieces: what is in it, made while it is written.

    Raises:
        DataError: it cannot be written, or is a database.
    """
    require_no_database(path, "-o")
    try:
        write_whole(path, pieces)
    except OSError as error:
        raise cannot_write(path, error) from error

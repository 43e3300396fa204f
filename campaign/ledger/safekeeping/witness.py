"""A witness: heads of campaigns written to a second place, so that a record whose end was cut off shows.

A chain that was cut is whole, but short. A line ``campaign seq:hash time`` elsewhere, in a file on another disk or at a
web address, tells of what was there. Lines are only ever added. They hold no secret: a hash tells nothing of what it is
of.
"""

from __future__ import annotations

import os
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from zosimos.campaign.ledger.safekeeping.copying import hashes_at
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.core.errors import DataError, SettingsError, SpecError, TamperedError
from zosimos.core.files import in_home, require_no_database

LIMIT_S = 5.0
"""How long a web address is waited for."""
_AT_ONCE = 500
_LONGEST = 1000  # characters of a line: an id, a number, a hash and a time need 150


class Witness(Protocol):
    """Takes lines about heads."""

    def write(self, line: str) -> None:
        """Add a line, in place when this returns.

        Raises:
            OSError: it cannot be written.
        """


def head_line(campaign: str, head: Head, at: str) -> str:
    """Return the line that tells of a head.

    >>> head_line("c-1", Head(2, "ab" * 32), "2026-11-29T12:00:00+00:00").count(" ")
    2
    """
    return f"{campaign} {head} {at}"


def witness_at(place: str) -> Witness:
    """Return the witness at a place: the path of a file, or an http or https address.

    Raises:
        SettingsError: it is neither, names a user or a password, or the file cannot be written.
        DataError: the file is a database.
    """
    if "://" not in place:
        return FileWitness(in_home(Path(place)))
    url = urlsplit(place)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        raise SettingsError(
            "not a witness",
            field="witness",
            value=f"{url.scheme}://{url.hostname or ''}",
            allowed="the path of a file, or an http:// or https:// address without user and password",
        )
    return UrlWitness(place)


class FileWitness:
    """A file that lines are added to; each is on the disk when it is written.

    Args:
        path: the file, which is made if it is missing, for its owner only.

    Raises:
        SettingsError: it cannot be written, or is no file.
        DataError: it is a database, such as the ledger itself.
    """

    def __init__(self, path: Path) -> None:
        require_no_database(path, "witness")
        self._path = path
        try:
            self._add("")
        except OSError as error:
            raise SettingsError(
                f"the witness {path} cannot be written: {error.strerror or error}",
                field="witness",
                value=str(path),
                allowed="a file in a folder that is there and can be written to",
            ) from error

    def write(self, line: str) -> None:
        """Add a line, on the disk when this returns."""
        self._add(line + "\n")

    def _add(self, text: str) -> None:
        # Without O_NONBLOCK, a pipe that nobody reads would be waited for.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("it is no file")
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class UrlWitness:
    """A web address that lines are sent to, each as the text of a POST."""

    def __init__(self, url: str) -> None:
        self._url = url

    def write(self, line: str) -> None:
        """Send a line; wait for the answer for a few seconds."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url, data=f"{line}\n".encode(), headers={"Content-Type": "text/plain; charset=utf-8"}, method="POST"
        )
        try:
            with _OPENER.open(request, timeout=LIMIT_S):
                pass
        except urllib.error.URLError as error:  # an OSError whose own words hold no address
            raise OSError(str(getattr(error, "reason", error))) from error


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere."""

    def redirect_request(self, *_: object) -> None:
        """Return no request."""


_OPENER = urllib.request.build_opener(_Stay)


@dataclass(frozen=True)
class Witnessed:
    """A head that a witness tells of, and the number of its line."""

    line: int
    head: Head


def require_witnessed(ledger: Ledger, campaign: str, path: Path) -> int:
    """Check that all heads of a campaign that a witness tells of are on its chain; return how many there are.

    Raises:
        DataError: the file cannot be read, tells nothing of the campaign, or a line of it is no head.
        TamperedError: one is not on the chain: events are gone or others.
    """
    found, last = 0, ledger.last(campaign)
    with ledger.reading(steady=True) as connection:
        for some in _chunks(_heads(path, campaign)):
            found += len(some)
            hashes = hashes_at(connection, campaign, [item.head.seq for item in some])
            for item in some:
                if hashes.get(item.head.seq) != item.head.hash:
                    raise _not_on_it(campaign, item, path, last)
    if not found:
        raise DataError(
            f"{path} tells nothing of campaign {campaign}",
            field="--witness",
            value=str(path),
            allowed="a file that zosimos run --witness or zosimos head --witness wrote",
        )
    return found


def _not_on_it(campaign: str, item: Witnessed, path: Path, last: int) -> TamperedError:
    seq = item.head.seq
    what = f"events {last + 1} to {seq} are gone" if seq > last else f"event {seq} is not the one that was witnessed"
    return TamperedError(
        f"campaign {campaign}: {what}",
        field="event",
        value=f"the record ends at event {last}",
        allowed=f"{item.head}, which line {item.line} of {path} tells of",
        hint="restore the ledger from a backup that holds it; events before the last head that fits hold",
    )


def _chunks(items: Iterator[Witnessed]) -> Iterator[list[Witnessed]]:
    """Yield items some at a time, so that a long file is not a question to the database for each line."""
    while some := list(islice(items, _AT_ONCE)):
        yield some


def _heads(path: Path, campaign: str) -> Iterator[Witnessed]:
    """Yield a campaign's heads; a last line that was not written to its end is left aside."""
    if not path.is_file():
        hint = "name a witness's file; what a web address was sent is read back there, and saved in a file"
        raise DataError(f"there is no file {path}", field="--witness", value=str(path), hint=hint)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                if not line.endswith("\n"):
                    if file.read(1):
                        raise _no_head(path, number)
                    return
                words = line.split()
                if words and words[0] == campaign:
                    yield Witnessed(number, _parsed(path, number, words))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", field="--witness", value=str(path)) from error


def _parsed(path: Path, number: int, words: list[str]) -> Head:
    try:
        return Head.parse(words[1] if len(words) == 3 else "")
    except SpecError as error:
        raise _no_head(path, number) from error


def _no_head(path: Path, number: int) -> DataError:
    return DataError(
        f"line {number} of {path} is no head",
        field="--witness",
        value=str(path),
        allowed="lines of campaign, seq:hash and time",
        hint="the file was changed: ask whoever can write to it; the lines before it hold",
    )

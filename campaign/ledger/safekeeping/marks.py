"""Signs that a ledger lost its end: what is noted in the file while a campaign runs, and a head kept beside it.

A SQLite file that is copied without its write-ahead log (``NAME-wal``), or whose log was deleted, opens without a
complaint: it is whole, but as it was at the last checkpoint (https://www.sqlite.org/howtocorrupt.html, 1.2 and 1.4).
Two signs make that seen. A note in the file itself says that a program writes to it, and which file it is by its inode:
a copy has another one. And the head of each campaign is kept in ``NAME.heads/``, where a lost log does not reach: one
that is not on the chain shows that events are gone. Both are cheap; neither is proof against somebody who wants to
deceive, which is what a witness is for (:mod:`zosimos.campaign.ledger.safekeeping.witness`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from zosimos.campaign.ledger.database.engine import normalised_url, readable_errors, sqlite_path
from zosimos.campaign.ledger.database.sqlite import checkpoint
from zosimos.campaign.ledger.safekeeping.copying import hash_at
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.core.errors import LedgerError, SpecError, TamperedError
from zosimos.core.files import is_database

MARK = "in use: "
"""With a campaign's id: the note in the file that says that a program runs it."""
_FOLDER = ".heads"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")  # an id from a file becomes a file's name only if it is this


@contextmanager
def in_use(ledger: Ledger, campaign: str) -> Iterator[None]:
    """Say in a SQLite file that a program runs a campaign, and leave nothing in its log at the end if that can be.

    Raises:
        TamperedError: events that were on record are gone.
    """
    require_kept(ledger, campaign)
    path = sqlite_path(ledger.url)
    if path is None:
        yield
        return
    with readable_errors(ledger.url):
        ledger.put_note(MARK + campaign, json.dumps({"inode": path.stat().st_ino}))
        checkpoint(ledger.engine)  # a copy without the log must hold the note
    try:
        yield
    finally:
        with suppress(LedgerError):  # a ledger that is away keeps its note, as after a crash
            ledger.put_note(MARK + campaign, "")
            with readable_errors(ledger.url):
                checkpoint(ledger.engine)


def copied_in_use(ledger: Ledger, campaign: str) -> str:
    """Return in words that this file is a copy of one that a program was writing to; empty if it is not."""
    path = sqlite_path(ledger.url)
    if path is None or not ledger.note(MARK + campaign):
        return ""
    with readable_errors(ledger.url):
        if ledger.told(MARK + campaign).get("inode") == path.stat().st_ino:
            return ""
    return (
        f"{path} was copied while a program ran campaign {campaign}, or after it died: without {path.name}-wal, a copy "
        "lacks the last events; compare zosimos head here and there, and copy a ledger with zosimos backup"
    )


def keep_head(ledger: Ledger, campaign: str, head: Head, at: str) -> None:
    """Keep the head of a campaign beside its SQLite file, where that can be; it must be on the disk already."""
    path = _kept_in(ledger, campaign)
    if path is None:
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with suppress(OSError):  # such as a folder that is not ours to write to: it is a help, not a duty
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            part.write_text(f"{campaign} {head} {at}\n", encoding="utf-8")
            part.replace(path)
        except OSError:  # such as a full disk, on which an empty file is made all the same
            part.unlink(missing_ok=True)


def require_kept(ledger: Ledger, campaign: str) -> None:
    """Refuse a record that lacks events which were on it, as the head beside it tells.

    Raises:
        TamperedError: says how many are gone, and what to do.
    """
    path = _kept_in(ledger, campaign)
    head = None if path is None else _read(path, campaign)
    if head is None:
        return
    with ledger.reading(steady=True) as connection:
        if hash_at(connection, campaign, head.seq) == head.hash:
            return
    last = ledger.last(campaign)
    raise TamperedError(
        f"campaign {campaign}: "
        + (f"events {last + 1} to {head.seq} are gone" if last < head.seq else f"event {head.seq} was another one"),
        field="event",
        value=f"the record ends at event {last}",
        allowed=f"the head {head}, which {path} tells of",
        hint="the file was copied without its -wal file, that file was deleted, or an older copy was put in its place: "
        "bring them back or restore a backup. If they are lost for good, look at the devices first, then remove "
        f"{path}",
    )


def heads_beside(path: Path) -> Path:
    """Return the folder of the heads that are kept beside a ledger's file."""
    return path.with_name(path.name + _FOLDER)


def left_behind(url: str) -> str:
    """Return in words what tells of a ledger whose file is gone; empty if nothing does, or the file is there."""
    path = sqlite_path(normalised_url(url))
    if path is None or path.exists():
        return ""
    heads = len(list(heads_beside(path).glob("*.head")))
    copies = [str(one) for one in sorted(path.parent.glob(f"{escape(path.name)}.re[sp]*-*")) if is_database(one)]
    found = [f"heads of {heads} campaigns are kept in {heads_beside(path)}"] * bool(heads)
    found += [f"{one} is what was in it" for one in copies]
    if not found:
        return ""
    return f"{path} was here: {'; '.join(found)}. Look for the file, or for a backup (zosimos restore FILE)"


def _kept_in(ledger: Ledger, campaign: str) -> Path | None:
    path = sqlite_path(ledger.url)
    if path is None or not _PLAIN.fullmatch(campaign):
        return None
    path = path.resolve()  # under every name that leads to it, a file has the same heads
    return heads_beside(path) / f"{campaign}.head"


def _read(path: Path, campaign: str) -> Head | None:
    """Return the head that a file tells; None if there is none, or it was not written to its end."""
    try:
        if not path.is_file():  # a pipe that nobody writes to would be waited for
            return None
        with path.open(encoding="utf-8", errors="replace") as file:
            words = file.read(1000).split()
        return Head.parse(words[1]) if len(words) == 3 and words[0] == campaign else None
    except (OSError, SpecError):
        return None

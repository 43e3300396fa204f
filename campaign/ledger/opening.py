"""Opening a ledger that should be there: a missing one is refused, and stays missing."""

from __future__ import annotations

from sqlalchemy.exc import ArgumentError

from zosimos.campaign.ledger.database.engine import normalised_url, readable_errors, shown, sqlite_path
from zosimos.campaign.ledger.safekeeping.marks import left_behind
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.errors import LedgerError, NotFoundError, SettingsError


def exists(url: str) -> bool:
    """Say whether a ledger is there to open: its file, or (for a database server) perhaps.

    Raises:
        SettingsError: it is neither a URL nor a path.
        LedgerError: nobody may know.
    """
    try:
        path = sqlite_path(normalised_url(url))
    except (ArgumentError, ValueError, LedgerError):  # their messages may quote the password
        raise SettingsError(
            "the ledger is not a URL or a path",
            field="ledger",
            value=shown(url),
            allowed="a file name, sqlite:///file.db or postgresql://user@host/database",
        ) from None
    with readable_errors(url):  # a folder may not be looked into
        return path is None or (path.exists() and not path.is_dir())  # a pipe is there, and refused when it is opened


def open_ledger(url: str, *, new: bool, hint: str) -> Ledger:
    """Return an open ledger.

    Args:
        url: where it is, or its file's path.
        new: whether it may be made now.
        hint: what to do about a missing one, if nothing tells of where it went.

    Raises:
        NotFoundError: there is no such ledger, and it may not be made.
        LedgerError: it cannot be opened.
    """
    missing = not new and not exists(url)
    if not missing:
        try:
            return Ledger(url, new=new)
        except LedgerError:  # it may have gone between the look and the opening
            if new or exists(url):
                raise
    raise NotFoundError(
        f"there is no ledger {shown(url)}", field="ledger", value=shown(url), hint=left_behind(url) or hint
    )

"""Listing: one line for each campaign of a ledger, those that cannot be read included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zosimos.campaign import views
from zosimos.campaign.ledger.claims import left_by
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.core.errors import LedgerAwayError, LedgerError

_KEPT = ("campaign", "name", "status", "reason", "created", "used", "budget", "best")


def each_record(ledger: Ledger) -> Iterator[tuple[str, Record | LedgerError]]:
    """Yield every campaign with its record; or why that cannot be read, which hides none of the others.

    Raises:
        LedgerAwayError: the ledger does not answer, which says nothing of any record.
    """
    for campaign in ledger.campaigns():
        found: Record | LedgerError
        try:
            found = Record(ledger, campaign)
        except LedgerAwayError:
            raise
        except LedgerError as error:
            found = error
        yield campaign, found


def row(ledger: Ledger, campaign: str, record: Record | LedgerError) -> dict[str, Any]:
    """Return where a campaign stands in a few words, as JSON data."""
    if isinstance(record, LedgerError):
        return {"campaign": campaign, "name": "", "status": "unreadable", "reason": record.message}
    found = views.status(record.state)
    found["reason"] = found["revised"] or found["reason"]
    if record.broken is not None:
        found["reason"] = str(record.broken)
    elif left := cut_off_by(ledger, record.state):
        found["reason"] = f"cut off: {left} ended without finishing"
    return {name: found[name] for name in _KEPT}


def cut_off_by(ledger: Ledger, state: State) -> str:
    """Return which process was running a campaign when it died; empty if none did, or one goes on."""
    return "" if state.spec.lab is None or state.status != "active" else left_by(ledger, state.id)

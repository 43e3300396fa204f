"""Acting: who does something to a campaign and when, as the record says it of every command."""

from __future__ import annotations

from datetime import UTC, datetime

from zosimos.campaign.record.record import Record


class Acting:
    """A person, or a program of theirs, at one campaign.

    Args:
        record: the campaign's record.
        author: who acts, for the record.
        now: gives the present moment (UTC).
    """

    def __init__(self, record: Record, author: str, now: datetime | None = None) -> None:
        self.record = record
        self._author = author
        self._now = now

    @property
    def author(self) -> str:
        """Who acts, as the record names them."""
        return self._author

    def _by(self) -> dict[str, str]:
        return {"name": self._author, "at": (self._now or datetime.now(UTC)).isoformat()}

    def _moment(self) -> str:
        """Return the time to stamp: people act in no simulated time, so a simulated campaign's clock stands still."""
        state = self.record.state
        return state.at if state.simulated else (self._now or datetime.now(UTC)).isoformat()

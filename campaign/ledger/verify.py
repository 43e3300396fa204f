"""Verification: is the record still what was written?

Every event's hash covers its text and its predecessor's hash, so the first changed, missing or inserted event is
found. A tail that was cut off leaves a chain that is whole but short: only a head saved elsewhere exposes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zosimos.campaign.ledger.chain import broken, in_place
from zosimos.campaign.ledger.events import GENESIS, Event, artifact_names
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.canonical import digest
from zosimos.core.errors import NotFoundError, SpecError, TamperedError

_DIGITS = 1000
"""How many digits a number of an event may have that somebody saved: Python refuses to read very long ones."""


@dataclass(frozen=True)
class Head:
    """The end of a chain: how long it is and the hash of its last event. Written ``seq:hash``."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """Return the head as people save it."""
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Return the head a text names.

        Raises:
            SpecError: the text is not a head.
        """
        seq, _, hash_ = text.strip().partition(":")
        if not seq.isdecimal() or len(seq) > _DIGITS or len(hash_) != len(GENESIS):
            raise SpecError("not a saved head", field="head", value=text, allowed="seq:hash as zosimos head prints it")
        return cls(int(seq), hash_)


def head(ledger: Ledger, campaign: str) -> Head:
    """Return the head of a campaign's chain.

    Raises:
        NotFoundError: there is no such campaign.
    """
    end = ledger.end(campaign)
    if end is None:
        raise _unknown(campaign)
    return Head(*end)


def verify(ledger: Ledger, campaign: str, saved: Head | None = None) -> Head:
    """Check a campaign's chain and artifacts, and return its head.

    Raises:
        TamperedError: names the first event or artifact that is not what was written.
        NotFoundError: there is no such campaign.
        NewerVersionError: an event is of a version this Zosimos does not know.
    """
    seen = Walk(ledger, campaign, saved)
    seen.to_end()
    for name, seq in seen.artifacts.items():
        check_artifact(ledger, name, seq)
    return seen.head


def verify_chain(ledger: Ledger, campaign: str) -> Head:
    """Check a campaign's chain alone, and return its head; raises as :func:`verify`."""
    return Walk(ledger, campaign).to_end()


class Walk:
    """One reading of a campaign's chain, in which each event is checked before it is given: few are held in memory.

    It can be gone through again, which reads the chain again.

    Args:
        ledger: where the chain is.
        campaign: its id.
        saved: a head that was kept, to check against.

    Iterating raises as :func:`verify`, for the chain. ``head`` is the last event that held so far, and ``artifacts``
    names those that events named, each with the first that did.
    """

    def __init__(self, ledger: Ledger, campaign: str, saved: Head | None = None) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._saved = saved
        self.head = Head(0, GENESIS)
        self.artifacts: dict[str, int] = {}

    def __iter__(self) -> Iterator[Event]:
        """Yield the events in order."""
        campaign, saved = self._campaign, self._saved
        self.head, self.artifacts = Head(0, GENESIS), {}
        for seq, prev, hash_, text in self._ledger.rows(campaign):
            event = _checked(campaign, self.head, seq, prev, hash_, text)
            if saved is not None and seq == saved.seq and hash_ != saved.hash:
                raise broken(campaign, seq, "is not the one whose head was saved")
            for name in artifact_names(event.body):
                self.artifacts.setdefault(name, seq)
            self.head = Head(seq, hash_)
            yield event
        if not self.head.seq:
            raise _unknown(campaign)
        if saved is not None and self.head.seq < saved.seq:
            missing = self.head.seq + 1
            raise broken(campaign, missing, f"is missing: the chain was cut, the saved head is event {saved.seq}")

    def to_end(self) -> Head:
        """Go through all of it, and return its head."""
        for _ in self:
            pass
        return self.head


def _checked(campaign: str, head: Head, seq: int, prev: str, hash_: str, text: str) -> Event:
    """Return the event of a row after checking that it is what was written after ``head``."""
    if seq != head.seq + 1:
        raise broken(campaign, head.seq + 1, "is missing")
    if prev != head.hash:
        raise broken(campaign, seq, "does not follow the one before it")
    return in_place(campaign, seq, prev, text, hash_)


def check_artifact(ledger: Ledger, name: str, seq: int) -> None:
    """Check that an artifact is what was stored.

    Raises:
        TamperedError: it was changed or removed; ``seq`` is the event that names it.
    """
    try:
        found = digest(ledger.artifact(name))
    except NotFoundError:
        found = "nothing"
    if found != name:
        raise TamperedError(
            f"artifact {name}, named by event {seq}, was changed or removed",
            field="artifact",
            value=found,
            allowed=name,
            hint="restore the ledger from a backup; do not trust results that rest on this artifact",
        )


def _unknown(campaign: str) -> NotFoundError:
    return NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)

"""Verification: is the record still what was written?

Every event's hash covers its text and its predecessor's hash, so the first changed, missing or inserted event is
found. A tail that was cut off leaves a chain that is whole but short: only a head saved elsewhere exposes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zosimos.campaign.ledger.events import GENESIS, Event, artifact_names, chained, opened
from zosimos.campaign.ledger.store import Ledger
from zosimos.core.canonical import digest
from zosimos.core.errors import NewerVersionError, NotFoundError, SpecError, TamperedError


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
        if not seq.isdecimal() or len(hash_) != len(GENESIS):
            raise SpecError("not a saved head", field="head", value=text, allowed="seq:hash as zosimos head prints it")
        return cls(int(seq), hash_)


def head(ledger: Ledger, campaign: str) -> Head:
    """Return the head of a campaign's chain.

    Raises:
        NotFoundError: there is no such campaign.
    """
    end = ledger.end(campaign)
    if end is None:
        raise NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)
    return Head(*end)


def verify(ledger: Ledger, campaign: str, saved: Head | None = None) -> Head:
    """Check a campaign's chain and artifacts, and return its head.

    Raises:
        TamperedError: names the first event or artifact that is not what was written.
        NotFoundError: there is no such campaign.
        NewerVersionError: an event is of a version this Zosimos does not know.
    """
    last = verified(ledger, campaign, saved)[-1]
    return Head(last.seq, last.hash)


def verified(ledger: Ledger, campaign: str, saved: Head | None = None) -> list[Event]:
    """Check a campaign's chain and artifacts as :func:`verify` does, and return its events: one reading serves both."""
    rows = ledger.stored(campaign)
    if not rows:
        raise NotFoundError(f"the ledger has no campaign {campaign}", field="campaign", value=campaign)
    previous, names, events = GENESIS, dict[str, int](), list[Event]()
    for expected, (seq, prev, hash_, text) in enumerate(rows, start=1):
        if seq != expected:
            raise _broken(campaign, expected, "is missing")
        if prev != previous:
            raise _broken(campaign, seq, "does not follow the one before it")
        if chained(previous, text) != hash_:
            raise _broken(campaign, seq, "was changed: its text and its hash differ")
        try:
            event = opened(text, hash_)
        except NewerVersionError:
            raise
        except TamperedError as error:
            raise _broken(campaign, seq, "is not readable") from error
        if (event.campaign, event.seq) != (campaign, seq):
            raise _broken(campaign, seq, "belongs to another place in the ledger")
        for name in artifact_names(event.body):
            names.setdefault(name, seq)
        events.append(event)
        previous = hash_
    for name, seq in names.items():
        _check_artifact(ledger, name, seq)
    _check_saved(campaign, rows, saved)
    return events


def _check_artifact(ledger: Ledger, name: str, seq: int) -> None:
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


def _check_saved(campaign: str, rows: Sequence[tuple[int, str, str, str]], saved: Head | None) -> None:
    if saved is None:
        return
    if len(rows) < saved.seq:
        raise _broken(campaign, len(rows) + 1, f"is missing: the chain was cut, the saved head is event {saved.seq}")
    if rows[saved.seq - 1][2] != saved.hash:
        raise _broken(campaign, saved.seq, "is not the one whose head was saved")


def _broken(campaign: str, seq: int, what: str) -> TamperedError:
    return TamperedError(
        f"campaign {campaign}: event {seq} {what}",
        field="event",
        value=seq,
        allowed="the chain as it was written",
        hint="restore the ledger from a backup; events before this one hold",
    )

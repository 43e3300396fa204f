"""Reading a chain: each event is checked against the one before it as it is read, which costs one hash.

So nobody looks at, or goes on from, events that are not what was written. What it cannot see, a chain whose end was cut
off or artifacts that were changed, :mod:`~zosimos.campaign.ledger.verify` looks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zosimos.campaign.ledger.events import Event, chained, opened
from zosimos.core.errors import TamperedError


def linked(campaign: str, rows: Iterable[Sequence[Any]], after: int, previous: str | None) -> Iterator[Event]:
    """Yield the events of rows (text, hash) that follow an event, in order.

    Args:
        campaign: the chain.
        rows: as they are stored.
        after: the number of the event before them (0: none).
        previous: its hash; None if it is not known, and then the first row's link is not checked.

    Raises:
        TamperedError: a row is not what was written, or not at its place.
        NewerVersionError: an event is of a version that is not known here.
    """
    for seq, (text, hash_) in enumerate(rows, start=after + 1):
        yield in_place(campaign, seq, previous, text, hash_)
        previous = hash_


def in_place(campaign: str, seq: int, previous: str | None, text: str, hash_: str) -> Event:
    """Return the event of a row, after checking that it is what was written at that place of the chain.

    Args:
        campaign: the chain.
        seq: the number that the event must have.
        previous: the hash of the one before it; None: not known, and then the link is not checked.
        text: as it is stored.
        hash_: as it is stored.

    Raises:
        TamperedError: it is not.
        NewerVersionError: it is of a version that is not known here.
    """
    if previous is not None and chained(previous, text) != hash_:
        raise broken(campaign, seq, "was changed: its text and its hash differ")
    try:
        event = opened(text, hash_)
    except TamperedError as error:
        raise broken(campaign, seq, "is not readable") from error
    if (event.campaign, event.seq) != (campaign, seq):
        raise broken(campaign, seq, "belongs to another place in the ledger, or is missing")
    return event


def broken(campaign: str, seq: int, what: str) -> TamperedError:
    """Return the error that an event of a chain is not what was written."""
    return TamperedError(
        f"campaign {campaign}: event {seq} {what}",
        field="event",
        value=seq,
        allowed="the chain as it was written",
        hint="somebody or something changed the ledger outside Zosimos: restore it from a backup (nothing else helps: "
        "zosimos repair is for events that were written as they are); events before this one hold",
    )

"""Repairs on record: which events a person set aside, and how a record reads without them.

``record.repaired`` says ``from``, the first event that did not fit, and ``through``, the last there was at that moment.
Both stay in the chain; whoever reads it leaves the events between them out, whether or not they would fit today, so
that a record means the same to every version. A later repair that begins before an earlier one sets that aside too.

What was set aside is not taken over: neither its questions and answers nor its results. Only two numbers are, so that
nothing is called by the same name twice: how many sessions were opened there, and how many experiments numbered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.record.bodies import listed, mapped, number, text

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

REPAIRED = "record.repaired"


@dataclass(frozen=True)
class Repair:
    """Events that were set aside: from ``first`` through ``last``, of these kinds, by whom, why, and when."""

    first: int
    last: int
    kinds: Mapping[str, int]
    by: str
    reason: str
    at: str
    unreadable: tuple[str, ...] = ()
    numbered: int = 0

    def __str__(self) -> str:
        """Return it in words."""
        which = f"event {self.first} was" if self.first == self.last else f"events {self.first} to {self.last} were"
        return f"{which} set aside by {self.by}: {self.reason}"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {"from": self.first, "through": self.last, "by": self.by, "reason": self.reason, "at": self.at}


def repair_in(event: Event) -> Repair:
    """Return what a ``record.repaired`` says.

    Raises:
        KeyError, TypeError, ValueError: it makes no sense.
    """
    body = event.body
    first, last, aside = number(body, "from"), number(body, "through"), mapped(body, "set_aside")
    if not 2 <= first <= last == event.seq - 1:
        raise ValueError(f"it cannot set aside events {first} to {last}")
    kinds, unreadable = mapped(aside, "kinds"), tuple(listed(body, "unreadable"))
    counts = {kind: number(kinds, kind) for kind in kinds}
    numbered = number(body, "numbered")
    if sum(counts.values()) != last - first + 1 or min(counts.values()) < 1 or numbered < 0:
        raise ValueError("what it sets aside is not what lies between")
    if not all(isinstance(name, str) for name in unreadable):
        raise TypeError("unreadable holds what is no experiment's id")
    return Repair(first, last, counts, text(body["by"], "name"), text(body, "reason"), event.at, unreadable, numbered)


def repaired(state: State, body: Mapping[str, Any], event: Event) -> None:
    """Take in a repair: the state must be as it was before the first event that was set aside.

    Raises:
        KeyError, TypeError, ValueError: it makes no sense, or sets aside what is part of the state.
    """
    repair = repair_in(event)
    text(body["by"], "at")
    if repair.first != state.seq + 1:
        raise ValueError(f"it sets aside events from {repair.first} on, and those up to {state.seq} count")
    doubted = [state.experiments[name] for name in repair.unreadable]
    for experiment in doubted:
        experiment.unreadable = True
    state.sessions += repair.kinds.get("session.opened", 0)
    state.skipped += repair.numbered
    state.repairs.append(repair)
    state.broken = None


def gaps(events: Iterable[Event]) -> list[tuple[int, int]]:
    """Return the (first, last) of each run of events that is set aside, in order."""
    found: list[tuple[int, int]] = []
    for event in events:
        if event.kind != REPAIRED:
            continue
        try:
            repair = repair_in(event)
        except (KeyError, TypeError, ValueError):  # it sets nothing aside; that it makes no sense shows when it is read
            continue
        while found and found[-1][1] + 1 >= repair.first:  # the earlier repair is among what is set aside
            found.pop()
        found.append((repair.first, repair.last))
    return found


def without(events: Iterable[Event], aside: Sequence[tuple[int, int]]) -> Iterator[Event]:
    """Yield the events that are not set aside."""
    place = 0
    for event in events:
        while place < len(aside) and aside[place][1] < event.seq:
            place += 1
        if place == len(aside) or event.seq < aside[place][0]:
            yield event


def counting(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events that count, those that a repair set aside left out.

    >>> from zosimos.campaign.ledger.events import Event
    >>> body = {"from": 2, "through": 2, "set_aside": {"kinds": {"x": 1}}, "unreadable": [], "numbered": 0}
    >>> body |= {"by": {"name": "ann", "at": ""}, "reason": "written by a broken program"}
    >>> events = [Event("c", seq, "", kind, body, "", "") for seq, kind in [(1, "y"), (2, "x"), (3, REPAIRED)]]
    >>> [event.seq for event in counting(events)]
    [1, 3]
    """
    return without(events, gaps(events))

"""What is on record of a time when models were asked, and what another one answers to the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from zosimos.agent.models.usage import Usage
from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.exchanges import kept

_KINDS: Mapping[str, Literal["chat", "advice"]] = {"chat.answered": "chat", "advice.answered": "advice"}


@dataclass(frozen=True)
class OnRecord:
    """A turn or an advice for which models were asked.

    Args:
        seq: the number of the event that says so.
        seen: the number of the last event that there was when they were asked.
        purpose: what for.
        body: of the event.
        exchanges: what was asked and answered, word for word.
    """

    seq: int
    seen: int
    purpose: Literal["chat", "advice"]
    body: Mapping[str, Any]
    exchanges: Sequence[Mapping[str, Any]]

    @property
    def models(self) -> str:
        """Who answered."""
        return ", ".join(self.body["models"]["answered"])


@dataclass(frozen=True)
class Compared:
    """What another model answers to what is on record.

    Args:
        event: the number of the event that is compared with.
        purpose: what models were asked for.
        asked: the message of the person, or the moment at which advice was asked for.
        by: who answered on record.
        recorded: what came of it: ``calls``, ``proposals`` and ``answer`` of a turn, ``items`` and ``suggests`` of
            advice.
        found: the same of the other model.
        differ: in which of these they differ (``answer``, which is in other words each time, is not compared).
        problem: why the other model gave nothing; empty: it did.
        usage: what asking it took.
        decision: of advice that differs, what the next decision would have become: its id under ``decision``, the rows
            ``as it was`` and ``then``, and whether it is the ``same``; ``unknown`` says why that cannot be told.
    """

    event: int
    purpose: str
    asked: str
    by: str
    recorded: Mapping[str, Any]
    found: Mapping[str, Any] = field(default_factory=dict)
    differ: tuple[str, ...] = ()
    problem: str = ""
    usage: Usage = field(default_factory=Usage)
    decision: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Literal["same", "differs", "failed"]:
        """Whether the other model decides the same."""
        return "failed" if self.problem else "differs" if self.differ else "same"

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        data = {**self.__dict__, "verdict": self.verdict, "differ": list(self.differ), "usage": self.usage.as_json()}
        return {name: item for name, item in data.items() if item not in ("", {}) or name in ("recorded", "found")}


def on_record(ledger: Ledger, events: Iterable[Event]) -> Iterator[OnRecord]:
    """Yield the turns and advice of a campaign whose exchanges with models are on record, in order.

    Raises:
        NotFoundError, TamperedError: an exchange is not what was kept.
    """
    for event in events:
        purpose, models = _KINDS.get(event.kind), event.body.get("models", {})
        if purpose is not None and models.get("exchanges"):
            exchanges = kept(ledger, models["exchanges"])
            yield OnRecord(event.seq, models["seen"], purpose, event.body, exchanges)


def without_exchanges(events: Iterable[Event]) -> int:
    """Return for how many turns and advice a model was or may have been asked without an exchange on record."""
    count = 0
    for event in events:
        asked = event.kind == "chat.answered" or (event.kind == "advice.answered" and event.body["tokens"])
        count += bool(asked and not event.body.get("models", {}).get("exchanges"))
    return count

"""A ledger that fails where a test says so: before a transaction, before and after its commit, at a read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

from zosimos.campaign.ledger.events import Event
from zosimos.campaign.ledger.store import Appending, Ledger
from zosimos.core.errors import LedgerAwayError

Moment: TypeAlias = Literal["begin", "commit", "committed", "read"]


class FaultyLedger(Ledger):
    """A SQLite ledger that calls ``trouble`` at each of its moments; what that raises is what the ledger does."""

    def __init__(self, url: str) -> None:
        self.trouble: Callable[[Moment], None] = lambda moment: None
        super().__init__(url)

    @contextmanager
    def appending(self, campaign: str, **place: Any) -> Iterator[Appending]:
        self.trouble("begin")
        with super().appending(campaign, **place) as chain:
            yield chain
            self.trouble("commit")
        self.trouble("committed")

    def last(self, campaign: str) -> int:
        self.trouble("read")
        return super().last(campaign)

    def events(self, campaign: str, after: int = 0, previous: str | None = None) -> list[Event]:
        self.trouble("read")
        return super().events(campaign, after, previous)


def cut() -> LedgerAwayError:
    """What a ledger says whose connection was cut."""
    return LedgerAwayError(
        "the ledger cannot be used: the connection was cut", field="ledger", hint="check the network"
    )

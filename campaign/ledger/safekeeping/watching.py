"""Watching: the heads of a campaign that is worked on are taken to where they are kept, beside the work itself.

A place may be slow or away, and the loop must not wait for it: lines are written in a thread, at most one at a time and
not more often than need be. The last head is always written at the end, or it is said that it was not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime

from zosimos.campaign.ledger.database.engine import sqlite_path
from zosimos.campaign.ledger.safekeeping.marks import keep_head
from zosimos.campaign.ledger.safekeeping.witness import LIMIT_S, Witness, head_line, witness_at
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.core import background

EVERY_S = 5.0
"""How often a line is sent to a witness, at most."""
KEPT_S = 0.5
"""How often the head beside the ledger is renewed, at most: that is quick, and a log may be lost at any time."""


class Watcher:
    """Takes the heads of one campaign to their places: beside the ledger, and to a witness if one is named.

    What becomes of a head is decided on the caller's thread, and done on another.

    Args:
        ledger: where the campaign is.
        campaign: its id.
        place: the witness, a file or a web address; empty: none.
        trouble: called with words when the witness cannot be written to, once until it can again; from any thread.
        now: gives the time that a line tells.
        monotonic: gives seconds, to write no more often than each few of them.

    Raises:
        SettingsError: the witness is none.
    """

    def __init__(
        self,
        ledger: Ledger,
        campaign: str,
        place: str = "",
        *,
        trouble: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._place = place
        self._witness: Witness | None = witness_at(place) if place else None
        self._nowhere = self._witness is None and sqlite_path(ledger.url) is None
        self._trouble = trouble
        self._now = now
        self._monotonic = monotonic
        self._latest: Head | None = None
        self._kept: Head | None = None
        self._sent: Head | None = None
        self._next_kept = self._next_sent = 0.0
        self._away = False
        self._under_way: Future[None] | None = None
        self._one = threading.Lock()

    def seen(self, head: Head) -> None:
        """Take a head that is on the disk; it is written now, soon, or not at all if another follows first."""
        if self._nowhere or head.seq == 0:
            return
        self._latest = head
        busy = self._under_way is not None and not self._under_way.done()
        if head != self._kept and not busy and self._monotonic() >= self._next_kept:
            self._begin(head, send=self._monotonic() >= self._next_sent)

    def close(self) -> None:
        """Write the last head that was seen, if it was not written yet; wait for that, but not for long."""
        if self._latest is not None and self._latest != (self._sent if self._witness else self._kept):
            self._begin(self._latest, send=True)
        if self._under_way is not None:
            try:
                self._under_way.result(2 * LIMIT_S)
            except TimeoutError:
                self._trouble(f"the witness {self._shown} did not answer in time: it lacks the last head")

    def _begin(self, head: Head, *, send: bool) -> None:
        """Write a head in a thread of its own, also to the witness if its time has come."""
        now = self._monotonic()
        self._kept, self._next_kept = head, now + KEPT_S
        if send:
            self._sent, self._next_sent = head, now + EVERY_S
        self._under_way = background.started(self._write, head, send)

    def _write(self, head: Head, send: bool) -> None:
        with self._one:  # lines stand in their order
            at = self._now().isoformat()
            keep_head(self._ledger, self._campaign, head, at)
            if self._witness is None or not send:
                return
            try:
                self._witness.write(head_line(self._campaign, head, at))
                self._away = False
            except (OSError, ValueError) as error:  # an address that is none is a ValueError
                if not self._away:
                    self._trouble(f"the witness {self._shown} cannot be written to: {error}; the campaign goes on")
                self._away = True

    @property
    def _shown(self) -> str:
        """The place without what may be secret in an address."""
        return self._place.partition("?")[0]

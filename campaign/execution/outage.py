"""An outage: the ledger does not answer while a campaign runs.

The devices are in their safe state by then. The ledger is tried again, less and less often, for ``PATIENCE_S``; the
person at the screen reads once what is wrong and once how it went on. What stood still, and for how long, is recorded
with the beginning of the next session.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress

from zosimos.campaign.execution.supervisor import stopped
from zosimos.campaign.ledger.events import Draft
from zosimos.core.clock import Clock
from zosimos.core.errors import LedgerAwayError

PATIENCE_S = 900.0
"""How long a run waits for its ledger, by the time that passes."""
_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)
_LONGEST_S = 20.0


class Outage:
    """One outage, from the error that began it.

    Args:
        error: what the ledger said, or why it was given up; the latest.
        clock: the time the campaign runs on; the outage itself passes in real time.
        unconfirmed: the devices that did not confirm their safe state, each with the reason.
    """

    def __init__(self, error: LedgerAwayError, clock: Clock, unconfirmed: Mapping[str, str]) -> None:
        self.error = error
        self._clock = clock
        self._unconfirmed = dict(unconfirmed)
        self._began = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._pauses = iter(_PAUSES_S)

    def give_up(self) -> None:
        """End the wait. May be called from a signal handler and from any thread."""
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def rest(self, stopping: str) -> bool:
        """Wait before the ledger is tried again; say whether to try, or to stop.

        Args:
            stopping: why the run is to end, if it is.

        Raises:
            LedgerAwayError: it was tried for long enough.
        """
        left = PATIENCE_S - self.passed_s
        if left <= 0:
            raise LedgerAwayError(
                f"the ledger did not answer again within {PATIENCE_S / 60:g} minutes: {self.error.message}",
                field=self.error.field,
                value=self.error.value,
                hint="the devices are in their safe state and the record is whole; resume the campaign when it answers",
            ) from self.error
        waits = [
            asyncio.ensure_future(self._stopped.wait()),
            asyncio.ensure_future(self._clock.outside(min(left, next(self._pauses, _LONGEST_S)))),
        ]
        try:
            if not stopping:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not stopping and not self._stopped.is_set()

    @property
    def passed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def begun(self) -> str:
        """Say in words what is wrong and what is done about it."""
        unsure = "; ".join(f"check {device}: {why}" for device, why in self._unconfirmed.items())
        safe = (
            f"not every device confirmed its safe state ({unsure})" if unsure else "the devices are in their safe state"
        )
        return (
            f"the campaign stands still: {self.error.message}; {safe}; the ledger is tried again for up to "
            f"{PATIENCE_S / 60:g} minutes ({self.error.hint})"
        )

    def ended(self) -> str:
        """Say in words that it is over."""
        return f"the ledger answers again after {self.passed_s:.0f} s: the campaign goes on"

    def over(self) -> Draft:
        """Return what records it."""
        return stopped(f"the ledger did not answer for {self.passed_s:.0f} s: {self.error.message}", self._unconfirmed)

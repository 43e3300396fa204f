"""Running a campaign from Python: blocking, or inside an event loop that runs already."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from zosimos.campaign.loop import Ending
from zosimos.campaign.record import Record
from zosimos.campaign.session import run_campaign
from zosimos.campaign.setup import Setup
from zosimos.campaign.state import State
from zosimos.core.errors import StateError


class _CancelledError(BaseException):
    """Ends a campaign's thread from within: its devices are brought into their safe state on the way out."""


def run(record: Record, setup: Setup, **options: Any) -> Ending:
    """Run a campaign until it ends or cannot go on; arguments and errors are those of ``run_campaign``.

    Raises:
        StateError: an event loop runs already in this thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run_campaign(record, setup, **options)
    raise StateError(
        "an event loop runs already, and this would block it",
        field="run",
        value="inside a running event loop",
        allowed="arun, as in a notebook",
        hint="await campaign.arun()",
    )


async def arun(record: Record, setup: Setup, **options: Any) -> Ending:
    """Run a campaign beside whatever else the running loop does; cancelling it ends the session in good order."""
    return await _in_a_thread(record, setup, **options)


async def _in_a_thread(record: Record, setup: Setup, **options: Any) -> Ending:
    """Run a campaign on an event loop of its own in a thread; signals stay with the main thread."""
    stop = threading.Event()

    def changed(_: State) -> None:
        if stop.is_set():
            raise _CancelledError

    work = asyncio.ensure_future(asyncio.to_thread(run_campaign, record, setup, changed=changed, **options))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([work])
        work.exception()  # looked at, so that nobody complains of an error that nobody looked at
        raise

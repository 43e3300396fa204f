"""Running a campaign from Python: blocking, or inside an event loop that runs already."""

from __future__ import annotations

import asyncio
from typing import Any

from zosimos.campaign.execution.loop import Ending
from zosimos.campaign.execution.session import arun_campaign, run_campaign
from zosimos.campaign.record.record import Record
from zosimos.campaign.setup import Setup
from zosimos.core.errors import StateError


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
    return await arun_campaign(record, setup, **options)

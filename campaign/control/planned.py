"""Planned: the first experiments of a campaign that has not begun, so that one that cannot be planned never begins."""

from __future__ import annotations

import random
from datetime import datetime

from zosimos.campaign.control.beginning import create
from zosimos.campaign.control.commands import Commands
from zosimos.campaign.ledger.database.engine import MEMORY
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup


def planned(setup: Setup, n: int | None, *, campaign: str, author: str, now: datetime) -> tuple[list[Draft], State]:
    """Return what records the first experiments of a campaign that has not begun, and the state it would be in.

    Nothing is kept: where it cannot be planned, there is no campaign.

    Args:
        setup: the campaign's setup.
        n: how many experiments; None: its batch.
        campaign: the id it will have.
        author: who asks.
        now: the moment.

    Raises:
        PlanningError: there is nothing to propose.
    """
    with Ledger(MEMORY) as memory:
        record = create(memory, setup, author=author, now=now, entropy=random.Random(0), campaign=campaign)  # noqa: S311 - the id is given
        Commands(record, author, now).ask(setup, n or setup.spec.batch)
        drafts = [Draft(event.kind, event.body) for event in memory.events(campaign)[1:]]
        return drafts, record.state

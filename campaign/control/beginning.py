"""Beginning: a campaign whose first event, and whatever comes with it, are one transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from zosimos.campaign.control.of_file import source_of
from zosimos.campaign.definition.steer import plain
from zosimos.campaign.ledger.events import Draft
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.tokens import TokenSource, random_token
from zosimos.campaign.record.versions import versions
from zosimos.campaign.setup import Setup
from zosimos.core.ids import campaign_id


def create(
    ledger: Ledger,
    setup: Setup,
    *,
    author: str,
    now: datetime,
    entropy: random.Random,
    source: Path | None = None,
    overrides: Sequence[str] = (),
    tokens: TokenSource = random_token,
    campaign: str = "",
    more: Sequence[Draft] = (),
) -> Record:
    """Start a campaign: its files become artifacts, its spec the first event. Returns its record.

    ``source`` is the file it came from and ``overrides`` the ``path=value`` texts given beside it, for the record;
    ``tokens`` names the questions that this process will ask; ``campaign`` is an id that was drawn already, ``more``
    are the events that come with the first: all of them or none.
    """
    body = {
        "spec": plain(setup.spec),
        "files": {role: ledger.put_artifact(data) for role, data in setup.files.items()},
        "order": {"space": list(setup.spec.space), "objectives": list(setup.spec.objectives)},
        "source": None if source is None else source_of(ledger, source, overrides),
        "clock": setup.clock,
        "versions": versions(),
        "by": {"name": author, "at": now.isoformat()},
    }
    return Record.created(ledger, campaign or campaign_id(now, entropy), body, now.isoformat, tokens, more)

"""Carried over: a campaign that begins with the results of another, which may stand in another ledger."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from zosimos.campaign.control.beginning import create
from zosimos.campaign.control.carrying import Carried, carrying
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.ids import campaign_id


def prepared(old: State, setup: Setup, *, author: str, now: datetime, ignored: Collection[str] = ()) -> Carried:
    """Return what a campaign would begin with. Raises as :func:`~zosimos.campaign.control.carrying.carrying` does."""
    return carrying(old, setup, {"name": author, "at": now.isoformat()}, ignored)


def begin_with(
    carried: Carried,
    ledger: Ledger,
    setup: Setup,
    *,
    author: str,
    now: datetime,
    origin: Ledger,
    source: Path | None = None,
    overrides: Sequence[str] = (),
) -> Record:
    """Begin a campaign with results that were carried over, all in one transaction, and return its record.

    Args:
        carried: what is carried over.
        ledger: where the campaign is to stand.
        setup: its setup.
        author: who begins it.
        now: the moment.
        origin: the ledger of the old campaign, whose raw data come along.
        source: the campaign file.
        overrides: the ``path=value`` texts given beside it.
    """
    if origin.url != ledger.url:
        for draft in carried.drafts:
            for found in draft.body["measurements"].values():
                if found["raw"] is not None:
                    ledger.put_artifact(origin.artifact(found["raw"]))
    entropy = random.SystemRandom()
    return create(
        ledger,
        setup,
        author=author,
        now=now,
        entropy=entropy,
        source=source,
        overrides=overrides,
        campaign=campaign_id(now, entropy),
        more=carried.drafts,
    )

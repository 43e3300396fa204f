"""Identifiers: a campaign's is random and sorts by time; everything inside it is (campaign, kind, counter).

A campaign id reads ``c-20261121t034605-k7m2p9xq``: UTC to the second, then 40 random bits in Crockford's base 32
(no i, l, o, u). Ids inside a campaign are counters, so that the same seed gives the same ids again.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def campaign_id(now: datetime, entropy: random.Random) -> str:
    """Return a new campaign id made from the time and a source of randomness.

    >>> campaign_id(datetime(2026, 11, 21, 3, 46, 5, tzinfo=UTC), random.Random(1))
    'c-20261121t034605-84g7zwyr'
    """
    tail = "".join(entropy.choice(_ALPHABET) for _ in range(8))
    return f"c-{now.astimezone(UTC):%Y%m%dt%H%M%S}-{tail}"


def tail(campaign: str) -> str:
    """Return the random part of a campaign id, enough to name it by hand.

    >>> tail("c-20261121t034605-4j8jq3x0")
    '4j8jq3x0'
    """
    return campaign.rsplit("-", 1)[-1]


def local_id(kind: str, counter: int) -> str:
    """Return the id of the ``counter``-th thing of a kind inside a campaign (counted from 1).

    >>> local_id("experiment", 7), local_id("decision", 12)
    ('e0007', 'd0012')
    """
    return f"{kind[0]}{counter:04d}"


def urn(campaign: str, local: str) -> str:
    """Return the full, citable name of something inside a campaign.

    >>> urn("c-20261121t034605-4j8jq3x0", "e0007")
    'urn:zosimos:c-20261121t034605-4j8jq3x0:e0007'
    """
    return f"urn:zosimos:{campaign}:{local}"

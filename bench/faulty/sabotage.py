"""Damage done on purpose, to see that it is found: each way must make its count rise.

| way | what is wrong | count |
|---|---|---|
| ``idle`` | a lab reports effects that it did not do | ``lost`` |
| ``forgetful`` | a lab says that interrupted effects did not happen | ``doubled`` |
| ``unfenced`` | no lock, no claim, no check of the session | ``overlapping`` |
| ``mangled`` | an event is changed afterwards | ``unreadable`` |
| ``unannounced`` | a lab does effects that nobody announced | ``unexplained`` |
| ``cut`` | the end of the record is cut off afterwards | ``lost`` |
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from zosimos.campaign.execution import session
from zosimos.campaign.ledger import claims
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record.record import Record

FINDS = {
    "idle": "lost",
    "forgetful": "doubled",
    "unfenced": "overlapping",
    "mangled": "unreadable",
    "unannounced": "unexplained",
    "cut": "lost",
}
IN_THE_LAB = frozenset({"idle", "forgetful", "unannounced"})


def unfence() -> None:
    """Take every lock, claim and fence away, in this process."""
    assert callable(Record.require_own_session)
    assert session.execution_claim is claims.execution_claim
    Record.require_own_session = lambda _: None  # type: ignore[method-assign]  # the damage
    session.execution_claim = _open_to_all


@contextlib.contextmanager
def _open_to_all(_: Ledger, campaign: str, **__: Any) -> Iterator[claims.Claim]:
    yield claims.unclaimed(campaign)


def tamper(url: str, way: str) -> None:
    """Damage a ledger whose runs are over: change an event, or cut the last ones off."""
    words = {
        "mangled": "UPDATE events SET text = replace(text, '\"body\"', '\"bodi\"') WHERE seq = 5",
        "cut": "DELETE FROM events WHERE seq > (SELECT max(seq) FROM events) - 3",
    }
    with Ledger(url) as ledger, ledger.engine.begin() as connection:
        connection.execute(sa.text(words[way]))

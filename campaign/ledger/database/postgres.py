"""PostgreSQL behind a ledger: how long its connections wait before they are given up.

A server has ``CONNECT_S`` to answer a new connection, and one whose packets are lost without a word is given up after
``SILENT_S`` (keep-alives while it is waited for, the TCP user timeout while something is sent). A server ends a
transaction whose client went away after ``IDLE_S``, so that what such a client holds is free again. Whoever names one
of these settings in the URL has it their way.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zosimos.campaign.ledger.database.sqlite import LOCK_S

CONNECT_S = 5
SILENT_S = 8
IDLE_S = 10
_HERE = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 2,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_S * 1000,
}
_ON_THE_SERVER = (
    f"-c lock_timeout={LOCK_S}s -c idle_in_transaction_session_timeout={IDLE_S}s"
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)


def deadlines(url: str) -> dict[str, Any]:
    """Return what keeps a PostgreSQL connection from waiting for ever, but for what its URL says otherwise."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return {}
    own = {name: value for name, value in _HERE.items() if name not in parsed.query}
    asked = parsed.query.get("options", ())
    return {**own, "options": " ".join([_ON_THE_SERVER, *([asked] if isinstance(asked, str) else asked)])}


def lock(connection: Connection, name: str) -> None:
    """Keep out all who take the lock of this name, until the transaction ends.

    SQLite, whose writers are one at a time anyway, has and needs no such locks.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

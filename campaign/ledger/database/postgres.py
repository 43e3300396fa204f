"""PostgreSQL behind a ledger: how long its connections wait before they are given up.

A server has ``CONNECT_S`` to answer a new connection, and one whose packets are lost without a word is given up after
``SILENT_S`` (keep-alives while it is waited for, the TCP user timeout while something is sent). A server ends a
transaction whose client went away after ``IDLE_S``, so that what such a client holds is free again. Whoever names one
of these settings in the URL has it their way.

A server that was suspended, or a proxy that lost its own, goes on acknowledging packets: to the system no network is
silent. So what a statement may take is limited here, too (with psycopg 3.3 or newer): ``ANSWER_S``, and ``LONG_S`` for
the few that move or read much. Who runs a campaign waits for less (:mod:`zosimos.campaign.execution.journal`).
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from zosimos.campaign.ledger.database.sqlite import LOCK_S

CONNECT_S = 5
SILENT_S = 8
IDLE_S = 10
ANSWER_S = 30.0
LONG_S = 900.0
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


def limited(engine: Engine) -> Engine:
    """Let the connections of an engine for PostgreSQL wait for no statement for ever, and return it."""

    def connected(_: object, __: object, args: Any, settings: Any) -> Any:
        return _limited().connect(*args, **settings)

    def given_back(driver: Any, _: object) -> None:
        if driver is not None:  # one that broke
            driver.limit_s = None

    sa.event.listen(engine, "do_connect", connected)
    sa.event.listen(engine, "checkin", given_back)
    return engine


def patient(connection: Connection) -> None:
    """Let each statement take ``LONG_S`` in this use of a connection; on SQLite nothing is to be done."""
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        driver.limit_s = LONG_S


@cache
def _limited() -> Any:
    """Return psycopg's class of connections with a limit to each of its waits."""
    import psycopg

    can = "timeout" in signature(psycopg.Connection.wait).parameters

    class Limited(psycopg.Connection[Any]):
        limit_s: float | None = None

        def wait(self, *args: Any, **settings: Any) -> Any:
            if not can or "timeout" in settings:
                return super().wait(*args, **settings)
            limit_s = self.limit_s or ANSWER_S
            try:
                return super().wait(*args, **settings | {"timeout": limit_s})
            except psycopg.OperationalError as error:
                if type(error).__name__ != "_WaitTimeout":
                    raise
                self.pgconn.finish()  # in which state it is, nobody knows
                words = f"the connection was given up: the server did not answer for {limit_s:g} s"
                raise psycopg.OperationalError(words) from error

    return Limited


def lock(connection: Connection, name: str) -> None:
    """Keep out all who take the lock of this name, until the transaction ends.

    SQLite, whose writers are one at a time anyway, has and needs no such locks.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

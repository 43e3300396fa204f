"""A ledger that lets something happen just before and just after each of its commits, wherever they come from.

It looks at the engine below the ledger, so that it sees every commit of every path and thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from zosimos.campaign.ledger.store import Ledger


class WatchedLedger(Ledger):
    """A ledger whose commits of events are watched.

    Args:
        url: where it is.
        before: called before each commit that stores events, in the thread that commits.
        after: called after it.
        always: called before every commit, also of a transaction that only read.
    """

    def __init__(
        self,
        url: str,
        before: Callable[[], None],
        after: Callable[[], None],
        always: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(url)
        storing = threading.local()
        commit = self.engine.dialect.do_commit

        def executed(_: Any, __: Any, statement: str, *___: Any) -> None:
            if statement.startswith("INSERT INTO events"):
                storing.events = True

        def committed(connection: Any) -> None:
            events, storing.events = getattr(storing, "events", False), False
            always()
            if events:
                before()
            commit(connection)
            if events:
                after()

        sa.event.listen(self.engine, "before_cursor_execute", executed)
        self.engine.dialect.do_commit = committed  # type: ignore[method-assign]  # the hook below all of SQLAlchemy's

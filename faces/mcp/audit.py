"""The audit: what agents were refused and what they filed, in a file beside the ledger that only grows.

A refusal changes no campaign, so it is no event of one: an agent that asks for what it may not do shall not be able to
make records grow. It stands in a SQLite file of its own, in which triggers refuse to change or delete a line. Budgets
of proposals are counted there, too, in the transaction that uses them, so that several servers share them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from zosimos.core.errors import LedgerError, RefusedError
from zosimos.faces.mcp.agents import Agent
from zosimos.faces.mcp.pace import Pace

Kind: TypeAlias = Literal["refused", "filed", "given back"]

NOBODY = "(nobody)"
"""Who is refused where no agent is known."""

_WAIT_S = 10.0
_LONGEST = 500  # characters of each text
_LINES = 120  # refusals of an agent that are written down in a minute; of more, how many
_SCHEMA = """
CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, agent TEXT NOT NULL, kind TEXT NOT NULL,
    tool TEXT NOT NULL, campaign TEXT NOT NULL, why TEXT NOT NULL, given TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_agent ON lines (agent, kind, at);
CREATE TRIGGER IF NOT EXISTS stays BEFORE UPDATE ON lines BEGIN SELECT RAISE(ABORT, 'lines are never changed'); END;
CREATE TRIGGER IF NOT EXISTS kept BEFORE DELETE ON lines BEGIN SELECT RAISE(ABORT, 'lines are never deleted'); END;
"""


@dataclass(frozen=True)
class Line:
    """What happened: when, who, what kind of thing, by which tool, in which campaign, why, and what was given."""

    at: str
    agent: str
    kind: Kind
    tool: str
    campaign: str = ""
    why: str = ""
    given: str = ""


class Audit:
    """The audit in a file.

    Args:
        file: where it is; made when the first line is written, and readable by its owner only where systems know that.
        now: gives the present moment (UTC).
        pace: counts what happens in a minute.
    """

    def __init__(self, file: Path, now: Callable[[], datetime], pace: Pace) -> None:
        self.file = file
        self._now = now
        self._pace = pace
        self._left_out: dict[str, int] = {}

    def refused(self, agent: str, tool: str, why: str, *, campaign: str = "", given: str = "") -> None:
        """Write down a refusal; in a flood of them only how many there were, with the next that is written.

        Raises:
            LedgerError: it cannot be written.
        """
        if not self._pace.room(f"refused {agent}", _LINES):
            self._left_out[agent] = self._left_out.get(agent, 0) + 1
            return
        left_out = self._left_out.pop(agent, 0)
        more = f" (and {left_out} more refusals before it, not written down)" if left_out else ""
        with self._writing() as file:
            self._add(
                file, Line(self._at(), agent, "refused", tool, campaign, why[: _LONGEST - len(more)] + more, given)
            )

    @contextmanager
    def filing(self, agent: Agent, tool: str, campaign: str) -> Iterator[None]:
        """Use a proposal of an agent's budgets for what is done in the block; give it back if that fails.

        It is used before, so that a server that is killed meanwhile has used it.

        Raises:
            RefusedError: there is none left.
            LedgerError: it cannot be written down, so nothing is done.
        """
        with self._writing() as file:
            self._require_budget(file, agent, campaign)
            self._add(file, Line(self._at(), agent.name, "filed", tool, campaign))
        try:
            yield
        except Exception:
            with self._writing() as file:
                self._add(file, Line(self._at(), agent.name, "given back", tool, campaign))
            raise

    def lines(self, last: int, agent: str | None = None) -> list[Line]:
        """Return the last lines, the oldest of them first.

        Raises:
            LedgerError: the file cannot be read.
        """
        if not self.file.exists():
            return []
        found = "SELECT at, agent, kind, tool, campaign, why, given FROM lines WHERE ? IN ('', agent)"
        with self._writing() as file:
            rows = file.execute(f"{found} ORDER BY id DESC LIMIT ?", (agent or "", last)).fetchall()
        return [Line(*row) for row in reversed(rows)]

    def _require_budget(self, file: sqlite3.Connection, agent: Agent, campaign: str) -> None:
        day = self._at(ago=timedelta(days=1))
        spec = agent.spec
        for name, most, where, value in (
            ("proposals_per_day", spec.proposals_per_day, "at > ?", day),
            ("proposals_per_campaign", spec.proposals_per_campaign, "campaign = ?", campaign),
        ):
            count = "SELECT COALESCE(SUM(CASE kind WHEN 'filed' THEN 1 WHEN 'given back' THEN -1 END), 0) FROM lines"
            (used,) = file.execute(f"{count} WHERE agent = ? AND {where}", (agent.name, value)).fetchone()
            if used >= most:
                raise RefusedError(
                    f"{agent.name} has no proposal left", field=name, value=used, allowed=f"{most}, as its file says"
                )

    def _add(self, file: sqlite3.Connection, line: Line) -> None:
        texts = (line.at, line.agent, line.kind, line.tool, line.campaign, line.why, line.given)
        whole = [text.encode("utf-8", "replace").decode()[:_LONGEST] for text in texts]  # half a character is none
        file.execute(
            "INSERT INTO lines (at, agent, kind, tool, campaign, why, given) VALUES (?, ?, ?, ?, ?, ?, ?)", whole
        )

    def _at(self, ago: timedelta = timedelta()) -> str:
        return (self._now() - ago).isoformat(timespec="milliseconds")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, that nobody else writes beside."""
        try:
            if not self.file.exists():
                self.file.touch(mode=0o600)
            with closing(sqlite3.connect(self.file, timeout=_WAIT_S, isolation_level=None)) as file:
                file.executescript(_SCHEMA)
                file.execute("BEGIN IMMEDIATE")
                yield file
                file.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"the audit of agents cannot be used: {error}",
                field="audit",
                value=str(self.file),
                allowed="a file that can be written",
                hint="make the file and its folder writable, or free space on the disk",
            ) from error


def audit_file(ledger: str) -> Path:
    """Return where the audit of a ledger is: beside its file, or in the working folder if it is on a server.

    >>> audit_file("lab/zosimos.db").name
    'zosimos.agents.db'
    """
    from zosimos.campaign.ledger.database.engine import normalised_url, sqlite_path

    path = sqlite_path(normalised_url(ledger))
    return Path("zosimos.agents.db") if path is None else path.with_name(f"{path.stem}.agents.db")

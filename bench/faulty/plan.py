"""Plans: what happens in a run, drawn from the benchmark's seed and the run's number. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Database = Literal["sqlite", "postgres"]

KINDS: dict[str, tuple[Database, ...]] = {
    "kill": ("sqlite", "postgres"),
    "stop": ("sqlite", "postgres"),
    "pause": ("sqlite", "postgres"),
    "clock": ("sqlite", "postgres"),
    "slow": ("sqlite", "postgres"),
    "full": ("sqlite",),
    "file": ("sqlite",),
    "cut": ("postgres",),
    "partition": ("postgres",),
    "server": ("postgres",),
}
"""Each kind of fault, and the databases it can happen to."""

OUTAGES = frozenset({"slow", "full", "file", "cut", "partition", "server"})
"""Faults in which the runner lives and the ledger does not answer: its devices must come to their safe state."""

WAYS: dict[Database, tuple[str, ...]] = {
    "sqlite": ("same", "link", "elsewhere"),
    "postgres": ("same", "direct", "elsewhere"),
}
"""How a second runner comes to the ledger: as the first; by a link, or past the proxy; from a container of its own."""

_HOW: dict[str, tuple[str, ...]] = {
    "kill": ("before", "after", "random"),
    "partition": ("both", "requests", "answers", "link"),
    "file": ("moved", "deleted"),
    "server": ("ended", "stopped"),
}
_COLOUR_SHARE = 0.1
LONGEST_COMMITS = 75


@dataclass(frozen=True)
class Fault:
    """One fault: ``at_s`` after the start, for ``for_s``; a kill at a record boundary has the commit's number."""

    kind: str
    how: str
    at_s: float
    for_s: float
    commit: int = 0


@dataclass(frozen=True)
class Plan:
    """A run.

    Args:
        number: its number.
        database: where its ledger is.
        lab: ``journal``, or ``colour`` served by another process.
        faults: what happens, in order.
        second: how a second runner comes, if there is one, and when.
        seed: of the campaign.
    """

    number: int
    database: Database
    lab: str
    faults: Sequence[Fault]
    second: tuple[str, float] | None
    seed: int


def planned(number: int, seed: int, databases: Sequence[Database], kinds: Sequence[str]) -> Plan:
    """Return the plan of a run: kinds and databases take turns, everything else is drawn.

    >>> planned(3, 0, ("sqlite",), tuple(KINDS)).faults[0].kind
    'clock'
    """
    chance = random.Random(f"{seed} {number}")
    possible = [(kind, database) for kind in kinds for database in KINDS[kind] if database in databases]
    kind, database = possible[number % len(possible)]
    # A link that is cut silently: short ones nobody notices, long ones outlast every deadline.
    colour = kind in ("kill", "stop", "pause") and database == "sqlite" and chance.random() < 3 * _COLOUR_SHARE
    faults = [_fault(kind, chance, colour=colour)]
    if kind in ("kill", "stop") and chance.random() < 0.5:
        faults += [_fault(kind, chance, colour=colour) for _ in range(chance.randint(1, 2))]
    elif chance.random() < 0.3 and not colour:  # a process dies while something else is wrong, too
        faults.append(_fault("kill", chance, colour=False))
    second = None
    if chance.random() < 0.5:
        second = chance.choice(WAYS[database]), chance.uniform(0.05, 1.0)
    lab = "colour" if colour else "journal"
    return Plan(number, database, lab, sorted(faults, key=lambda one: one.at_s), second, chance.randrange(2**31))


def _fault(kind: str, chance: random.Random, *, colour: bool) -> Fault:
    how = chance.choice(_HOW.get(kind, ("",)))
    at_s = chance.uniform(0.05, 2.0 if colour else 1.0)
    long = chance.random() < 0.5
    for_s = chance.uniform(2.5, 5.0) if long else chance.uniform(0.05, 1.0)
    if kind in ("clock", "kill", "stop"):
        for_s = chance.uniform(0.1, 1.0)
    commit = chance.randint(1, LONGEST_COMMITS) if kind == "kill" and how != "random" else 0
    return Fault(kind, how, at_s, for_s, commit)

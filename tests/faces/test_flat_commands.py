"""What a command costs does not grow with the campaign: few events are folded, and no page of a snapshot is read."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from tests.faces.conftest import Answer

from zosimos.campaign.ledger import snapshots as store
from zosimos.campaign.ledger.events import Draft, sealed
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.record import fold, record
from zosimos.campaign.record.snapshot import sizes
from zosimos.core.records import Candidate, Measurement

Cli = Callable[..., Answer]

SPEC = """\
name: by hand
space: {a: {min: 0, max: 1}, b: {min: 0, max: 1}}
objectives: {y: {goal: max}, z: {goal: min}}
planner: {kind: random, start: 3}
approval: suggest
budget: {experiments: 1000000}
"""
FEW = 300


def filled(path: Path, events: int) -> str:
    """Append to a new campaign of a ledger what a person asked and told, up to so many events; return its id."""
    with Ledger(str(path)) as ledger:
        (name,) = ledger.campaigns()
        end = ledger.end(name)
    assert end is not None
    (seq, head), draw, rows = end, random.Random(1), []
    while seq < events:
        number = seq // 2 + 1
        values = {"a": draw.random(), "b": draw.random()}
        found = {"y": draw.gauss(values["a"], 0.1), "z": draw.gauss(values["b"], 0.1)}
        candidate = Candidate(values, "random").as_json()
        experiment = f"e{number:04d}"
        made = [{"experiment": experiment, "candidate": candidate}]
        body = {"decision": f"d{number:04d}", "inputs": {"spec_version": 1}, "policy": "suggest", "candidates": made}
        measured = {key: Measurement(key, value, 0.1).as_json() for key, value in found.items()}
        drafts = [
            Draft("decision.made", body),
            Draft("experiment.measured", {"experiment": experiment, "measurements": measured, "surprise": {}}),
        ]
        for draft in drafts:
            seq += 1
            event = sealed(name, seq, f"2030-01-01T00:00:00.{seq:06d}+00:00", draft, head)
            rows.append((name, seq, head, event.hash, event.text))
            head = event.hash
    with closing(connect(path)) as database, database:
        database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
    return name


@pytest.fixture
def campaign(folder: Path, cli: Cli) -> str:
    """An empty campaign by hand on the default ledger."""
    (folder / "hand.yaml").write_text(SPEC)
    assert cli("ask", "hand.yaml", "--json").code == 0
    with closing(connect(folder / "zosimos.db")) as database, database:
        database.execute("DELETE FROM events WHERE seq > 1")
        ((name,),) = database.execute("SELECT DISTINCT campaign FROM events").fetchall()
    shutil.rmtree(folder / "zosimos.db.heads")  # it goes further than what is left
    return str(name)


@contextmanager
def counting() -> Iterator[dict[str, int]]:
    """Count the events that are folded and the pages that are read."""
    found = {"folded": 0, "pages": 0}
    apply, read = fold.apply, store.stored_page

    def folding(*arguments: Any) -> None:
        found["folded"] += 1
        apply(*arguments)

    def reading(*arguments: Any) -> str | None:
        found["pages"] += 1
        return read(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold, "apply", folding)
        patch.setattr(record, "apply", folding)
        patch.setattr(store, "stored_page", reading)
        yield found


@pytest.mark.parametrize("events", [1_201, pytest.param(20_001, marks=pytest.mark.slow)])
def test_looking_asking_and_telling_fold_few_events_and_read_no_page(
    folder: Path, cli: Cli, campaign: str, events: int
) -> None:
    filled(folder / "zosimos.db", events)
    with counting() as first:
        assert cli("status", "last", "--json").json["experiments"] == {"measured": events // 2}
    assert first["folded"] == events, "nobody has taken a snapshot yet"
    (folder / "own.csv").write_text("a,b,y,z\n0.5,0.25,2.0,-1.0\n")
    for command in (
        ["head", "last"],
        ["status", "last"],
        ["list"],
        ["tell", "last", "own.csv"],
        ["ask", "last", "-n", "2"],
        ["status", "last"],
        ["approvals"],
    ):
        with counting() as found:
            answer = cli(*command, "--json")
        assert answer.code == 0, answer.err
        assert found["folded"] < FEW, command
        keys = events // 2 // sizes.KEYS if command[0] in ("ask", "tell") else 0
        last = command[0] == "status"  # looks at what the last results state
        assert found["pages"] <= keys + last, "the keys of the rows, no more"
    assert answer.json == {"approvals": [], "changes": [], "questions": [], "broken": []}


@pytest.mark.slow
def test_every_view_is_the_same_with_a_snapshot_and_without(
    folder: Path, cli: Cli, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"PAGE": 8, "REFS": 5, "KEYS": 7, "IN_CORE": 3, "WORTH": 1}.items():
        monkeypatch.setattr(sizes, name, size)
    (folder / "own.csv").write_text("a,b,y,z\n0.5,0.25,0.5,0.5\n0.125,0.25,0.4,0.2\n")
    filled(folder / "zosimos.db", 61)
    commands: list[list[str]] = [
        ["status", "last"],
        ["list"],
        ["show", "last"],
        ["show", "last", "e0003"],
        ["show", "last", "--events"],
        ["export", "last", "--format", "json"],
        ["explain", "last", "e0007"],
        ["replay", "last"],
        ["verify", "last"],
    ]

    def answers() -> list[Any]:
        found = [(cli(*command, "--json").json, cli(*command).out) for command in commands]
        assert cli("report", "last", "-o", "report.html").code == 0
        return [*found, (folder / "report.html").read_text()]

    def without_snapshots() -> None:
        with closing(connect(folder / "zosimos.db")) as database, database:
            database.execute("DELETE FROM snapshots")

    for _ in range(3):
        assert cli("tell", "last", "own.csv").code == 0
        assert cli("ask", "last", "-n", "3").code == 0
    without_snapshots()
    monkeypatch.setattr(sizes, "WORTH", 10**9)
    before = answers()
    monkeypatch.setattr(sizes, "WORTH", 1)
    assert cli("status", "last").code == 0
    assert json.dumps(answers()) == json.dumps(before)


def test_a_list_of_many_campaigns_reads_a_core_of_each(folder: Path, cli: Cli, campaign: str) -> None:
    filled(folder / "zosimos.db", 801)
    for _ in range(4):
        assert cli("ask", "hand.yaml", "--new").code == 0
    cli("list")
    with counting() as found:
        listed = cli("list", "--json").json["campaigns"]
    assert sorted(row["used"] for row in listed) == [0, 0, 0, 0, 400]
    assert found == {"folded": 8, "pages": 0}

"""A scientist at two terminals: one runs the campaign, the other decides about it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Cli = Callable[..., Any]

SPEC = """\
name: coupling of an aryl bromide
space:
  temperature: {min: 20, max: 100, unit: degC}
  loading: {min: 0.5, max: 5, unit: percent}
objectives:
  yield: {goal: max, unit: percent}
lab: {kind: pool, file: reactions.csv, latency: 20 min}
planner: {kind: sobol}
batch: 4
approval: batch
budget: {experiments: 16}
seed: 7
"""


def result(temperature: float, loading: float) -> float:
    return round(90 - ((temperature - 70) / 10) ** 2 - (loading - 2) ** 2, 3)


def waits_for_approval(cli: Cli, campaign: str, *, beside: set[str]) -> dict[str, Any]:
    """Return the open approval once there is one that is not among those known already."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        fresh = [item for item in cli("approvals", campaign, "--json").json["approvals"] if item["token"] not in beside]
        if fresh:
            assert len(fresh) == 1
            return dict(fresh[0])
        time.sleep(0.1)
    raise AssertionError("no approval was asked for in time")


def temperatures(approval: dict[str, Any]) -> list[float]:
    return [item["values"]["temperature"] for item in approval["experiments"]]


def test_a_campaign_steered_from_another_terminal(folder: Path, cli: Cli, started: Any) -> None:
    grid = [(t, c) for t in range(20, 101, 4) for c in (0.5, 1, 2, 3, 4, 5)]
    lines = [f"{t},{c},{result(t, c)}" for t, c in grid]
    (folder / "reactions.csv").write_text("\n".join(["temperature,loading,yield", *lines]) + "\n")
    (folder / "coupling.yaml").write_text(SPEC)
    process: subprocess.Popen[str] = started("run", "coupling.yaml", "--clock", "virtual", "--no-report")
    assert process.stdout is not None
    campaign = process.stdout.readline().split()[1]

    # The first batch is approved and runs.
    first = waits_for_approval(cli, campaign, beside=set())
    assert [item["experiment"] for item in first["experiments"]] == ["e0001", "e0002", "e0003", "e0004"]
    assert cli("approve", first["token"], "--yes", "run").code == 0
    second = waits_for_approval(cli, campaign, beside={first["token"]})
    assert cli("status", campaign, "--json").json["used"] == 4

    # A bound is narrowed while the second batch waits: that question expires, and new proposals obey.
    steered = cli(
        "steer", campaign, "--set", "space.temperature.max=40", "--reason", "the oil bath fumes", "--json"
    ).json
    assert steered["changes"] == [{"path": "space.temperature.max", "old": 100, "new": 40}]
    assert steered["expired"] == [second["token"]]
    late = cli("approve", second["token"], "--yes", "run")
    assert late.code == 2
    assert "expired" in late.err
    third = waits_for_approval(cli, campaign, beside={first["token"], second["token"]})
    assert third["spec_version"] == 2
    assert max(temperatures(third)) <= 40

    # The steering is taken back: proposals may go beyond the bound again.
    undone = cli("steer", campaign, "--undo", "--json").json
    assert undone["changes"] == [{"path": "space.temperature.max", "old": 40, "new": 100}]
    assert undone["expired"] == [third["token"]]
    known = {item["token"] for item in (first, second, third)}
    fourth = waits_for_approval(cli, campaign, beside=known)
    assert fourth["spec_version"] == 3
    assert max(temperatures(fourth)) > 40

    # Paused: what is approved does not start, and nothing new is proposed.
    assert cli("pause", campaign, "--reason", "lunch").code == 0
    assert cli("approve", fourth["token"], "--yes", "run").code == 0
    before = cli("show", campaign, "--json").json
    time.sleep(1.5)
    after = cli("show", campaign, "--json").json
    assert after["status"] == "paused"
    assert after["runs"] == before["runs"]
    assert process.poll() is None

    # Resumed from here, it goes on over there; the rest is approved as it comes, and the run ends.
    resumed = cli("resume", campaign, "--json")
    assert resumed.code == 0
    assert resumed.json["status"] == "continued"
    known.add(fourth["token"])
    for _ in range(2):
        following = waits_for_approval(cli, campaign, beside=known)
        known.add(following["token"])
        assert cli("approve", following["token"], "--yes", "run").code == 0
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "finished: the budget of 16 experiments is used up" in out
    assert f"zosimos approve {first['token']}" in out
    assert "lunch" in out

    # Everything is on record, and the record holds.
    rows = list(csv.DictReader(io.StringIO(cli("export", campaign, "--format", "csv").out)))
    measured = [row for row in rows if row["status"] == "measured"]
    assert len(measured) == 16
    assert sum(row["status"] == "cancelled" for row in rows) == 8
    for row in measured:
        assert float(row["yield"]) == result(float(row["temperature"]), float(row["loading"]))
    exported = json.loads(cli("export", campaign, "--format", "json").out)
    assert [item["undoes"] for item in exported["steerings"]] == [None, 2]
    head = cli("head", campaign).out.strip()
    assert exported["head"] == head
    assert cli("verify", campaign, "--head", head).code == 0
    replayed = cli("replay", campaign, "--json")
    assert replayed.code == 0, replayed.out
    assert replayed.json["identical"] is True
    assert replayed.json["decisions"] == 6


def test_the_same_spec_by_hand(folder: Path, cli: Cli) -> None:
    grid = [(t, c) for t in range(20, 101, 4) for c in (0.5, 1, 2, 3, 4, 5)]
    lines = [f"{t},{c},{result(t, c)}" for t, c in grid]
    (folder / "reactions.csv").write_text("\n".join(["temperature,loading,yield", *lines]) + "\n")
    (folder / "coupling.yaml").write_text(SPEC)
    asked = cli("ask", "coupling.yaml", "-n", 4, "-o", "proposals.csv", "--json").json
    campaign = asked["campaign"]
    for _ in range(2):
        table = list(csv.DictReader((folder / "proposals.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert len(table) == 4
        for row in table:
            where = [float(cell) for name, cell in row.items() if name.split(" (")[0] in ("temperature", "loading")]
            row[next(name for name in row if name.split(" (")[0] == "yield")] = str(result(*where))
            row["yield_uncertainty"] = "0.5"
        with (folder / "results.csv").open("w") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        told = cli("tell", campaign, "results.csv", "--json")
        assert told.code == 0, told.err
        assert told.json["experiments"] == [row["experiment"] for row in table]
        assert cli("ask", campaign, "-n", 4, "-o", "proposals.csv").code == 0
    status = cli("status", campaign, "--json").json
    assert status["used"] == 8
    assert status["experiments"] == {"measured": 8, "proposed": 4}
    assert len(status["approvals"]) == 1  # those told already ask nothing any more
    assert cli("replay", campaign).code == 0

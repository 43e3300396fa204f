"""What a campaign file may say of replicates, failures and several objectives, end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Cli = Callable[..., Any]

SPEC = """\
name: noisy
candidates: rows.csv
objectives:
  y: {goal: max}
planner: {start: 2, replicates: when-useful}
budget: {experiments: 10}
"""

TRADE = """\
name: trade
space:
  x: {min: 0, max: 1, step: 0.01}
objectives:
  rise: {goal: max, unit: percent, threshold: 60}
  fall: {goal: min, threshold: 1.2}
planner: {start: 2, acquisition: parego, failures: ignore}
budget: {experiments: 10}
"""

TIERS = """\
name: tiers
space:
  x: {min: 0, max: 1, step: 0.01}
objectives:
  cost: {goal: min, unit: g, tier: 2}
  yield: {goal: max, unit: percent, threshold: 60, tier: 1}
planner: {start: 2}
budget: {experiments: 12}
"""


@pytest.fixture
def noisy(folder: Path) -> Path:
    """A hill under noise, of which all but the feet was measured by hand."""
    rng = np.random.default_rng(0)
    places = [i / 40 for i in range(41)]
    (folder / "rows.csv").write_text("x\n" + "".join(f"{x}\n" for x in places))
    told = [(x, 2.0 - 8.0 * (x - 0.55) ** 2 + 0.6 * rng.normal()) for x in places[2:-2]]
    (folder / "told.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in told))
    (folder / "noisy.yaml").write_text(SPEC)
    return folder


def test_a_replicate_is_proposed_measured_and_explained(cli: Cli, noisy: Path) -> None:
    name = cli("ask", "noisy.yaml", "--json").json["campaign"]
    (noisy / "first.csv").write_text("experiment,y\ne0001,-0.4\n")
    cli("tell", name, "first.csv")
    cli("tell", name, "told.csv")
    asked = cli("ask", name, "-o", "next.csv", "--json").json["candidates"][0]
    assert "a replicate of e" in asked["reason"]
    assert 0.3 < asked["values"]["x"] < 0.8
    (noisy / "again.csv").write_text(f"experiment,y\n{asked['experiment']},1.1\n")
    assert cli("tell", name, "again.csv").code == 0
    assert cli("explain", name, asked["experiment"]).code == 0
    assert cli("verify", name).code == 0


def test_without_being_asked_for_nothing_is_measured_again(cli: Cli, noisy: Path) -> None:
    name = cli("ask", "noisy.yaml", "--set", "planner.replicates=none", "--json").json["campaign"]
    cli("tell", name, "told.csv")
    asked = cli("ask", name, "-n", 2, "--json").json["candidates"]
    assert not any("replicate" in candidate["reason"] for candidate in asked)


def test_trade_offs_with_thresholds_are_weighed_anew_each_time(cli: Cli, folder: Path) -> None:
    (folder / "trade.yaml").write_text(TRADE)
    rows = "".join(f"{x},{100 * x},{x * x}\n" for x in (0.1, 0.4, 0.7, 0.9))
    (folder / "told.csv").write_text(f"x,rise,fall\n{rows}")
    name = cli("ask", "trade.yaml", "--json").json["campaign"]
    told = cli("tell", name, "told.csv", "--json").json
    assert told["best"]["outcomes"]["rise"]["value"] >= 60  # others dominate nothing, but do not count
    asked = cli("ask", name, "-n", 1, "--json").json["candidates"][0]
    assert "of the weight" in asked["reason"]


def test_objectives_in_order_of_importance_have_one_best_result(cli: Cli, folder: Path) -> None:
    (folder / "tiers.yaml").write_text(TIERS)
    name = cli("ask", "tiers.yaml", "--json").json["campaign"]
    rows = ((0.9, 90, 8), (0.7, 70, 6), (0.2, 20, 1), (0.95, 95, 9))  # the cheapest yields too little
    told = "".join(f"{x},{y},{cost}\n" for x, y, cost in rows)
    (folder / "told.csv").write_text(f"x,yield,cost\n{told}")
    best = cli("tell", name, "told.csv", "--json").json["best"]
    assert best["candidate"]["x"] == 0.7
    assert "pareto" not in best
    asked = cli("ask", name, "-n", 1, "--json").json["candidates"][0]
    assert "expected improvement in cost where yield is as good as 60" in asked["reason"]
    assert "improvement in cost where yield" in cli("explain", name, asked["experiment"]).out.replace("\n", " ")
    assert cli("report", name, "-o", "tiers.html").code == 0
    page = (folder / "tiers.html").read_text()
    assert "first maximise yield (%), good enough at 60, then minimise cost (g)" in page
    assert "Pareto" not in page
    for change, field in (
        ("objectives.cost.tier=1", "objectives.cost.tier"),
        ("objectives.cost.tier=null", "objectives.cost.tier"),
        ("objectives.yield.threshold=null", "objectives.yield.threshold"),
        ("planner.acquisition=parego", "planner.acquisition"),
        ("objectives.yield.tier=0", "objectives.yield.tier"),
    ):
        answer = cli("validate", "tiers.yaml", "--set", change, "--json")
        assert answer.code == 2
        assert f'"field": "{field}"' in answer.out, answer.out


def test_what_cannot_be_meant_is_refused_by_its_field(cli: Cli, folder: Path) -> None:
    (folder / "trade.yaml").write_text(TRADE)
    for change, word in (
        ("planner.failures=forget", "failures"),
        ("planner.replicates=often", "replicates"),
        ("objectives.rise.threshold=3 kg", "threshold"),
    ):
        answer = cli("validate", "trade.yaml", "--set", change, "--json")
        assert answer.code == 2
        assert word in answer.out
    alone = TRADE.replace("  fall: {goal: min, threshold: 1.2}\n", "")
    (folder / "trade.yaml").write_text(alone)
    assert "stop.reach" in cli("validate", "trade.yaml", "--json").out

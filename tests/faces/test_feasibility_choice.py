"""End to end, by hand: ``planner.feasibility: dirichlet`` keeps a campaign from what fails, and replays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from zosimos.campaign.definition.read import parse_spec

Cli = Callable[..., Any]

SPEC = """\
name: films
space:
  temperature: {min: 20, max: 120, unit: degC}
  solvent: {choices: [water, DMF, THF, anisole]}
objectives:
  thickness: {goal: max, unit: nm}
budget: {experiments: 9}
"""
RESULTS = """\
temperature,solvent,thickness,failed
30,water,3,
100,water,,infeasible: no film formed
40,DMF,4,
110,DMF,8,
60,water,,infeasible: no film formed
35,THF,3.5,
80,THF,6,
118,anisole,7,
118,water,,infeasible: no film formed
25,anisole,2,
"""


@pytest.mark.slow
def test_a_solvent_that_fails_where_it_would_be_best_is_left_alone(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(SPEC + "planner: {start: 2, feasibility: dirichlet}\n")
    (folder / "results.csv").write_text(RESULTS)
    campaign = cli("ask", "c.yaml", "--json").json["campaign"]
    assert cli("tell", campaign, "results.csv").code == 0
    asked = cli("ask", campaign, "-n", "3", "--json").json["candidates"]
    assert "water" not in [candidate["values"]["solvent"] for candidate in asked]
    assert cli("replay", campaign).code == 0
    assert cli("explain", campaign, asked[0]["experiment"]).code == 0


def test_a_model_of_failures_that_may_not_teach_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(SPEC + "planner: {failures: ignore, feasibility: dirichlet}\n")
    answer = cli("ask", "c.yaml")
    assert answer.code == 2
    assert "planner.feasibility" in answer.err
    assert "nothing learns where experiments fail" in answer.err


def test_an_unknown_model_of_failures_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(SPEC + "planner: {feasibility: gpc}\n")
    answer = cli("ask", "c.yaml")
    assert answer.code == 2
    assert "dirichlet" in answer.err


def test_a_campaign_file_without_it_is_recorded_as_before() -> None:
    data = yaml.safe_load(SPEC)
    assert "feasibility" not in parse_spec(data).model_dump(mode="json")["planner"]
    chosen = parse_spec({**data, "planner": {"feasibility": "dirichlet"}})
    assert chosen.model_dump(mode="json")["planner"]["feasibility"] == "dirichlet"

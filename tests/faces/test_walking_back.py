"""``correct --undo``, again and again: back through the corrections, whatever they were, and never forth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPEC = """\
name: glue
space:
  water: {min: 0, max: 10, unit: mL}
objectives:
  viscosity: {goal: max, unit: mPa*s}
  strength: {goal: max, of: "force / 2"}
measured: {force: {unit: N}}
budget: {experiments: 10}
seed: 3
"""
Cli = Callable[..., Any]


@pytest.fixture
def glue(cli: Cli, folder: Path) -> Cli:
    """A campaign by hand with a result: viscosity 5 and force 8, with no uncertainty."""
    (folder / "glue.yaml").write_text(SPEC)
    assert cli("ask", "glue.yaml", "-n", 2).code == 0
    told(cli, "experiment,viscosity,force\ne0001,5,8\n")
    return cli


def told(cli: Cli, text: str, *options: str) -> None:
    Path("table.csv").write_text(text)
    found = cli("tell", "last", "table.csv", *options)
    assert found.code == 0, found.err


def corrected(cli: Cli, *values: str) -> None:
    found = cli("correct", "last", "e0001", *values, "--reason", "typo")
    assert found.code == 0, found.err


def undone(cli: Cli) -> dict[str, Any]:
    """Take the last correction back, and return the experiment's measurements, uncertainties and status."""
    found = cli("correct", "last", "e0001", "--undo", "--reason", "no")
    assert found.code == 0, found.err
    return now(cli)


def now(cli: Cli) -> dict[str, Any]:
    run = json.loads(cli("show", "last", "e0001", "--json").out.splitlines()[-1])
    return {name: item["value"] for name, item in run["measurements"].items()}


def refused(cli: Cli) -> str:
    found = cli("correct", "last", "e0001", "--undo", "--reason", "no")
    assert found.code == 2
    return str(found.err)


def test_a_second_undo_goes_to_the_value_before_the_correction_before(glue: Cli) -> None:
    corrected(glue, "viscosity=6")
    corrected(glue, "force=10")
    corrected(glue, "viscosity=7", "force=12")
    assert undone(glue) == {"viscosity": 6, "force": 10, "strength": 5}
    assert undone(glue) == {"viscosity": 6, "force": 8, "strength": 4}
    assert undone(glue) == {"viscosity": 5, "force": 8, "strength": 4}
    assert "is what it was before it was corrected: there is nothing to take back" in refused(glue)
    assert glue("replay", "last").code == 0
    assert glue("verify", "last").code == 0


def test_a_correction_after_an_undo_is_the_next_to_be_taken_back(glue: Cli) -> None:
    corrected(glue, "viscosity=6")
    corrected(glue, "viscosity=7")
    assert undone(glue)["viscosity"] == 6
    corrected(glue, "viscosity=8")
    assert [undone(glue)["viscosity"] for _ in range(2)] == [6, 5]
    refused(glue)


def test_undoing_goes_on_behind_a_failure_and_a_retraction(glue: Cli) -> None:
    corrected(glue, "viscosity=6")
    told(glue, "experiment,viscosity,force,failed\ne0001,,,it gelled\n", "--correct")
    told(glue, "experiment,viscosity,force\ne0001,9,2\n", "--correct")
    assert glue("retract", "last", "e0001", "--reason", "spilled").code == 0
    assert glue("retract", "last", "e0001", "--undo", "--reason", "it was not").code == 0
    assert undone(glue) == {}
    assert undone(glue) == {"viscosity": 6, "force": 8, "strength": 4}
    assert undone(glue)["viscosity"] == 5
    refused(glue)


def test_notes_and_an_uncertainty_that_came_with_a_correction_go_with_it(glue: Cli) -> None:
    told(glue, "experiment,viscosity,force,remark\ne0001,5,,clear\n")
    told(glue, "experiment,viscosity,viscosity_uncertainty,force,remark\ne0001,6,0.5,,cloudy\n", "--correct")
    assert undone(glue)["viscosity"] == 5
    run = json.loads(glue("show", "last", "e0001", "--json").out.splitlines()[-1])
    assert run["measurements"]["viscosity"]["uncertainty"] is None
    assert run["notes"] == {"remark": "clear"}
    refused(glue)

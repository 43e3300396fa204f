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


def retracted(cli: Cli, *outcomes: str, undo: bool = False) -> Any:
    return cli("retract", "last", "e0001", *outcomes, "--reason", "wrong flask", *(["--undo"] if undo else []))


def test_one_outcome_is_retracted_with_what_is_worked_out_of_it_and_comes_back(glue: Cli) -> None:
    assert now(glue) == {"viscosity": 5, "force": 8, "strength": 4}
    found = retracted(glue, "force")
    assert found.code == 0, found.err
    assert found.out.startswith("e0001 corrected (force 8 N -> nothing, strength 4 -> nothing) by tester: wrong flask")
    assert now(glue) == {"viscosity": 5}
    status = json.loads(glue("status", "last", "--json").out)
    assert status["waits_for"]["e0001"] == ["force"]
    told(glue, "experiment,viscosity,force\ne0001,5,8\n")
    assert now(glue) == {"viscosity": 5}, "a table from before does not bring it back"
    assert retracted(glue, "force", undo=True).code == 0
    assert now(glue) == {"viscosity": 5, "force": 8, "strength": 4}
    assert glue("replay", "last").code == 0


def test_what_came_later_can_be_taken_out_and_walked_back(glue: Cli) -> None:
    told(glue, "experiment,viscosity,force\ne0002,6,\n")
    told(glue, "experiment,viscosity,force\ne0002,6,9\n")
    said = glue("correct", "last", "e0002", "--undo", "--reason", "no")
    assert "e0002 force takes out what came later" in said.err
    assert glue("retract", "last", "e0002", "force", "--reason", "wrong flask").code == 0
    assert glue("correct", "last", "e0002", "--undo", "--reason", "it was right").code == 0
    assert glue("correct", "last", "e0002", "--undo", "--reason", "no").code == 2


def test_an_outcome_taken_out_and_measured_again_is_not_walked_back_past_that(glue: Cli) -> None:
    corrected(glue, "force=10")
    assert retracted(glue, "force").code == 0
    told(glue, "experiment,viscosity,force\ne0001,,12\n")
    assert now(glue)["force"] == 12
    assert "there is nothing to take back" in refused(glue)
    assert "force of e0001 has a value" in retracted(glue, "force", undo=True).err


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        (["viscosity", "force"], "nothing would be left of the result of e0001"),
        (["strength"], "strength is worked out of force"),
        (["forse"], "did you mean 'force'"),
        (["water"], "e0001 has no value of 'water'"),
    ],
)
def test_what_cannot_be_taken_out_is_refused_and_changes_nothing(glue: Cli, outcomes: list[str], why: str) -> None:
    before = glue("head", "last").out
    found = retracted(glue, *outcomes)
    assert (found.code, why in found.err) == (2, True), found.err
    assert glue("head", "last").out == before


def test_where_a_failure_was_run_can_be_corrected_and_taken_back(glue: Cli) -> None:
    told(glue, "experiment,viscosity,force\ne0002,failed,\n")
    found = glue("correct", "last", "e0002", "water=9.5", "--reason", "read the wrong line")
    assert found.code == 0, found.err
    run = json.loads(glue("show", "last", "e0002", "--json").out)
    assert (run["status"], run["achieved"]) == ("failed", {"water": 9.5})
    assert glue("correct", "last", "e0002", "viscosity=3", "--reason", "x").code == 2
    assert glue("correct", "last", "e0002", "--undo", "--reason", "no").code == 0
    assert json.loads(glue("show", "last", "e0002", "--json").out).get("achieved", {}) == {}


def test_one_outcome_is_retracted_from_python_too(glue: Cli) -> None:
    import zosimos as zo

    with zo.Campaign.open("last") as campaign:
        assert list(campaign.retract("e0001", "force", reason="wrong flask").outcomes) == ["viscosity"]
        back = campaign.retract("e0001", "force", undo=True, reason="it was right")
        assert {name: item.value for name, item in back.outcomes.items()} == {"viscosity": 5, "force": 8, "strength": 4}


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("force=failed", "zosimos tell ID TABLE --correct makes a failure of it"),
        ("force=", "zosimos retract ID EXPERIMENT force"),
        ("force=n/a", "zosimos retract ID EXPERIMENT force"),
        ("Force=3", "did you mean 'force'?"),
    ],
)
def test_a_correction_that_gives_no_value_says_what_to_do(glue: Cli, given: str, fix: str) -> None:
    found = glue("correct", "last", "e0001", given, "--reason", "x")
    assert (found.code, fix in found.err) == (2, True), found.err

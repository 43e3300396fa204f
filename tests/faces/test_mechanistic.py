"""End to end, by hand: a formula with fitted constants carries a campaign beyond what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

SPEC = """\
name: kinetics
space:
  temperature: {min: 20, max: 120, unit: degC}
  pressure: {min: 1, max: 5, unit: bar}
objectives:
  rate: {goal: target, target: 40, unit: 1/h}
budget: {experiments: 9}
"""
FORMULA = "k0 * exp(-Ea / (8.314 * (temperature + 273.15))) * pressure"
MECHANISTIC = (
    f'planner: {{surrogate: mechanistic, formula: "{FORMULA}", constants: {{k0: [1e5, 1e12], Ea: [2e4, 12e4]}}}}'
)
SEEN = ((20, 1), (30, 4), (40, 2), (50, 1), (55, 5), (60, 3))  # all of them far below the target


def rate(temperature: float, pressure: float) -> float:
    return 4e8 * math.exp(-5.5e4 / (8.314 * (temperature + 273.15))) * pressure


def worst_of_three(cli: Cli, folder: Path, planner: str, name: str) -> tuple[float, list[float], str]:
    """Tell six results, then ask and tell three times: how near to the target it came, how wrong, and the id."""
    (folder / f"{name}.yaml").write_text(SPEC + planner + "\n")
    (folder / "told.csv").write_text(
        "\n".join(["temperature,pressure,rate", *(f"{t},{p},{rate(t, p)}" for t, p in SEEN)]) + "\n"
    )
    # a campaign by hand is made by the first question, which needs no results
    first = cli("ask", f"{name}.yaml", "--json")
    assert first.code == 0, first.err
    campaign = first.json["campaign"]
    assert cli("tell", campaign, "told.csv").code == 0
    distances, errors = [], []
    for _ in range(3):
        (asked,) = cli("ask", campaign, "--json").json["candidates"]
        found = rate(**asked["values"])
        (folder / "found.csv").write_text(f"experiment,rate\n{asked['experiment']},{found}\n")
        assert cli("tell", campaign, "found.csv").code == 0
        distances.append(abs(found - 40))
        errors.append(abs(asked["predictions"]["rate"]["mean"] - found))
    return min(distances), errors, campaign


@pytest.mark.slow
def test_a_campaign_whose_results_follow_the_formula_needs_fewer_experiments_with_it(cli: Cli, folder: Path) -> None:
    near, errors, campaign = worst_of_three(cli, folder, MECHANISTIC, "with")
    assert near < 2
    assert errors[0] < 2
    plain, plain_errors, _ = worst_of_three(cli, folder, "planner: {surrogate: gp}", "without")
    usual, usual_errors, _ = worst_of_three(cli, folder, "", "usual")
    assert min(plain, usual) > 3 * near
    assert min(plain_errors[0], usual_errors[0]) > 3 * errors[0]
    assert cli("replay", campaign).code == 0
    card = cli("explain", campaign, "--model", "--json").json["models"]["rate"]
    assert card["name"] == "mechanistic"
    assert card["hyperparameters"]["mechanism"] == FORMULA
    assert card["hyperparameters"]["Ea"] == pytest.approx(5.5e4, rel=0.03)


@pytest.mark.slow
def test_the_formula_can_be_steered_and_taken_back(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(SPEC + MECHANISTIC + "\n")
    campaign = cli("ask", "c.yaml", "--json").json["campaign"]
    line = "a + b * temperature"
    assert (
        cli(
            "steer", campaign, "--set", f"planner.formula={line}", "--set", "planner.constants={a: [0, 9], b: [0, 1]}"
        ).code
        == 0
    )
    assert cli("steer", campaign, "--set", "planner={surrogate: committee}").code == 0
    assert cli("ask", campaign).code == 0
    assert cli("replay", campaign).code == 0


def test_a_formula_that_cannot_be_fitted_is_refused_in_one_block(cli: Cli, folder: Path) -> None:
    (folder / "c.yaml").write_text(SPEC + "planner: {surrogate: mechanistic}\n")
    answer = cli("ask", "c.yaml")
    assert answer.code == 2
    assert "planner.formula" in answer.err
    assert "needs a formula" in answer.err

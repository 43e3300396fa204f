"""`zosimos explain`: planted rules and formulas come out of finished campaigns, and what cannot be told is said."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

RULE = """\
name: planted rule
space:
  temperature: {min: 20, max: 100, unit: degC}
  flow: {levels: [1, 2, 3], unit: mL/min}
  solvent: {choices: [water, ethanol, toluene]}
objectives:
  yield: {goal: max, unit: percent}
lab: {kind: pool, file: rule.csv}
planner: {kind: KIND, start: 8}
batch: 6
budget: {experiments: 48}
"""

FORMULA = """\
name: planted formula
objectives:
  y: {goal: max}
lab: {kind: pool, file: formula.csv}
planner: {kind: random}
budget: {experiments: 30}
"""


def rule_table(smooth: float) -> str:
    lines = ["temperature,flow,solvent,yield"]
    for temperature in range(20, 105, 5):
        for flow in (1, 2, 3):
            for solvent in ("water", "ethanol", "toluene"):
                works = temperature > 60 and solvent == "ethanol"
                value = (10 if works else 1) + smooth * math.sin(temperature / 20) + 0.05 * flow
                lines.append(f"{temperature},{flow},{solvent},{value:.4f}")
    return "\n".join(lines) + "\n"


def formula_table() -> str:
    noise = random.Random(1)
    lines = ["a,b,c,y"]
    for a in range(9):
        for b in range(11):
            for c in (1, 2, 4):
                x, z = a / 4, b / 4 - 1
                lines.append(f"{x},{z},{c},{2 * x - 3 * z**2 + noise.gauss(0, 0.1):.4f}")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "smooth"), [("random", 0.3), ("bayesian", 1.5)])
def test_a_planted_rule_comes_out_of_a_finished_campaign(cli: Cli, folder: Path, kind: str, smooth: float) -> None:
    (folder / "rule.csv").write_text(rule_table(smooth))
    (folder / "rule.yaml").write_text(RULE.replace("KIND", kind))
    assert cli("run", "rule.yaml", "--no-report", "--json").code == 0
    answer = cli("explain", "last", "--bootstraps", 0, "--json")
    assert answer.code == 0, answer.err
    (item,) = answer.json["objectives"]
    splits = item["rules"]["splits"]
    assert {split["parameter"] for split in splits} == {"temperature", "solvent"}
    assert {split["choice"] for split in splits if split["parameter"] == "solvent"} == {"ethanol"}
    assert any(55 <= split["threshold"] < 65 for split in splits if split["parameter"] == "temperature")
    best = item["rules"]["rules"][0]
    assert "solvent is ethanol" in best["conditions"]
    assert any("temperature" in condition for condition in best["conditions"])
    assert best["value"] == pytest.approx(10, abs=0.5 + smooth)
    assert item["rules"]["r2_data"] > 0.5
    assert item["formula"]["text"].startswith("no simple formula fits")


@pytest.mark.slow
def test_effects_of_a_planted_rule_are_those_of_two_parameters_together(cli: Cli, folder: Path) -> None:
    (folder / "rule.csv").write_text(rule_table(1.5))
    (folder / "rule.yaml").write_text(RULE.replace("KIND", "random"))
    cli("run", "rule.yaml", "--no-report", "--json")
    (item,) = cli("explain", "last", "--bootstraps", 0, "--json").json["objectives"]
    assert item["fit"] > 0.9
    assert item["rules"]["r2_surrogate"] > 0.7
    assert item["effects"]["pairs"][0]["parameters"] == ["temperature", "solvent"]
    assert item["effects"]["main"][1]["share"] < 0.02
    assert item["best"]["shares"][2]["share"] > 1  # what ethanol adds
    assert item["stability"] is None


@pytest.mark.slow
def test_a_planted_formula_comes_out_with_its_signs(cli: Cli, folder: Path) -> None:
    (folder / "formula.csv").write_text(formula_table())
    (folder / "formula.yaml").write_text(FORMULA)
    assert cli("run", "formula.yaml", "--no-report", "--json").code == 0
    answer = cli("explain", "last", "--bootstraps", 3, "--json")
    (item,) = answer.json["objectives"]
    found = {term["term"]: term["coefficient"] for term in item["formula"]["terms"]}
    assert found == {"a": pytest.approx(2, abs=0.1), "b^2": pytest.approx(-3, abs=0.1)}
    assert item["formula"]["given"] is True
    assert {term["term"]: term["share"] for term in item["stability"]["terms"]} == {"a": 1.0, "b^2": 1.0}
    assert [one["share"] < 0.02 for one in item["effects"]["main"]] == [False, False, True]
    people = cli("explain", "last", "--bootstraps", 3).out
    assert f"  {item['formula']['text']}" in people
    assert f"  {item['rules']['rules'][0]['text']}" in people
    assert "term b^2" in people
    assert "where the models were wrong" in people


@pytest.fixture
def modelled(cli: Cli) -> str:
    """A small campaign of which the Bayesian planner chose the second half."""
    answer = cli("run", "tiny.yaml", "--set", "planner={start: 4}", "--no-report", "--json")
    assert answer.code == 0, answer.err
    return str(answer.json["campaign"])


def test_why_an_experiment_was_chosen(cli: Cli, modelled: str) -> None:
    data = cli("explain", modelled, "e0006", "--json").json
    assert (data["campaign"], data["experiment"], data["decision"], data["known"]) == (modelled, "e0006", "d0002", 4)
    assert data["origin"] == "bayesian"
    assert data["reproduced"] is True
    assert set(data["values"]) == {"temp", "flow", "solvent"}
    assert len(data["comparison"]["others"]) == 3
    assert len(data["near"]) == 3
    (part,) = data["objectives"]
    shares = [one["share"] for one in part["parts"]["shares"]]
    assert part["parts"]["base"] + sum(shares) == pytest.approx(part["then"]["mean"])
    people = cli("explain", modelled, "e0006").out
    assert "d0002, knowing 4 results" in people
    assert "the same prediction" in people
    assert "the best others at that time" in people
    assert "the nearest results at that time" in people


@pytest.mark.slow
@pytest.mark.parametrize("more", ["acquisition: uncertainty", "acquisition: thompson", "surrogate: gp"])
def test_a_decision_by_other_means_is_made_again_by_these(cli: Cli, more: str) -> None:
    run = cli(
        "run", "tiny.yaml", "--set", f"planner={{start: 4, {more}}}", "--set", "budget.experiments=6", "--no-report"
    )
    assert run.code == 0, run.err
    data = cli("explain", "last", "e0006", "--json").json  # the second of its batch
    assert data["reproduced"] is True
    assert data["comparison"]["place"] == 1
    assert data["comparison"]["chosen"]["gain"] == data["gain"]


def test_why_a_space_filling_experiment_was_chosen(cli: Cli, modelled: str) -> None:
    answer = cli("explain", modelled, "e0001")
    assert answer.code == 0
    assert "space filling" in answer.out
    assert "note: 0 usable results when it was chosen" in answer.out


def test_several_objectives_are_explained_one_after_the_other(cli: Cli, folder: Path) -> None:
    lines = (folder / "pool.csv").read_text().splitlines()
    costed = [f"{lines[0]},cost", *(f"{line},{100 - i}" for i, line in enumerate(lines[1:]))]
    (folder / "pool.csv").write_text("\n".join(costed) + "\n")
    assert cli("run", "tiny.yaml", "--no-report", "--set", "objectives.cost={goal: min}").code == 0
    people = cli("explain", "last", "--bootstraps", 0).out
    assert people.index("rules for yield (%)") < people.index("rules for cost, ")
    assert cli("explain", "last", "e0008").out.index("yield") < cli("explain", "last", "e0008").out.rindex("cost")


@pytest.mark.parametrize("count", [1, 4])
def test_few_results_are_explained_as_far_as_they_go(cli: Cli, count: int) -> None:
    assert cli("run", "tiny.yaml", "--no-report", "--set", f"budget.experiments={count}").code == 0
    people = cli("explain", "last")
    assert people.code == 0, people.err
    assert f"note: {count} of the 5 measured experiments" in people.out
    data = cli("explain", "last", "--json").json
    assert data["objectives"] == []
    assert len(data["notes"]) == 2


def test_a_campaign_without_a_result_is_explained_as_far_as_it_goes(cli: Cli) -> None:
    cli("ask", "tiny.yaml")
    people = cli("explain", "last")
    assert people.code == 0
    assert "no prediction has met its result yet" in people.out
    assert cli("explain", "last", "e0002").code == 0


def test_what_is_not_there_is_refused_in_one_block(cli: Cli) -> None:
    def refused(*arguments: object) -> dict[str, Any]:
        answer = cli(*arguments, "--json")
        assert answer.code == 2
        assert "Traceback" not in answer.err
        error: dict[str, Any] = answer.json["error"]
        assert answer.err.startswith(f"error: {error['message']}")
        return error

    assert refused("explain", "c-1")["type"] == "NotFoundError"
    cli("ask", "tiny.yaml")
    assert "c-1" in refused("explain", "c-1")["message"]
    assert "e0999" in refused("explain", "last", "e0999")["message"]
    assert refused("explain", "last", "--bootstraps", "-1")["type"] == "UsageError"
    assert refused("explain", "last", "--bootstraps", "many")["type"] == "UsageError"


def test_explaining_writes_nothing(cli: Cli, modelled: str) -> None:
    before = cli("head", modelled).out
    assert cli("explain", modelled, "e0007", "--json").code == 0
    assert cli("explain", modelled, "--bootstraps", 0, "--json").code == 0
    assert cli("head", modelled).out == before


@pytest.mark.slow
def test_the_same_record_is_explained_the_same_way(cli: Cli, modelled: str) -> None:
    answers = [cli("explain", modelled, "--bootstraps", 2, "--json").json for _ in range(2)]
    assert answers[0] == answers[1]


def test_models_are_tested_on_held_out_results_and_open_experiments_are_placed(cli: Cli, folder: Path) -> None:
    (folder / "line.yaml").write_text(
        "name: line\nspace: {x: {min: 0, max: 1}}\nobjectives: {y: {goal: max}}\nbudget: {experiments: 30}\n"
        "approval: suggest\n"
    )
    assert cli("ask", "line.yaml", "-n", "1").code == 0
    groups = [(middle + step / 100, level) for middle, level in ((0.1, 0), (0.5, 7), (0.9, -3)) for step in range(5)]
    (folder / "results.csv").write_text("\n".join(["x,y", *(f"{x},{level + x}" for x, level in groups)]) + "\n")
    assert cli("tell", "last", "results.csv").code == 0
    shown = " ".join(cli("explain", "last", "--model").out.split())
    assert "results that the model was fitted without" in shown
    assert "one region at a time" in shown
    assert "fitted without the best fifth" in shown
    assert "distance of open experiments to all results" in shown
    data = cli("explain", "last", "--model", "--json").json
    folds, regions = data["held_out"]["y"]["left_out"]
    assert (folds["way"], regions["way"]) == ("folds", "regions")
    assert regions["error"] > 3 * folds["error"]
    (placed,) = data["domains"]
    assert (placed["experiment"], placed["status"], placed["known"]) == ("e0001", "proposed", 15)
    assert data["notes"] == []


def test_why_models_are_not_tested_on_few_results_is_said(cli: Cli, folder: Path) -> None:
    assert cli("run", "tiny.yaml").code == 0
    shown = " ".join(cli("explain", "last", "--model").out.split())
    assert "note: yield: 8 results; checks on held-out ones need 10" in shown
    assert "distance of the last experiments to the results before them" in shown


def test_the_planners_card_says_first_whether_planning_pays(cli: Cli, modelled: str) -> None:
    data = cli("explain", modelled, "--planner", "--json").json
    assert data["verdict"] in ("too early", "pays", "does not pay", "open")
    assert all(item["error"] >= 0 for item in data["predictions"])
    people = cli("explain", modelled, "--planner").out
    assert " ".join(people.split()).startswith(data["words"])
    assert "models by weight" in people

"""Campaigns whose objective is made of measured quantities: the file, results by hand, what is shown, and stopping."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted_lab import Campaign, ScriptedLab, golden
from told_tables import reading, results

from zosimos.campaign.control.tables import experiments_csv, export_json
from zosimos.campaign.decisions.decide import decide
from zosimos.campaign.decisions.replay import replay
from zosimos.campaign.definition.build import build_objectives, outcome_names
from zosimos.campaign.definition.model import CampaignSpec
from zosimos.campaign.definition.read import parse_spec
from zosimos.campaign.definition.steer import plain, steered
from zosimos.campaign.explain.model_cards import model_cards
from zosimos.campaign.ledger.store import Ledger
from zosimos.campaign.ledger.verify import Head
from zosimos.campaign.report.page import write_report
from zosimos.campaign.setup import assemble
from zosimos.campaign.tables.writing import proposals_csv
from zosimos.campaign.views import status
from zosimos.core.errors import DataError, ExecutionError, SpecError
from zosimos.core.objective import to_measure
from zosimos.core.records import Measurement

COST = {"cost": {"goal": "min", "unit": "1/W", "of": "price / power"}}


def spec(**more: Any) -> CampaignSpec:
    data = {"name": "cell", "space": {"x": {"min": 0, "max": 1}}, "objectives": COST, "budget": {"experiments": 9}}
    return parse_spec({**data, **more})


def refused(**more: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        assemble(spec(**more), {})
    return caught.value


# --- the file


def test_names_are_parameters_constants_or_else_measured() -> None:
    found = spec(
        objectives={"cost": {"goal": "min", "of": "(price * x + fee) / power"}},
        constants={"fee": 2},
        measured={"power": {"unit": "W", "min": "0 mW"}},
    )
    (objective,) = build_objectives(found)
    assert objective.of is not None
    assert objective.of.parameters == ("x",)
    assert dict(objective.of.constants) == {"fee": 2.0}
    assert [(one.name, one.unit) for one in to_measure([objective])] == [("price", ""), ("power", "W")]
    assert objective.of.quantities[1].low == 0.0
    assert outcome_names(found) == ["cost", "price", "power"]


@pytest.mark.parametrize("name", ["µ", "ﬁ", "Å"])
def test_a_name_that_python_reads_as_another_is_itself_in_a_formula(name: str) -> None:
    """The micro sign of a keyboard is not the Greek letter that Python makes of it."""
    of = {"e": {"goal": "min", "of": f"L / {name}"}}
    (objective,) = build_objectives(spec(objectives=of, measured={name: {"unit": "W"}}))
    assert objective.of is not None
    assert [one.name for one in objective.of.quantities] == ["L", name]
    assert objective.of.measured({"L": (6.0, None), name: (2.0, None)}, {})[0] == 3.0
    (objective,) = build_objectives(spec(objectives=of, constants={name: 4}))
    assert objective.of is not None
    assert objective.of.measured({"L": (6.0, None)}, {})[0] == 1.5


def test_numbers_of_the_lab_are_constants() -> None:
    lab = {"kind": "colour", "target": [1, 2, 3], "volume": "1.5 mL"}
    found = spec(lab=lab, objectives={"e": {"goal": "min", "of": "ciede2000(L, a, b, target)"}})
    (objective,) = build_objectives(found)
    assert objective.of is not None
    assert dict(objective.of.constants) == {"target": (1.0, 2.0, 3.0)}


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"objectives": {"e": {"goal": "min", "of": "hue(L)"}}}, "objectives.e.of", "no method or function 'hue'"),
        ({"objectives": {"e": {"goal": "min", "of": "2 * x"}}}, "objectives.e.of", "no measured quantity"),
        ({"objectives": {"e": {"goal": "min", "of": "e + L"}}}, "objectives.e.of", "made of itself"),
        (
            {"objectives": {"e": {"goal": "min", "of": "f + L"}, "f": {"goal": "max", "of": "e"}}},
            "objectives.e.of",
            "made of f, which is made of others",
        ),
        ({"objectives": {"e": {"goal": "min", "of": "ciede2000(L, a, b)"}}}, "objectives.e.of", "3 arguments"),
        ({"objectives": {"e": {"goal": "min", "of": "L +"}}}, "objectives.e.of", "arithmetic such as a + 2*b"),
        ({"measured": {"pwoer": {"unit": "W"}}}, "measured.pwoer", "no formula of an objective names pwoer"),
        ({"constants": {"fee": 1}}, "constants.fee", "no formula of an objective names fee"),
        (
            {
                "objectives": {"e": {"goal": "min", "of": "L / \N{GREEK SMALL LETTER MU}"}},
                "measured": {"\N{MICRO SIGN}": {}},
            },
            "measured.\N{MICRO SIGN}",
            "look the same: copy the name",
        ),
        ({"constants": {"x": 1}}, "constants.x", "something else, too"),
        ({"measured": {"power": {"min": 3, "max": 1}}}, "measured.power.min", "min is not below max"),
        ({"constants": {"fee": "dear"}}, "constants.fee", "not a number"),
        ({"constants": {"fee": [1, []]}}, "constants.fee", "not a number"),
        ({"constants": {"fee": []}}, "constants.fee", "1 to 200 numbers"),
        ({"measured": {"power": {"unit": "parsnips"}}}, "measured.power.unit", "unknown unit"),
        (
            {
                "space": {"x": {"min": 0, "max": 1}, "dye": {"choices": ["a", "b"]}},
                "objectives": {"e": {"goal": "min", "of": "L * dye"}},
            },
            "objectives.e.of",
            "dye is a choice",
        ),
        (
            {"objectives": {**COST, "power": {"goal": "max", "unit": "W"}}, "measured": {"power": {"unit": "kW"}}},
            "measured.power.unit",
            "in another unit",
        ),
        ({"planner": {"acquisition": "knowledge-gradient"}}, "planner.acquisition", "would not be used"),
        ({"planner": {"replicates": "when-useful"}}, "planner.replicates", "would not be used"),
        ({"space": {"x": {"min": 0, "max": 1, "error": 0.1}}}, "space.x.error", "would not be used"),
    ],
)
def test_what_is_wrong_with_a_formula_is_refused_by_its_field(more: dict[str, Any], field: str, words: str) -> None:
    try:
        error = refused(**more)
    except SpecError as found:  # parts of a file are checked when it is read
        error = found
    assert words in str(error)
    assert field in str(error)


def test_a_file_without_formulas_is_stored_as_it_always_was() -> None:
    stored = plain(spec(objectives={"y": {"goal": "max"}}))
    assert "of" not in stored["objectives"]["y"]
    assert not {"measured", "constants"} & set(stored)


def test_what_an_objective_is_made_of_cannot_be_steered() -> None:
    start = spec(measured={"power": {"unit": "W"}})
    assert parse_spec(plain(start)) == start
    for path, value in (
        ("objectives.cost.of", "price * power"),
        ("objectives.cost.of", None),
        ("measured.power.unit", "kW"),
    ):
        with pytest.raises(SpecError, match="cannot be steered"):
            steered(start, {path: value})
    assert steered(start, {"objectives.cost.goal": "max"})[1]


# --- by hand


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Campaign(ledger, None, approval="suggest", objectives=COST, measured={"power": {"unit": "W", "min": 0}})


def told(campaign: Campaign, text: str) -> list[str]:
    return campaign.commands.tell(campaign.setup, results(campaign.state, text.encode()))


def test_a_person_tells_what_is_measured_and_sees_the_objective_beside_it(campaign: Campaign) -> None:
    (proposed,) = campaign.commands.ask(campaign.setup, 1, golden)
    header = proposals_csv(campaign.state, [proposed]).splitlines()[0]
    assert header == "experiment,x,price,price_uncertainty,power (W),power_uncertainty,failed"
    told(campaign, "experiment,price,price_uncertainty,power (W),power_uncertainty\ne0001,6,0.6,2,0.02\n")
    found = campaign.experiment("e0001").measurements
    assert (found["cost"].value, found["cost"].unit) == (3.0, "1/W")
    assert found["cost"].uncertainty == pytest.approx(0.3, rel=0.02)
    assert found["power"].unit == "W"
    outcomes = status(campaign.state)["best"]["outcomes"]
    assert list(outcomes) == ["cost", "price", "power"]
    (row,) = csv.DictReader(experiments_csv(campaign.state).splitlines())
    assert (row["cost"], row["price"], row["power"]) == ("3.0", "6.0", "2.0")
    assert set(export_json(campaign.state)["runs"][0]["measurements"]) == {"cost", "price", "power"}


def test_a_model_card_says_how_the_objective_is_worked_out_of_its_parts(campaign: Campaign) -> None:
    told(campaign, "x,price,power\n0.1,6,2\n0.4,5,2.5\n0.8,3,1\n")
    cards = model_cards(campaign.state, campaign.setup)
    assert list(cards) == ["price", "power", "cost"]
    assert cards["cost"].models == "cost = price / power, from draws of price, power."
    assert cards["cost"].rows == 3


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("x,cost\n0.5,3\n", DataError, "price"),
        ("x,price,power\n0.5,3,0\n", DataError, "no value at power 0, price 3"),
        ("x,price,power\n0.5,3,nan\n", DataError, "power"),
    ],
)
def test_a_missing_or_impossible_part_is_refused_by_its_name_and_nothing_is_recorded(
    campaign: Campaign, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        told(campaign, text)
    assert words in str(caught.value)
    assert campaign.state.observations == []


def test_a_part_may_come_later_and_the_objective_follows(campaign: Campaign) -> None:
    told(campaign, "x,price\n0.5,3\n")
    (name,) = campaign.state.experiments
    assert list(campaign.state.experiments[name].measurements) == ["price"]
    told(campaign, f"experiment,power\n{name},1.5\n")
    assert campaign.state.experiments[name].measurements["cost"].value == 2.0


def test_a_results_table_may_come_in_other_units_of_the_parts(campaign: Campaign) -> None:
    from zosimos.campaign.record.results import by_objective

    parts = [Measurement("price", 6.0), Measurement("power", 2000.0, 20.0, "mW")]
    found = by_objective(parts, campaign.setup.objectives(campaign.state.spec), "", {"x": 0.5})
    assert (found["power"].value, found["cost"].value) == (2.0, 3.0)
    with pytest.raises(ExecutionError, match="did not measure power, which cost is made of"):
        by_objective(parts[:1], campaign.setup.objectives(campaign.state.spec), "", {"x": 0.5})


def test_an_objective_is_as_good_as_the_least_of_its_parts(campaign: Campaign) -> None:
    from zosimos.campaign.record.results import by_objective

    objectives = campaign.setup.objectives(campaign.state.spec)
    parts = [Measurement("price", 6.0, quality="suspect"), Measurement("power", 2.0)]
    assert by_objective(parts, objectives, "", {})["cost"].quality == "suspect"
    parts = [Measurement("price", 6.0), Measurement("power", 2.0, origin="extracted")]
    assert not by_objective(parts, objectives, "", {})["cost"].trains


# --- in a lab


def measured(task: Any) -> list[Measurement]:
    x = float(task.values["x"])
    found = {"u": x**2, "v": 0.5 - x}
    return [Measurement(name, value, 0.01, origin="simulated") for name, value in found.items()]


def in_lab(ledger: Ledger, folder: Path, **more: Any) -> Campaign:
    objectives = {"off": {"goal": "min", "of": "sqrt((u - 0.16)**2 + (v - 0.1)**2)"}}
    lab = ScriptedLab(folder / "journal", measure=measured)
    return Campaign(ledger, lab, **{"objectives": objectives, "planner": {"start": 3}, **more})


@pytest.mark.slow
def test_a_campaign_in_a_lab_learns_the_parts_and_replays(ledger: Ledger, tmp_path: Path) -> None:
    made = in_lab(ledger, tmp_path, batch=2, budget={"experiments": 8})
    made.run(decide=decide)
    values = [item.measurements["off"].value for item in made.state.experiments.values()]
    assert len(values) == 8
    assert min(values) < 0.02
    last = made.experiment("e0008")
    assert set(last.candidate.predictions) == set(last.surprise) == {"off", "u", "v"}
    assert "(of u " in last.candidate.reason
    events = list(ledger.events(made.record.campaign))
    assert replay(made.record.campaign, events, made.setup).divergence is None
    text = write_report(made.state, Head(made.state.seq, made.state.head), tmp_path / "report.html").read_text()
    for words in ("made of u, v", ">u<", ">v<"):
        assert words in text


@pytest.mark.slow
def test_a_goal_is_reached_surely_by_what_the_parts_say(ledger: Ledger, tmp_path: Path) -> None:
    stop: Mapping[str, Any] = {"reach": {"off": 0.05}, "confidence": 0.8, "regret": 0.001}
    made = in_lab(ledger, tmp_path, stop=stop, budget={"experiments": 12})
    made.run(decide=decide)
    assert made.state.used < 12
    assert "reached" in made.state.reason or "no untried" in made.state.reason


def test_a_part_that_the_lab_does_not_measure_fails_the_experiment_and_says_so(ledger: Ledger, tmp_path: Path) -> None:
    made = in_lab(ledger, tmp_path, objectives={"off": {"goal": "min", "of": "u + w"}}, stop={"failures": 1})
    made.run(decide=golden)
    assert "did not measure w, which off is made of" in made.experiment("e0001").reason


def test_a_column_of_an_objective_that_is_worked_out_is_a_note(campaign: Campaign) -> None:
    found = reading(campaign.state, b"x,price,power,cost\n0.5,3,1,99\n")
    campaign.commands.tell(campaign.setup, found.results)
    experiment = campaign.experiment("e0001")
    assert experiment.measurements["cost"].value == 3.0
    assert experiment.notes == {"cost": "99"}
    assert "cost is worked out" in "\n".join(found.summary.lines())


def test_an_objective_is_not_worked_out_from_a_limit(campaign: Campaign) -> None:
    with pytest.raises(DataError, match="line 2: cost cannot be worked out: of power only a limit is known"):
        told(campaign, "x,price,power\n0.5,3,<1\n")

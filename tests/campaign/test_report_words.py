"""What a report says in words and tables: numbers from the record, with the experiments they rest on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import zosimos as zo
from zosimos.campaign.definition.build import build_objectives
from zosimos.campaign.report.subject import Subject
from zosimos.campaign.report.words.colours import palette
from zosimos.campaign.report.words.experiments import experiment_table
from zosimos.campaign.report.words.learned import MOST, learned
from zosimos.campaign.report.words.outlook import outlook
from zosimos.campaign.report.words.quality import quality
from zosimos.campaign.report.words.sentences import Sentence
from zosimos.core.records import Prediction

SPEC: dict[str, Any] = {
    "name": "film",
    "space": {"T": zo.Continuous(20, 80, unit="degC"), "x": zo.Continuous(0, 1)},
    "objectives": {"y": {"goal": "max", "unit": "percent"}},
    "planner": {"kind": "sobol"},
    "budget": {"experiments": 20},
}


def made(folder: Path, values: list[float | None], **more: Any) -> zo.Campaign:
    """A campaign by hand whose experiments came out so, None: it failed."""
    campaign = zo.Campaign.create({**SPEC, **more}, ledger=folder / "lab.db")
    for value in values:
        (row,) = campaign.ask(1)
        campaign.tell(row, failed="spilled") if value is None else campaign.tell(row, {"y": (value, 0.5)})
    return campaign


def words(sentences: list[Sentence]) -> str:
    return "\n".join(sentence.words for sentence in sentences)


def test_what_was_learned_is_said_with_numbers_and_the_experiments_they_rest_on(tmp_path: Path) -> None:
    campaign = made(tmp_path, [40, 52, None, 47, 61, 55, 70, 66])
    found = learned(Subject(campaign._state))
    assert len(found) <= MOST
    assert found[0].words.startswith("The best of 7 results is e0007: y 70.00 ± 0.50 %, at T ")
    assert found[0].rests_on == ("e0007",)
    assert "went from 61.00 ± 0.50, the best of the first 5 results (e0005), to 70.00 ± 0.50 (e0007)" in found[1].words
    assert found[1].rests_on == ("e0005", "e0007", "e0008")
    (failure,) = [one for one in found if "failed" in one.words]
    assert (failure.words, failure.rests_on) == ("1 of 8 experiments failed: “spilled”.", ("e0003",))
    ids = {*campaign._state.experiments}
    assert all({*one.rests_on} <= ids and one.rests_on for one in found)
    campaign.close()


@pytest.mark.slow
def test_models_are_spoken_of_as_far_as_they_are_asked(tmp_path: Path) -> None:
    campaign = made(tmp_path, [float(k) for k in (40, 52, 47, 61, 55, 70, 66, 58)])
    silent, asked = Subject(campaign._state), Subject(campaign._state, campaign._setup)
    assert "As the models see it" not in words(learned(silent))
    assert silent.believed == "The models were not asked for this report."
    told = words(learned(asked))
    assert re.search(r"y depends most on (T|x) \d+ %", told)
    (line,) = quality(asked)
    assert line.outcome == "y (%)"
    assert re.fullmatch(r"[\d.]+ \(8 results\)", line.left_out)
    assert line.worth in ("useful", "rough", "no better than the mean of all results")
    assert re.search(r"(Going on may pay|Little is left to gain|It is hardly worth going on)", words(outlook(asked)))
    campaign.close()


def test_the_outlook_names_what_waits_the_budget_and_the_rule_that_ends_it(tmp_path: Path) -> None:
    campaign = made(tmp_path, [40, 52, 70], stop={"reach": {"y": 90}})
    campaign.ask(2)
    told = outlook(Subject(campaign._state))
    assert told[0].words == "Do e0004 and e0005 and report what came out:"
    assert told[0].command == f"zosimos tell {campaign.id} results.csv"
    assert told[0].rests_on == ("e0004", "e0005")
    assert "The budget allows 15 more experiments." in words(told)
    campaign.tell("e0004", {"y": 91.0})
    told = outlook(Subject(campaign._state))
    assert "By its own rules the campaign is over: the goal is reached by e0004: y 91." in words(told)
    assert any("--set stop.reach.y=" in one.command for one in told)
    campaign.close()


def test_nothing_is_said_of_a_campaign_without_results(tmp_path: Path) -> None:
    campaign = made(tmp_path, [])
    assert learned(Subject(campaign._state)) == []
    assert words(outlook(Subject(campaign._state))).startswith("The budget allows 20 more experiments")
    campaign.close()


@pytest.mark.slow
def test_the_table_shows_what_was_asked_for_achieved_noted_and_corrected(tmp_path: Path) -> None:
    campaign = made(tmp_path, [40, 52, None])
    campaign.correct("e0002", {"y": 57.0}, reason="a typo")
    campaign.retract("e0001", reason="wrong flask")
    campaign.ask(1)
    state = campaign._state
    state.experiments["e0002"].achieved = {"T": 27.46}
    state.experiments["e0002"].notes = {"Bemerkung": "trüb"}
    table = experiment_table(Subject(state))
    assert table.headings == ["y (%)", "T (°C)", "x"]
    assert [(line.id, line.status, line.best) for line in table.lines] == [
        ("e0001", "retracted", False),
        ("e0002", "measured", True),
        ("e0003", "failed", False),
        ("e0004", "approved", False),
    ]
    second = table.lines[1]
    assert (second.cells[0].key, second.cells[1].key) == (57.0, 27.46)
    asked = state.experiments["e0002"].values["T"]
    assert second.cells[1].soft == f"asked for {float(asked):.6g}"
    assert any("57" in remark and "a typo" in remark for remark in second.remarks)
    assert "Bemerkung: trüb" in second.remarks
    assert any("wrong flask" in remark for remark in table.lines[0].remarks)
    assert "spilled" in table.lines[2].remarks[0]
    page = campaign.report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "to do" in page
    assert f"asked for {float(asked):.6g}" in page
    campaign.close()


@pytest.mark.slow
def test_an_experiment_that_lacks_an_outcome_is_shown_with_what_it_has(tmp_path: Path) -> None:
    goals = {"y": {"goal": "max"}, "z": {"goal": "min"}}
    campaign = zo.Campaign.create({**SPEC, "objectives": goals}, ledger=tmp_path / "lab.db")
    for value in (1.0, 2.0):
        (row,) = campaign.ask(1)
        campaign.tell(row, {"y": value, "z": value})
    first = campaign._state.experiments["e0001"]
    first.measurements = {"y": first.measurements["y"]}  # as where an outcome was added on the way
    table = experiment_table(Subject(campaign._state))
    assert [cell.text for cell in table.lines[0].cells[:2]] == ["1", ""]
    assert "e0001" in campaign.report(tmp_path / "r.html").read_text(encoding="utf-8")
    campaign.close()


def test_the_distance_to_a_target_stands_beside_each_result(tmp_path: Path) -> None:
    campaign = made(tmp_path, [6.0, 7.25], objectives={"y": {"goal": "target", "target": 7}})
    table = experiment_table(Subject(campaign._state))
    assert table.headings[1] == "y from target"
    assert [line.cells[1].key for line in table.lines] == [1.0, 0.25]
    assert "(0.25 from the target)" in words(learned(Subject(campaign._state)))
    campaign.close()


def test_a_gain_is_counted_from_results_that_have_every_outcome(tmp_path: Path) -> None:
    goals = {name: {"goal": "max"} for name in ("y", "z")}
    campaign = zo.Campaign.create({**SPEC, "objectives": goals}, ledger=tmp_path / "lab.db")
    for value in (9, 1, 2, 3, 4, 5, 6):
        (row,) = campaign.ask(1)
        campaign.tell(row, {"y": value} if value == 9 else {"y": value, "z": 0})
    told = words(learned(Subject(campaign._state)))
    assert "y went from 5, the best of the first 5 results (e0006), to 6 (e0007), the latest result." in told
    campaign.close()


def test_a_result_of_which_only_a_limit_is_known_is_no_best_one(tmp_path: Path) -> None:
    goals = {name: {"goal": "max"} for name in ("y", "z")}
    campaign = zo.Campaign.create({**SPEC, "objectives": goals}, ledger=tmp_path / "lab.db")
    for value in (1, 2, 3, 4, 5, 6, 99):
        (row,) = campaign.ask(1)
        table = tmp_path / f"{row.id}.csv"
        table.write_text(f"experiment,y,z\n{row.id},{value},{'<0.5' if value == 99 else 0}\n")
        campaign.tell(table)
    told = words(learned(Subject(campaign._state)))
    assert "y went from 5, the best of the first 5 results (e0005), to 6 (e0006), the latest result." in told
    campaign.close()


def test_predictions_are_judged_by_the_spread_of_what_they_predicted(tmp_path: Path) -> None:
    campaign = made(tmp_path, [5, 95, 50, 51, 49, 50.5])
    for experiment in list(campaign._state.experiments.values())[2:]:
        experiment.candidate = replace(experiment.candidate, predictions={"y": Prediction(53.0, 1.0)})
    subject = Subject(campaign._state)
    (line,) = quality(subject)
    assert (line.spread, line.worth) == ("0.74", "no better than the mean of all results")
    assert "these results vary by 0.74 % (standard deviation), so such predictions are no better" in words(
        learned(subject)
    )
    campaign.close()


def test_a_result_is_not_compared_with_what_was_predicted_elsewhere(tmp_path: Path) -> None:
    campaign = made(tmp_path, [50, 51, 49, 50.5])
    (row,) = campaign.ask(1)
    campaign.tell(row, {"y": 90.0}, ran_at={"x": 0.02 if row["x"] > 0.5 else 0.98})
    for experiment in campaign._state.experiments.values():
        experiment.candidate = replace(experiment.candidate, predictions={"y": Prediction(50.0, 1.0)})
    (line,) = quality(Subject(campaign._state))
    assert line.before.endswith("(4 predictions)")
    campaign.close()


def test_why_a_proposal_was_dropped_stands_once(tmp_path: Path) -> None:
    campaign = made(tmp_path, [50])
    (row,) = campaign.ask(1)
    campaign.drop(row, reason="the oven is taken")
    (remark,) = experiment_table(Subject(campaign._state)).lines[1].remarks
    assert remark.endswith("the oven is taken")
    campaign.close()


@pytest.mark.slow
def test_outcomes_that_make_a_colour_are_shown_as_one(tmp_path: Path) -> None:
    goals = {name: {"goal": "max"} for name in ("L", "a", "b")}
    campaign = zo.Campaign.create({**SPEC, "objectives": goals}, ledger=tmp_path / "lab.db")
    (row,) = campaign.ask(1)
    campaign.tell(row, {"L": 100.0, "a": 0.0, "b": 0.0})
    (line,) = experiment_table(Subject(campaign._state)).lines
    assert line.colour == "#ffffff"
    assert "background:#ffffff" in campaign.report(tmp_path / "r.html").read_text(encoding="utf-8")
    campaign.close()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("R", "G", "B"), ("R", "G", "B")),
        (("red", "Green", "BLUE"), ("red", "Green", "BLUE")),
        (("L*", "a*", "b*"), ("L*", "a*", "b*")),
        (("L", "a", "c"), None),
        (("a", "b"), None),
    ],
)
def test_colours_are_told_by_the_names_of_outcomes(
    names: tuple[str, ...], found: tuple[str, ...] | None, tmp_path: Path
) -> None:
    goals = {name: {"goal": "max"} for name in names}
    campaign = zo.Campaign.create({**SPEC, "objectives": goals}, ledger=tmp_path / "lab.db")
    objectives = build_objectives(campaign.spec)
    made_of = palette(objectives, objectives)
    assert (None if made_of is None else made_of.names) == found
    campaign.close()


def test_a_sentence_names_runs_of_experiments() -> None:
    ids = tuple(f"e{k:04d}" for k in (1, 2, 3, 7, 9, 10))
    assert Sentence("", ids).named == [("e0001", "e0003"), ("e0007", "e0007"), ("e0009", "e0010")]
    many = tuple(f"e{k:04d}" for k in range(1, 60, 2))
    assert Sentence("", many).named == [("e0001", "e0059")]
    assert Sentence("").named == []

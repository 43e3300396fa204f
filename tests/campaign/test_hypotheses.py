"""What results make of hypotheses: trends, interactions, places, laws and rules, the authors' odds and their scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zosimos as zo
from zosimos.campaign.explain.hypotheses.rules import rule_counted
from zosimos.campaign.explain.hypotheses.scores import Judged, author_scores, outcome_of
from zosimos.campaign.explain.hypotheses.weighing import Weight, shifted
from zosimos.campaign.record.snapshot.packing import packed, unpacked
from zosimos.core.errors import NotFoundError, SpecError
from zosimos.core.records import Measurement, Observation
from zosimos.planners.advice import Hypothesis
from zosimos.planners.goal.statements import Interaction, Law, Region, Rule, Statement, Trend

NOISE = 0.2


def truth(row: Mapping[str, Any]) -> float:
    return 20.0 - 10.0 * row["red"] + 8.0 * row["red"] * row["blue"] - 4.0 * row["blue"]


def rows(n: int) -> list[dict[str, float]]:
    """``n`` rows, evenly spread (Roberts' sequence)."""
    places = [((0.5 + 0.7548776662 * i) % 1.0, (0.5 + 0.5698402910 * i) % 1.0) for i in range(n)]
    return [{"red": round(red, 3), "blue": round(blue, 3)} for red, blue in places]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., zo.Campaign]:
    def made(outcome: Callable[[Mapping[str, Any]], float] = truth, n: int = 0, **more: Any) -> zo.Campaign:
        space = {"red": zo.Continuous(0, 1), "blue": zo.Continuous(0, 1)}
        spec = {"name": "mix", "space": space, "objectives": zo.minimize("y"), "budget": {"experiments": 90}, **more}
        campaign = zo.Campaign.create(spec, ledger=tmp_path / "lab.db", seed=1, author="ann")
        told(campaign, outcome, n)
        return campaign

    return made


def told(campaign: zo.Campaign, outcome: Callable[[Mapping[str, Any]], float], n: int) -> None:
    """Tell the campaign further results, up to ``n``."""
    first = len(campaign.to_frame())
    rng = np.random.default_rng(first)
    for row in rows(n)[first:]:
        campaign.tell(row, y=outcome(row) + NOISE * rng.standard_normal())


def by_statement(campaign: zo.Campaign) -> dict[str, dict[str, Any]]:
    return {one["statement"]: one for one in campaign.hypotheses()["hypotheses"]}


@pytest.mark.slow
def test_results_bear_out_what_is_true_and_contradict_what_is_not(make: Callable[..., zo.Campaign]) -> None:
    true = [
        "y falls with red",
        "y falls with blue where red < 0.4",
        "red and blue interact on y",
        "the best y lies where red > 0.7",
        "y < 17 where red > 0.5",
        "y = 20 - a*red + b*red*blue - c*blue with a in [0, 20], b in [0, 20], c in [0, 20]",
    ]
    false = [
        "y rises with red",
        "y rises with blue where red < 0.4",
        "the best y lies where red < 0.7",
        "y > 17 where red > 0.5",
        "y = 20 - a*red with a in [0, 20]",
    ]
    with make() as campaign:
        for text in (*true, *false):
            campaign.advise(hypothesis=text, odds=0.5)
        told(campaign, truth, 24)
        found = list(by_statement(campaign).values())
        assert [one["data"] > 0.95 for one in found] == [True] * len(true) + [False] * len(false)
        assert [one["data"] < 0.05 for one in found] == [False] * len(true) + [True] * len(false)
        assert [one["outcome"] for one in found] == [True] * len(true) + [False] * len(false)
        assert campaign.hypotheses() == campaign.hypotheses()
        assert campaign.replay().divergence is None


@pytest.mark.slow
def test_of_two_trends_that_are_each_others_opposite_one_holds(make: Callable[..., zo.Campaign]) -> None:
    with make(n=8) as campaign:
        for text in ("y falls with blue", "y rises with blue"):
            campaign.advise(hypothesis=text, odds=0.5)
        falls, rises = by_statement(campaign).values()
        assert falls["data"] + rises["data"] == pytest.approx(1.0)


@pytest.mark.slow
def test_who_speaks_with_results_in_hand_is_moved_by_later_ones_alone(make: Callable[..., zo.Campaign]) -> None:
    with make(n=12) as campaign:
        campaign.advise(hypothesis="y falls with red", odds="4:1")
        (before,) = by_statement(campaign).values()
        assert before["now"] == pytest.approx(0.8)
        assert before["data"] > 0.95
        told(campaign, truth, 16)
        (after,) = by_statement(campaign).values()
        assert after["outcome"] is None  # it was decided when it was said: no forecast
        campaign.withdraw("a0001")
        assert by_statement(campaign)["y falls with red"]["status"] == "withdrawn"


def test_before_there_is_enough_to_judge_by_it_says_so(make: Callable[..., zo.Campaign]) -> None:
    with make(n=4) as campaign:
        for text in (
            "y falls with red",
            "red and blue interact on y",
            "y = k*red with k in [0, 9]",
            "y > 3 where red>0.99",
        ):
            campaign.advise(hypothesis=text, odds=0.7)
        found = campaign.hypotheses()
        assert [one["note"] for one in found["hypotheses"]] == [
            "too few results: 4 of 5",
            "too few results: 4 of 5",
            "too few results: 4 of 5",
            "too few results: 0 of 3 where it applies",
        ]
        assert {one["data"] for one in found["hypotheses"]} == {None}
        assert found["authors"][0]["note"] == "none is decided yet"


@pytest.mark.slow
def test_the_experiment_that_tells_most_of_a_trend_lies_where_it_was_not_looked(
    make: Callable[..., zo.Campaign],
) -> None:
    with make() as campaign:
        for row in ({"red": 0.02 * i, "blue": blue} for i, blue in enumerate([0.1, 0.9, 0.5, 0.3, 0.7, 0.2])):
            campaign.tell(row, y=truth(row) + 0.3 * (-1) ** int(row["red"] * 50))
        campaign.advise(hypothesis="y falls with red", odds=0.6)
        campaign.advise(hypothesis="y < 30 where red > 0.5", odds=0.6)
        trend, rule = by_statement(campaign).values()
        assert 0.05 < trend["data"] < 0.95
        assert trend["next"]["values"]["red"] > 0.4
        assert rule["next"]["values"]["red"] > 0.5
        assert "could contradict" in rule["next"]["why"]


@pytest.mark.slow
def test_a_law_is_weighed_against_its_rivals_and_the_experiment_that_tells_them_apart_is_named(
    make: Callable[..., zo.Campaign],
) -> None:
    formulas = {"line": "a + b*red", "root": "a + b*sqrt(red)"}
    rivals = {"formulas": formulas, "noise": 0.5, "constants": {"a": [0, 20], "b": [-20, 20]}}
    with make(hypotheses=rivals) as campaign:
        campaign.advise(hypothesis="y follows line", odds=0.5)
        campaign.advise(hypothesis="y follows root", odds=0.5)
        told(campaign, lambda row: 12.0 - 5.0 * row["red"], 12)
        found = campaign.hypotheses()
        line, root = found["hypotheses"]
        assert line["statement"] == "y = a + b*red with a in [0.0, 20.0], b in [-20.0, 20.0]"
        assert line["data"] > 0.5 > root["data"]
        assert found["rivals"]["line"] == pytest.approx(1.0 - found["rivals"]["root"])
        assert line["next"]["values"]["red"] < 0.1  # where a root is steep
        assert "nats" in line["next"]["why"]


@pytest.mark.slow
def test_a_law_from_advice_is_told_apart_in_the_loop_and_the_decision_is_made_again_alike(
    make: Callable[..., zo.Campaign],
) -> None:
    formulas = {"line": "a + b*red", "root": "a + b*sqrt(red)"}
    rivals = {"formulas": formulas, "noise": 0.5, "constants": {"a": [0, 20], "b": [-20, 20]}}
    planner = {"shares": {"discriminate": 1}, "start": 3}
    with make(n=6, hypotheses=rivals, planner=planner) as campaign:
        campaign.advise(hypothesis="y = c + d*blue with c in [0, 20], d in [-20, 20]", odds=0.5, author="ben")
        for candidate in campaign.ask(3):
            campaign.tell(candidate, y=truth(candidate))
        runs = [one for one in campaign.experiments if campaign.explain(one.id)["author"] == "ben"]
        assert runs
        assert all("tells hypotheses apart" in campaign.explain(one.id)["why"] for one in runs)
        assert [came["experiment"] for came in campaign.advice[0]["followed"]] == [one.id for one in runs]
        assert campaign.replay().divergence is None


@pytest.mark.slow
def test_the_best_of_laws_that_all_miss_the_results_is_not_taken_for_true(make: Callable[..., zo.Campaign]) -> None:
    with make() as campaign:
        for text in ("y = a*red with a in [0, 9]", "y = a*red*blue with a in [0, 9]", "y = log(red - 0.5)"):
            campaign.advise(hypothesis=text, odds=0.5)
        told(campaign, truth, 12)
        for one in by_statement(campaign).values():
            assert one["data"] < 0.05
            assert "misses the results" in one["note"]


@pytest.mark.slow
def test_a_mixture_is_judged_along_what_its_parts_allow(tmp_path: Path) -> None:
    space = {name: zo.Continuous(0, 1) for name in ("a", "b", "c")}
    spec = {"name": "blend", "space": space, "objectives": zo.maximize("y"), "constraints": ["a + b + c == 1"]}
    with zo.Campaign.create(spec | {"budget": {"experiments": 40}}, ledger=tmp_path / "m.db", seed=1) as campaign:
        for text in ("y rises with a", "a and b interact on y"):
            campaign.advise(hypothesis=text, odds=0.5)
        for candidate in campaign.ask(12):
            campaign.tell(candidate, y=(10 * candidate["a"] + candidate["b"], 0.1))
        rises, interact = campaign.hypotheses()["hypotheses"]
        assert rises["data"] > 0.95
        assert "other parameters change with a" in rises["note"]
        assert interact["data"] is None
        assert "leaves nothing to compare" in interact["note"]


@pytest.mark.slow
def test_what_is_gone_cannot_be_judged_any_more_and_hinders_nothing(make: Callable[..., zo.Campaign]) -> None:
    with make() as campaign:
        for red in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
            campaign.tell({"red": red, "blue": 0.5}, y=truth({"red": red, "blue": 0.5}))
        campaign.advise(hypothesis="y falls with blue", odds=0.5)
        campaign.advise(hypothesis="y falls with red", odds=0.5)
        campaign.steer({"space.blue": None})
        gone, there = by_statement(campaign).values()
        assert gone["data"] is None
        assert "cannot be judged any more" in gone["note"]
        assert there["data"] is not None
        assert campaign.ask(1)


def test_a_person_settles_a_statement_and_the_last_word_counts(make: Callable[..., zo.Campaign]) -> None:
    with make(n=2) as campaign:
        campaign.advise(hypothesis="y falls with red", odds=0.9)
        campaign.advise(explore="more")
        campaign.resolve_hypothesis("a0001", holds=False, reason="a slip")
        campaign.resolve_hypothesis("a0001", holds=True, reason="measured elsewhere")
        found = campaign.hypotheses()
        assert (found["hypotheses"][0]["outcome"], found["hypotheses"][0]["resolved_by"]) == (True, "ann")
        (score,) = found["authors"]
        assert (score["decided"], score["brier"]) == (1, pytest.approx(0.01))
        assert score["note"] == "only 1 decided: too few to say how well calibrated"
        with pytest.raises(NotFoundError, match="no advice"):
            campaign.resolve_hypothesis("a0009", holds=True)
        with pytest.raises(SpecError, match="does not state one hypothesis"):
            campaign.resolve_hypothesis("a0002", holds=True)


@pytest.mark.parametrize(
    "statement",
    [
        Trend("y", "x", "falls", "x > 1"),
        Interaction("y", "x", "z"),
        Region("y", "x > 1"),
        Law("y", "k*x", {"k": (0.0, 5.0)}),
        Rule("y", ">", 60.0, "x > 1"),
    ],
)
def test_a_snapshot_gives_a_hypothesis_back(statement: Statement) -> None:
    assert unpacked(packed(Hypothesis(statement, 0.25))) == Hypothesis(statement, 0.25)


def test_odds_are_changed_by_the_bayes_factor() -> None:
    assert shifted(0.5, math.log(9.0)) == pytest.approx(0.9)
    assert Weight(5, math.log(4.0)).chance(0.2) == pytest.approx(0.5)
    assert Weight(5).chance() is None
    assert shifted(0.99, -1e9) == pytest.approx(0.0)


def result(x: float, y: float, u: float | None = None, **more: Any) -> Observation:
    return Observation("e0001", {"x": x}, {"y": Measurement("y", y, u, **more)})


def test_cases_of_a_rule_are_counted_by_the_chance_that_they_bear_it_out() -> None:
    rule = Rule("y", ">", 60.0, "x > 1")
    seen = [
        result(2, 61.0),
        result(2, 59.0),
        result(0, 10.0),
        result(3, 60.0, 5.0),
        result(3, 70.0, origin="llm_predicted"),
        Observation("e0002", {"x": 2.0}, {}, failed="broke"),
    ]
    counted = rule_counted(rule, seen)
    assert (counted.cases, counted.held) == (3, pytest.approx(1.5))
    assert rule_counted(rule, seen[:1]).log_factor > 0 > counted.log_factor
    many = [rule_counted(rule, [result(2, 61.0)] * n).log_factor for n in (1, 5, 20, 50)]
    assert many == sorted(many)


def test_a_score_counts_what_was_decided_after_it_was_said_and_each_statement_once() -> None:
    assert outcome_of(0.96, None) is True
    assert outcome_of(0.04, 0.9) is False
    assert outcome_of(0.99, 0.97) is None
    assert outcome_of(None, None) is None
    said = [
        Judged("ann", "one", 0.9, True),
        Judged("ann", "one", 0.99, True),
        Judged("ben", "one", 0.9, False),
        Judged("ann", "two", 0.5, None),
        Judged("ann", "three", 0.2, False),
    ]
    ann, ben = author_scores(said)
    assert (ann.author, ann.statements, ann.decided, ann.held) == ("ann", 3, 2, 1)
    assert ann.brier == pytest.approx((0.01 + 0.04) / 2)
    assert ann.expected == pytest.approx(1.1)
    assert ben.brier == pytest.approx(0.81)
    (sure,) = author_scores([Judged("cy", str(i), 0.8, True) for i in range(10)])
    assert sure.note == ""

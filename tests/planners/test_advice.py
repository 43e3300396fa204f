"""Advice: it reads back, is checked, leans the choice within bounds, and takes no more than its author may spend."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.canonical import canonical_json
from zosimos.core.errors import PlanningError, SpecError
from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import (
    Advice,
    Advisor,
    Exclude,
    Explore,
    Item,
    Point,
    Prior,
    Replicate,
    described,
)
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.prior import Likely, Near
from zosimos.planners.history import History
from zosimos.planners.models.belief import Belief
from zosimos.planners.opinion import Opinion
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.trust import UNKNOWN, allowance, tolerance

SPACE = SearchSpace((Continuous("a", 0.0, 1.0), Continuous("b", 0.0, 1.0)))
GOAL = (Objective("y", "max", "%"),)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TERMS = st.builds(Near, FINITE, FINITE, st.booleans()) | st.builds(
    Likely, st.lists(TEXT | FINITE, min_size=1, max_size=3).map(tuple), FINITE
)
ITEMS = (
    st.builds(
        Point,
        st.dictionaries(TEXT, FINITE | TEXT, max_size=3),
        st.dictionaries(TEXT, st.builds(Prediction, FINITE, FINITE), max_size=2),
        TEXT,
    )
    | st.builds(Prior, st.dictionaries(TEXT, TERMS, max_size=3))
    | st.builds(Replicate, TEXT)
    | st.builds(Exclude, TEXT)
    | st.builds(Explore, st.sampled_from(["more", "less"]))
)


def say(*items: Item, author: str = "ann", number: int = 1, given: int = 0, until: int | None = None) -> Advice:
    return Advice(f"a{number:04d}", items, author, given=given, until=until)


def seen(rows: Sequence[tuple[float, float]], **more: Any) -> list[Observation]:
    return [
        Observation(f"e{i:04d}", {"a": a, "b": b}, {"y": Measurement("y", 10 - 40 * (a - 0.3) ** 2 - b, 0.1)}, **more)
        for i, (a, b) in enumerate(rows, start=1)
    ]


ROWS = [(0.9, 0.9), (0.5, 0.1), (0.1, 0.6), (0.7, 0.4), (0.3, 0.9)]


def asked(
    advice: Sequence[Advice],
    n: int = 1,
    observations: Sequence[Observation] | None = None,
    pending: Sequence[Candidate] = (),
    **policy: Any,
) -> list[Candidate]:
    how = Policy(**{"start": 2, **policy})
    planner = make_planner(Goal(SPACE, GOAL), how, History(advice=tuple(advice)), seed=3, sequence_seed=5)
    planner.tell(seen(ROWS) if observations is None else observations)
    return planner.ask(n, pending)


# --- the value ---


@pytest.mark.slow
@given(
    st.lists(ITEMS, min_size=1, max_size=3).map(tuple),
    TEXT.filter(bool),
    st.sampled_from(["person", "llm", "program"]),
    st.integers(0, 99),
    st.none() | st.integers(100, 200),
)
def test_advice_reads_back_from_its_json(
    items: tuple[Item, ...], author: str, kind: Any, given: int, until: int | None
) -> None:
    advice = Advice("a0001", items, author, kind, "because", given, until)
    assert Advice.from_json(json.loads(canonical_json(advice.as_json()))) == advice
    assert advice.id in str(advice)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (Point({"a": 2.0, "b": 0.5}), "point"),
        (Point({"a": 0.2}), "point"),
        (Point({"a": 0.2, "b": 0.5}, {"z": Prediction(1.0, 1.0)}), "expect"),
        (Point({"a": 0.2, "b": 0.5}, {"y": Prediction(1.0, 0.0)}), "expect.y"),
        (Prior({}), "prior"),
        (Prior({"c": Near(0.1, 0.1)}), "prior.c"),
        (Prior({"a": Near(0.1, 0.0)}), "prior.a.within"),
        (Prior({"a": Near(-273.0, 5.0)}), "prior.a"),
        (Replicate("e0099"), "replicate"),
        (Exclude("c > 1"), "exclude"),
        (Exclude("a >"), "exclude"),
        (Exclude("a > 0.1" + " and a > 0.1" * 60), "exclude"),
        (Explore("much"), "explore"),  # type: ignore[arg-type]  # what a file or a model may say
    ],
)
def test_advice_that_does_not_fit_is_refused_by_name(item: Item, field: str) -> None:
    with pytest.raises(SpecError) as caught:
        say(item).check(SPACE, GOAL, seen(ROWS))
    assert caught.value.field == field
    assert caught.value.allowed


@pytest.mark.parametrize(
    "wrong",
    [{"items": ()}, {"author": ""}, {"kind": "oracle"}, {"given": 5, "until": 5}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_advice_without_content_author_or_time_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        Advice(**{"id": "a0001", "items": (Explore("more"),), "author": "ann", **wrong})


def test_advice_holds_until_so_many_results() -> None:
    assert say(Explore("more"), until=7).holds(6)
    assert not say(Explore("more"), until=7).holds(7)
    assert say(Explore("more")).holds(10_000)


def test_an_advisor_is_any_object_with_an_async_advise() -> None:
    class Fixed:
        async def advise(self, view: Mapping[str, Any]) -> Sequence[Item]:
            return [Exclude(f"a > {view['limit']}")]

    advisor = Fixed()
    assert isinstance(advisor, Advisor)
    assert [described(item) for item in asyncio.run(advisor.advise({"limit": 0.4}))] == ["leave out a > 0.4"]


# --- what a decision makes of it ---


def test_a_point_is_a_candidate_of_its_author_with_both_predictions() -> None:
    point = Point({"a": 0.28, "b": 0.05}, {"y": Prediction(10.0, 0.5)}, "the ridge")
    (candidate,) = asked([say(point)])
    assert (candidate.origin, candidate.author, candidate.advice) == ("advice:ann", "ann", "a0001")
    assert candidate.values == point.values
    assert candidate.expected == point.expected
    assert candidate.predictions["y"].mean == pytest.approx(10.0, abs=2.0)
    assert "advised by ann (a0001)" in candidate.reason
    assert "the ridge" in candidate.reason


def test_a_models_words_are_no_part_of_a_candidates_reason() -> None:
    said = replace(say(Point({"a": 0.28, "b": 0.05}, reason="yes: approve it")), kind="llm", reason="yes: approve it")
    (candidate,) = asked([said])
    assert candidate.reason == "advised by ann (a0001): try a=0.28, b=0.05"


@pytest.mark.slow
@pytest.mark.parametrize(("mean", "sd"), [(1e300, 1.0), (1e200, 1e200), (9.0, 1e-320), (9.0, 1e-200), (1e308, 1e308)])
def test_a_decision_is_made_whatever_numbers_an_author_says(mean: float, sd: float) -> None:
    point = Point({"a": 0.31, "b": 0.05}, {"y": Prediction(mean, sd)})
    (first,) = asked([say(point)])
    assert first.author == "ann"
    told = Observation("e0006", first.values, {"y": Measurement("y", 9.9)}, predictions=first.predictions, author="ann")
    assert asked([say(Explore("more"))], observations=[*seen(ROWS), replace(told, expected=first.expected)])


def test_a_model_that_fails_costs_the_advice_and_not_the_decision() -> None:
    odd = Observation("e0006", {"a": 0.2, "b": 0.2}, {"y": Measurement("y", 9.0, 1e200)})  # its square is no number
    point = Point({"a": 0.31, "b": 0.05}, {"y": Prediction(9.5, 1.0)})
    (first,) = asked([say(point)], observations=[*seen(ROWS), odd], shares={"random": 1.0})
    assert first.origin == "random"
    assert first.fallback is not None
    assert (first.fallback.proposer, first.fallback.error) == ("advice", "OverflowError")


@pytest.mark.parametrize("said", [Prediction(1e300, 1.0), Prediction(1.0, 1e-320), Prediction(1.0, 1.0, None, 0.0)])
def test_numbers_that_nothing_can_be_computed_with_are_refused(said: Prediction) -> None:
    with pytest.raises(SpecError) as caught:
        say(Point({"a": 0.31, "b": 0.05}, {"y": said})).check(SPACE, GOAL, seen(ROWS))
    assert caught.value.field == "expect.y"
    assert "2±1" in str(caught.value.allowed)


def test_the_surrogate_vetoes_a_point_that_is_sure_to_be_poor() -> None:
    rows = [*ROWS, (0.3, 0.1), (0.25, 0.0), (0.95, 0.8), (0.85, 1.0), (0.35, 0.05)]
    poor = Point({"a": 0.92, "b": 0.9}, {"y": Prediction(50.0, 0.5)})
    assert asked([say(poor)], observations=seen(rows))[0].origin == "bayesian"


@pytest.mark.slow
def test_an_unknown_author_spends_one_experiment_and_then_a_share() -> None:
    points = [Point({"a": 0.2 + 0.02 * i, "b": 0.05}) for i in range(4)]
    batch = asked([say(*points)], n=4)
    assert [candidate.origin for candidate in batch].count("advice:ann") == 1
    assert asked([say(*points)], pending=batch[:1])[0].origin != "advice:ann"


@pytest.mark.slow
def test_authors_without_a_record_share_what_one_of_them_would_get() -> None:
    near = [(0.32, 0.02), (0.36, 0.52), (0.28, 0.08)]
    advice = [
        say(Point({"a": a, "b": b}), author=name, number=i, given=given)
        for i, ((a, b), name, given) in enumerate(zip(near, ("ann", "bob", "cy"), (5, 5, 5), strict=True), start=1)
    ]
    assert sum(bool(candidate.author) for candidate in asked(advice, n=3)) == 1
    earlier = [replace(one, given=0) for one in advice]  # five results later one more of them may
    assert sum(bool(candidate.author) for candidate in asked(earlier, n=3)) == 2


@pytest.mark.slow
def test_an_adversary_under_fifty_names_spends_what_one_name_would() -> None:
    names = [f"name-{i}" for i in range(50)]
    observations, advised_by = seen(ROWS), []
    for turn in range(20):
        spots = [(0.2 + 0.005 * i, 0.002 * turn + 0.001 * i) for i in range(len(names))]
        advice = [
            say(Point({"a": a, "b": b}, {"y": Prediction(30.0, 0.1)}), author=name, number=i, given=len(ROWS))
            for i, (name, (a, b)) in enumerate(zip(names, spots, strict=True), start=1)
        ]
        (candidate,) = asked(advice, observations=observations)
        row = candidate.values
        (found,) = seen([(float(row["a"]), float(row["b"]))])
        whose = {"author": candidate.author, "expected": candidate.expected, "predictions": candidate.predictions}
        observations = [*observations, replace(found, experiment=f"e{turn + 6:04d}", **whose)]
        advised_by.append(candidate.author)
        assert sum(map(bool, advised_by)) <= allowance(UNKNOWN, turn)
    assert sum(map(bool, advised_by)) >= 1


@pytest.mark.slow
def test_names_without_a_record_do_not_crowd_out_who_has_earned_trust() -> None:
    right = seen([(0.3, 0.1 * i) for i in range(5)])
    known = [
        replace(one, author="ann", expected={"y": Prediction(one.measurements["y"].value, 0.2)},
                predictions={"y": Prediction(0.0, 5.0)})
        for one in right
    ]  # fmt: skip
    strangers = [
        say(Point({"a": 0.2 + 0.01 * i, "b": 0.02}), author=f"name-{i}", number=i, given=0) for i in range(1, 9)
    ]
    trusted = say(Point({"a": 0.29, "b": 0.01}, {"y": Prediction(10.0, 0.2)}), number=9, given=0)
    many = [*known, *(replace(one, experiment=f"e{i:04d}") for i, one in enumerate(seen(ROWS * 3), start=6))]
    batch = asked([*strangers, trusted], n=8, observations=many)
    assert "ann" in {candidate.author for candidate in batch}


def test_an_advised_experiment_that_was_begun_counts_as_spent_whatever_became_of_it() -> None:
    points = say(Point({"a": 0.28, "b": 0.05}), given=5)

    def origin(lost: Sequence[str]) -> str:
        history = History(advice=(points,), lost=tuple(lost))
        planner = make_planner(Goal(SPACE, GOAL), Policy(start=2), history, seed=3, sequence_seed=5)
        planner.tell(seen(ROWS))
        return planner.ask()[0].origin

    assert origin([]) == "advice:ann"
    assert origin(["ann"]) == "bayesian"
    assert origin(["bob"]) == "bayesian"  # a stranger like her


def test_before_there_is_a_model_points_come_as_they_were_given() -> None:
    candidates = asked([say(Point({"a": 0.9, "b": 0.9}))], n=2, observations=[])
    assert [candidate.origin for candidate in candidates] == ["advice:ann", "sobol"]


def test_a_replicate_is_measured_once_more_and_not_again() -> None:
    advice = [say(Replicate("e0002"), given=5)]
    (again,) = asked(advice, replicates="none")
    assert (again.values, again.repeats, again.lineage) == ({"a": 0.5, "b": 0.1}, "e0002", ("e0002",))
    assert asked(advice, pending=[again])[0].origin == "bayesian"
    more = [*seen(ROWS), replace(seen([(0.5, 0.1)])[0], experiment="e0006", author="ann")]
    assert asked(advice, observations=more)[0].origin == "bayesian"


def test_nothing_excluded_is_proposed_by_anybody() -> None:
    advice = [say(Exclude("a < 0.6"), Point({"a": 0.3, "b": 0.1}))]
    batch = asked(advice, n=4, shares={"bayesian": 1.0, "random": 1.0, "evolutionary": 1.0})
    assert all(candidate.values["a"] >= 0.6 for candidate in batch)
    assert all(candidate.origin != "advice:ann" for candidate in batch)


def test_excluding_everything_in_a_pool_says_which_advice_to_withdraw() -> None:
    pool = SearchSpace(SPACE.parameters, pool=[{"a": 0.1, "b": 0.1}, {"a": 0.2, "b": 0.3}])
    planner = make_planner(
        Goal(pool, GOAL), history=History(advice=(say(Exclude("a < 0.5")),)), seed=1, sequence_seed=1
    )
    with pytest.raises(PlanningError, match="a0001"):
        planner.ask()


def context(*advice: Advice, observations: Sequence[Observation] | None = None) -> ProposalContext:
    told = seen(ROWS) if observations is None else observations
    return ProposalContext(Goal(SPACE, GOAL), History(tuple(told), advice=tuple(advice)), Policy(start=2), seed=7)


def test_a_prior_leans_the_choice_by_no_more_than_the_authors_tolerance() -> None:
    rows = [{"a": a, "b": b} for a in np.linspace(0, 1, 9) for b in np.linspace(0, 1, 9)]
    prior = say(Prior({"a": Near(0.3, 0.1), "b": Near(0.0, 0.1)}))
    plain, leaned = Belief(context()), Belief(context(prior))
    shift = leaned.acquisition(rows) - plain.acquisition(rows)
    assert shift.min() == pytest.approx(-tolerance(UNKNOWN))
    assert shift.max() <= 1e-9
    assert rows[int(shift.argmax())]["a"] == pytest.approx(0.25)


def test_a_prior_fades_as_results_come_in() -> None:
    many = seen([(0.3 + 0.001 * i, 0.05 * (i % 20)) for i in range(80)])
    near, far = [{"a": 0.3, "b": 0.5}], [{"a": 0.38, "b": 0.5}]
    prior = say(Prior({"a": Near(0.3, 0.1)}))

    def contrast(observations: Sequence[Observation]) -> float:
        opinion = Opinion(context(prior, observations=observations))
        return float(np.max(opinion.lean(near)) - np.max(opinion.lean(far)))

    assert contrast(seen(ROWS)) > 10 * contrast(many) > 0


def test_a_prior_that_results_contradict_does_not_count() -> None:
    assert Opinion(context(say(Prior({"a": Near(1.0, 0.3)})))).lean([{"a": 0.1, "b": 0.1}]) == 0.0


def test_a_prior_leans_nothing_for_an_author_who_lost_all_trust() -> None:
    said = {"expected": {"y": Prediction(60.0, 0.5)}, "predictions": {"y": Prediction(8.0, 3.0)}, "author": "ann"}
    burnt = seen(ROWS * 4, **said)
    opinion = Opinion(context(say(Prior({"a": Near(0.3, 0.1)})), observations=burnt))
    assert np.min(opinion.lean([{"a": 0.9, "b": 0.9}])) > -0.25 * tolerance(UNKNOWN)


@pytest.mark.parametrize(("amount", "sign"), [("more", 1), ("less", -1)])
def test_explore_makes_models_look_less_or_more_sure(amount: Any, sign: int) -> None:
    rows = [{"a": 0.3, "b": 0.02}, {"a": 0.05, "b": 0.02}]  # near the best, and far from everything
    plain, moved = Belief(context()).acquisition(rows), Belief(context(say(Explore(amount)))).acquisition(rows)
    assert sign * ((moved[1] - moved[0]) - (plain[1] - plain[0])) > 0


def test_categories_are_advised_by_name() -> None:
    space = SearchSpace((Categorical("solvent", ("DMF", "water")), Continuous("a", 0.0, 1.0)))
    Advice("a0001", (Prior({"solvent": Likely(("DMF",), 3.0)}), Exclude("solvent == 'water'")), "ann").check(
        space, GOAL, []
    )
    with pytest.raises(SpecError, match="no choice"):
        say(Prior({"solvent": Likely(("DMSO",), 3.0)})).check(space, GOAL, [])

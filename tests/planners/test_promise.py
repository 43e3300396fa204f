"""Where models promise what does not come, or less than chance, experiments cover the space or are drawn at random."""

import math
from collections import Counter

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Candidate, Measurement, Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.goal.knowledge import Source
from zosimos.planners.history import History
from zosimos.planners.models.promise import KNOWN, LEAST, chance_to_beat, record_chance, unfulfilled
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy
from zosimos.planners.protocol import ProposalContext

ROWS = [{"x": float(i), "z": float(j)} for i in range(8) for j in range(8)]
SPACE = SearchSpace((Continuous("x", 0, 7), Continuous("z", 0, 7)), pool=tuple(ROWS))
UP, DOWN = Objective("y", "max"), Objective("y", "min")


def seen(place: int, value: float, promised: float | None = None, sign: float = 1.0) -> Observation:
    """Return a result of which the models gave so much to be better than 10."""
    said = {} if promised is None else {"y": Prediction(sign * (10.0 + promised), 1.0)}
    row = ROWS[(11 * place) % len(ROWS)]
    return Observation(f"e{place}", row, {"y": Measurement("y", sign * value)}, predictions=said)


def stalled(count: int, promised: float, sign: float = 1.0) -> list[Observation]:
    """Return a first result of 10 and then worse ones."""
    values = [4.0 + math.sin(place) for place in range(count)]
    return [seen(0, 10.0, None, sign), *(seen(i, v, promised, sign) for i, v in enumerate(values, 1))]


def context(observations: list[Observation], *objectives: Objective) -> ProposalContext:
    return ProposalContext(Goal(SPACE, objectives or (UP,)), History(observations=tuple(observations)))


def ask(observations: list[Observation], revision: int = 4, seed: int = 1, **history: object) -> Candidate:
    planner = make_planner(
        Goal(SPACE, (UP,)),
        Policy(start=0, revision=revision),
        History(**history),
        seed=seed,
        sequence_seed=1,  # type: ignore[arg-type]  # what a test gives besides
    )
    planner.tell(observations)
    return planner.ask()[0]


@pytest.mark.parametrize(("objective", "sign"), [(UP, 1.0), (DOWN, -1.0)])
def test_a_promise_that_is_not_kept_is_seen_whichever_way_is_better(objective: Objective, sign: float) -> None:
    found = unfulfilled(context(stalled(6, 1.0, sign), objective))
    assert found is not None
    count, chance = found
    assert count == 6
    assert chance == pytest.approx((1 - 0.8413447) ** 6, rel=1e-4)


def test_a_target_is_beaten_from_either_side() -> None:
    aim = Objective("y", "target", target=5.0)
    assert chance_to_beat(aim, 6.0, Prediction(5.0, 1.0)) == pytest.approx(0.6827, abs=1e-4)
    assert chance_to_beat(aim, 6.0, Prediction(9.0, 1.0)) < 0.002
    assert chance_to_beat(UP, 6.0, Prediction(7.0, 0.0)) == 1.0


@pytest.mark.parametrize(
    "observations",
    [
        [],
        stalled(LEAST - 1, 3.0),
        stalled(12, -2.0),
        [*stalled(8, 1.0), seen(9, 11.0, 1.0)],
        [seen(i, 4.0 + math.sin(i)) for i in range(9)],
    ],
    ids=["nothing", "too few", "little was promised", "it came in the end", "no predictions"],
)
def test_no_broken_promise_is_seen_where_there_is_none(observations: list[Observation]) -> None:
    assert unfulfilled(context(observations)) is None


def test_failed_experiments_and_several_objectives_tell_nothing_of_promises() -> None:
    failed = [Observation(f"f{i}", ROWS[i], {}, predictions={"y": Prediction(12.0, 1.0)}) for i in range(20, 30)]
    assert unfulfilled(context([*stalled(3, 1.0), *failed])) is None
    assert unfulfilled(context(stalled(9, 2.0), UP, Objective("z", "max"))) is None


def test_every_second_experiment_covers_while_promises_are_not_kept() -> None:
    told = [ask(stalled(count, 1.0)).reason for count in (6, 7, 8, 9)]
    covers = ["every second experiment covers" in reason for reason in told]
    assert covers in ([True, False, True, False], [False, True, False, True])
    (reason, *_) = (reason for reason in told if "covers" in reason)
    assert "was better, which the models gave" in reason


def test_where_nothing_is_promised_every_second_experiment_covers() -> None:
    known = [row for row in ROWS if row["x"] >= 2]
    results = [Observation(f"e{i}", row, {"y": Measurement("y", row["x"])}) for i, row in enumerate(known)]
    told = [ask(results[-count:]).reason for count in (len(results), len(results) - 1)]
    assert sum("to be better; every second experiment covers" in reason for reason in told) == 1


def test_a_space_that_cannot_be_listed_is_left_to_the_models() -> None:
    space = SearchSpace((Continuous("x", 0, 7), Continuous("z", 0, 7)))
    for count in (6, 7):
        planner = make_planner(Goal(space, (UP,)), Policy(start=0), seed=1, sequence_seed=1)
        planner.tell(stalled(count, 1.0))
        assert "covers" not in planner.ask()[0].reason


def test_earlier_revisions_sources_and_a_better_result_leave_the_choice_to_the_models() -> None:
    for count in (6, 7):
        assert "covers" not in ask(stalled(count, 1.0), revision=3).reason
        source = Source("old", tuple(ROWS[:4]), {"y": (1.0, 2.0, 3.0, 4.0)})
        assert "covers" not in ask(stalled(count, 1.0), sources=(source,)).reason
        assert "covers" not in ask([*stalled(count, 1.0), seen(40, 12.0, 1.0)]).reason


def flat(count: int) -> list[Observation]:
    """Return results of a slope whose upper end was measured first: nothing better is left, and the models say so."""
    known = sorted(ROWS, key=lambda row: -float(row["x"]))[:count]
    return [Observation(f"e{i}", row, {"y": Measurement("y", float(row["x"]))}) for i, row in enumerate(known)]


def test_of_results_in_any_order_the_next_is_the_best_as_often_as_any() -> None:
    assert record_chance(KNOWN - 1) is None
    assert [record_chance(n) for n in (9, 99)] == [0.1, 0.01]


def test_every_experiment_is_drawn_at_random_where_models_promise_less_than_chance() -> None:
    for count in (46, 47, 48, 49):
        told = ask(flat(count), revision=5).reason
        assert "this one is drawn at random" in told
        assert f"with 1 in {count + 1}" in told


def noisy(count: int) -> list[Observation]:
    """Return results of a slope with noise, in any order, the upper end among them."""
    rng = np.random.default_rng(4)
    rows = [ROWS[place] for place in rng.permutation(len(ROWS))[:count]]
    values = [float(row["x"]) + 0.5 * float(rng.normal()) for row in rows]
    pairs = zip([*rows, ROWS[-1]], [*values, 7.5], strict=True)
    return [Observation(f"e{i}", row, {"y": Measurement("y", value)}) for i, (row, value) in enumerate(pairs)]


def test_of_the_most_promising_row_twice_as_much_is_promised_as_comes() -> None:
    assert "at random" not in ask(noisy(22), revision=5).reason
    told = ask(noisy(22), revision=6).reason
    assert "% to be better, less than twice what the next of results in any order has (1 in 24)" in told
    assert "this one is drawn at random" in told


def test_too_few_results_say_nothing_of_chance() -> None:
    assert "at random" not in ask(flat(KNOWN - 1), revision=5).reason


@pytest.mark.slow
def test_rows_that_are_drawn_are_any_of_those_left() -> None:
    known = flat(56)
    left = [row for row in ROWS if row["x"] == 0]
    drawn = Counter(ask(known, revision=5, seed=seed).values["z"] for seed in range(40))
    assert set(drawn) <= {row["z"] for row in left}
    assert len(drawn) > 4
    assert ask(known, revision=5, seed=3) == ask(known, revision=5, seed=3)


@pytest.mark.parametrize("revision", [4, 5])
def test_where_promises_are_not_kept_every_second_experiment_covers(revision: int) -> None:
    told = [ask(stalled(count, 1.0), revision).reason for count in (5, 6, 7)]
    covers = ["every second experiment covers" in reason for reason in told]
    assert covers in ([True, False, True], [False, True, False])


def test_a_batch_draws_different_rows() -> None:
    planner = make_planner(Goal(SPACE, (UP,)), Policy(start=0), seed=1, sequence_seed=1)
    planner.tell(flat(32))
    rows = [tuple(candidate.values.values()) for candidate in planner.ask(6)]
    assert len(set(rows)) == 6


def test_sources_and_spaces_that_cannot_be_listed_are_never_drawn_from() -> None:
    source = Source("old", tuple(ROWS[:4]), {"y": (1.0, 2.0, 3.0, 4.0)})
    assert "at random" not in ask(flat(32), revision=5, sources=(source,)).reason
    space = SearchSpace((Continuous("x", 0, 7), Continuous("z", 0, 7)))
    planner = make_planner(Goal(space, (UP,)), Policy(start=0), seed=1, sequence_seed=1)
    planner.tell(flat(32))
    assert "at random" not in planner.ask()[0].reason

"""A search that is done with its choices looks at the best of the others, and says so."""

import math
from typing import Any

import numpy as np
import pytest

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Values
from zosimos.core.predicate import Predicate
from zosimos.core.records import Candidate, Measurement, Observation
from zosimos.core.revision import EIGHTH, REVISION, SEVENTH
from zosimos.core.space import SearchSpace
from zosimos.planners.goal.goal import Goal
from zosimos.planners.history import History
from zosimos.planners.planner import make_planner
from zosimos.planners.policy import Policy

TIME = Continuous("time", 0.0, 1.0)
HEAT = Continuous("heat", 0.0, 1.0)
SOLVENT = Categorical("solvent", ("toluene", "dioxane", "water"))
SPACE = SearchSpace((TIME, HEAT, SOLVENT))
UP = Objective("y", "max")
TOPS = {"toluene": (0.3, 0.4, 1.0), "dioxane": (0.6, 0.7, 1.3), "water": (0.5, 0.2, 0.4)}
DONE = "the search is done, hardly anything more is to be gained there: this one is to improve on"


def value(row: Values) -> float:
    x, z, height = TOPS[str(row["solvent"])]
    height *= 0.5 if row.get("base") == "potash" else 1.0
    return height * math.exp(-8 * ((float(row["time"]) - x) ** 2 + (float(row["heat"]) - z) ** 2))


def seen(rows: list[Values], noise: float = 0.05) -> tuple[Observation, ...]:
    scatter = np.random.default_rng(5).normal(size=len(rows)).tolist()
    return tuple(
        Observation(f"e{i:04d}", row, {"y": Measurement("y", value(row) + noise * z)})
        for i, (row, z) in enumerate(zip(rows, scatter, strict=True), start=1)
    )


def around(solvent: str, count: int, width: float) -> list[Values]:
    """Return rows around the top of a solvent."""
    rng, (x, z, _) = np.random.default_rng(len(solvent)), TOPS[solvent]
    steps = rng.uniform(-width, width, (count, 2))
    return [{"time": x + float(a), "heat": z + float(b), "solvent": solvent} for a, b in steps]


SPREAD = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.3, 0.4), (0.25, 0.8))
FEW: list[Values] = [{"time": x, "heat": z, "solvent": one} for one in ("dioxane", "water") for x, z in SPREAD]
RECORD = [*FEW, *around("toluene", 10, 0.3), *around("toluene", 9, 0.008)]


def asked(
    rows: list[Values] = RECORD, n: int = 2, space: SearchSpace = SPACE, left: int | None = None, **policy: Any
) -> list[Candidate]:
    history = History(seen(rows), left=left)
    return make_planner(Goal(space, (UP,)), Policy(**policy), history, seed=1, sequence_seed=1).ask(n)


def told(candidates: list[Candidate]) -> list[bool]:
    return [DONE in candidate.reason for candidate in candidates]


def test_where_little_is_left_to_gain_the_search_looks_at_the_best_of_the_other_choices() -> None:
    other, second = asked()
    assert told([other, second]) == [True, True]
    assert other.values["solvent"] != "toluene"
    assert other.reason.startswith("with toluene the search is done")
    assert other.acquisition is None
    best = max(one.measurements["y"].value for one in seen(RECORD) if one.values["solvent"] != "toluene")
    assert f"is to improve on the best of other choices; expected improvement over {best:.3g}" in other.reason
    assert second.values != other.values
    assert asked() == [other, second]


def test_it_climbs_the_hill_of_the_other_choice_as_if_the_first_were_not_there() -> None:
    rows = list(RECORD)
    for _ in range(9):
        rows.append(asked(rows, n=1)[0].values)
    best = max(rows[len(RECORD) :], key=value)
    assert best["solvent"] == "dioxane"
    assert value(best) > 1.2


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        (RECORD[:14], {}),
        (RECORD, {"revision": SEVENTH}),
        (RECORD, {"left": 2}),
        ([*RECORD, *around("dioxane", 5, 0.004), *around("water", 5, 0.004)], {}),
    ],
    ids=["something is left to gain", "an earlier revision", "the budget ends", "all choices are done"],
)
def test_else_the_search_goes_on_as_it_was(rows: list[Values], more: dict[str, Any]) -> None:
    assert told(asked(rows, **more)) == [False, False]


def test_a_space_without_choices_and_one_where_no_other_is_allowed_are_searched_as_ever() -> None:
    only = Predicate("only", ("solvent",), lambda columns: columns["solvent"] == "toluene")
    assert told(asked(RECORD[len(FEW) :], space=SearchSpace(SPACE.parameters, (only,)))) == [False, False]
    plain = [{name: row[name] for name in ("time", "heat")} | {"solvent": "toluene"} for row in RECORD[len(FEW) :]]
    bare = tuple(
        Observation(one.experiment, {"time": one.values["time"], "heat": one.values["heat"]}, one.measurements)
        for one in seen(plain)
    )
    goal = Goal(SearchSpace((TIME, HEAT)), (UP,))
    assert told(make_planner(goal, Policy(), History(bare), seed=1, sequence_seed=1).ask(2)) == [False, False]


def test_a_choice_that_mostly_fails_is_not_tried_for_what_it_may_teach() -> None:
    crowd: list[Values] = [{"time": 0.9, "heat": 0.1 + 0.001 * i, "solvent": "dioxane"} for i in range(5)]
    rows = [row for row in RECORD if row["solvent"] != "water"] + crowd
    water = [row for row in RECORD if row["solvent"] == "water"]
    spots: list[Values] = [{"time": i % 5 / 4, "heat": i // 5 / 4, "solvent": "water"} for i in range(25)]
    fails = tuple(Observation(f"f{i}", row, {}, failed=True) for i, row in enumerate(spots))

    def solvents(*more: Observation) -> set[object]:
        history = History((*seen([*rows, *water]), *more))
        planner = make_planner(Goal(SPACE, (UP,)), Policy(), history, seed=1, sequence_seed=1)
        return {one.values["solvent"] for one in planner.ask(2) if DONE in one.reason}

    assert solvents() == {"water"}
    assert solvents(*fails) == set()


BEST = max(one.measurements["y"].value for one in seen(RECORD))


@pytest.mark.parametrize(
    ("most", "revision", "looks"),
    [
        (Objective("y", "target", target=BEST), EIGHTH, False),
        (Objective("y", "target", target=1.0), REVISION, False),
        (Objective("y", "max", most=BEST), EIGHTH, False),
        (Objective("y", "max", most=1.0), REVISION, False),
        (Objective("y", "max", most=BEST + 0.1), REVISION, True),
    ],
)
def test_where_the_best_is_as_good_as_can_be_no_other_choice_is_looked_at_for_it(
    most: Objective, revision: int, looks: bool
) -> None:
    goal, policy = Goal(SPACE, (most,)), Policy(revision=revision)
    planner = make_planner(goal, policy, History(seen(RECORD)), seed=1, sequence_seed=1)
    assert told(planner.ask(2)) == [looks, looks]


def test_a_lucky_measurement_at_the_limit_is_not_believed_to_be_there() -> None:
    lucky = Observation("e9", {"time": 0.301, "heat": 0.4, "solvent": "toluene"}, {"y": Measurement("y", BEST + 0.1)})
    history = History((*seen(RECORD), lucky))
    for revision, looks in ((EIGHTH, [False, False]), (REVISION, [True, True])):
        goal, policy = Goal(SPACE, (Objective("y", "max", most=BEST + 0.1),)), Policy(revision=revision)
        assert told(make_planner(goal, policy, history, seed=1, sequence_seed=1).ask(2)) == looks


def test_choices_of_several_parameters_count_together() -> None:
    base = Categorical("base", ("soda", "potash"))
    potash = [*FEW, RECORD[-12], RECORD[-1]]
    soda = [*RECORD, *around("toluene", 20, 0.03)]
    rows = [{**row, "base": one} for one, some in (("potash", potash), ("soda", soda)) for row in some]
    other, _ = asked(rows, space=SearchSpace((*SPACE.parameters, base)))
    assert other.reason.startswith("with toluene and soda the search is done")
    assert (other.values["solvent"], other.values["base"]) != ("toluene", "soda")


def test_results_that_are_only_limits_leave_it() -> None:
    history = seen(RECORD)
    low = Observation("e9", FEW[0] | {"heat": 0.01}, {"y": Measurement("y", 0.001, limit="below")})
    planner = make_planner(Goal(SPACE, (UP,)), Policy(), History((*history, low)), seed=1, sequence_seed=1)
    assert told(planner.ask(2)) == [False, False]
